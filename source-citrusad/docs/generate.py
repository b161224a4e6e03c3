"""`python -m docs.generate`: write what is derived from the settings, the form and the table of the guide."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from source_citrusad.settings import specification

ROOT = Path(__file__).resolve().parents[1]
FORM = ROOT / "source_citrusad" / "spec.yaml"
GUIDE = ROOT / "docs" / "citrusad.md"
START, END = "<!-- settings, written by `python -m docs.generate` -->\n", "<!-- end of the settings -->"


def form() -> str:
    """The content of spec.yaml."""
    return yaml.safe_dump(specification(), sort_keys=False, width=100, allow_unicode=True)


def table() -> str:
    """The settings as a table, hidden ones left out."""
    schema = specification()["connectionSpecification"]
    fields = [(name, field) for name, field in schema["properties"].items() if not field.get("airbyte_hidden")]
    rows = [f"| `{name}` | {default(field)} | {field['description']} |" for name, field in fields]
    return "\n".join(["| setting | default | |", "| --- | --- | --- |", *rows, ""])


def default(field: dict[str, Any]) -> str:
    """The default of a field, as a person writes it."""
    if "default" not in field:
        return "required"
    value = field["default"]
    return "empty" if value in ("", []) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def guide(text: str) -> str:
    """The guide with the table of settings in its place."""
    return re.sub(f"{re.escape(START)}.*?{re.escape(END)}", lambda _: f"{START}{table()}{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    FORM.write_text(form(), encoding="utf-8")
    GUIDE.write_text(guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
