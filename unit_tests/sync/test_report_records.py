"""The rows of a report: both paths of a page give the same rows, byte for byte."""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.entities import ENTITIES
from source_tiktok_ads.streams.model import AD, ADVERTISER, AUDIENCE, DAY, HOUR, LIFETIME, MONTH, Report
from source_tiktok_ads.streams.reports import REPORTS
from source_tiktok_ads.sync.records import decode, page
from source_tiktok_ads.sync.report_records import ReportRows, without_surrogates

from .canned import A
from .test_records import Told, printed, values

REPORT = Report("r", AD, DAY)
BROKEN_DOWN = next(report for report in REPORTS if report.by)
ADS = next(entity for entity in ENTITIES if entity.name == "ads")
KEY = {"ad_id": "17", "stat_time_day": "2026-01-05 00:00:00"}
PARENTS = {"campaign_id": "15", "adgroup_id": "16"}
# Other work on the machine must not fail a test.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def body(*rows: Any, **data: Any) -> bytes:
    """An answer, written as tightly as TikTok writes."""
    info = {"page": 1, "page_size": 1000, "total_number": len(rows), "total_page": 1}
    answer = {"code": 0, "message": "OK", "data": {"list": list(rows), "page_info": info, **data}}
    return json.dumps(answer, separators=(",", ":")).encode()


def row(metrics: Mapping[str, Any] | None = None, **dimensions: Any) -> dict[str, Any]:
    """A row of REPORT."""
    return {"dimensions": {**KEY, **dimensions}, "metrics": {**PARENTS, **(metrics or {})}}


def makers(report: Report) -> tuple[ReportRows, Told]:
    """The rows of a report, and what they tell."""
    told = Told()
    return ReportRows(report, told), told


def roads(report: Report, answer: bytes) -> tuple[Any, Any, bool, Told]:
    """Both roads' rows as key and values, whether the fast one was free, and the surprises."""
    rows, told = makers(report)
    taken = rows.decode(answer)
    fast = bool(taken.data.list) and not isinstance(taken.data.list[0], dict)
    both = [rows.pieces(read.data.list or ()) for read in (taken, decode(without_surrogates(answer)))]
    assert both[0] == both[1]
    first, second = ([(key, members and values(members)) for key, members in pieces] for pieces in both)
    return first, second, fast, told


def record(metrics: Mapping[str, Any] | None = None, **dimensions: Any) -> tuple[Any, bool, Told]:
    """The one row that both roads make of a wire row, whether fast, and the surprises."""
    fast, slow, free, told = roads(REPORT, body(row(metrics, **dimensions)))
    assert fast == slow
    return fast[0][1], free, told


def test_an_ordinary_page_takes_the_fast_road() -> None:
    """Numbers as text, dashes and empty texts are ordinary: typed, null, and no surprise."""
    made, fast, told = record(
        {"spend": "12.50", "clicks": "7", "ctr": "-", "is_smart_creative": "1", "ad_name": "Été 🦊", "tt_app_id": ""}
    )
    assert made == {
        **{"ad_id": "17", "stat_time_day": "2026-01-05T00:00:00", "campaign_id": "15", "adgroup_id": "16"},
        **{"spend": 12.5, "clicks": 7, "is_smart_creative": True, "ad_name": "Été 🦊"},
    }
    assert (fast, told) == (True, [])


@pytest.mark.parametrize(
    ("name", "wire", "column"),
    [
        ("clicks", "12.0", 12),
        ("clicks", 12, 12),
        ("clicks", 12.0, 12),
        ("clicks", None, None),
        ("clicks", "9007199254740993", 2**53 + 1),
        ("spend", 3, 3),
        ("spend", "0", 0),
        ("is_smart_creative", "0", False),
        ("is_smart_creative", True, True),
        ("is_smart_creative", "-", None),
        ("ad_name", 7, "7"),
        ("ad_name", 'a":"-"b', 'a":"-"b'),
        ("ad_name", '":""', '":""'),
        ("ad_name", "null", "null"),
        ("ad_name", "cut \ud83e", "cut \ufffd"),
        ("ad_name", "\n\r\u2028\x00", "\n\r\u2028\ufffd"),
        ("ad_name", "\\u0000", "\\u0000"),
        ("clicks", "1,234", 1234),
        ("clicks", "9007199254740993.0", 2**53 + 1),
        ("clicks", "null", None),
        ("spend", "null", None),
        ("spend", "1,234.5", 1234.5),
        ("ctr", "1.21%", 1.21),
        ("is_smart_creative", "null", None),
    ],
)
def test_a_value_is_the_same_on_both_roads(name: str, wire: Any, column: Any) -> None:
    """What fits its column leaves as it should, whichever road its page takes."""
    made, _, told = record({name: wire})
    assert (made.get(name), told) == (column, [])


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("clicks", "<5"),
        ("clicks", True),
        ("clicks", 2**63),
        ("clicks", "9" * 30),
        ("spend", "NaN"),
        ("spend", "Infinity"),
        ("spend", "1e400"),
        ("spend", []),
        ("is_smart_creative", "maybe"),
        ("ad_name", {}),
    ],
)
def test_what_does_not_fit_is_null_and_told(name: str, wire: Any) -> None:
    """A value of another type costs its column, not its page."""
    made, fast, told = record({name: wire})
    assert name not in made
    assert fast
    assert set(map(repr, told)) == {repr((name, wire))}


@pytest.mark.parametrize(
    ("name", "wire", "column"),
    [("clicks", "12.5", 12), ("clicks", 13.5, 14), ("spend", "12345678901234567.89", 12345678901234568.0)],
)
def test_what_fits_only_roughly_is_rounded_and_told(name: str, wire: Any, column: Any) -> None:
    """A count with a fraction is not lost, nor an amount with more digits than a double."""
    made, fast, told = record({name: wire})
    assert (made[name], fast) == (column, True)
    assert {*told} == {(name, wire, column)}


def test_a_number_with_more_digits_than_a_double_is_rounded_aloud_where_it_is_no_text() -> None:
    """JSON numbers are read as exactly as texts are."""
    answer = body(row({"spend": 0})).replace(b'"spend":0', b'"spend":12345678901234567.89')
    fast, slow, free, told = roads(REPORT, answer)
    assert fast == slow
    assert (fast[0][1]["spend"], free) == (12345678901234568.0, True)
    assert {*told} == {("spend", "12345678901234567.89", 12345678901234568.0)}


@pytest.mark.parametrize(
    "wire",
    [
        *("2026-01-05", "2026-01-05 00:00", "2026-01-05 00:00:00", "2026-01-05 00:00:00.000", "2026-01-05T00:00:00"),
        *("2026-01-05T00:00:00Z", "2026-01-05 00:00:00+00:00", "2026-01-05T00:00:00.000Z"),
    ],
)
def test_a_day_is_read_in_every_notation(wire: str) -> None:
    """The key is the same whichever it is."""
    fast, slow, _, told = roads(REPORT, body(row(stat_time_day=wire)))
    assert fast == slow
    assert (fast[0][0], told) == (b'{"ad_id":"17","stat_time_day":"2026-01-05T00:00:00"}', [])


def short(report: Report, *rows: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The rows that leave, None for one that does not, and what is said to be missing."""
    lacks: list[str] = []
    maker, _ = makers(report)
    pieces = maker.pieces(maker.decode(body(*rows)).data.list, lacks.append)
    assert len({key for key, _ in pieces}) == len(pieces)
    return [members and values(members) for _, members in pieces], lacks


@pytest.mark.parametrize("wire", [None, "", "-", "18.11.2026", 20261118, {"day": 18}, "2026-11-18T00:00:00+09:00"])
def test_rows_whose_day_cannot_be_read_are_not_merged(wire: Any) -> None:
    """They do not leave under a placeholder; the sentence names the column and the value."""
    rows = [row(stat_time_day=wire, ad_id=str(number)) for number in range(2)]
    found, lacks = short(REPORT, *rows, row(ad_id="2"))
    assert [made and made["ad_id"] for made in found] == [None, None, "2"]
    sent = "no value" if wire is None else repr(wire)
    assert lacks == [f"rows with no stat_time_day that can be read are left out: TikTok sent {sent}."] * 2


@pytest.mark.parametrize(("name", "wire"), [("ad_id", None), ("ad_id", [1]), ("age", {"from": 18})])
def test_rows_whose_object_or_breakdown_cannot_be_read_are_not_merged(name: str, wire: Any) -> None:
    """An id is never missing; a breakdown may be, but not unreadable."""
    dimensions = {**dict.fromkeys(BROKEN_DOWN.dimensions, "17"), "stat_time_day": "2026-01-05 00:00:00", name: wire}
    found, lacks = short(BROKEN_DOWN, {"dimensions": dimensions, "metrics": PARENTS})
    assert (found, len(lacks)) == ([None], 1)
    assert name in lacks[0]


def test_rows_whose_parent_cannot_be_read_are_not_merged() -> None:
    """A parent that is missing is a dash: the object's own id still tells the row apart."""
    found, lacks = short(REPORT, row({"campaign_id": {"a": 1}}), row({"campaign_id": None}))
    assert [made and made["campaign_id"] for made in found] == [None, "-"]
    assert lacks == ["rows with no campaign_id that can be read are left out: TikTok sent {'a': 1}."]


@pytest.mark.parametrize("none", [None, "-", "None", ""])
def test_rows_that_share_a_key_for_want_of_a_breakdown_are_told_apart(none: Any) -> None:
    """Each of them leaves, but the part is short, because a table would keep one of them."""
    dimensions = {**dict.fromkeys(BROKEN_DOWN.dimensions, "17"), "stat_time_day": "2026-01-05 00:00:00", "age": none}
    rows = [{"dimensions": dimensions, "metrics": {**PARENTS, "clicks": f"{clicks}.0%"}} for clicks in (1, 2)]
    found, lacks = short(BROKEN_DOWN, *rows)
    assert [made["clicks"] for made in found] == [1, 2]
    assert len(lacks) == 1
    assert lacks[0].startswith('several rows have the key {"')


def test_texts_that_cannot_leave_as_they_are_do_not_merge_rows() -> None:
    """Search terms cut in the middle of an emoji differ, but both end in the character for what is unreadable."""
    report = Report("r", AD, DAY, ("search_terms",), chosen=("clicks",))
    dimensions = {**KEY, "search_terms": ""}
    rows = [
        {"dimensions": {**dimensions, "search_terms": term}, "metrics": {**PARENTS, "clicks": clicks}}
        for term, clicks in (("fox \ud83e", "1"), ("fox \ud83d", "2"))
    ]
    found, lacks = short(report, *rows)
    assert [made["search_terms"] for made in found] == ["fox \ufffd"] * 2
    assert len(lacks) == 1


def test_the_hour_that_comes_twice_makes_no_part_short() -> None:
    """Its two rows of one key are merged elsewhere."""
    report = Report("h", ADVERTISER, HOUR, ("country_code",))
    dimensions = {"stat_time_hour": "2026-10-25 02:00:00", "country_code": "-"}
    maker, _ = makers(report)
    lacks: list[str] = []
    rows = [{"dimensions": dimensions, "metrics": {"clicks": clicks}} for clicks in ("1", "2")]
    pieces = maker.pieces(maker.decode(body(*rows)).data.list, lacks.append)
    assert (pieces[0][0] == pieces[1][0], lacks) == (True, [])


@pytest.mark.parametrize("wire", ["-", ""])
def test_a_dash_in_a_dimension_stays(wire: str) -> None:
    """In a dimension and in a parent's id the text is a value, not its absence."""
    assert record(ad_id=wire)[0]["ad_id"] == wire
    assert record({"campaign_id": wire})[0]["campaign_id"] == wire


@pytest.mark.parametrize("wire", [None, {}, []])
def test_a_row_without_metrics_keeps_its_key(wire: Any) -> None:
    """A key column is never null, so a dash stands where no parent came."""
    fast, slow, _, _ = roads(REPORT, body({**row({"clicks": "1"}), "metrics": wire}))
    assert fast == slow
    assert fast[0][1] == {"ad_id": "17", "stat_time_day": "2026-01-05T00:00:00", "campaign_id": "-", "adgroup_id": "-"}


@pytest.mark.parametrize("wire", [None, {}, []])
def test_a_row_without_dimensions_does_not_leave(wire: Any) -> None:
    """Nothing tells it apart."""
    assert short(REPORT, {**row({"clicks": "1"}), "dimensions": wire})[0] == [None]


@pytest.mark.parametrize("name", BROKEN_DOWN.by)
def test_a_breakdown_that_stands_in_no_row_is_an_error(name: str) -> None:
    """It was asked for; without it rows could not be told apart."""
    dimensions = {other: "17" for other in BROKEN_DOWN.dimensions if other != name}
    dimensions[BROKEN_DOWN.grain.dimension] = "2026-01-05 00:00:00"
    with pytest.raises(TikTokError, match=f"{name} stands in none of 2 rows"):
        roads(BROKEN_DOWN, body(*[{"dimensions": dimensions, "metrics": PARENTS}] * 2))


INTEREST = Report("i", AD, MONTH, ("interest_category",), AUDIENCE)


@pytest.mark.parametrize(
    ("wire", "column"),
    [
        ({"interest_category_v2": "15"}, "15"),
        ({"interest_category": "16"}, "16"),
        ({"interest_category": "16", "interest_category_v2": "15"}, "15"),
        ({"interest_category": "16", "interest_category_v2": None}, "16"),
    ],
)
def test_a_dimension_may_be_answered_under_another_name(wire: dict[str, str], column: str) -> None:
    """TikTok answers interest_category_v2 where interest_category was asked for; the column keeps the asked name."""
    metrics = {"campaign_id": "1", "adgroup_id": "2"}
    answer = body({"dimensions": {"ad_id": "7", **wire}, "metrics": metrics})
    into = ReportRows(INTEREST, Told())
    ((key, _),) = into.pieces(into.decode(answer).data.list)
    assert isinstance(key, bytes)
    assert json.loads(key)["interest_category"] == column
    assert "interest_category_v2" not in key.decode()


def test_a_row_without_any_metric_is_its_key() -> None:
    """An account's own report has no parents, so a row of nothing but dashes has nothing but its key."""
    report = Report("r", ADVERTISER, HOUR)
    wire = {
        "dimensions": {"advertiser_id": A, "stat_time_hour": "2026-01-05 13:00:00"},
        "metrics": dict.fromkeys(report.metrics, "-"),
    }
    fast, slow, free, _ = roads(report, body(wire))
    assert fast == slow == [(b'{"stat_time_hour":"2026-01-05T13:00:00"}', {"stat_time_hour": "2026-01-05T13:00:00"})]
    assert free


@pytest.mark.parametrize("data", [{"list": None}, {"list": []}])
def test_no_rows_are_no_rows(data: dict[str, Any]) -> None:
    """A list that is null or empty is an empty page."""
    assert roads(REPORT, body(**data))[:2] == ([], [])


def test_a_refusal_is_read_without_data() -> None:
    """The verdict is there for the client, whatever stands in place of the data."""
    answer = ReportRows(REPORT, Told()).decode(b'{"code":40105,"message":"-","request_id":"r"}')
    assert (answer.code, answer.data) == (40105, None)


@pytest.mark.parametrize("rows", [[None], [7], ["x"], [[]]])
def test_rows_that_are_no_objects_are_an_unreadable_answer(rows: list[Any]) -> None:
    """Such an answer is for the client to ask again for; nothing is taken from it."""
    for read in (decode, ReportRows(REPORT, Told()).decode):
        with pytest.raises(ValueError, match="Expected `object`"):
            read(body(*rows))


@pytest.mark.parametrize("wire", [1e16, -2.5e300])
def test_a_number_with_a_large_exponent_is_written_alike(wire: float) -> None:
    """The two encoders write it differently, so both paths use the same one."""
    made, _, told = record({"spend": wire})
    assert (made["spend"], told) == (wire, [])


@pytest.mark.parametrize("answer", [b"", b"<html>", b'{"code":0,"data":{"list":[', body(row())[:-3]])
def test_what_is_no_answer_is_refused_as_by_the_plain_decoder(answer: bytes) -> None:
    """The client asks again for it."""
    for read in (decode, ReportRows(REPORT, Told()).decode):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            read(answer)


ODD = {"clicks": "<5", "is_smart_creative": 7, "spend": "1,234.5", "tt_app_id": {"a": "-"}, "campaign_id": 15}


@pytest.mark.parametrize("name", ODD)
def test_a_column_is_learned_and_all_others_stay_typed(name: str) -> None:
    """From the first value on that does not fit, its column alone is cast by itself, also in pages to come."""
    maker, told = makers(REPORT)
    for _ in range(2):
        answer = maker.decode(body(row(), row({name: ODD[name], "cpm": "1.5"})))
        assert type(answer.data.list[1].metrics).__name__ == "Metrics"
        assert answer.data.list[1].metrics.cpm == 1.5
        maker.pieces(answer.data.list)
    # The warning quotes what TikTok sent, although a dash in a metric is no value.
    assert told == ([] if name in ("spend", "campaign_id") else [(name, ODD[name])] * 2)


@pytest.mark.parametrize("dimensions", [{"ad_id": 17}, {"ad_id": "-"}, {"ad_id": 17, "stat_time_day": "2026-01-05"}])
def test_a_key_is_learned_too(dimensions: dict[str, Any]) -> None:
    """An id that comes as a number, or a dash, which is a value there, does not make the page slow."""
    made, fast, told = record({"clicks": "<5"}, **dimensions)
    assert (made["ad_id"], made["stat_time_day"]) == (str(dimensions["ad_id"]), "2026-01-05T00:00:00")
    assert (fast, told) == (True, [("clicks", "<5")] * 2)


def test_answers_with_spaces_are_read_as_quickly() -> None:
    """How dashes are written is learned as well."""
    answer = json.dumps(json.loads(body(row({"clicks": "-", "ad_name": ""})))).encode()
    fast, slow, free, told = roads(REPORT, answer)
    assert fast == slow
    assert (free, told, {"clicks", "ad_name"} & fast[0][1].keys()) == (True, [], set())


def test_a_page_that_others_have_learned_from_meanwhile_is_tried_again() -> None:
    """Workers share what is learned."""
    maker, _ = makers(REPORT)
    old = maker._layout
    page_of_others = body(row({"clicks": "<5"}))
    maker.decode(page_of_others)
    with pytest.raises(msgspec.ValidationError) as error:
        old.decoder.decode(page_of_others)
    assert maker._learn(old, error.value, page_of_others)
    assert maker._layout.raw == {("metrics", "clicks")}


@pytest.mark.parametrize("text", ["\ud83e", "\udfff\ud83e", "\ud83ex", "\\ud83e", "🦊\ud83e\ud83e", "\\\ud83e"])
def test_half_of_a_character_does_not_make_a_page_slow(text: str) -> None:
    """It leaves as U+FFFD; an escaped backslash before it is none of its own."""
    made, fast, _ = record({"ad_name": text})
    assert (made["ad_name"], fast) == (re.sub("[\ud800-\udfff]", "\ufffd", text), True)


WIRE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers().map(str),
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.text(st.characters(), max_size=6),
    st.sampled_from(
        ["-", "", "0", "1", "true", "FALSE", "null", "NaN", "Infinity", "-inf", "1e400", "<5", "05", "1,234.5", "+7"]
    ),
    st.sampled_from([" 12 ", "1_000", "0x10", "-0", "-0.0", "1e3", "12.", ".5", "🦊", "\ud83e", "a\\", '"', '":"-"']),
    st.sampled_from(["2026-01-05 00:00:00", "2026-01-05T00:00:00", "2026-01-05T00:00:00Z", "2026-01-05", "1767571200"]),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(max_size=1), st.text(max_size=1), max_size=1),
)


@st.composite
def wire_rows(draw: st.DrawFn, report: Report) -> dict[str, Any]:
    """A row of the report with anything in some of its places, and some places missing."""
    dimensions: dict[str, Any] = dict.fromkeys(report.dimensions, "17")
    dimensions[report.grain.dimension] = "2026-01-05 00:00:00"
    metrics: dict[str, Any] = dict.fromkeys(report.level.parents, "15")
    metrics |= draw(st.dictionaries(st.sampled_from(report.metrics), WIRE, max_size=6))
    if draw(st.integers(0, 3)) == 0:
        dimensions |= draw(st.dictionaries(st.sampled_from(report.dimensions), WIRE, max_size=1))
    for name in draw(st.lists(st.sampled_from([*report.dimensions, *report.level.parents]), max_size=1)):
        dimensions.pop(name, None)
        metrics.pop(name, None)
    return {"dimensions": dimensions, "metrics": metrics}


@pytest.mark.parametrize("report", [REPORT, BROKEN_DOWN, Report("h", ADVERTISER, HOUR)], ids=lambda report: report.name)
def test_both_roads_agree_on_anything(report: Report) -> None:
    """Whatever stands in a page, the fast road refuses it or makes the same keys and columns as the slow one."""

    @PATIENT
    @given(st.lists(wire_rows(report), max_size=3))
    @example([{"dimensions": KEY, "metrics": {"campaign_id": "1", "adgroup_id": "2", "clicks": 10**30}}])
    @example([{"dimensions": KEY, "metrics": {"campaign_id": "1", "adgroup_id": "2", "clicks": "9" * 30}}])
    def agree(rows: list[dict[str, Any]]) -> None:
        if any(all(name not in row["dimensions"] for row in rows) for name in report.by) and rows:
            with pytest.raises(TikTokError, match="stands in none"):
                roads(report, body(*rows))
            return
        fast, slow, _, _ = roads(report, body(*rows))
        assert fast == slow

    agree()


def test_the_line_of_a_typed_row_is_what_the_cdk_prints_for_it() -> None:
    """The fast road's own encoder writes texts and numbers as the CDK's does."""
    rows = ReportRows(REPORT, Told())
    wire = row(
        {"spend": "0.1", "ctr": "1234567.25", "cpc": "-0.5", "clicks": "3", "ad_name": 'ß\u2028\x7f\x1f"\\/', "cpm": 3}
    )
    answer = rows.decode(body(wire))
    (_, members), *_ = rows.pieces(answer.data.list)
    line = page("r", b"", [members], 5).lines
    assert line == printed("r", orjson.loads(line)["record"]["data"], 5)


def test_all_time_of_an_account_has_no_key_but_its_own() -> None:
    """The row is its figures; where there are none it says nothing and does not leave."""
    lifetime = Report("r", ADVERTISER, LIFETIME)
    fast, slow, free, _ = roads(lifetime, body({"dimensions": {}, "metrics": {"spend": "1.50"}}))
    assert (fast, slow, free) == ([(b"{}", {"spend": 1.5})], [(b"{}", {"spend": 1.5})], True)
    rows, _ = makers(lifetime)
    empty = rows.decode(body({"dimensions": {}, "metrics": {"spend": "-"}}))
    assert rows.pieces(empty.data.list) == [(b"{}", None)]
