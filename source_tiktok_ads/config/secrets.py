"""Which texts of a configuration are secrets, whatever form it has, so that they are hidden before it is understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from source_tiktok_ads.config.notations import redirected

_FOLDED_SECRETS = {
    *("accesstoken", "secret", "appsecret", "appid"),
    *("authcode", "authorizationcode", "authenticationcode", "code"),
}


def secrets_in(mapping: Mapping[str, Any]) -> tuple[str, ...]:
    """Every secret of a configuration in any form, however malformed."""
    return tuple(dict.fromkeys(_secrets(mapping)))


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, str) and folded(name) in _FOLDED_SECRETS:
                yield from filter(_can_be_hidden, (item, item.strip(), redirected(item)[0]))
            else:
                yield from _secrets(item)


def _can_be_hidden(text: str) -> bool:
    """Whether hiding the text spoils no line: two letters stand everywhere, and a few digits in other numbers."""
    return len(text) >= (16 if text.isdigit() else 4)


def folded(name: Any) -> str:
    """A name as small letters and digits only, so that labels and spellings of one setting are alike."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())
