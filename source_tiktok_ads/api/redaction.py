"""What keeps secrets out of texts: known values in every usual spelling, and whatever stands behind a secret's name."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_MASK = "****"
# Shorter than this is no secret, and masking it would make every text unreadable.
_SHORTEST = 4
_NAMES = "access[_-]token|refresh_token|client_secret|secret|auth_code|app_id|grant_code"
# The path of the exchange ends in such a name, and what follows it in a sentence is TikTok's verdict.
_NAMED = re.compile(rf"""(?i)\b(?<!oauth2/)({_NAMES})(\\?["']?\s*[=:]\s*\\?["']?)[^\s"'\\&,;)}}]+""")
_USERINFO = re.compile(r"://[^/@\s]+@")


def spellings(secret: str) -> set[str]:
    """The forms in which a secret may turn up in a text: plain, URL-encoded, inside JSON (of JSON), base64."""
    raw = secret.encode("utf-8", "replace")
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    escaped = _escaped(secret)
    quoted = quote(raw, safe=""), quote(raw), quote_plus(raw)
    # A sentence that shows a value as JSON stands inside of JSON itself once it has become a message.
    return {secret, escaped, _escaped(escaped), *quoted, *coded, *(text.rstrip("=") for text in coded)}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Redactor:
    """Masks secrets in texts; it only ever learns more of them, so one object serves all threads."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Mask these too from now on."""
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in spellings(secret)}
        self._forms |= forms
        if self._forms:
            # The longest first: a form may lie inside another.
            self._known = re.compile(
                "|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))), re.IGNORECASE
            )

    def __call__(self, text: str) -> str:
        """The text without any secret: known values, named values (`secret=…`), passwords in addresses."""
        if self._known:
            text = self._known.sub(_MASK, text)
        return _USERINFO.sub(f"://{_MASK}@", _NAMED.sub(rf"\1\2{_MASK}", text))
