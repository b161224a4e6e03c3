"""Who imports whom, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "source_citrusad"
ROOT = Path(__file__).parent.parent / PACKAGE
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
ALLOWED = {
    "shell.py": set[str](),
    "settings.py": {"shell"},
    "api": {"api", "shell"},
    "tables": {"tables"},
    "sync": {"sync", "tables", "api"},
}
"""What a module or the modules of a folder may import of the package; the others assemble."""


def imported(module: str) -> Iterator[str]:
    """The full names that a module imports, inside functions too."""
    here = [PACKAGE, *Path(module).parent.parts]
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES)
def test_the_arrows_hold(module: str) -> None:
    """api and tables read nobody, sync reads both, the top assembles; no one reads the tests."""
    names = [*imported(module)]
    parts = {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}
    allowed = ALLOWED.get(module.split("/")[0])
    assert allowed is None or parts <= allowed
    assert not [name for name in names if name.split(".")[0] in ("integration_tests", "unit_tests")]


@pytest.mark.parametrize("module", [name for name in MODULES if "/" in name or name == "settings.py"])
def test_only_the_verbs_know_the_engine(module: str) -> None:
    """What reads BigQuery could serve another engine."""
    assert not [name for name in imported(module) if name.startswith("airbyte_cdk")]


def test_the_test_sees_imports() -> None:
    """Absolute, relative and late ones."""
    assert "source_citrusad.entrypoint.launch" in [*imported("run.py")]
    assert "source_citrusad.api.errors.Meaning" in [*imported("api/queries.py")]
