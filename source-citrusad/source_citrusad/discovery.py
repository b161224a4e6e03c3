"""What the account can see: its datasets, their tables and views, and the column that partitions each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from source_citrusad.api.client import Asked, Client, decode_object
from source_citrusad.api.errors import BigQueryError, Meaning
from source_citrusad.api.queries import Page, Queries
from source_citrusad.settings import Settings
from source_citrusad.sync.places import dataset_of
from source_citrusad.tables.model import INGRESSED, Table, matches
from source_citrusad.tables.sql import columns_query, probe
from source_citrusad.tables.types import Column, UnknownType, column_of_field, column_of_type


class NothingVisible(Exception):
    """The account sees no dataset, or not one that the settings name; the text is a sentence."""


class Discovery:
    """Looks around as one account. Its methods are generators, see `Attempt`."""

    def __init__(self, settings: Settings, queries: Queries, warn: Callable[[str], None]) -> None:
        self._settings = settings
        self._queries = queries
        self._client: Client = queries.client
        self._project = settings.data_project_id
        self._warn = warn

    def datasets(self) -> Asked[dict[str, str]]:
        """The datasets that the settings name, with their locations. Raises NothingVisible."""
        listed = yield from self._client.all_pages(f"projects/{self._project}/datasets", "datasets")
        seen = {dataset_of(item): str(item.get("location") or "") for item in listed.items}
        if listed.gap:
            self._warn(f"{listed.gap} Run this again, or their streams seem to be gone.")
        wanted = self._settings.datasets
        if not seen:
            raise NothingVisible(
                f"{self._client.email} sees no dataset in {self._project}: ask CitrusAd to grant it access."
            )
        for pattern in wanted:
            if not any(matches([pattern], name) for name in seen):
                raise NothingVisible(
                    f"datasets: {self._client.email} sees no dataset {pattern}, but {', '.join(sorted(seen))}."
                )
        return {name: location for name, location in sorted(seen.items()) if matches(wanted, name)}

    def tables(self) -> Asked[list[Table]]:
        """The tables that the settings name. Raises NothingVisible, BigQueryError where no query may run."""
        found: list[Table] = []
        datasets = yield from self.datasets()
        for dataset, location in datasets.items():
            for table in (yield from self._tables(dataset, location)):
                if matches(self._settings.tables, table.name, f"{dataset}.{table.name}"):
                    placed = yield from self._with_partition(table, location)
                    found += [placed] if placed else []
        return found

    def _tables(self, dataset: str, location: str) -> Asked[list[Table]]:
        """The tables of a dataset: by one query, else one by one; none, with a warning, where neither is allowed."""
        try:
            page = yield from self._queries.run(columns_query(self._project, dataset), location)
            rows = yield from self._all_rows(page)
            # An answer without rows does not prove that a dataset is empty: a service may list tables which its
            # INFORMATION_SCHEMA does not show. One call more, for empty datasets only, tells.
            if rows:
                return [*self._described(dataset, rows)]
        except BigQueryError as error:
            _raise_unless_refused(error)
        try:
            return (yield from self._listed(dataset))
        except BigQueryError as error:
            _raise_unless_refused(error)
            self._warn(f"{dataset} is left out: {self._client.email} may not see its tables ({error.message})")
            return []

    def _all_rows(self, page: Page) -> Asked[list[list[str]]]:
        rows, total = [*page.rows], page.total
        while page.token:
            page = yield from self._queries.following(page)
            rows += page.rows
        if len(rows) < total:
            raise BigQueryError(Meaning.RETRY, 200, "rows", f"{len(rows)} of {total} columns came.")
        return [[cell["v"] or "" for cell in orjson.loads(bytes(row))["f"]] for row in rows]

    def _described(self, dataset: str, rows: Iterable[Sequence[str]]) -> Iterator[Table]:
        for (name, kind), group in groupby(rows, key=lambda row: (row[0], row[1])):
            columns, partitions = [], []
            for _, _, column, written, partitioning, description in group:
                columns.append(self._column(f"{dataset}.{name}", column, written, description))
                partitions += [column] if partitioning == "YES" else []
            # INFORMATION_SCHEMA knows the partition of a table only, not of what a view or an external table shows.
            table = Table(dataset, name, tuple(columns), is_view=kind not in ("BASE TABLE", "CLONE", "SNAPSHOT"))
            yield replace(table, partition=next((column for column in partitions if column in table.times), None))

    def _column(self, table: str, name: str, written: str, description: str) -> Column:
        try:
            return column_of_type(name, written, description)
        except UnknownType:
            self._warn(f"{table}: the type of {name} is not known ({written}): its values are read as text.")
            return Column(name, "STRING", description=description)

    def _listed(self, dataset: str) -> Asked[list[Table]]:
        base = f"projects/{self._project}/datasets/{dataset}/tables"
        listed = yield from self._client.all_pages(base, "tables")
        names = sorted(str((item.get("tableReference") or {}).get("tableId")) for item in listed.items)
        found = []
        for name in names:
            if matches(self._settings.tables, name, f"{dataset}.{name}"):
                found.append(_table(dataset, name, (yield from self._client.get(f"{base}/{name}", {}, decode_object))))
        return found

    def _with_partition(self, table: Table, location: str) -> Asked[Table | None]:
        """A view with the column of its table's partitions; None, with a warning, where it can't be queried."""
        if not table.is_view or not table.columns:
            return table
        if INGRESSED in table.times:
            return replace(table, partition=INGRESSED)
        try:
            yield from self._probed(table, location, table.columns[0].name, null=False)
            return table
        except BigQueryError as error:
            if not error.filter_columns:
                self._left_out(table, error)
                return None
            named = [column for column in error.filter_columns if column in table.times]
        if named:
            return replace(table, partition=named[0])
        # The view shows the column under another name: the right one is that by which the query passes.
        for column in table.times:
            try:
                yield from self._probed(table, location, column, null=True)
            except BigQueryError as error:
                if not error.filter_columns:
                    self._left_out(table, error)
                    return None
            else:
                return replace(table, partition=column)
        self._warn(f"{table.dataset}.{table.name} is left out: it needs a filter on a column that it does not show.")
        return None

    def _probed(self, table: Table, location: str, column: str, null: bool) -> Asked[int]:
        sql = probe(self._project, table.dataset, table.name, column, null)
        return (yield from self._queries.dry_run(sql, location))

    def _left_out(self, table: Table, error: BigQueryError) -> None:
        _raise_unless_refused(error)
        self._warn(f"{table.dataset}.{table.name} is left out: it can't be queried ({error.message})")


def _raise_unless_refused(error: BigQueryError) -> None:
    """Raise an error that is not about one dataset or table alone."""
    if error.may_not_run_jobs or error.meaning in (Meaning.RETRY, Meaning.RESTART, Meaning.QUOTA):
        raise error


def _table(dataset: str, name: str, resource: Mapping[str, Any]) -> Table:
    fields = (resource.get("schema") or {}).get("fields") or []
    is_view = resource.get("type") not in ("TABLE", "SNAPSHOT", "CLONE")
    table = Table(dataset, name, tuple(column_of_field(field) for field in fields), is_view)
    partition = (resource.get("timePartitioning") or {}).get("field")
    return replace(table, partition=partition if partition in table.times else None)
