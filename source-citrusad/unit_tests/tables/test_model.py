"""Tables as streams, selections, keys and names."""

from source_citrusad.tables.keys import key_of
from source_citrusad.tables.model import Selection, Table, matches, selection_of, stream_of
from source_citrusad.tables.types import Column

DAY, ID, CURRENT = Column("ingressed_at", "DATE"), Column("campaign_id", "STRING"), Column("is_current", "BOOL")


def test_a_table_with_partitions_can_be_read_incrementally() -> None:
    """By a cursor that the catalog carries, so that a read asks nothing again."""
    stream = stream_of(Table("d", "fact_x", (DAY, ID), partition="ingressed_at"), True, True)
    assert (stream["name"], stream["namespace"]) == ("fact_x", "d")
    assert stream["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert (stream["source_defined_cursor"], stream["default_cursor_field"]) == (True, ["ingressed_at"])
    assert stream["source_defined_primary_key"] == []


def test_a_table_without_is_read_whole() -> None:
    """With the key that is known of it."""
    stream = stream_of(Table("d", "dim_campaign", (ID, CURRENT)), True, True)
    assert stream["supported_sync_modes"] == ["full_refresh"]
    assert stream["source_defined_primary_key"] == [["campaign_id"]]
    assert "default_cursor_field" not in stream


def test_keys() -> None:
    """Of a dimension only where its old versions are left out, and only where the columns are there."""
    assert key_of("conf_namespace", ["env", "env_namespace"], False) == ("env", "env_namespace")
    assert key_of("conf_namespace", ["env"], False) == ()
    assert key_of("dim_team", ["team_id", "is_current"], False) == ()
    assert key_of("dim_team", ["team_id"], True) == ()
    assert key_of("fact_x", ["is_current"], True) == ()


def test_the_usual_column_of_time_comes_first() -> None:
    """Lists and other types are no partitions."""
    columns = (Column("day", "DATE"), Column("days", "DATE", True), DAY, ID)
    assert Table("d", "t", columns).times == ["ingressed_at", "day"]


def test_a_selection_of_the_catalog() -> None:
    """Only the columns that are selected; the type of the partition's column from its schema."""
    schema = {"properties": {"id": {}, "at": {"type": "string", "format": "date-time"}}}
    found = selection_of("d", "t", schema, ["at"], False, True)
    assert found == Selection("d", "t", ("id", "at"), "at", "TIMESTAMP")
    assert found.title == "d.t"
    assert found.fingerprint != selection_of("d", "t", {"properties": {"id": {}}}, [], False, True).fingerprint
    assert selection_of("d", "t", {"properties": {"id": {}}}, ["gone"], False, True).partition_type == "DATE"


def test_current_rows_only() -> None:
    """Where a table without partition has the column, and the setting says so."""
    schema = {"properties": {"is_current": {"type": "boolean"}}}
    assert selection_of("d", "t", schema, [], False, True).current_only
    assert not selection_of("d", "t", schema, [], False, False).current_only
    assert not selection_of("d", "t", {**schema}, ["day"], False, True).current_only


def test_names_and_globs() -> None:
    """None fits all."""
    assert matches([], "x")
    assert matches(["dim_*", "y"], "d.dim_x", "dim_x")
    assert not matches(["DIM_*"], "dim_x")
