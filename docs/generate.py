"""Writes what is derived from the streams and settings: reference, tables, views, example catalog, snapshot, spec.json.

Run `python -m docs.generate` after every change of a stream or a setting; `--check` only tells what is out of date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from docs.peers import airbyte, fivetran, singer
from docs.peers.mapping import Peer, coverage, mapping, script
from source_tiktok_ads.api.errors import (
    FAMILIES,
    KINDS,
    NOT_ASKED,
    OF_SELECTION,
    REGION,
    RULES,
    STATUSES,
    UNKNOWN,
    WORDINGS,
    Action,
    Rule,
)
from source_tiktok_ads.config.form import specification
from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS, catalog, entry
from source_tiktok_ads.streams.evidence import sureness
from source_tiktok_ads.streams.fields import DATA_LEVELS, DIMENSIONS, GROUPS, METRIC_GROUPS, METRICS, Dimension, Metric
from source_tiktok_ads.streams.listing import DatedListing, Listing, Scope
from source_tiktok_ads.streams.model import Report, Stream, key_of
from source_tiktok_ads.streams.purpose import purpose
from source_tiktok_ads.streams.rules import LEVELS, REPORT_TYPES

ROOT = Path(__file__).parent.parent

INTRODUCTION = """\
# Streams

<!-- Written by `python -m docs.generate` from source_tiktok_ads/streams; do not edit. -->

Every stream syncs in full, and incrementally where it has a cursor; key and cursor are given by the source. Any column
may be null.
Fields that TikTok adds to its objects, from accounts to posts, pass through before this page knows them. A few
columns come only with the setting *Include Personal Data*, as marked.

The days of reports are local time of the ad account (`timestamp_without_timezone`); all other times are UTC
(`timestamp_with_timezone`). Ids are always `string`. With the setting *Entity Versions* on *latest* the key of
campaigns, ad groups and ads loses `modify_time`, which leaves one row per object.

*Facts from* says how many public sources agree on what the stream asks TikTok and where it finds the rows; they are
named in [facts.json](tiktok/facts.json). Where it is one or none, look at the first sync with more care. The command
`source-tiktok-ads streams` prints the same table.

"""


def type_name(schema: Mapping[str, Any]) -> str:
    """A column's type in one word, as `string`, `timestamp_with_timezone` or `array<object<code string>>`."""
    if "airbyte_type" in schema:
        return str(schema["airbyte_type"])
    (kind,) = [kind for kind in schema["type"] if kind != "null"]
    if kind == "array":
        return f"array<{type_name(schema['items'])}>"
    if kind == "object" and "properties" in schema:
        return "object<" + ", ".join(f"{name} {type_name(inner)}" for name, inner in schema["properties"].items()) + ">"
    return str(kind)


def snapshot() -> str:
    """The catalog in one line per stream and per column, for the eyes of whoever reviews a change."""
    newest = {item["name"]: item for item in catalog("latest")}
    return "".join(f"{line}\n" for item in catalog("every") for line in _snapshot_lines(item, newest[item["name"]]))


def _snapshot_lines(item: Mapping[str, Any], newest: Mapping[str, Any]) -> Iterator[str]:
    key, cursor = _key(item), "".join(item.get("default_cursor_field", []))
    latest = "" if _key(newest) == key else f", key of the latest version {'+'.join(_key(newest))}"
    modes = "+".join(item["supported_sync_modes"])
    yield f"{item['name']}: {modes}, key {'+'.join(key)}, cursor {cursor or '-'}{latest}"
    for name, schema in item["json_schema"]["properties"].items():
        marks = " key" * (name in key) + " cursor" * (name == cursor)
        yield f"{item['name']}.{name} {type_name(schema)}{marks}"


def _key(item: Mapping[str, Any]) -> list[str]:
    return [column for (column,) in item["source_defined_primary_key"]]


def streams_page() -> str:
    """The reference of all streams: key, cursor, request, and every column with type and meaning."""
    rows = "".join(
        f"| [{item.name}](#{item.name}) | {purpose(item)} | {_cursor(item)} | {sureness(item)} |\n" for item in STREAMS
    )
    table = "| stream | a row is | cursor | facts from |\n| --- | --- | --- | --- |\n" + rows
    return INTRODUCTION + table + "".join(_section(stream) for stream in STREAMS)


def _cursor(stream: Stream) -> str:
    return _code(stream.cursor) if stream.incremental else "none"


def _section(stream: Stream) -> str:
    properties = entry(stream, "every")["json_schema"]["properties"].items()
    personal = stream.personal if isinstance(stream, Listing) else ()
    columns = "".join(
        f"| {name} | `{type_name(schema)}` | {schema['description']}{PERSONAL * (name in personal)} |\n"
        for name, schema in properties
    )
    facts = {
        "Key": ", ".join(map(_code, key_of(stream, "every"))),
        "Cursor": _cursor(stream),
        "Sync modes": "full refresh, incremental" if stream.incremental else "full refresh",
        "TikTok endpoint": _request(stream),
        **({"Requests": cost} if (cost := _cost(stream)) else {}),
        "Facts": SURE[sureness(stream)],
        "Columns": str(len(properties)),
    }
    listed = "".join(f"- {name}: {fact}\n" for name, fact in facts.items())
    return f"\n## {stream.name}\n\n{listed}\n| column | type | meaning |\n| --- | --- | --- |\n{columns}"


def _request(stream: Stream) -> str:
    if isinstance(stream, Report):
        dimensions = ", ".join(map(_code, stream.dimensions))
        return f"{_code(stream.path)}, {stream.report_type} report at {stream.level.data_level} by {dimensions}"
    if isinstance(stream, Listing):
        return _code(stream.path) + WHOSE[stream.scope] + OPTIONAL * stream.optional
    return _code(stream.path)


def _cost(stream: Stream) -> str:
    """How many requests a list takes that come from another list, or from each day; nothing for any other stream."""
    days = stream.days if isinstance(stream, DatedListing) else 0
    if not isinstance(stream, Listing) or not (stream.parent or stream.task or days == 1):
        return ""
    # A task is created, asked about and downloaded; further lists for the same objects do that once more for each.
    alike = sum(other.scope is stream.scope for other in (stream, *stream.more))
    one = f"at least {3 * alike}" if stream.task else "at least one"
    window = {0: "", 1: " and each day"}.get(days, f" and each window of {days} days")
    if not stream.parent:
        return f"{one} for each account{window}"
    parent = stream.parent
    many = "each" if parent.batch_size == 1 else f"every {parent.batch_size}"
    return f"{one} for {many} of the {parent.listing.name.replace('_', ' ')}{window}"


SURE: Mapping[str, str] = {
    "two sources": "two or more public sources agree on the endpoint",
    "one source": "one public source tells of the endpoint",
    "unverified": "no public source was found that tells of the endpoint",
}
PERSONAL = " Only with *Include Personal Data*."
WHOSE: Mapping[Scope, str] = {
    Scope.ACCOUNT: "",
    Scope.REFERENCE: ", the same for all accounts, so read once",
    Scope.CENTERS: ", for each Business Center of the access token",
    Scope.CREATORS: ", for each Creator Marketplace account of the access token; needs app id and secret",
    Scope.TOKEN: ", which needs app id and secret",
}
OPTIONAL = "; left out with a warning where TikTok refuses it, but a full refresh is incomplete then"


def _code(text: str) -> str:
    return f"`{text}`"


METRICS_INTRODUCTION = """\
# Metrics and dimensions

<!-- Written by `python -m docs.generate` from source_tiktok_ads/streams/fields.json; do not edit. -->

Every name that TikTok has for a figure, an attribute or a dimension of its reports: for
[custom reports](tiktok-ads.md#custom-reports), and for the setting *Metric Groups*, which takes the names of the groups
below. Money is in the currency of the account, rates are percent from 0 to 100. What is told *elsewhere* belongs to
streams of other endpoints.

"""


def metrics_page() -> str:
    """The reference of all metrics by group, and of all dimensions."""
    groups = "".join(_group(name) for name in GROUPS)
    rows = "".join(
        f"| {fact.name} | {_told(fact)} | {', '.join(map(_code, fact.times))} | {fact.meaning} |\n"
        for fact in DIMENSIONS.values()
    )
    head = "| dimension | report types and levels | beside the time | meaning |\n| --- | --- | --- | --- |\n"
    return f"{METRICS_INTRODUCTION}{groups}## Dimensions\n\n{head}{rows}"


def _group(group: str) -> str:
    named = [metric for metric in METRICS.values() if metric.group == group]
    rows = "".join(f"| {m.name} | {m.shape.kind} | {_told(m)} | {m.meaning} |\n" for m in named)
    setting = "" if group in METRIC_GROUPS else " (not for *Metric Groups*)"
    head = "| metric | type | report types and levels | meaning |\n| --- | --- | --- | --- |\n"
    return f"## {group}\n\n{len(named)} metrics{setting}.\n\n{head}{rows}\n"


def _told(fact: Metric | Dimension) -> str:
    """In which families of reports, and at which levels, TikTok tells of a name."""
    types = [kind for kind in REPORT_TYPES if kind in fact.report_types]
    if not types:
        return "elsewhere"
    levels = [level.name for level in LEVELS.values() if level.data_level in fact.data_levels]
    every = not fact.data_levels or fact.data_levels == DATA_LEVELS
    return ", ".join(types) + ("" if every else f"; {', '.join(levels)}")


MAIN = (
    "advertisers",
    "campaigns",
    "adgroups",
    "ads",
    "ad_insights",
    "ad_insights_by_age_and_gender",
    "ad_insights_by_country",
    "ad_insights_by_platform",
    "campaign_insights_by_province",
)
"""The streams to begin with, which other connectors for TikTok Ads have under the same names."""


TROUBLES = """\
# What TikTok answers, and what follows

<!-- Written by `python -m docs.generate` from source_tiktok_ads/api/errors.py; do not edit. -->

TikTok's verdict is a code beside a message. Each row is one line of the table by which the connector decides: words
first, because one code has several meanings, then the code alone, then what happens without any verdict. The log and
the error say what happened, for which account and request, with TikTok's own words, the code and the `request_id`.

"""

FOLLOWS: Mapping[Action, str] = {
    Action.TAKE: "takes the answer, with a warning, as incomplete unless TikTok's count or totals prove it whole",
    Action.RETRY: "asks again after growing waits",
    Action.SLOW: "waits and asks more slowly",
    Action.PAUSE: "pauses all requests for minutes or until the quota is free",
    Action.BRAKE: "lets only this account wait",
    Action.BRAKE_ENDPOINT: "lets only this endpoint wait",
    Action.SHRINK: "asks for less: fewer days, objects, metrics or rows",
    Action.DROP_METRICS: "asks again later, then goes without these metrics for this account",
    Action.SKIP_ADVERTISER: "leaves this account out, reads the others",
    Action.SKIP_STREAM: "leaves this account out of this stream",
    Action.GIVE_UP: "fails this part, which the next sync reads",
    Action.BUG: "fails this part, which the next sync reads",
    Action.FAIL: "ends the sync, unless TikTok takes the token elsewhere: then only this account is left out",
}


def troubleshooting_page() -> str:
    """The table of errors, as a page for whoever meets one."""
    head = "| TikTok answers | what happened | the connector | what to do |\n| --- | --- | --- | --- |\n"
    return TROUBLES + head + "".join(_trouble(answer, rule) for answer, rule in _answers())


def _trouble(answer: str, rule: Rule) -> str:
    follows = "ends the sync at once" if rule is REGION else FOLLOWS[rule.action]
    if rule.then is Action.TAKE:
        follows = f"{follows}, then {FOLLOWS[rule.then]}"
    return f"| {answer} | {rule.happened} | {follows} | {rule.next_step} |\n"


def _answers() -> Iterator[tuple[str, Rule]]:
    """Each row of the table of errors: what comes from TikTok, or does not, and the rule for it."""
    for wording in WORDINGS:
        said = f' "{wording.example}"' if wording.example else f" from {wording.path}"
        yield f"{', '.join(map(str, sorted(wording.codes)))}{said}", wording.rule
    codes: dict[Rule, list[str]] = {}
    for code, rule in RULES.items():
        codes.setdefault(rule, []).append(str(code))
    yield from ((", ".join(found), rule) for rule, found in codes.items())
    yield from ((f"{family[0]} to {family[-1]}, others", rule) for family, rule in FAMILIES)
    yield "any other code", UNKNOWN
    yield from (*OF_SELECTION.items(), *NOT_ASKED.items())
    statuses: dict[Rule, list[str]] = {}
    for status, rule in STATUSES.items():
        statuses.setdefault(rule, []).append(str(status))
    yield from ((f"no verdict, HTTP {', '.join(found)}", rule) for rule, found in statuses.items())
    yield from ((f"no verdict ({kind})", rule) for kind, rule in KINDS.items())


def with_table(path: Path, reference: str) -> str:
    """A page that people write, with the main streams between its two marks as they are; links go to `reference`."""
    return _with(path, "stream table", stream_table(reference))


def _with(path: Path, name: str, text: str) -> str:
    start, end = f"<!-- {name}, written by `python -m docs.generate` -->\n", f"<!-- end of the {name} -->"
    before, _, rest = path.read_text("utf-8").partition(start)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"{path} lacks the marks of the {name}")
    return f"{before}{start}{text}{mark}{after}"


def stream_table(reference: str) -> str:
    """The main streams: what a row is, key and cursor, each linked to its section of `reference`; then how many."""
    rows = (
        f"| [{stream.name}]({reference}#{stream.name}) | {purpose(stream)} "
        f"| {', '.join(key_of(stream, 'every'))} | {stream.cursor or 'none'} |\n"
        for stream in map(BY_NAME.__getitem__, MAIN)
    )
    head = "| stream | a row is | key | cursor |\n| --- | --- | --- | --- |\n"
    return f"{head}{''.join(rows)}\nThese are the main ones of [{len(STREAMS)} streams]({reference}).\n"


def example_catalog() -> str:
    """A configured catalog with the main streams as most people want them: incremental, upserted by key."""
    return json.dumps({"streams": [_configured(BY_NAME[name]) for name in MAIN]}, indent=2) + "\n"


def _configured(stream: Stream) -> dict[str, Any]:
    return {
        # The connector knows its schemas; a catalog for it need not repeat them.
        "stream": {
            "name": stream.name,
            "json_schema": {},
            "supported_sync_modes": entry(stream, "every")["supported_sync_modes"],
        },
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": [stream.cursor],
        "primary_key": [[column] for column in key_of(stream, "every")],
    }


def specification_file() -> str:
    """What the verb `spec` reads, made from the models of the settings."""
    return json.dumps(specification(), indent=2, ensure_ascii=False) + "\n"


def sources_file() -> str:
    """How many sources tell of each endpoint, for the package, which has no docs beside it."""
    facts = json.loads((ROOT / "docs" / "tiktok" / "facts.json").read_text("utf-8"))["endpoints"]
    return json.dumps({fact["endpoint"]: len(fact["sources"]) for fact in facts}, indent=1) + "\n"


PEERS: tuple[Peer, ...] = (singer.PEER, airbyte.PEER, fivetran.PEER)
"""The connectors whose users this one has a guide for."""
SWITCHING = ROOT / "docs" / "switching"


def guide(peer: Peer) -> str:
    """The guide for a peer's users, with the mapping of its tables between its two marks as it is today."""
    return _with(SWITCHING / f"{peer.schema}.md", "mapping", mapping(peer))


def overview() -> str:
    """The page that leads to the guides, with every table of every peer between its two marks."""
    return _with(ROOT / "docs" / "switching.md", "coverage", coverage(PEERS))


TARGETS: Mapping[Path, Callable[[], str]] = {
    ROOT / "docs" / "streams.md": streams_page,
    ROOT / "docs" / "metrics.md": metrics_page,
    ROOT / "docs" / "troubleshooting.md": troubleshooting_page,
    ROOT / "docs" / "tiktok-ads.md": partial(with_table, ROOT / "docs" / "tiktok-ads.md", "streams.md"),
    ROOT / "docs" / "switching.md": overview,
    **{SWITCHING / f"{peer.schema}.md": partial(guide, peer) for peer in PEERS},
    **{SWITCHING / f"{peer.schema}.sql": partial(script, peer) for peer in PEERS},
    ROOT / "README.md": partial(with_table, ROOT / "README.md", "docs/streams.md"),
    ROOT / "examples" / "configured_catalog.json": example_catalog,
    ROOT / "unit_tests" / "snapshots" / "catalog.txt": snapshot,
    ROOT / "source_tiktok_ads" / "spec.json": specification_file,
    ROOT / "source_tiktok_ads" / "streams" / "sources.json": sources_file,
}


def stale() -> list[Path]:
    """The files that no longer say what the streams and settings say."""
    return [path for path, text in TARGETS.items() if not path.exists() or path.read_text("utf-8") != text()]


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` name those that are out of date; the exit code tells whether any was."""
    old = stale()
    if "--check" in arguments:
        for path in old:
            print(f"{path.relative_to(ROOT)} is out of date: run python -m docs.generate")
        return 1 if old else 0
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TARGETS[path](), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
