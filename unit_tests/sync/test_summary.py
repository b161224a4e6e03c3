"""The table at the end of the log."""

from source_tiktok_ads.sync.summary import LONGEST_TABLE, SEARCHED_WHOLE, EmptyColumns, Summary


def test_rows_and_reasons_by_stream_and_account() -> None:
    """What was read, what was left out and why, and the sum of each stream."""
    summary = Summary()
    summary.add("ads", "2", 3)
    summary.add("ads", "2", 4)
    summary.leave_out("ads", "1", "no permission")
    assert summary.table().splitlines() == [
        "stream, account, rows, skipped because",
        "ads, 1, 0, no permission",
        "ads, 2, 7, -",
        "ads, all accounts, 7, -",
    ]


def test_reasons_stand_beside_each_other_where_each_is_about_something_else() -> None:
    """Such as shops of one account; else the last one says it all."""
    summary = Summary()
    summary.leave_out("ads", "1", "shop 7")
    summary.leave_out("ads", "1", "shop 8", beside=True)
    assert "ads, 1, 0, shop 7 shop 8" in summary.table()
    summary.leave_out("ads", "1", "no permission")
    assert "ads, 1, 0, no permission\n" in summary.table()


def test_a_long_table_lists_what_was_left_out() -> None:
    """With hundreds of accounts the complete ones are counted by stream alone."""
    summary = Summary()
    for number in range(LONGEST_TABLE + 1):
        summary.add("ads", str(number), 1)
    summary.leave_out("ads", "7", "gone")
    assert summary.table().splitlines()[1:] == ["ads, 7, 1, gone", f"ads, all accounts, {LONGEST_TABLE + 1}, -"]


def test_values_that_did_not_leave_as_they_came_are_counted() -> None:
    """By stream and column, behind the table: a null is not taken for a zero, nor a rounded number for TikTok's."""
    summary = Summary()
    for became in ("null", "rounded", "null"):
        summary.alter("ads", "clicks", became)
    assert summary.table().splitlines()[1:] == [
        "ads.clicks: 2 values that TikTok sent could not be read and are null",
        "ads.clicks: 1 values that TikTok sent were rounded to what the column holds",
    ]


def lines(*records: str) -> bytes:
    """Lines of a page."""
    return "\n".join(f'{{"record":{{"data":{record}}}}}' for record in records).encode()


def test_columns_that_never_had_a_value_are_named_in_one_line() -> None:
    """Of each stream that had rows; a name inside a text is no column."""
    summary = Summary()
    watched = {name: EmptyColumns(["create_time", "ad_name", "spend"]) for name in ("ads", "images", "empty")}
    for name, unfilled in watched.items():
        summary.watch(name, unfilled)
    for name in ("ads", "images"):
        summary.add(name, "1", 2)
    watched["ads"].look(lines('{"ad_name":"a","note":"\\"spend\\":1"}', "{}"))
    watched["ads"].look(lines("{}"))
    watched["images"].look(lines('{"spend":0,"ad_name":"","create_time":"x"}'))
    assert watched["images"].columns == []
    assert summary.table().splitlines()[-1] == "columns that never had a value: ads: create_time, spend"


def test_a_field_inside_a_column_is_no_value_of_the_column_of_its_name() -> None:
    """The time of a rule's run is not the one of an action within it."""
    unfilled = EmptyColumns(["exec_datetime"])
    unfilled.look(lines('{"runs":[{"exec_datetime":"x"}]}'))
    assert unfilled.columns == ["exec_datetime"]
    unfilled.look(lines("{}", '{"exec_datetime":"x"}'))
    assert unfilled.columns == []


def test_no_line_where_every_column_had_a_value() -> None:
    """Nothing is said of what is right."""
    summary = Summary()
    summary.add("ads", "1", 1)
    summary.watch("ads", EmptyColumns([]))
    assert "never" not in summary.table()


def test_what_no_page_has_filled_is_searched_for_in_fewer_pages() -> None:
    """The search costs more than what it is good for where a column has been empty in many pages."""
    unfilled = EmptyColumns(["spend", "clicks"])
    for _ in range(SEARCHED_WHOLE):
        unfilled.look(lines('{"id":"1"}'))
    for _ in range(SEARCHED_WHOLE - 1):
        unfilled.look(lines('{"spend":1}'))
    assert unfilled.columns == ["spend", "clicks"]
    unfilled.look(lines('{"clicks":1}'))
    assert unfilled.columns == ["spend"]
