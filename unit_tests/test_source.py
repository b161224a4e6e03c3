"""The protocol's verbs over a canned transport: check, discover, read, and that both ways of reading say the same."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteMessage, Status, Type
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from sync.canned import MAPPING, A, B, Call, Wire, facts, page, refused

from source_tiktok_ads.api.envelope import decode_envelope
from source_tiktok_ads.engine import expanded, page_of
from source_tiktok_ads.entrypoint import Entrypoint
from source_tiktok_ads.source import SourceTiktokAds, client_for, understood
from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.sync.cursor import AccountCursor

LOCAL = {**MAPPING, "api_url": "http://127.0.0.1:9", "wait_scale": 0.0001, "concurrency": 1, "accounts": [A, B]}
CODE = {"auth_type": "authorization_code", "app_id": "77", "secret": "sec-of-tests", "auth_code": "code-of-tests"}
NEW_TOKEN = "new-token-of-tests"
LOGGER = logging.getLogger("airbyte")


def world(path: str, params: Mapping[str, Any]) -> Any:
    """A small TikTok: each account with two campaigns and two days of one ad, on two pages."""
    if path == "advertiser/info":
        return {"list": [facts(id, create_time=1700000000) for id in params["advertiser_ids"]]}
    if path == "oauth2/access_token":
        return {"access_token": NEW_TOKEN, "advertiser_ids": [A], "scope": [4]}
    if path == "campaign/get":
        times = ("2026-03-01 00:00:00", "2026-03-02 00:00:00")
        return page([{"campaign_id": f"{number}", "modify_time": time} for number, time in enumerate(times)])
    number = int(params["page"])
    # The second page takes the slow road.
    clicks = "7" if number == 1 else "<5"
    metrics = {"campaign_id": "0", "adgroup_id": "4", "spend": "1.50", "ctr": "-", "clicks": clicks}
    row = {"dimensions": {"ad_id": "5", "stat_time_day": f"2026-03-0{number} 00:00:00"}, "metrics": metrics}
    return page([row], 2, number, 2)


def nothing(path: str, params: Mapping[str, Any]) -> Any:
    """A TikTok of accounts without anything in them."""
    return world(path, params) if path.startswith(("advertiser/", "oauth2/")) else page([])


def no_account(path: str, params: Mapping[str, Any]) -> Any:
    """A TikTok that has revoked the token."""
    return refused(40105)


def broken(path: str, params: Mapping[str, Any]) -> Any:
    """A TikTok that refuses the reports of one account, on its second page, and the campaigns of another."""
    if path == "report/integrated/get" and params["advertiser_id"] == A and params["page"] == "2":
        return refused(40000)
    if path == "campaign/get" and params["advertiser_id"] == B:
        return refused(40001)
    return world(path, params)


@pytest.fixture(autouse=True)
def _tidy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clean settings around each test; a clock that makes every state due."""
    for name in ("LOG_LEVEL", "DEPLOYMENT_MODE", "TIKTOK_ADS_API_URL"):
        monkeypatch.delenv(name, raising=False)
    ticks = iter(range(10**6))
    monkeypatch.setattr("source_tiktok_ads.source.time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    yield
    update_secrets([])


Speak = Callable[[Call], Wire]


@pytest.fixture
def tiktok(monkeypatch: pytest.MonkeyPatch) -> Speak:
    """Put a canned TikTok behind the client."""

    def speak(answer: Call) -> Wire:
        wire = Wire(answer)
        monkeypatch.setattr("source_tiktok_ads.source.HttpTransport", lambda pool: wire)
        return wire

    return speak


def entries(**modes: str) -> dict[str, Any]:
    """A configured catalog of streams and their modes."""
    streams = [
        {
            "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
            "sync_mode": mode,
            "destination_sync_mode": "append",
        }
        for name, mode in modes.items()
    ]
    return {"streams": streams}


def arguments(folder: Path, catalog: Mapping[str, Any], state: Any = None, **config: Any) -> list[str]:
    """The arguments of a read, with their files."""
    files = {"config": {**LOCAL, **config}, "catalog": catalog, **({"state": state} if state is not None else {})}
    args = ["read"]
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content))
        args += [f"--{name}", str(path)]
    return args


def said(lines: Iterator[Any]) -> tuple[list[dict[str, Any]], str]:
    """The messages until the end, and the sentence of the error if it came early."""
    messages = []
    try:
        for line in lines:
            messages += [timeless(json.loads(one)) for one in line.splitlines()]
    except AirbyteTracedException as error:
        return messages, f"{error.failure_type}: {error.message}"
    return messages, ""


def timeless(message: dict[str, Any]) -> dict[str, Any]:
    """A message without when it was made and where in the code."""
    for part in (message.get("record"), message.get("trace")):
        if part:
            part.pop("emitted_at")
            part.get("error", {}).pop("stack_trace", None)
    return message


def fast(args: list[str]) -> tuple[list[dict[str, Any]], str]:
    """What our command says."""
    entrypoint = Entrypoint(SourceTiktokAds(paged=True))
    return said(entrypoint.lines(entrypoint.parse_args(args)))


def plain(args: list[str]) -> tuple[list[dict[str, Any]], str]:
    """What the CDK's own entrypoint says."""
    entrypoint = AirbyteEntrypoint(SourceTiktokAds())
    return said(entrypoint.run(entrypoint.parse_args(args)))


def kinds(messages: list[dict[str, Any]], stream: str) -> list[str]:
    """What is said of a stream, in few words."""
    words = []
    for message in messages:
        if message["type"] == "RECORD" and message["record"]["stream"] == stream:
            words.append("record")
        elif message["type"] == "STATE" and message["state"]["stream"]["stream_descriptor"]["name"] == stream:
            words.append(f"state {message['state']['sourceStats']['recordCount']:g}")
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            words += [status["status"]] if status["stream_descriptor"]["name"] == stream else []
        elif (
            message["type"] == "TRACE" and message["trace"]["error"].get("stream_descriptor", {}).get("name") == stream
        ):
            words.append("error")
    return words


MODES = {"ad_insights": "incremental", "campaigns": "incremental", "advertisers": "full_refresh"}


def failing(*_: Any) -> None:
    """A cursor that cannot take what it is told."""
    raise ValueError("cursor")


@pytest.mark.parametrize(
    ("answer", "broken_cursor"),
    [(world, ""), (nothing, ""), (broken, ""), (no_account, ""), (world, "observe"), (world, "close_partition")],
)
def test_both_ways_say_the_same(
    answer: Call, broken_cursor: str, tiktok: Speak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Message by message, with counts and statuses, whether all is well or a slice, generator or cursor raises."""
    if broken_cursor:
        monkeypatch.setattr(AccountCursor, broken_cursor, failing)
    tiktok(answer)
    args = arguments(tmp_path, entries(**MODES))
    quick, slow = fast(args), plain(args)
    assert quick == slow
    counted = [m["state"]["sourceStats"]["recordCount"] for m in quick[0] if m["type"] == "STATE"]
    if not broken_cursor:
        assert sum(counted) == [m["type"] for m in quick[0]].count("RECORD")


def test_a_sync_sends_rows_then_states_then_the_end(tiktok: Speak, tmp_path: Path) -> None:
    """Two accounts: four days' rows, four campaigns, two accounts, each behind its status."""
    tiktok(world)
    messages, error = fast(arguments(tmp_path, entries(**MODES)))
    assert error == ""
    states = ["record", "record", "state 2"]
    assert kinds(messages, "ad_insights") == ["STARTED", "RUNNING", *states, *states, "state 0", "COMPLETE"]
    assert kinds(messages, "campaigns") == kinds(messages, "ad_insights")
    assert kinds(messages, "advertisers") == ["STARTED", "RUNNING", "record", "record", "state 2", "COMPLETE"]


def test_a_failing_part_spoils_its_stream_only(tiktok: Speak, tmp_path: Path) -> None:
    """One trace for the account, the other account's rows and state, INCOMPLETE; another stream is complete."""
    tiktok(broken)
    messages, error = fast(arguments(tmp_path, entries(**MODES)))
    words = kinds(messages, "ad_insights")
    assert (words.count("error"), words.count("record"), words[-1]) == (1, 3, "INCOMPLETE")
    words = kinds(messages, "campaigns")
    assert (words.count("error"), words.count("record"), words[-1]) == (1, 2, "INCOMPLETE")
    assert kinds(messages, "advertisers")[-1] == "COMPLETE"
    assert error
    last = [m["state"]["stream"] for m in messages if m["type"] == "STATE"]
    (state,) = [one for one in last if one["stream_descriptor"]["name"] == "ad_insights"][-1:]
    assert [one["partition"] for one in state["stream_state"]["states"]] == [{"advertiser_id": B}]


def final(messages: list[dict[str, Any]], stream: str) -> dict[str, Any]:
    """The last state of a stream."""
    states = [m["state"]["stream"] for m in messages if m["type"] == "STATE"]
    return next(one["stream_state"] for one in states[::-1] if one["stream_descriptor"]["name"] == stream)


def test_a_sync_goes_on_from_its_state(tiktok: Speak, tmp_path: Path) -> None:
    """From the cursor less the look-back; a full refresh beside it asks for everything."""
    wire = tiktok(world)
    messages, _ = fast(arguments(tmp_path, entries(ad_insights="incremental")))
    blob = final(messages, "ad_insights")
    state = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "ad_insights"}, "stream_state": blob}}]
    for mode, first in (("incremental", "2026-03-13"), ("full_refresh", "2026-03-01")):
        wire.asked.clear()
        fast(arguments(tmp_path, entries(ad_insights=mode), state, lookback_days=2))
        assert {params["start_date"] for path, params in wire.asked if path.startswith("report")} == {first}


@pytest.mark.parametrize("blob", [{"stat_time_day": "2026-01-01"}, {"version": 1, "states": [{}]}, {"unreadable": 1}])
def test_a_foreign_state_is_read_over_with_a_warning(
    blob: dict[str, Any], tiktok: Speak, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The stream is read whole, and its new state is ours."""
    wire = tiktok(world)
    state = [{"stream": {"stream_descriptor": {"name": "ad_insights"}, "stream_state": blob}}]
    with caplog.at_level(logging.WARNING, "airbyte"):
        messages, error = fast(arguments(tmp_path, entries(ad_insights="incremental"), state))
    assert error == ""
    assert {params["start_date"] for path, params in wire.asked if path.startswith("report")} == {"2026-03-01"}
    assert final(messages, "ad_insights")["version"] == 1
    assert [text for text in caplog.messages if "The state of ad_insights can't be used" in text]


@pytest.mark.parametrize(("start", "told"), [("soon", "can't be used"), ("2026-03-05", "metrics, entity_versions or")])
def test_a_state_is_warned_of_once(
    start: str, told: str, tiktok: Speak, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ours as a whole or not at all: where a cursor cannot be read, other settings than today's matter no more."""
    wire = tiktok(world)
    entry = {"partition": {"advertiser_id": A}, "cursor": {"start": start}}
    blob = {"version": 1, "include_deleted": True, "metrics": "others", "states": [entry]}
    state = [{"stream": {"stream_descriptor": {"name": "ad_insights"}, "stream_state": blob}}]
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert fast(arguments(tmp_path, entries(ad_insights="incremental"), state))[1] == ""
    assert {params["start_date"] for path, params in wire.asked if path.startswith("report")} == {"2026-03-01"}
    (text,) = [text for text in caplog.messages if "state" in text or "have changed" in text]
    assert told in text


def test_a_newer_state_is_a_configuration_error(tiktok: Speak, tmp_path: Path) -> None:
    """Reading over it would lose what the newer version knows."""
    wire = tiktok(world)
    state = [{"stream": {"stream_descriptor": {"name": "ads"}, "stream_state": {"version": 9, "states": []}}}]
    _, error = fast(arguments(tmp_path, entries(ads="incremental"), state))
    assert error == (
        "FailureType.config_error: The state of ads was written by a newer version of this connector "
        "(state version 9): upgrade the connector, or reset the stream."
    )
    assert wire.asked == []


def test_an_empty_selection_reads_nothing(tiktok: Speak, tmp_path: Path) -> None:
    """And ends well, where the engine alone would hang."""
    wire = tiktok(world)
    assert fast(arguments(tmp_path, entries())) == ([], "")
    assert wire.asked == []


def test_an_empty_catalog_is_said_to_be_empty(tiktok: Speak, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line, since nothing else would explain that nothing comes."""
    tiktok(world)
    with caplog.at_level(logging.INFO):
        fast(arguments(tmp_path, entries()))
    assert [text for text in caplog.messages if "catalog" in text] == [
        "The catalog selects no stream: nothing to read."
    ]


def test_unknown_streams_are_named_and_the_rest_is_read(tiktok: Speak, tmp_path: Path) -> None:
    """Each is INCOMPLETE with an error that tells names like it; the sync fails at its end."""
    tiktok(world)
    messages, error = fast(arguments(tmp_path, entries(adverts="incremental", advertisers="full_refresh")))
    assert kinds(messages, "adverts") == ["STARTED", "error", "INCOMPLETE"]
    assert kinds(messages, "advertisers")[-1] == "COMPLETE"
    assert error == "FailureType.config_error: Streams that do not exist were not read: adverts."
    (told,) = [m["trace"]["error"]["message"] for m in messages if m["type"] == "TRACE" and "error" in m["trace"]]
    assert told == (
        "There is no stream adverts: refresh the source's schema or remove it from the catalog. "
        "Streams of a like name: advertisers, ads."
    )
    (told,) = [
        m["trace"]["error"]["message"]
        for m in fast(arguments(tmp_path, entries(xyz="incremental")))[0]
        if m["type"] == "TRACE" and "error" in m["trace"]
    ]
    assert told.endswith("remove it from the catalog.")
    assert kinds(fast(arguments(tmp_path, entries(adverts="incremental")))[0], "adverts")[-1] == "INCOMPLETE"


def test_a_bad_configuration_ends_a_read_before_any_request(tiktok: Speak, tmp_path: Path) -> None:
    """With the sentence that names the field."""
    wire = tiktok(world)
    _, error = fast(arguments(tmp_path, entries(**MODES), start_date="soon"))
    assert error.startswith('FailureType.config_error: Start Date (`start_date`) is "soon"')
    assert wire.asked == []


def test_the_engines_own_counts_are_not_logged(tiktok: Speak, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It counts pages and calls them records; the summary counts rows."""
    tiktok(broken)
    with caplog.at_level(logging.INFO):
        fast(arguments(tmp_path, entries(**MODES)))
    assert not [text for text in caplog.messages if text.startswith("Read ")]
    assert [record.exc_info for record in caplog.records if record.exc_info] == []
    assert [text for text in caplog.messages if f"advertisers, {A}, 1, -" in text]


# --- Credentials ------------------------------------------------------------------------------------------------------


def test_new_credentials_leave_before_anything_else(tiktok: Speak, tmp_path: Path) -> None:
    """The code is spent, the token is sent for the platform to keep, and used; it stands in no other message."""
    wire = tiktok(world)
    args = arguments(tmp_path, entries(advertisers="full_refresh"), credentials=CODE, unheard_of=1)
    for say in (fast, plain):
        wire.asked.clear()
        wire.tokens.clear()
        messages, error = say(args)
        assert error == ""
        assert [m["type"] for m in messages[:2]] == ["CONTROL", "LOG"]
        kept = messages[0]["control"]["connectorConfig"]["config"]
        assert kept["credentials"] == {
            **{"auth_type": "oauth2.0", "access_token": NEW_TOKEN},
            **{"app_id": "77", "secret": "sec-of-tests"},
        }
        assert NEW_TOKEN not in str(messages[1:])
        assert wire.asked[0][0] == "oauth2/access_token"
        assert wire.tokens == [None, NEW_TOKEN]


def test_a_used_code_says_so(tiktok: Speak, tmp_path: Path) -> None:
    """With its own sentence, and without the code."""
    tiktok(lambda path, params: refused(40110, "code code-of-tests was used"))
    _, error = fast(arguments(tmp_path, entries(**MODES), credentials=CODE))
    assert error.startswith("FailureType.config_error: The authorization code was used already or has expired")
    assert "code-of-tests" not in error


def configured(source: SourceTiktokAds, **changes: Any) -> Mapping[str, Any]:
    """A configuration as the entrypoint hands it on."""
    return source.configure({name: item for name, item in {**LOCAL, **changes}.items() if item is not None}, "")


def test_discover_lists_every_stream_without_a_request(tiktok: Speak) -> None:
    """In the order of the table."""
    wire = tiktok(world)
    source = SourceTiktokAds()
    found = source.discover(LOGGER, configured(source))
    assert [stream.name for stream in found.streams] == [stream.name for stream in STREAMS]
    assert wire.asked == []


def test_discover_exchanges_a_code(tiktok: Speak) -> None:
    """Its only request; the new credentials wait for the entrypoint to send them."""
    wire = tiktok(world)
    source = SourceTiktokAds()
    source.discover(LOGGER, configured(source, credentials=CODE))
    assert [path for path, _ in wire.asked] == ["oauth2/access_token"]
    assert [message.type for message in source.message_repository.consume_queue()] == [Type.CONTROL, Type.LOG]


def test_a_token_that_no_request_can_carry_is_refused_once_it_was_sent(tiktok: Speak) -> None:
    """The code is spent, so the platform gets the token all the same; the sentence says what is wrong with it."""
    tiktok(lambda path, params: {**world(path, params), "access_token": "to ken"})
    source = SourceTiktokAds()
    with pytest.raises(AirbyteTracedException, match=r"^Access Token \(`credentials\.access_token`\) cannot be used"):
        source.discover(LOGGER, configured(source, credentials=CODE))
    assert [message.type for message in source.message_repository.consume_queue()] == [Type.CONTROL]


# --- check ------------------------------------------------------------------------------------------------------------


def checked(**changes: Any) -> tuple[Status, str | None, list[str]]:
    """What check answers, and its notes."""
    source = SourceTiktokAds()
    answer = source.check(LOGGER, configured(source, **changes))
    return answer.status, answer.message, [m.log.message for m in source.message_repository.consume_queue() if m.log]


def test_a_good_configuration_succeeds(tiktok: Speak) -> None:
    """Proven by a report."""
    wire = tiktok(world)
    assert checked() == (Status.SUCCEEDED, None, [])
    assert [path for path, _ in wire.asked] == ["advertiser/info", "report/integrated/get"]


def test_check_never_spends_a_code(tiktok: Speak, caplog: pytest.LogCaptureFixture) -> None:
    """Everything else is validated, and the log says so."""
    wire = tiktok(world)
    with caplog.at_level(logging.INFO, "airbyte"):
        assert checked(credentials=CODE)[0] is Status.SUCCEEDED
    assert wire.asked == []
    assert "works only once" in caplog.text


@pytest.mark.parametrize(
    ("answer", "changes", "sentence"),
    [
        (world, {"start_date": "soon"}, 'Start Date (`start_date`) is "soon"'),
        (world, {"accounts": ["Nobody"]}, 'accounts: "Nobody" is none the token can read'),
        (lambda path, params: refused(40105, "tok-of-tests"), {}, "The access token is wrong or was revoked"),
    ],
)
def test_a_failure_is_an_answer_without_secrets(
    answer: Call, changes: dict[str, Any], sentence: str, tiktok: Speak
) -> None:
    """Whether the configuration, the selection or TikTok is the reason."""

    def listing(path: str, params: Mapping[str, Any]) -> Any:
        listed = {"list": [{"advertiser_id": A, "advertiser_name": "Acme"}]}
        return listed if path == "oauth2/advertiser/get" else answer(path, params)

    tiktok(listing)
    status, message, _ = checked(**changes)
    assert status is Status.FAILED
    assert str(message).startswith(sentence)
    assert "tok-of-tests" not in str(message)


def test_how_a_configuration_was_understood_is_said(tiktok: Speak) -> None:
    """One line a note, by check too."""
    tiktok(world)
    (note,) = checked(unheard_of=1)[2]
    assert "unheard_of" in note


# --- The parts --------------------------------------------------------------------------------------------------------


def test_the_source_has_a_name_and_reads_no_state_without_a_file() -> None:
    """As loggers carry it; `--state` is optional."""
    assert SourceTiktokAds().name == "source-tiktok-ads"
    assert SourceTiktokAds.read_state(None) == SourceTiktokAds.read_state("") == []


def test_configuring_hides_every_spelling_of_the_secrets() -> None:
    """Also of a configuration that is not valid."""
    SourceTiktokAds().configure({"access_token": "se cret/1", "nested": [{"app_secret": "hidden+2"}]}, "")
    text = "se cret/1 se%20cret%2F1 se+cret%2F1 c2UgY3JldC8x hidden+2 hidden%2B2"
    assert filter_secrets(text) == " ".join(["****"] * 6)


def test_the_client_is_as_quick_as_the_settings_allow(tiktok: Speak) -> None:
    """Its requests go to the set origin with the set token."""
    wire = tiktok(world)
    client = client_for(understood(LOCAL, [].extend)[0], LOGGER)
    client.get("advertiser/info", {"advertiser_ids": [A]}, decode=decode_envelope)
    assert (wire.tokens, wire.asked) == (["tok-of-tests"], [("advertiser/info", {"advertiser_ids": [A]})])


def test_the_client_masks_the_app() -> None:
    """Some lists carry its id and secret."""
    settings = understood({**LOCAL, "credentials": {**LOCAL["credentials"], "secret": "hidden-of-tests"}}, [].extend)[0]
    assert client_for(settings, LOGGER).redact("TikTok says hidden-of-tests") == "TikTok says ****"


def test_a_message_without_a_page_stays_as_it_is() -> None:
    """Only pages are expanded."""
    message = AirbyteMessage(type=Type.STATE)
    assert page_of(message) is None
    assert [*expanded(message)] == [message]
