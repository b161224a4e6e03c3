"""The command line: answers spec by itself; everything else goes the long way, which imports the CDK."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from source_citrusad import shell

SPECIFICATION = Path(__file__).parent / "spec.yaml"


def run() -> None:
    """Run the command that stands on the command line, and end the process with its exit code."""
    shell.run(main)


def main(args: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    if list(args) == ["spec"]:
        print(shell.message("SPEC", spec=shell.specification(SPECIFICATION)), flush=True)
        return 0
    if list(args) == ["--version"]:
        print(shell.versions("airbyte-source-citrusad", os.environ.get("CONNECTOR_REVISION", "unknown")), flush=True)
        return 0
    from source_citrusad.entrypoint import launch

    return launch(args)
