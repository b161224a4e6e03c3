"""No secret survives in a text, in any spelling."""

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from source_tiktok_ads.shell import Redactor, spellings

ROOT = Path(__file__).parent.parent
SECRET = 'a b+c/d"e=\\f'


@pytest.mark.parametrize("form", sorted(spellings(SECRET)))
def test_masks_every_spelling(form: str) -> None:
    """Plain, escaped, URL-encoded and base64 forms all go."""
    assert Redactor([SECRET])(f"before {form} after") == "before **** after"


def test_knows_the_usual_spellings() -> None:
    """What a URL, JSON and basic authentication make of a secret."""
    forms = spellings("a+b/c")
    assert {"a+b/c", quote("a+b/c", safe=""), quote_plus("a+b/c"), base64.b64encode(b"a+b/c").decode()} <= forms


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_knows_json_inside_of_json(depth: int) -> None:
    """A message that quotes a value as JSON is JSON itself."""
    text = SECRET
    for _ in range(depth):
        text = json.dumps(text)[1:-1]
    assert text in spellings(SECRET)


def test_masks_whatever_the_case_of_the_encoding() -> None:
    """%2b is %2B."""
    assert Redactor(["top+secret"])("x=top%2bsecret!") == "x=****!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /x/?app_id=12&secret=s3cr3t&page=1", "GET /x/?app_id=****&secret=****&page=1"),
        ('{"auth_code": "abc", "page": 1}', '{"auth_code": "****", "page": 1}'),
        ('{\\"access_token\\":\\"abc\\"}', '{\\"access_token\\":\\"****\\"}'),
        ("Access-Token: abc", "Access-Token: ****"),
        ("http://user:pass@proxy:80/", "http://****@proxy:80/"),
        ("code=40105 stays", "code=40105 stays"),
        ("refused (oauth2/access_token: code 40110)", "refused (oauth2/access_token: code 40110)"),
    ],
)
def test_masks_what_stands_behind_a_name(text: str, expected: str) -> None:
    """Secrets that nobody told us of are known by their names."""
    assert Redactor()(text) == expected


def test_learns_later_and_ignores_what_is_too_short() -> None:
    """An empty or tiny secret would blank every text."""
    redact = Redactor(["", "abc"])
    assert redact("abc and later") == "abc and later"
    redact.learn("later")
    assert redact("abc and later") == "abc and ****"


def test_the_other_connector_has_the_same_shell() -> None:
    """Each stands alone with a copy, so a change here belongs there too, byte for byte."""
    ours, theirs = "source_tiktok_ads/shell.py", "source-citrusad/source_citrusad/shell.py"
    assert (ROOT / theirs).read_bytes() == (ROOT / ours).read_bytes()
