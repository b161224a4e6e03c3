"""What is said about the connector in several places is the same everywhere, and what is packaged is whole."""

from __future__ import annotations

import ast
import json
import re
import runpy
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import setuptools
import yaml
from jsonschema import Draft7Validator, FormatChecker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "source_citrusad"
DISTRIBUTIONS = {"yaml": "PyYAML", "google": "google-auth"}


def text(name: str) -> str:
    """A file's content."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setup.py hands to setuptools."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", seen.update)
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    return seen


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    """The `data` of metadata.yaml."""
    data: dict[str, Any] = yaml.safe_load(text("metadata.yaml"))["data"]
    return data


def default_argument(name: str) -> str:
    """The default of a build argument of the Dockerfile."""
    [value] = re.findall(rf"^ARG {name}=(\S+)$", text("Dockerfile"), re.MULTILINE)
    return str(value)


def test_one_version_everywhere(arguments: dict[str, Any], metadata: dict[str, Any]) -> None:
    """setup.py, metadata.yaml, the image's default label and the newest changelog entry name one version."""
    [newest, *_] = re.findall(r"^## \[?v?(\d+\.\d+\.\d+)", text("CHANGELOG.md"), re.MULTILINE)
    assert [metadata["dockerImageTag"], default_argument("CONNECTOR_VERSION"), newest] == [arguments["version"]] * 3


def test_metadata_follows_the_official_schema() -> None:
    """metadata.yaml is valid by the schema that the platform's own tools use."""
    schema_file = "airbyte_connector_models/metadata/v0/ConnectorMetadataDefinitionV0.json"
    schema = json.loads(Path(str(distribution("airbyte-connector-models").locate_file(schema_file))).read_text("utf-8"))
    document = json.loads(json.dumps(yaml.safe_load(text("metadata.yaml")), default=str))
    validator = Draft7Validator(without_inner_ids(schema), format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(document)] == []


def without_inner_ids(node: Any, top: bool = True) -> Any:
    """The schema without the `$id` of its parts, which would break its own references."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if top or key not in ("$id", "$schema")}
        return {key: without_inner_ids(value, top=False) for key, value in kept.items()}
    return [without_inner_ids(item, top=False) for item in node] if isinstance(node, list) else node


def test_metadata_agrees_with_the_rest(metadata: dict[str, Any]) -> None:
    """The base image, the documentation and the names are those of the Dockerfile and the spec."""
    spec = yaml.safe_load((PACKAGE / "spec.yaml").read_text(encoding="utf-8"))
    assert metadata["connectorBuildOptions"]["baseImage"] == default_argument("BASE_IMAGE")
    assert metadata["documentationUrl"] == spec["documentationUrl"]
    assert f"io.airbyte.name={metadata['dockerRepository']} " in text("Dockerfile")
    [variable] = re.findall(r'AIRBYTE_ENTRYPOINT="(.*)"', text("Dockerfile"))
    [entry] = re.findall(r"^ENTRYPOINT (\[.*\])$", text("Dockerfile"), re.MULTILINE)
    assert variable == " ".join(json.loads(entry))


def test_icon_is_square() -> None:
    """The icon is an SVG as wide as it is high."""
    icon = ElementTree.fromstring(text("icon.svg"))
    assert icon.get("width") == icon.get("height")


def imported_packages() -> Iterator[str]:
    """The top-level names that the package's modules import, at any depth of a function."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def test_requirements_are_what_is_imported(arguments: dict[str, Any]) -> None:
    """Each package that the code imports is required by name, and nothing else; no BigQuery client."""
    ours = set(imported_packages()) - set(sys.stdlib_module_names) - {"source_citrusad"}
    imported = {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in ours}
    assert imported == {canonicalize_name(Requirement(line).name) for line in arguments["install_requires"]}


def test_pins_satisfy_the_requirements(arguments: dict[str, Any]) -> None:
    """requirements.txt pins every package to one version, and those we require within the ranges of setup.py."""
    lines = [line for line in text("requirements.txt").splitlines() if not line.startswith("#")]
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    wanted = [Requirement(line) for line in arguments["install_requires"]]
    assert [str(need) for need in wanted if not need.specifier.contains(pins[canonicalize_name(need.name)])] == []


def test_everything_is_packaged(arguments: dict[str, Any]) -> None:
    """Modules and the files beside them."""
    folders = {path.parent.relative_to(ROOT) for path in PACKAGE.rglob("*.py")}
    assert {".".join(folder.parts) for folder in folders} == set(arguments["packages"])
    beside = {path.name for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert set(arguments["package_data"]["source_citrusad"]) == beside
