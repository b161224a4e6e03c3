"""The floor: the same answers to the same lines with nothing in between; no framework, no checks, one thread.

`python -m benchmarks.floor PLAN` reads a plan that `benchmarks.read` wrote and sends RECORD lines to stdout. It imports
nothing of the connector, so that both sides of the comparison pay for their own imports only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import urllib3

TYPES: Mapping[str, Any] = {"text": str, "integer": int, "number": float, "flag": bool, "local_time": datetime}


def answer_type(plan: Mapping[str, Any]) -> Any:
    """TikTok's answer with exactly the columns of the plan, each null where the row has none."""
    parts = [(part, _columns(part, plan[part])) for part in ("dimensions", "metrics")]
    row = msgspec.defstruct("Row", parts, gc=False)
    data = msgspec.defstruct("Data", [("list", list[row])])  # type: ignore[valid-type]
    return msgspec.defstruct("Answer", [("data", data)])


def _columns(name: str, kinds: Mapping[str, str]) -> type[msgspec.Struct]:
    fields = [(column, TYPES[kind] | None, None) for column, kind in kinds.items()]
    return msgspec.defstruct(name, fields, omit_defaults=True, gc=False)


def pages(plan: Mapping[str, Any]) -> Iterator[bytes]:
    """The lines of one page after another."""
    decode = msgspec.json.Decoder(answer_type(plan), strict=False).decode
    encode = msgspec.json.Encoder().encode
    headers = {"Access-Token": plan["token"], "Accept-Encoding": "gzip"}
    pool = urllib3.PoolManager()
    for request in plan["requests"]:
        body = pool.request("GET", request["url"], headers=headers).data
        rows = decode(body.replace(b'":"-"', b'":null').replace(b'":""', b'":null')).data.list
        head = b'{"type":"RECORD","record":{"stream":"%b","data":{%b' % (
            plan["stream"].encode(),
            request["stamp"].encode(),
        )
        tail = b'},"emitted_at":%d}}\n' % (time.time_ns() // 1_000_000)
        yield b"".join(
            b"%b%b,%b%b" % (head, encode(row.dimensions)[1:-1], encode(row.metrics)[1:-1], tail) for row in rows
        )


def main(path: str) -> None:
    """Write every page of the plan to stdout."""
    for lines in pages(json.loads(Path(path).read_text(encoding="utf-8"))):
        sys.stdout.buffer.write(lines)


if __name__ == "__main__":
    main(sys.argv[1])
