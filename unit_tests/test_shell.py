"""No secret survives in a text, in any spelling."""

import base64
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote, quote_plus

import pytest

from source_tiktok_ads.shell import Redactor, end_unwritten, run, specification, spellings, watched

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


class Left(BaseException):
    """The process has ended at once."""


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end of the process that the test survives."""

    def leave(code: int) -> None:
        raise Left(code)

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name in ("stdout", "__stdout__"):
        monkeypatch.setattr(sys, name, getattr(sys, name))


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The ends of a pipe; the test may close the one to read from."""
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        with suppress(OSError):
            os.close(end)


def test_a_watched_output_is_an_output(pipe: tuple[int, int]) -> None:
    """Text and bytes arrive, in order."""
    out = watched(pipe[1])
    out.write("spec ü\n")
    out.flush()
    out.buffer.write(b"rows\n")
    out.buffer.flush()
    assert os.read(pipe[0], 100) == "spec ü\nrows\n".encode()


@pytest.mark.usefixtures("ends")
def test_a_full_output_ends_the_process_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    """Wherever it is noticed: when something is held back, or when there is too much to hold."""
    with open("/dev/full", "wb") as full:
        for content in ("little", "much" * 100_000):
            out = watched(full.fileno())
            with pytest.raises(Left) as left:
                print(content, file=out, flush=True)
            assert left.value.args == (1,)
            # What it holds back would be written once more when it is forgotten.
            out.buffer.raw.close()
            sentence = "The output can't be written (No space left on device): it ends in the middle, so nothing "
            assert capfd.readouterr().err.startswith(sentence)


@pytest.mark.usefixtures("ends")
def test_a_reader_that_has_gone_is_told_nothing(pipe: tuple[int, int], capfd: pytest.CaptureFixture[str]) -> None:
    """It has ended the output itself."""
    os.close(pipe[0])
    out = watched(pipe[1])
    with pytest.raises(Left) as left:
        print("spec", file=out, flush=True)
    out.buffer.raw.close()
    assert (left.value.args, capfd.readouterr().err) == ((1,), "")


def test_the_first_of_several_threads_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """All of them may notice a full output at once, but there is one sentence."""
    ending, end = Event(), Event()

    def leave(code: int) -> None:
        ending.set()
        assert end.wait(10)

    monkeypatch.setattr(os, "_exit", leave)
    threads = [Thread(target=end_unwritten, args=(why,)) for why in ("first", "second")]
    threads[0].start()
    assert ending.wait(10)
    threads[1].start()
    threads[1].join(0.1)
    said = capfd.readouterr().err
    assert said.startswith("The output can't be written (first)")
    assert "(second)" not in said
    end.set()
    for thread in threads:
        thread.join(10)


@pytest.mark.usefixtures("ends")
def test_a_command_without_an_output_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The next file it opened would take the number of the output."""
    monkeypatch.setattr(sys, "__stdout__", None)
    with pytest.raises(Left) as left:
        run(lambda args: 0)
    assert left.value.args == (1,)
    assert capfd.readouterr().err.startswith("The output can't be written (it is closed): ")


def test_the_other_connector_has_the_same_shell() -> None:
    """Each stands alone with a copy, so a change here belongs there too, byte for byte."""
    ours, theirs = "source_tiktok_ads/shell.py", "source-citrusad/source_citrusad/shell.py"
    assert (ROOT / theirs).read_bytes() == (ROOT / ours).read_bytes()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spec.json", '{"connectionSpecification": {"type": "object"}}'),
        ("spec.yaml", "connectionSpecification: {type: object}"),
    ],
)
def test_a_specification_is_json_or_yaml(name: str, text: str, tmp_path: Path) -> None:
    """Either is read, and both come out as the CDK sends them."""
    (tmp_path / name).write_text(text)
    added = {"supportsNormalization": False, "supportsDBT": False}
    assert specification(tmp_path / name) == {"connectionSpecification": {"type": "object"}, **added}
