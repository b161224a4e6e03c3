"""Judge test reports: enough tests ran the image, and nothing was skipped but for a reason on the list."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from xml.etree import ElementTree

# Reasons of the CDK's own suite that hold for this connector by design.
ALLOWED = (
    # The section of acceptance-test-config.yml that would run this verb does not list the configuration.
    r"`\w+` (does|do) not run for scenario",
    # A custom connector is in no public registry, and a machine without the internet can't ask one.
    r"Skipping the spec backward-compatibility check .* the connector registry could not be reached",
    r"has no published version to compare against",
    # A configuration that must fail has no catalog and no rows.
    r"Skipping \(expected to fail\)",
    r"Skipping discover test for scenario that expects an exception",
    # The image is read with the default configuration only.
    r"Skipping read test for scenario '.*' \(not in default scenarios list",
)


def complaints(reports: Sequence[ElementTree.Element], docker_at_least: int) -> list[str]:
    """What is wrong with the reports, one sentence each; empty when all is well."""
    found = []
    ran = 0
    for case in (case for report in reports for case in report.iter("testcase")):
        skip = case.find("skipped")
        if skip is not None:
            reason = f"{skip.get('message', '')}\n{skip.text or ''}"
            if not any(re.search(pattern, reason) for pattern in ALLOWED):
                found.append(f"{case.get('classname')}.{case.get('name')} was skipped: {skip.get('message')}")
        elif case.find("failure") is None and case.find("error") is None and _runs_image(case):
            ran += 1
    if ran < docker_at_least:
        found.append(f"{ran} tests ran the image, at least {docker_at_least} have to")
    return found


def _runs_image(case: ElementTree.Element) -> bool:
    return any(item.get("name") == "docker" for item in case.iter("property"))


def main(arguments: Sequence[str]) -> int:
    """Print every complaint about the reports; 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+")
    parser.add_argument("--docker-at-least", type=int, required=True)
    options = parser.parse_args(arguments)
    found = complaints([ElementTree.parse(report).getroot() for report in options.reports], options.docker_at_least)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
