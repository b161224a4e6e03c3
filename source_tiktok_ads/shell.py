"""The parts of an Airbyte connector's command line that do not depend on the API. Each connector has a copy.

It prints the specification without the CDK, writes whole lines to stdout, ends on SIGTERM or when stdout is closed,
reports unexpected errors as traces, removes secrets from texts, and decides which local address may replace the API's.
It imports no other module of the package, and the CDK only inside functions.
"""

from __future__ import annotations

import base64
import io
import os
import re
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import SplitResult, quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

STDOUT, STDERR = 1, 2
_ENDING = threading.Lock()

# --- The process ------------------------------------------------------------------------------------------------------


def run(main: Callable[[Sequence[str]], int]) -> None:
    """Run the command on the command line, and end the process with its exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_on_signal if os.getpid() == 1 else signal.SIG_DFL)
    if sys.__stdout__ is None:
        end_unwritten("it is closed")
    # Both names are in use: `print` writes to sys.stdout, the CDK to sys.__stdout__.
    out = watched(STDOUT)
    vars(sys).update(stdout=out, __stdout__=out)
    code = main(sys.argv[1:])
    out.flush()
    sys.exit(code)


def _end_on_signal(number: int, frame: object) -> None:
    """End the first process of a container, because the system does not end it by a signal without a handler."""
    os._exit(128 + number)


def _end(code: int, sentence: str = "") -> None:
    """End the process with its exit code and a sentence, if any, without waiting for its threads.

    Several threads may notice at once that the output is gone. The first ends the process, the others wait here.
    """
    with _ENDING:
        with suppress(OSError):
            os.write(STDERR, sentence.encode("utf-8", "replace"))
        os._exit(code)


def end_unwritten(why: str) -> None:
    """End the process because its output cannot be written."""
    _end(1, f"The output can't be written ({why}): it ends in the middle, so nothing after it was read.\n")


class _Watched(io.BufferedWriter):
    """An output that ends the process if it cannot be written, because an error would reach only one of many threads.

    If the reader has closed the output, the process ends without a message.
    """

    def write(self, content: Any) -> int:
        """Write some bytes, or end the process."""
        with self._exit_on_error():
            return super().write(content)

    def flush(self) -> None:
        """Write the buffered bytes, or end the process."""
        with self._exit_on_error():
            super().flush()

    @contextmanager
    def _exit_on_error(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            _end(1)
        except OSError as error:
            end_unwritten(error.strerror or type(error).__name__)


def watched(output: int) -> io.TextIOWrapper:
    """A file descriptor as a text stream that ends the process if it cannot be written."""
    return io.TextIOWrapper(_Watched(io.FileIO(output, "wb", closefd=False)), "utf-8", errors="backslashreplace")


def exit_when_stdout_closes(output: int) -> None:
    """End the process as soon as its output is closed, which a write would not notice during long waits for the API.

    Does nothing for a file, or on systems without `poll`.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        # Errors and hang-ups are always reported, so no other events are registered.
        poll.register(output, 0)
        if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll()):
            _end(1)


# --- Answers without the CDK ------------------------------------------------------------------------------------------


def message(kind: str, **content: Any) -> str:
    """A message of the protocol as one line, byte for byte as the CDK writes it."""
    import orjson

    return orjson.dumps({"type": kind, **content}).decode()


def specification(path: Path) -> dict[str, Any]:
    """The connector's specification from a JSON or YAML file, with the fields that the CDK adds."""
    written = _load(path)
    form = {"connectionSpecification": written.pop("connectionSpecification")}
    button = {name: written.pop(name) for name in ("advanced_auth",) if name in written}
    return {**form, **written, "supportsNormalization": False, "supportsDBT": False, **button}


def _load(path: Path) -> dict[str, Any]:
    """The content of a file. PyYAML is imported for YAML only, because that takes as long as the rest of `spec`."""
    written: dict[str, Any]
    if path.suffix == ".json":
        import orjson

        written = orjson.loads(path.read_bytes())
        return written
    import yaml

    written = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return written


def versions(distribution: str, revision: str) -> str:
    """The versions of the connector and of its CDK, and the revision it was built from, as one line."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        ours = version(distribution)
    except PackageNotFoundError:
        ours = "not installed"
    return f"{distribution} {ours} (airbyte-cdk {version('airbyte-cdk')}, revision {revision})"


# --- Commands on the CDK's entrypoint ---------------------------------------------------------------------------------


class Commands(Protocol):
    """The CDK's entrypoint, which also returns the output of a command in whole lines."""

    def parse_args(self, args: list[str]) -> Namespace:
        """The command and its files. Raises SystemExit for an unknown command."""

    def lines(self, args: Namespace) -> Iterator[bytes]:
        """The output of a command. Raises the error that ends the command."""


def launch(make: Callable[[], Commands], args: Sequence[str]) -> int:
    """Run a command and print its messages. Returns the exit code; after `read` or an error, the process ends here."""
    import logging

    from airbyte_cdk.logger import PRINT_BUFFER

    # The CDK's monitors log that they start, which does not help users and would come before new credentials.
    logging.disable(logging.INFO)
    commands = make()
    logging.disable(logging.NOTSET)
    parsed = commands.parse_args(list(args))
    if parsed.command == "read":
        threading.Thread(target=exit_when_stdout_closes, args=(STDOUT,), name="reader gone", daemon=True).start()
    with PRINT_BUFFER:
        code = _print_output(commands, parsed)
        if code or parsed.command == "read":
            # Workers may wait for room in a queue that is no longer read, or for pages that are no longer needed. They
            # must not keep the process alive.
            _end(code)
    return code


def _print_output(commands: Commands, args: Namespace) -> int:
    """Print the command's output, and the error that ends it, if any. Returns the exit code."""
    from airbyte_cdk.entrypoint import AirbyteEntrypoint
    from airbyte_cdk.logger import PRINT_BUFFER

    try:
        for lines in commands.lines(args):
            _write(lines)
        PRINT_BUFFER.flush()
    except BrokenPipeError:
        return 1
    except Exception as error:
        with suppress(BrokenPipeError):
            _write(line(AirbyteEntrypoint.airbyte_message_to_string(_as_traced(error).as_airbyte_message())))
        return 1
    return 0


def _as_traced(error: Exception) -> AirbyteTracedException:
    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

    if isinstance(error, AirbyteTracedException):
        return error
    sentence = (
        f"Unexpected {type(error).__name__}: this looks like a fault of the connector, report it with this trace."
    )
    return AirbyteTracedException.from_exception(error, message=sentence)


def line(text: str) -> bytes:
    """One message as a line without secrets, except the new credentials in a control message."""
    from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

    return (text if text.startswith('{"type":"CONTROL"') else filter_secrets(text)).encode() + b"\n"


def _write(lines: bytes) -> None:
    """Write whole lines to stdout, after the content of the CDK's buffer."""
    from airbyte_cdk.logger import PRINT_BUFFER

    with PRINT_BUFFER.lock:
        PRINT_BUFFER.flush()
        out = sys.__stdout__.buffer if sys.__stdout__ else sys.stdout.buffer
        out.write(lines)
        out.flush()


# --- Secrets ----------------------------------------------------------------------------------------------------------

_MASK = "****"
# A shorter text is no secret, and masking it would make every text unreadable.
_SHORTEST = 4
_NAMES = "access[_-]token|refresh_token|client_secret|secret|auth_code|app_id|grant_code|private_key|assertion"
# The path of a token request may end in such a name, followed in a sentence by the API's message, which is no secret.
_NAMED = re.compile(rf"""(?i)\b(?<!oauth2/)({_NAMES})(\\?["']?\s*[=:]\s*\\?["']?)[^\s"'\\&,;)}}]+""")
_USERINFO = re.compile(r"://[^/@\s]+@")


def spellings(secret: str) -> set[str]:
    """The forms in which a secret may appear in a text: plain, URL-encoded, in JSON or nested JSON, base64."""
    raw = secret.encode("utf-8", "replace")
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    escaped = _escaped(secret)
    quoted = quote(raw, safe=""), quote(raw), quote_plus(raw)
    # A sentence may show a value as JSON, and is then itself encoded as JSON in a message.
    return {secret, escaped, _escaped(escaped), *quoted, *coded, *(text.rstrip("=") for text in coded)}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Redactor:
    """Masks secrets in texts. Secrets are only added, so all threads can share one object."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Mask these secrets from now on, too."""
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in spellings(secret)}
        self._forms |= forms
        if self._forms:
            # The longest form comes first, because a form may contain another one.
            self._known = re.compile(
                "|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))), re.IGNORECASE
            )

    def __call__(self, text: str) -> str:
        """The text without any secret: known values, named values (`secret=…`), passwords in addresses."""
        if self._known:
            text = self._known.sub(_MASK, text)
        return _USERINFO.sub(f"://{_MASK}@", _NAMED.sub(rf"\1\2{_MASK}", text))


# --- A local address instead of the API's -----------------------------------------------------------------------------

_PRIVATE = tuple(
    ip_network(n) for n in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
)
# Host names that are only valid on the machine or in its container network. No name is resolved here.
_LOCAL_NAME = re.compile(r"([a-z0-9-]+\.)*(localhost|[a-z0-9-]+\.internal)")


def local_origin(text: str) -> str | None:
    """The origin in `text`, in its plain form; None if the text is not a local origin."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _is_bare(parts) or not is_local(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def _is_bare(parts: SplitResult) -> bool:
    return parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc


def is_local(host: str) -> bool:
    """Whether a host is loopback or private, by its address or by a name that is only valid locally."""
    if _LOCAL_NAME.fullmatch(host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE)
