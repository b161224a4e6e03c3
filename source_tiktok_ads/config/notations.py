"""Other ways to write a value, turned into the one that the models take; what is not understood stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qs

_US_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# One account of a text: quoted, with any comma inside, or bare up to the next comma.
_ACCOUNT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*?))\s*(?:,|$)""")


def filled(given: Any) -> Any:
    """An object without what forms send for "nothing": null and blank text."""
    if not isinstance(given, Mapping):
        return given
    return {name: value for name, value in given.items() if not _is_blank(value)}


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def day(value: Any) -> date:
    """A day written as YYYY-MM-DD, as MM/DD/YYYY or with a time after it. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError
    text = _MOMENT.sub(r"\1", _US_DAY.sub(r"\3-\1-\2", value.strip()))
    found = date.fromisoformat(text if _DAY.fullmatch(text) else "")
    # An older date is a typing error ("0204"), and near the calendar's first day a look-back has no date.
    if found.year < 2000:
        raise ValueError
    return found


def listed(value: Any) -> Any:
    """Accounts given as one text, or as numbers, as a list of texts."""
    if isinstance(value, str):
        found = [next(filter(None, match.groups()), "").strip() for match in _ACCOUNT.finditer(value)]
        return [account for account in found if account]
    if isinstance(value, list | tuple):
        return [id_text(item) for item in value]
    return [id_text(value)] if type(value) is int else value


def id_text(value: Any) -> Any:
    """An id that came as a JSON number, as text; texts without the blanks around them."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) is int and 0 <= value < 10**19 else value


def credential_texts(given: Any) -> Any:
    """Credentials without blank fields, ids as text, and texts without the blanks around them."""
    if not isinstance(given, Mapping):
        return given
    return {name: id_text(value) for name, value in filled(given).items()}


def flag(value: Any) -> Any:
    """A boolean that Singer writes as text."""
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def number(value: Any) -> Any:
    """A whole number that Singer writes as text."""
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value


def redirected(text: str) -> tuple[str, str | None]:
    """The authorization code and the state in what a user pasted: the address after consent, or the bare code."""
    if "auth_code=" not in text:
        return text.strip(), None
    query = parse_qs(text.strip().rpartition("?")[2].partition("#")[0])
    return query.get("auth_code", [""])[0], query.get("state", [None])[0]


def code_of(value: Any) -> Any:
    """The authorization code in what a user pasted."""
    return redirected(value)[0] if isinstance(value, str) else value
