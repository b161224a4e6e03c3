"""What is said about the connector in several places is the same everywhere, and what is packaged is whole."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import runpy
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import setuptools
import yaml
from jsonschema import Draft7Validator, FormatChecker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .docker_image import ROOT

PACKAGE = ROOT / "source_tiktok_ads"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def setup_arguments(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
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


def test_one_version_everywhere(setup_arguments: dict[str, Any], metadata: dict[str, Any]) -> None:
    """setup.py, metadata.yaml, the image's default label and the newest changelog entry name one version."""
    [newest, *_] = re.findall(r"^## \[?v?(\d+\.\d+\.\d+)", text("CHANGELOG.md"), re.MULTILINE)
    versions = [metadata["dockerImageTag"], default_argument("CONNECTOR_VERSION"), newest]
    assert versions == [setup_arguments["version"]] * 3


def test_metadata_follows_the_official_schema() -> None:
    """metadata.yaml is valid by the schema that the platform's own tools use."""
    schema_file = "airbyte_connector_models/metadata/v0/ConnectorMetadataDefinitionV0.json"
    schema = json.loads(Path(str(distribution("airbyte-connector-models").locate_file(schema_file))).read_text("utf-8"))
    # A YAML date is text to the schema.
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
    """The base image, the documentation and the tags are those of the Dockerfile, the spec and the CDK's suite."""
    spec = json.loads((PACKAGE / "spec.json").read_text(encoding="utf-8"))
    assert metadata["connectorBuildOptions"]["baseImage"] == default_argument("BASE_IMAGE")
    assert metadata["documentationUrl"] == spec["documentationUrl"]
    assert "language:python" in metadata["tags"]
    assert f"io.airbyte.name={metadata['dockerRepository']} " in text("Dockerfile")


def test_breaking_versions_are_announced(metadata: dict[str, Any]) -> None:
    """A major version above 0 has its entry under `releases.breakingChanges`."""
    major = int(metadata["dockerImageTag"].split(".")[0])
    announced = metadata.get("releases", {}).get("breakingChanges", {})
    assert [f"{number}.0.0" for number in range(1, major + 1)] == sorted(announced)


def test_suggested_streams_exist(metadata: dict[str, Any]) -> None:
    """Every suggested stream is one that the connector has."""
    from source_tiktok_ads.streams.catalog import BY_NAME

    assert set(metadata["suggestedStreams"]["streams"]) <= set(BY_NAME)


def test_icon_is_square() -> None:
    """The icon is an SVG as wide as it is high."""
    icon = ElementTree.fromstring(text("icon.svg"))
    assert icon.tag == "{http://www.w3.org/2000/svg}svg"
    assert icon.get("width") == icon.get("height")


def imported_packages() -> Iterator[str]:
    """The top-level names that the package's modules import, at any depth of a function."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def test_requirements_are_what_is_imported(setup_arguments: dict[str, Any]) -> None:
    """Each package that the code imports is required by name, and nothing else but the time zones' files."""
    ours = set(imported_packages()) - set(sys.stdlib_module_names) - {"source_tiktok_ads"}
    imported = {canonicalize_name({"yaml": "PyYAML"}.get(name, name)) for name in ours}
    required = {canonicalize_name(Requirement(line).name) for line in setup_arguments["install_requires"]}
    assert imported | {"tzdata"} == required


def test_pins_satisfy_the_requirements(setup_arguments: dict[str, Any]) -> None:
    """requirements.txt pins every package to one version, and those we require within the ranges of setup.py."""
    lines = [line for line in text("requirements.txt").splitlines() if not line.startswith("#")]
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    assert all(pins.values())
    wanted = [Requirement(line) for line in setup_arguments["install_requires"]]
    assert [str(need) for need in wanted if not need.specifier.contains(pins[canonicalize_name(need.name)])] == []


def test_every_data_file_is_packaged(setup_arguments: dict[str, Any]) -> None:
    """Whatever lies in the package beside modules is installed with it, and every pattern finds something."""
    patterns = [
        (PACKAGE.parent.joinpath(*package.split(".")), pattern)
        for package, names in setup_arguments["package_data"].items()
        for pattern in names
    ]
    found = [set(folder.glob(pattern)) for folder, pattern in patterns]
    there = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert all(found)
    assert set().union(*found) == there


def test_every_package_is_installed(setup_arguments: dict[str, Any]) -> None:
    """No folder of modules is left out for want of an `__init__.py`."""
    folders = {path.parent.relative_to(ROOT) for path in PACKAGE.rglob("*.py")}
    assert {".".join(folder.parts) for folder in folders} == set(setup_arguments["packages"])


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    """The script that judges the report of a CI run."""
    description = importlib.util.spec_from_file_location("judge_report", ROOT / ".ci" / "judge_report.py")
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


IMAGE_TEST = '<testcase name="a"><properties><property name="docker" value="1"/></properties>{}</testcase>'


@pytest.mark.parametrize(
    ("cases", "sentences"),
    [
        (IMAGE_TEST.format(""), 0),
        (IMAGE_TEST.format('<failure message="m"/>'), 1),
        (IMAGE_TEST.format('<skipped message="no Docker daemon answers"/>'), 2),
        ('<testcase name="b"/>', 1),
        (IMAGE_TEST.format("") + '<testcase name="c"><skipped message="later"/></testcase>', 1),
        (IMAGE_TEST.format("") + '<testcase name="d"><skipped message="Skipping (expected to fail)."/></testcase>', 0),
    ],
)
def test_report_is_judged(judge: ModuleType, cases: str, sentences: int) -> None:
    """Too few passed tests of the image and every skip without an allowed reason give one complaint each."""
    report = ElementTree.fromstring(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert len(judge.complaints([report], docker_at_least=1)) == sentences
