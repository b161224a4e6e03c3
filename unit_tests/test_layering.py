"""The layers: which package may import which, as each package's docstring says, read from the sources."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME

PACKAGE = "source_tiktok_ads"
ROOT = Path(__file__).parent.parent / PACKAGE
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
MODULES_OF_THEIR_OWN = {"shell.py": set[str](), "authorize.py": {"config", "api", "shell"}}
"""What single modules may import of the package; the other modules at the top assemble."""


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


def allowed(module: str) -> set[str] | None:
    """What a module may import of the package, by the docstring of its folder; None where it may import everything."""
    folder = Path(module).parts[0]
    if folder.endswith(".py"):
        return MODULES_OF_THEIR_OWN.get(folder)
    rule = re.search(
        r"^May import: ([a-z, ]+)\.$", ast.get_docstring(tree(f"{folder}/__init__.py")) or "", re.MULTILINE
    )
    assert rule, f"{folder}/__init__.py does not say what it may import"
    return {folder} | ({*rule[1].split(", ")} - {"nothing"})


def layers(module: str) -> set[str]:
    """The folders and modules at the top of the package that a module imports from."""
    return {name.split(".")[1] for name in imported(module) if name.startswith(f"{PACKAGE}.")}


@pytest.mark.parametrize("module", MODULES)
def test_the_layers_hold(module: str) -> None:
    """Streams and api read nobody, sync reads both and the configuration, the top assembles; no one reads the tests."""
    may = allowed(module)
    assert may is None or layers(module) <= may
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
    assert {"streams", "sync", "api", "config"} <= layers("source.py")
    assert "source_tiktok_ads.entrypoint.launch" in [*imported("run.py")]
    assert "source_tiktok_ads.api.errors.Action" in [*imported("api/client.py")]
