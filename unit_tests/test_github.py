"""What GitHub reads: workflows and issue forms fit its schemas, and a tag releases what it names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def judge(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """What the checker says of files, with the schema that it brings along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
)
def test_github_takes_the_files(schema: str, files: list[Path]) -> None:
    """They fit the schemas that are published for them."""
    assert files
    end = judge(schema, *files)
    assert end.returncode == 0, end.stdout


def test_the_checker_finds_faults(tmp_path: Path) -> None:
    """A misspelt key is one."""
    broken = tmp_path / "workflow.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    assert judge("vendor.github-workflows", broken).returncode == 1


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_forms_link_to_pages_that_exist(form: Path) -> None:
    """And those about what happened ask that no secret is pasted."""
    asked = form.read_text()
    for page in re.findall(r"\.\./blob/main/([^)]+)\)", asked):
        assert (ROOT / page).exists(), page
    body = yaml.safe_load(asked)["body"]
    pasted = {field.get("id") for field in body} & {"message", "figures"}
    assert not pasted or any(field["type"] == "checkboxes" for field in body)


def released(tag: str, notes: Path) -> subprocess.CompletedProcess[str]:
    """What the release of a tag is made of."""
    command = [str(GITHUB / "release"), tag, "Some-Owner", str(notes)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("prefix", "context", "name"),
    [("", ".", "source-tiktok-ads"), ("citrusad-", "source-citrusad", "source-citrusad")],
)
def test_a_tag_releases_the_version_in_setup(prefix: str, context: str, name: str, tmp_path: Path) -> None:
    """With the changelog's section on it as notes."""
    [version] = re.findall(r'^ *version="(.*)",$', (ROOT / context / "setup.py").read_text(), re.MULTILINE)
    notes = tmp_path / "notes.md"
    end = released(prefix + version, notes)
    assert end.returncode == 0, end.stderr
    outputs = dict(line.split("=", 1) for line in end.stdout.splitlines())
    assert outputs == {"version": version, "context": context, "image": f"ghcr.io/some-owner/{name}"}
    text = notes.read_text()
    assert text.strip()
    assert "\n## " not in text
    assert text.strip() in (ROOT / context / "CHANGELOG.md").read_text()


def test_a_tag_of_another_version_releases_nothing(tmp_path: Path) -> None:
    """It says where the version is set."""
    end = released("9.9.9", tmp_path / "notes.md")
    assert (end.returncode, end.stdout) == (1, "")
    assert "setup.py" in end.stderr
