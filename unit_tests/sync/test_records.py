"""The path of a row: every line is what the CDK would print, and what an entity or an account becomes."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.entities import ACCOUNTS, ENTITIES
from source_tiktok_ads.sync.records import DEEPEST, NO_TIME, AccountRows, EntityRows, page, to_json

from .canned import A

ADS = next(entity for entity in ENTITIES if entity.name == "ads")
# Other work on the machine must not fail a test.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Told(list[tuple[Any, ...]]):
    """Remembers what was told as a surprise."""

    def __call__(self, path: str, value: Any, instead: Any = None, /) -> None:
        """Remember it."""
        self.append((path, value) if instead is None else (path, value, instead))


def values(members: bytes | None) -> Any:
    """The columns in the inside of an object; null is as good as absent."""
    assert members is not None
    return {name: value for name, value in json.loads(b"{%b}" % members).items() if value is not None}


def printed(stream: str, data: Mapping[str, Any], emitted_at: int) -> bytes:
    """The line that the CDK prints for a record."""
    record = AirbyteRecordMessage(stream=stream, data=dict(data), emitted_at=emitted_at)
    text = AirbyteEntrypoint.airbyte_message_to_string(AirbyteMessage(type=Type.RECORD, record=record))
    return text.encode() + b"\n"


# NUL leaves as another character, which the CDK's writer does not see to.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@PATIENT
@given(st.lists(st.dictionaries(TEXTS, JSON, max_size=4), min_size=1, max_size=3))
def test_a_page_is_byte_for_byte_what_the_cdk_prints(records: list[dict[str, Any]]) -> None:
    """Lines of records equal those of the CDK's writer, which leaves top-level nulls out."""
    stamp = to_json({"advertiser_id": A})[1:-1] + b","
    stamped = [{"advertiser_id": A, "key": "1", **record} for record in records]
    members = [to_json({"key": "1", **record})[1:-1] for record in records]
    assert page("ads", stamp, members, 1700000000000).lines == b"".join(
        printed("ads", record, 1700000000000) for record in stamped
    )


def test_a_page_counts_its_rows_and_ends_each_with_a_newline() -> None:
    """Many rows are written at once, one line each."""
    made = page("ads", b'"a":1,', [b'"b":1', b'"b":2'], 5)
    assert made.rows == 2
    assert [orjson.loads(line)["record"]["data"] for line in made.lines.splitlines()] == [
        {"a": 1, "b": 1},
        {"a": 1, "b": 2},
    ]
    assert made.lines.endswith(b"}\n")
    assert not hasattr(made, "__len__")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("\ud83e", b'"\xef\xbf\xbd"'),
        ("a\0b", b'"a\xef\xbf\xbdb"'),
        ("\\u0000", b'"\\\\u0000"'),
        (2**64 - 1, b"%d" % (2**64 - 1)),
        (2**64, b'"%d"' % 2**64),
        (-(2**63) - 1, b'"%d"' % (-(2**63) - 1)),
        ({"a\0": ["\udfff", True, 1.5, None]}, b'{"a\xef\xbf\xbd":["\xef\xbf\xbd",true,1.5,null]}'),
    ],
)
def test_what_some_readers_refuse_is_written_so_that_all_take_it(value: Any, written: bytes) -> None:
    """Lone surrogates and NUL become U+FFFD, integers beyond 64 bits a text of their digits; the rest stays."""
    assert to_json({"a": value, "c": None}) == b'{"a":%b}' % written
    # Beside what forces a second writing, everything is the same.
    assert to_json({"a": value, "n": "\0"}) == b'{"a":%b,"n":"\xef\xbf\xbd"}' % written


def test_what_is_nested_too_deep_leaves_as_text() -> None:
    """No reader has to go deeper than a few hundred levels."""
    value: Any = "\ud83e"
    for _ in range(300):
        value = [value]
    written = to_json({"a": value})
    assert orjson.loads(written) == json.loads(written) == msgspec.json.decode(written)
    inner = orjson.loads(written)["a"]
    for _ in range(DEEPEST - 1):
        (inner,) = inner
    assert json.loads(inner)


def pieces(wire: Mapping[str, Any], since: str | None = None, said: str | None = None) -> tuple[Any, EntityRows, Told]:
    """Key and columns (None: stays here) of one wire row of ads, and its maker."""
    told = Told()
    rows = EntityRows(ADS, A, told, since)
    ((key, members),) = rows.pieces([wire], said)
    assert isinstance(key, tuple)
    ids, version = map(json.loads, key)
    return ({**ids, **version}, values(members) if members is not None else None), rows, told


IDS = {"campaign_id": "1", "adgroup_id": "2", "ad_id": "3"}
CHANGED = {**IDS, "modify_time": "2026-01-05 10:00:00", "create_time": "2025-01-01 00:00:00"}


def test_an_entity_row_is_cast_and_completed() -> None:
    """Account and status are added, times get their zone, unknown fields pass, nulls stay out."""
    (key, columns), rows, told = pieces({**CHANGED, "new_field": {"a": None}, "ad_name": None, "advertiser_id": int(A)})
    assert key == {"advertiser_id": A, **IDS, "modify_time": "2026-01-05T10:00:00Z"}
    assert columns == {
        **key,
        "create_time": "2025-01-01T00:00:00Z",
        "new_field": {"a": None},
    }
    assert (rows.newest, told) == ("2026-01-05T10:00:00Z", [])


@pytest.mark.parametrize(
    ("secondary", "operation", "said", "status"),
    [
        ("AD_STATUS_DELETE", "ENABLE", None, "DELETE"),
        ("AD_STATUS_CAMPAIGN_DELETE", None, None, "DELETE"),
        ("AD_STATUS_CAMPAIGN_DISABLE", "DISABLE", None, "ACTIVE"),
        ("AD_STATUS_DELIVERY_OK", None, None, "ACTIVE"),
        ("AD_STATUS_DELIVERY_OK", "DELETE", None, "DELETE"),
        (None, "DELETE", None, "DELETE"),
        (None, "DELETE", "ACTIVE", "DELETE"),
        (None, "ENABLE", None, "ACTIVE"),
        (None, None, None, None),
        (None, None, "DELETE", "DELETE"),
        (None, None, "ACTIVE", "ACTIVE"),
    ],
)
def test_current_status_is_what_a_status_or_the_pass_says(
    secondary: str | None, operation: str | None, said: str | None, status: str | None
) -> None:
    """It is not invented: null where neither a status of the row nor the pass tells, deleted where any of them does."""
    wire = {**CHANGED, "secondary_status": secondary, "operation_status": operation}
    (_, columns), _, _ = pieces(wire, said=said)
    assert columns.get("current_status") == status


@pytest.mark.parametrize(
    ("since", "leaves"),
    [(None, True), ("2026-01-05T09:59:59Z", True), ("2026-01-05T10:00:00Z", True), ("2026-01-05T10:00:01Z", False)],
)
def test_rows_are_compared_with_the_cursor_inclusively(since: str | None, leaves: bool) -> None:
    """A row changed at the cursor's moment leaves again; an older one stays, and does not move the cursor."""
    (key, columns), rows, _ = pieces(CHANGED, since)
    assert (columns is not None, rows.newest) == (leaves, "2026-01-05T10:00:00Z" if leaves else None)
    assert key["ad_id"] == "3"


@pytest.mark.parametrize("fraction", ["5", "000001", "999999999"])
def test_a_change_within_the_second_of_the_cursor_leaves(fraction: str) -> None:
    """As texts, a moment with a fraction would sort before the whole second."""
    wire = {**CHANGED, "modify_time": f"2026-01-05 10:00:00.{fraction}"}
    (_, columns), rows, _ = pieces(wire, "2026-01-05T10:00:00Z")
    assert columns is not None
    assert rows.newest == columns["modify_time"]
    rows.pieces([CHANGED])
    assert rows.newest == columns["modify_time"]


@pytest.mark.parametrize(
    ("wire", "time"),
    [
        ({**IDS, "create_time": "2025-01-01 00:00:00"}, "2025-01-01T00:00:00Z"),
        ({**CHANGED, "modify_time": ""}, "2025-01-01T00:00:00Z"),
        (IDS, NO_TIME),
    ],
)
def test_a_row_without_modify_time_always_leaves(wire: dict[str, Any], time: str) -> None:
    """Its create_time stands in the key, and the cursor stays where it is."""
    (_, columns), rows, _ = pieces(wire, "2026-01-05T00:00:00Z")
    assert (columns["modify_time"], rows.newest) == (time, None)


def test_a_parent_that_did_not_come_is_a_dash() -> None:
    """The object's own id still tells the row apart."""
    (key, columns), _, _ = pieces({"ad_id": "3", "modify_time": "2026-01-05 10:00:00"})
    ids = {"campaign_id": "-", "adgroup_id": "-", "ad_id": "3"}
    assert key == {"advertiser_id": A, **ids, "modify_time": "2026-01-05T10:00:00Z"}
    assert columns.items() >= key.items()


@pytest.mark.parametrize(
    ("wire", "column"),
    [
        ({"ad_id": None}, "ad_id"),
        ({"ad_id": ""}, "ad_id"),
        ({"ad_id": 1.5}, "ad_id"),
        ({"campaign_id": {"a": 1}}, "campaign_id"),
        ({"modify_time": "05.01.2026 10:00"}, "modify_time"),
        ({"modify_time": None, "create_time": "05.01.2026"}, "create_time"),
    ],
)
def test_an_entity_whose_key_cannot_be_read_does_not_leave(wire: dict[str, Any], column: str) -> None:
    """Under a placeholder it would take another's place; the part is short, and the sentence names the column."""
    told, lacks = Told(), list[str]()
    rows = EntityRows(ADS, A, told, None)
    odd, good = rows.pieces([{**CHANGED, **wire}, {**CHANGED, "ad_id": "9"}], None, lacks.append)
    assert odd[1] is None
    assert good[1] is not None
    assert [column in sentence for sentence in lacks] == [True]
    assert rows.newest == "2026-01-05T10:00:00Z"


def test_the_newest_change_is_the_largest_that_left() -> None:
    """Rows come in any order."""
    rows = EntityRows(ADS, A, Told(), None)
    rows.pieces([{**CHANGED, "modify_time": f"2026-01-{number:02} 00:00:00"} for number in (5, 9, 7)])
    assert rows.newest == "2026-01-09T00:00:00Z"


def test_a_published_column_is_filled_from_the_wire_field_of_today() -> None:
    """The column's own name wins while TikTok still sends it."""
    adgroups = BY_NAME["adgroups"]
    rows = EntityRows(adgroups, A, Told(), None)  # type: ignore[arg-type]
    both = [{"adgroup_id": "1", "audience": ["1"], "audience_ids": ["2"]}, {"adgroup_id": "2", "audience_ids": [2]}]
    made = [values(members) for _, members in rows.pieces(both)]
    assert [one["audience"] for one in made] == [["1"], ["2"]]


def test_an_accounts_row_is_cast_and_says_when_it_was_created() -> None:
    """advertiser/info gives seconds; the record has a moment."""
    rows = AccountRows(ACCOUNTS[0], Told())
    facts = {"advertiser_id": int(A), "create_time": 1700000000, "name": "Ä", "address": None}
    assert values(rows.members(facts)) == {"advertiser_id": A, "create_time": "2023-11-14T22:13:20Z", "name": "Ä"}
    assert rows.created(facts) == "2023-11-14T22:13:20Z"
    assert rows.created({}) is None
