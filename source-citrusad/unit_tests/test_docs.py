"""The docs say what the code does: links, settings, messages, commands, JSON; the examples are valid."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from source_citrusad.incoming import blobs_by_stream, catalog_of, states_of
from source_citrusad.settings import VARIABLES, Settings, settings_of
from source_citrusad.sync import state

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "docs" / "citrusad.md", ROOT / "benchmarks" / "README.md"]
EXAMPLES = ROOT / "examples"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text(path: Path) -> str:
    """A file's content."""
    return path.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """To files that are there, and to headings in them."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_what_is_derived_is_up_to_date() -> None:
    """`make docs` writes it."""
    assert text(generate.FORM) == generate.form()
    assert text(generate.GUIDE) == generate.guide(text(generate.GUIDE))


def test_every_setting_is_explained() -> None:
    """Hidden ones and their variables too."""
    guide = text(generate.GUIDE)
    assert [name for name in [*Settings.model_fields, *VARIABLES.values()] if f"`{name}`" not in guide] == []


def quoted() -> Iterator[str]:
    """What the table of troubleshooting quotes."""
    _, _, rest = text(generate.GUIDE).partition("## Troubleshooting")
    yield from re.findall(r"^\| `([^`]+)` \|", rest, re.MULTILINE)


def test_quoted_messages_are_said_by_the_code() -> None:
    """Word by word."""
    sources = "".join(re.sub(r'"\s*f?"', "", text(path)) for path in (ROOT / "source_citrusad").rglob("*.py"))
    assert len([*quoted()]) > 4
    assert [message for message in quoted() if message.partition(" (invalid_grant")[0] not in sources] == []


def test_the_state_that_is_shown_is_one() -> None:
    """It can be read, and has what a state has."""
    [shown] = re.findall(r"```json\n(.*?)```", text(generate.GUIDE), re.DOTALL)
    blob = json.loads(shown)
    parsed = state.parse(blob)
    shared = {name: blob[name] for name in ("usage", "locations", "billing_project")}
    assert state.blob_of(parsed, shared) == blob


def test_examples_are_valid() -> None:
    """A configuration, a catalog and a state."""
    settings = settings_of(json.loads(text(EXAMPLES / "config.json")), {})
    assert settings.datasets == ["acme_insight_reporting"]
    catalog = catalog_of(str(EXAMPLES / "configured_catalog.json"))
    streams = {(entry.stream.namespace, entry.stream.name) for entry in catalog.streams}
    blobs = blobs_by_stream(states_of(str(EXAMPLES / "state.json")))
    assert {*blobs} < streams
    assert [str(state.parse(blob).cursor) for blob in blobs.values()] == ["2024-01-31"]
    assert {path.name for path in EXAMPLES.iterdir()} == {"config.json", "configured_catalog.json", "state.json"}


def test_make_targets_exist() -> None:
    """Those that the pages name."""
    makefile = ROOT.parent / "Makefile"
    targets = set(re.findall(r"^([a-z-]+):", text(makefile), re.MULTILINE))
    shown = {target for page in PAGES for target in re.findall(r"\bmake ([a-z]+-[a-z-]+)", text(page))}
    assert shown <= targets
