"""A setting that has to change, named by its title in the form and by its path."""

from __future__ import annotations

import json
import re
from typing import Any

from source_tiktok_ads.config.form import field_at


class ConfigError(ValueError):
    """A setting the user has to change: `field` is its dotted path, the text says what to write, never a secret."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def fault(path: str, predicate: str) -> ConfigError:
    """An error whose sentence begins with the setting at this path."""
    return ConfigError(path, f"{named(path)} {predicate}")


def named(path: str, auth_type: str | None = None) -> str:
    """A setting as its title and its path, as `App ID (`credentials.app_id`)`; a title may differ by `auth_type`."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    return f"{field_at(steps, auth_type)['title']} (`{path}`)"


def shown(value: Any) -> str:
    """A value as JSON for a sentence, cut to one short line and safe to encode."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
