"""Logged requests beside the table of what public sources say of each endpoint, as a table of what differs.

`python -m integration_tests.compared 30 --seed 7` draws streams, reads them from a simulated TikTok and prints it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .reading import catalog, read
from .simulator import Simulator, World

TABLE = Path(__file__).parent.parent / "docs" / "tiktok" / "facts.json"
FACTS: Mapping[str, Mapping[str, Any]] = {
    fact["endpoint"]: fact for fact in json.loads(TABLE.read_text("utf-8"))["endpoints"]
}
ANY_SIZE = 10_000
ANY_SPAN = {"none": 10_000}


@dataclass
class Compared:
    """The requests to one endpoint: how many, what they asked for, and what no source knows or allows."""

    requests: int = 0
    parameters: set[str] = field(default_factory=set)
    filters: set[str] = field(default_factory=set)
    differences: set[str] = field(default_factory=set)


def drawn(number: int, seed: int) -> list[str]:
    """So many streams of the catalog, by chance."""
    known = sorted(catalog())
    return sorted(random.Random(seed).sample(known, min(number, len(known))))


def compared(requests: Iterable[Mapping[str, Any]]) -> Mapping[str, Compared]:
    """Each endpoint that was asked, beside its facts."""
    found: dict[str, Compared] = {}
    for entry in requests:
        if entry["path"] in FACTS:
            _add(found.setdefault(entry["path"], Compared()), FACTS[entry["path"]], entry["query"])
    return dict(sorted(found.items()))


def _add(found: Compared, fact: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    sent = {name: values[0] if isinstance(values, list) else values for name, values in query.items()}
    filters = json.loads(sent["filtering"]) if "filtering" in sent else {}
    named = {*filters} if isinstance(filters, dict) else set()
    found.requests += 1
    found.parameters |= {*sent}
    found.filters |= named
    found.differences |= {name for name in sent if name not in fact.get("parameters", sent)}
    found.differences |= {f"filtering.{name}" for name in named if name not in fact.get("filters", named)}
    found.differences |= {*_too_large(fact, sent, filters)}


def _too_large(fact: Mapping[str, Any], sent: Mapping[str, str], filters: Any) -> Iterator[str]:
    """Page sizes and spans of days beyond those that the sources name."""
    if int(sent.get("page_size", 0)) > fact.get("page_size", ANY_SIZE):
        yield "page_size"
    times = json.loads(sent["dimensions"]) if "dimensions" in sent else ()
    spans = fact.get("days", ANY_SPAN)
    most = next((days for name, days in spans.items() if name in times), spans.get("none", ANY_SIZE))
    if _days({**sent, **(filters if isinstance(filters, dict) else {})}) > most:
        yield "days"


def _days(sent: Mapping[str, Any]) -> int:
    first, last = sent.get("start_date"), sent.get("end_date")
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1 if first and last else 0


def main(line: Sequence[str] | None = None) -> int:
    """Print the table; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m integration_tests.compared")
    parser.add_argument("number", type=int, nargs="?", default=30)
    parser.add_argument("--seed", type=int, default=10)
    options = parser.parse_args(line)
    streams = drawn(options.number, options.seed)
    with Simulator(World(advertisers=1, campaigns=3, history_start=date(2026, 2, 20), unreadable=0)) as simulator:
        code = read(simulator, streams, "full_refresh", start_date="2026-03-01").code
        found = compared(list(simulator.requests))
    print(f"{len(streams)} streams, exit code {code}: {', '.join(streams)}")
    for path, each in found.items():
        filters = f"; filters {', '.join(sorted(each.filters))}" if each.filters else ""
        sources, wrong = len(FACTS[path]["sources"]), ", ".join(sorted(each.differences)) or "none"
        print(f"{path}: {each.requests} requests; {', '.join(sorted(each.parameters))}{filters}")
        print(f"  {sources} sources; differences: {wrong}")
    return int(code != 0 or any(each.differences for each in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
