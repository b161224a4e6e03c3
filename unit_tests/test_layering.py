"""The house's arrows: who imports whom, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME

PACKAGE = "source_tiktok_ads"
ROOT = Path(__file__).parent.parent / PACKAGE
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
ALLOWED = {
    "shell.py": set[str](),
    "streams": {"streams"},
    "api": {"api", "shell"},
    "sync": {"sync", "streams", "api", "config"},
    "config": {"config", "shell"},
    "authorize.py": {"config", "api", "shell"},
}
"""What the modules of a room, or a module of its own, may import of the package; the others assemble."""


def tree(module: str) -> ast.Module:
    """The syntax of a module."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """The full names that a module imports, inside functions too."""
    here = [PACKAGE, *Path(module).parent.parts]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def rooms(module: str) -> set[str]:
    """The rooms of the package that a module imports from."""
    return {name.split(".")[1] for name in imported(module) if name.startswith(f"{PACKAGE}.")}


@pytest.mark.parametrize("module", MODULES)
def test_the_arrows_hold(module: str) -> None:
    """Streams and api read nobody, sync reads both and the configuration, the top assembles; no one reads the tests."""
    allowed = ALLOWED.get(module.split("/")[0])
    assert allowed is None or rooms(module) <= allowed
    assert not [name for name in imported(module) if name.split(".")[0] in ("integration_tests", "unit_tests")]


@pytest.mark.parametrize("module", [name for name in MODULES if name.split("/")[0] in ("streams", "api", "config")])
def test_facts_and_requests_know_no_engine(module: str) -> None:
    """So that spec and discover answer without the CDK."""
    assert not [name for name in imported(module) if name.startswith("airbyte_cdk")]


@pytest.mark.parametrize("module", [name for name in MODULES if name.split("/")[0] in ("api", "sync")])
def test_no_stream_is_known_by_name(module: str) -> None:
    """What is special about a stream stands in its row."""
    texts = {node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant)}
    assert not texts & {*BY_NAME}


def test_the_test_sees_imports() -> None:
    """Absolute, relative and late ones."""
    assert {"streams", "sync", "api", "config"} <= rooms("source.py")
    assert "source_tiktok_ads.entrypoint.launch" in [*imported("run.py")]
    assert "source_tiktok_ads.api.errors.Action" in [*imported("api/client.py")]
