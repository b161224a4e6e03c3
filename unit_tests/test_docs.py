"""The docs say what the code does: links, settings, quoted messages, commands, versions, JSON and Python."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import generate
from source_tiktok_ads.config import normalise, parse
from source_tiktok_ads.config.model import SANDBOX_BUDGET, TIERS
from source_tiktok_ads.protocol_files import blobs_by_stream, states_of
from source_tiktok_ads.streams import model
from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS, entry
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.sync import state
from source_tiktok_ads.sync.children import cursor_of_groups, groups_of
from source_tiktok_ads.sync.remembered import RememberedChildren

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "source_tiktok_ads"
PAGES = sorted(
    [
        *(
            ROOT / name
            for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
        ),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
GUIDE = ROOT / "docs" / "tiktok-ads.md"
SINGER = ROOT / "docs" / "switching" / "singer.md"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language, without the indentation of a list around them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text(page), re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in found]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text(page), flags=re.MULTILINE | re.DOTALL)


def code(page: Path) -> Iterator[str]:
    """Everything that a page shows as code: words and blocks."""
    yield from re.findall(r"`([^`\n]+)`", prose(page))
    yield from re.findall(r"^ *```\w*\n(.*?)^ *```$", text(page), re.MULTILINE | re.DOTALL)


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its rank or above."""
    rank = heading.partition(" ")[0]
    _, _, rest = text(page).partition(f"\n{heading}\n")
    return re.split(rf"^#{{1,{len(rank)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(markdown: str, head: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so."""
    lines = iter(markdown.splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


# --- Links ------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """Every link into the repository names a file that exists and, after `#`, one of its headings."""
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_is_reached() -> None:
    """From the README every page can be reached by links; the other connector's pages are judged by its own tests."""
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        links = re.findall(r"\]\(([^)#]+\.md)", prose(page))
        near = {(page.parent / link).resolve() for link in links if not link.startswith("https://")}
        waiting += near - seen
    assert {page for page in seen if not page.is_relative_to(ROOT / "source-citrusad")} == set(PAGES)


NEW_STREAM = "campaign_insights_by_age"
"""The stream that the guide adds as an example."""

# --- Streams ----------------------------------------------------------------------------------------------------------


@each_page
def test_streams_mentioned_exist(page: Path) -> None:
    """Whatever is written like a report stream is one, but for the example of a stream to be added."""
    words = {word for shown in code(page) for word in re.findall(r"\b\w+_insights\w*\b", shown)}
    assert words - set(BY_NAME) <= {NEW_STREAM}


def test_changelog_names_every_stream() -> None:
    """A stream that comes or goes stands in the changelog, by itself or for all levels at once."""
    named = set(re.findall(r"`([\w<>]+)`", text(ROOT / "CHANGELOG.md")))
    levels = {name.replace("<level>", level) for name in named for level in ("advertiser", "campaign", "adgroup", "ad")}
    assert {stream.name for stream in STREAMS} <= levels


def test_columns_mentioned_exist() -> None:
    """The columns that the pages about numbers and switching speak of exist in some stream."""
    columns = {column for stream in STREAMS for column in stream.columns}
    foreign = {"user_agent", "request_timeout", "attribution_window", "report_granularity"}
    known = columns | set(BY_NAME) | set(SETTINGS) | set(CREDENTIALS) | foreign
    for name in ("numbers.md", "switching/singer.md"):
        page = ROOT / "docs" / name
        words = re.findall(r"`(?:\w+\.)?([a-z0-9]+(?:_[a-z0-9]+)+)`", prose(page))
        assert {word for word in words if word not in known} == set(), name


def test_example_of_a_new_stream_is_legal() -> None:
    """The row with which the guide adds a stream makes a stream with metrics, a key and a schema."""
    row, _ = blocks(ROOT / "docs" / "development.md", "python")
    assert row in text(ROOT / "README.md")
    stream = eval(row, vars(model))
    assert isinstance(stream, model.Report)
    assert stream.name == NEW_STREAM
    assert NEW_STREAM not in BY_NAME
    assert "spend" in stream.metrics
    assert set(stream.key) <= set(entry(stream, "every")["json_schema"]["properties"])


def test_example_of_a_list_is_the_real_one() -> None:
    """The guide shows a row that stands in the stream table."""
    _, row = blocks(ROOT / "docs" / "development.md", "python")
    assert eval(row, {"Listing": Listing, "PIXEL": BY_NAME["pixels"].columns}) == BY_NAME["pixels"]


@pytest.mark.parametrize("page", [ROOT / "README.md", GUIDE], ids=lambda page: page.name)
def test_stream_table_is_generated(page: Path) -> None:
    """The tables of README and guide are those of the stream table, with one row for each main stream."""
    assert text(page) == generate.TARGETS[page]()
    rows = table(text(page), "stream")
    assert [re.findall(r"\[(\w+)\]", row[0]) for row in rows] == [[name] for name in generate.MAIN]
    assert f"of [{len(STREAMS)} streams](" in text(page)


def test_page_without_marks_is_refused(tmp_path: Path) -> None:
    """A page that has lost its marks is not overwritten."""
    page = tmp_path / "page.md"
    page.write_text("text", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the marks of the stream table"):
        generate.with_table(page, "streams.md")


# --- Settings ---------------------------------------------------------------------------------------------------------

FORM: dict[str, Any] = json.loads(text(PACKAGE / "spec.json"))["connectionSpecification"]
SETTINGS: dict[str, Any] = {k: v for k, v in FORM["properties"].items() if not v["title"].endswith("for Tests")}
HIDDEN = sorted(set(FORM["properties"]) - set(SETTINGS))
KINDS: list[dict[str, Any]] = FORM["properties"]["credentials"]["oneOf"]
CREDENTIALS = {name for kind in KINDS for name in kind["properties"]}


def test_every_setting_is_documented() -> None:
    """The table of settings has all fields but those for tests, in order, with their titles, names and defaults."""
    rows = table(section(GUIDE, "### Settings"), "field")
    assert [(row[0], row[1]) for row in rows] == [(field["title"], f"`{name}`") for name, field in SETTINGS.items()]
    for row, (name, field) in zip(rows, SETTINGS.items(), strict=True):
        if "default" in field:
            assert row[2] == f"`{json.dumps(field['default']).strip(chr(34))}`"
        assert (row[2] == "required") == (name in FORM["required"])


def test_every_kind_of_credentials_is_documented() -> None:
    """The table of credentials has each kind with its auth_type and its fields."""
    rows = table(section(GUIDE, "### Settings"), "kind of credentials")
    assert [row[0] for row in rows] == [kind["title"] for kind in KINDS]
    for row, kind in zip(rows, KINDS, strict=True):
        fields = set(re.findall(r"`(\w+)`", row[2]))
        assert fields == set(kind["properties"]) - {"auth_type"}
        assert row[1] == f"`{kind['properties']['auth_type']['const']}`"


def test_hidden_settings_are_for_developers() -> None:
    """The settings for tests are documented where the simulator is."""
    shown = set(code(ROOT / "docs" / "development.md"))
    assert set(HIDDEN) <= shown
    assert not set(HIDDEN) & set(code(GUIDE))


def test_rates_are_those_of_the_tiers() -> None:
    """The table of budgets has the numbers that the connector uses."""
    rows = table(section(GUIDE, "## Performance considerations"), "tier")
    shown = {row[0]: (float(row[1]), float(row[2].replace(",", ""))) for row in rows}
    assert shown == {**{tier: (rate, 60 * rate) for tier, rate in TIERS.items()}, "sandbox": SANDBOX_BUDGET}


# --- What is quoted ---------------------------------------------------------------------------------------------------


def literals() -> set[str]:
    """Every text of the package's code, those inside f-strings too, with single blanks."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(" ".join(node.value.split()))
    return found


def test_messages_quoted_exist() -> None:
    """Every message of the troubleshooting table is one that the code can say; "…" stands for what varies."""
    said = literals()
    rows = table(section(GUIDE, "## Limitations & Troubleshooting"), "the log or the test says")
    quotes = [re.fullmatch(r"`(.+)`", row[0]) for row in rows]
    pieces = [piece.strip() for quote in quotes if quote for piece in quote[1].split("…") if len(piece.strip()) > 1]
    assert all(quotes)
    pieces.append("stream, account, rows, skipped because")
    assert [piece for piece in pieces if not any(piece in literal for literal in said)] == []


def test_hosts_named_are_those_called() -> None:
    """The hosts of the allow list are those of the code and of metadata.yaml."""
    hosts = set(re.findall(r"`([\w.-]+\.com)`", section(GUIDE, "## IP allow list")))
    assert hosts == set(yaml.safe_load(text(ROOT / "metadata.yaml"))["data"]["allowedHosts"]["hosts"])
    assert all(any(host in literal for literal in literals()) for host in hosts)


def test_headings_follow_the_order_of_connector_pages() -> None:
    """The guide has the headings of Airbyte's connector pages, in their order."""
    assert re.findall(r"^## (.+)$", text(GUIDE), re.MULTILINE) == [
        "Prerequisites",
        "Setup guide",
        "Supported sync modes",
        "Supported Streams",
        "Performance considerations",
        "Data type map",
        "Limitations & Troubleshooting",
        "IP allow list",
        "Changelog",
    ]


# --- Commands ---------------------------------------------------------------------------------------------------------


@each_page
def test_make_targets_exist(page: Path) -> None:
    """Every `make` command shown is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", text(ROOT / "Makefile"), re.MULTILINE))
    known = {target for line in targets for target in line.split()}
    shown = {match for block in code(page) for match in re.findall(r"\bmake ([a-z-]+)", block)}
    assert shown - known == set()


def test_two_commands() -> None:
    """The README opens with the two commands that need nothing else."""
    [first, *_] = blocks(ROOT / "README.md", "sh")
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]


def test_options_of_authorize_exist() -> None:
    """Every option shown with the command `authorize` is one of its own."""
    known = set(re.findall(r'add_argument\("(--[a-z-]+)"', text(PACKAGE / "authorize.py")))
    setup = section(GUIDE, "### Set up TikTok")
    shown = set(re.findall(r"--[a-z-]+", setup))
    assert {"--listen", "--code"} <= shown <= known
    variables = set(re.findall(r"`(TIKTOK_\w+)`", setup))
    assert {name for name in variables if name in text(PACKAGE / "authorize.py")} == variables


def test_verbs_are_those_of_the_protocol() -> None:
    """The commands of the README are the four verbs, with the options they take."""
    lines = [line for block in blocks(ROOT / "README.md", "sh") for line in block.splitlines()]
    verbs = [line.split()[1:] for line in lines if line.startswith("tiktok ")]
    assert [(verb, *[option for option in rest if option.startswith("--")]) for verb, *rest in verbs] == [
        ("spec",),
        ("check", "--config"),
        ("discover", "--config"),
        ("read", "--config", "--catalog"),
        ("read", "--config", "--catalog", "--state"),
    ]


@each_page
def test_files_named_exist(page: Path) -> None:
    """A path shown as code is a file, a name defined in a module of the package, an endpoint, or the image's name."""
    paths = {shown for shown in code(page) if re.fullmatch(r"[a-z_.-][\w.-]*(/[\w.-]+)*/?", shown) and "/" in shown}
    names = {stream.path for stream in STREAMS} | {"airbyte/source-tiktok-ads"}
    known = {path for path in paths if any((root / path).exists() for root in (ROOT, PACKAGE)) or is_defined(path)}
    assert paths - known <= names


def is_defined(path: str) -> bool:
    """Whether `folder/module.Name.member` names what a module of the package defines."""
    module, *parts = path.split(".")
    file = PACKAGE / f"{module}.py"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return bool(parts) and all(re.search(rf"^ *(class|def) {part}\b", text, re.MULTILINE) for part in parts)


# --- JSON and Python --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [ROOT / "README.md", SINGER], ids=lambda page: page.name)
def test_configurations_shown_are_accepted(page: Path) -> None:
    """Each configuration of README and switching guide is read as it stands there."""
    shown = blocks(page, "json")
    assert shown
    for block in shown:
        parse(normalise(json.loads(block))[0], {})


def test_qlik_configuration_is_read_as_meant() -> None:
    """Names with a comma stay whole, the day is turned round, and deleted objects stay out unless asked for."""
    form = normalise(json.loads(blocks(SINGER, "json")[1]))[0]
    config = parse(form, {})
    assert config.account_names == ("Acme Shoes, US", "Acme Shoes UK")
    assert (str(config.start_date), config.include_deleted) == ("2024-01-31", False)


def test_states_shown_are_states() -> None:
    """The states shown are read by the connector, entry by entry, and written again in the same way."""
    report, entities, chained, refresh, _ = (json.loads(block) for block in blocks(ROOT / "docs" / "state.md", "json"))
    for shown in (report, entities, chained):
        assert state.dump(state.parse(shown)) == shown
    for cursor in state.parse(report).cursors.values():
        coverage = state.coverage_of(cursor, "stat_time_day")
        assert coverage is not None
        assert state.cursor_of_coverage(coverage, "stat_time_day") == cursor
    for cursor in state.parse(chained).cursors.values():
        groups = groups_of(cursor, "date", inborn=False)
        assert groups is not None
        assert cursor_of_groups(groups, "date", 28) == cursor
    kept = RememberedChildren(BY_NAME["custom_conversions"], refresh).blob()
    assert {state.NO_CURSOR: True, **kept} == refresh
    for cursor in state.parse(entities).cursors.values():
        assert state.cursor_of_changes(state.changes_of(cursor, "modify_time"), "modify_time") == cursor


def test_state_file_shown_is_read(tmp_path: Path) -> None:
    """The file shown is a list of states as `--state` takes it, and what it holds for a stream is a state."""
    [*_, shown] = blocks(ROOT / "docs" / "state.md", "json")
    (tmp_path / "state.json").write_text(shown, encoding="utf-8")
    held = blobs_by_stream(states_of(str(tmp_path / "state.json")))
    assert set(held) <= set(BY_NAME)
    assert all(state.parse(blob).cursors for blob in held.values())
    assert held


def test_defaults_of_airbytes_connector() -> None:
    """What the switching guide says of settings that a configuration of Airbyte's connector leaves out."""
    credentials = {"auth_type": "oauth2.0", "access_token": "t", "advertiser_id": "7123456789012345678"}
    form, [note] = normalise({"credentials": credentials})
    config = parse(form, {})
    rows = dict(table(section(ROOT / "docs" / "switching" / "airbyte.md", "## Your configuration"), "there"))
    assert rows["`attribution_window`"] == f"`lookback_days`; {config.lookback_days} where not set"
    assert rows["`start_date` not set"].startswith(str(config.start_date))
    assert rows["`include_deleted` not set"].startswith(f"`{json.dumps(config.include_deleted)}`")
    assert rows["`entity_versions` not set"].startswith(f"`{config.entity_versions}`")
    assert "translated" in note
    assert config.account_ids == (credentials["advertiser_id"],)


def test_python_shown_compiles() -> None:
    """The Python of the README is Python, and calls PyAirbyte as the example does that it shortens."""
    [shown] = blocks(ROOT / "README.md", "python")
    compile(shown, "README.md", "exec")
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(shown)) if isinstance(node, ast.Call)}
    example = ast.parse(text(ROOT / "examples" / "pyairbyte_sync.py"))
    assert calls - {"open", "json.load"} <= {
        ast.unparse(node.func) for node in ast.walk(example) if isinstance(node, ast.Call)
    }


def test_sql_shown_is_that_of_the_examples() -> None:
    """Every SQL block of the docs is word for word a file of the examples, where it is run."""
    files = {text(path).strip() for path in (ROOT / "examples").glob("*.sql")}
    shown = [block.strip() for page in PAGES for block in blocks(page, "sql")]
    assert shown
    assert set(shown) <= files


# --- Versions ---------------------------------------------------------------------------------------------------------


def test_one_version_and_date() -> None:
    """setup.py, the changelog and the guide's table name the same newest version, with the same day."""
    [in_setup] = re.findall(r'^ +version="([\d.]+)",$', text(ROOT / "setup.py"), re.MULTILINE)
    [newest, *_] = re.findall(r"^## ([\d.]+) \((\d{4}-\d\d-\d\d)\)$", text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    [row, *_] = table(section(GUIDE, "## Changelog"), "Version")
    assert newest == (in_setup, row[1])
    assert row[0] == in_setup
