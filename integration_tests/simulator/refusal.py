"""How the simulated TikTok says no, and how it reads parameters: strictly."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any


class Refusal(Exception):
    """An answer with a code other than 0."""

    def __init__(self, code: int, message: str, http: int = 200) -> None:
        """Keep the code and the sentence TikTok would answer."""
        super().__init__(message)
        self.code, self.message, self.http = code, message, http


def bad(message: str) -> Refusal:
    """The refusal for a wrong parameter."""
    return Refusal(40002, message)


class Params:
    """The query of one request. Every reader raises Refusal 40002 naming the parameter it does not like."""

    def __init__(self, query: Mapping[str, list[str]], known: Collection[str]) -> None:
        """Refuse what is not documented and what is given twice."""
        for name, values in query.items():
            if name not in known:
                raise bad(f"{name}: Unknown parameter.")
            if len(values) > 1:
                raise bad(f"{name}: Given more than once.")
        self._values = {name: values[0] for name, values in query.items()}

    def __contains__(self, name: str) -> bool:
        """Whether the parameter was sent."""
        return name in self._values

    def text(self, name: str, choices: Collection[str] = (), default: str | None = None) -> str:
        """A text, one of `choices` if there are any."""
        value = self._values.get(name, default)
        if value is None or value == "":
            raise bad(f"{name}: Missing data for required field.")
        if choices and value not in choices:
            raise bad(f"{name}: Must be one of: {', '.join(sorted(choices))}.")
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number between `low` and `high`."""
        value = self._values.get(name, str(default))
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise bad(f"{name}: Must be an integer between {low} and {high}.")
        return int(value)

    def flag(self, name: str) -> bool:
        """A boolean; false where it was not sent."""
        return self.text(name, ("true", "false"), "false") == "true"

    def parsed(self, name: str) -> Any:
        """A JSON value; None where it was not sent."""
        if name not in self._values:
            return None
        try:
            return json.loads(self._values[name])
        except ValueError:
            return self._values[name]

    def texts(self, name: str, required: bool = False) -> list[str]:
        """A JSON list of texts; empty where it was not sent."""
        value = self.parsed(name)
        if value is None and not required:
            return []
        if value is None:
            raise bad(f"{name}: Missing data for required field.")
        return texts(name, value)

    def day(self, name: str) -> date:
        """A date written YYYY-MM-DD."""
        value = self.text(name)
        try:
            parsed = datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            parsed = None
        if parsed is None or parsed.isoformat() != value:
            raise bad(f"{name}: Not a valid date, write YYYY-MM-DD.")
        return parsed


def texts(name: str, value: Any) -> list[str]:
    """`value` if it is a list of texts."""
    if not isinstance(value, list):
        raise bad(f"{name}: Field must be set to array.")
    if not all(isinstance(item, str) for item in value):
        raise bad(f"{name}: Not a valid string.")
    return value
