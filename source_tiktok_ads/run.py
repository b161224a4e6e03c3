"""The command line. It answers `spec` and `discover` without importing the CDK, which all other commands need."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from source_tiktok_ads import shell

SPECIFICATION = Path(__file__).parent / "spec.json"


def run() -> None:
    """Run the command on the command line, and end the process with its exit code."""
    shell.run(main)


def main(args: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    # A plugin of pydantic would see every setting, secrets among them, and searching all packages for one takes time.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    if list(args) == ["--version"]:
        print(shell.versions("airbyte-source-tiktok-ads", os.environ.get("CONNECTOR_REVISION", "unknown")), flush=True)
        return 0
    if args[:1] == ["authorize"]:
        return _authorize(args[1:])
    if args[:1] == ["streams"]:
        return _streams(args[1:])
    line = quick_answer(args)
    if line is not None:
        print(line, flush=True)
        return 0
    from source_tiktok_ads.entrypoint import launch

    return launch(args)


def quick_answer(args: Sequence[str]) -> str | None:
    """The message that answers the command; None if that takes a request, an error or a log line, and so the CDK."""
    if list(args) == ["spec"]:
        return shell.message("SPEC", spec=shell.specification(SPECIFICATION))
    if len(args) == 3 and args[0] == "discover" and args[1] == "--config":
        # Almost nothing is garbage before the answer is printed, so searching for it would take a quarter of the time:
        # collections are off until then, and the one at the end of the process leaves out what is here by now.
        gc.disable()
        try:
            return _quick_catalog(args[2])
        finally:
            gc.freeze()
            gc.enable()
    return None


def _authorize(args: Sequence[str]) -> int:
    from source_tiktok_ads import authorize
    from source_tiktok_ads.api.client import Client
    from source_tiktok_ads.api.rate_limit import RateLimiter
    from source_tiktok_ads.api.transport import HttpTransport
    from source_tiktok_ads.config import origin

    def client(token: str = "") -> Client:
        return Client(origin(os.environ), token, RateLimiter(1.0), HttpTransport(), log=lambda *_: None)

    def accounts(token: str, app_id: str, secret: str) -> Sequence[tuple[str, str]]:
        return client(token).accounts(app_id, secret, attempts=3, repeat_timeouts=False)

    return authorize.main(args, sys.stdout, input, client().exchange, accounts)


def _streams(args: Sequence[str]) -> int:
    from source_tiktok_ads import offered

    if args:
        print(f"source-tiktok-ads streams takes no arguments, not {' '.join(args)}", file=sys.stderr)
        return 2
    print(offered.table(), flush=True)
    return 0


def _quick_catalog(path: str) -> str | None:
    from source_tiktok_ads.config import AuthorizationCode, ConfigError, normalise, parse
    from source_tiktok_ads.selection import streams
    from source_tiktok_ads.streams.catalog import catalog

    try:
        with open(path, encoding="utf-8-sig") as file:
            # A larger file is no configuration. Truncated, it is no valid JSON, and the CDK's entrypoint reports it.
            config, notes = normalise(json.loads(file.read(1 << 24)))
        settings = parse(config, os.environ)
        found = streams(settings)
    except (OSError, ValueError, AttributeError, RecursionError, ConfigError):
        return None
    if (
        notes
        or isinstance(settings.credentials, AuthorizationCode)
        or os.environ.get("LOG_LEVEL", "").lower() == "debug"
    ):
        return None
    return shell.message("CATALOG", catalog={"streams": catalog(settings.entity_versions, found.values())})
