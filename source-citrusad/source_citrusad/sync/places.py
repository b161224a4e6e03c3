"""Where datasets lie: each has a location of its own, which every query has to name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_citrusad.api.client import Asked, Client


class Places:
    """The locations of datasets, known from earlier syncs or looked up once; `gap` says where that lacks some."""

    def __init__(self, client: Client, project: str, known: Mapping[str, str]) -> None:
        self._client = client
        self._project = project
        self._listed = False
        self.gap = ""
        self.known = dict(known)

    def of(self, dataset: str) -> Asked[str | None]:
        """A dataset's location; None where the account does not see the dataset."""
        if dataset not in self.known:
            yield from self.list()
        return self.known.get(dataset)

    def again(self, dataset: str) -> Asked[str | None]:
        """The location to try after a query found nothing in the one known; None where there is no other."""
        before = self.known.get(dataset)
        yield from self.list()
        now = self.known.get(dataset)
        return now if now != before else None

    def list(self) -> Asked[None]:
        """Look up all locations, once in a sync."""
        if self._listed:
            return
        listed = yield from self._client.all_pages(f"projects/{self._project}/datasets", "datasets")
        self._listed = True
        self.gap = listed.gap
        # An emulator may not tell a location: then queries name none.
        self.known = {dataset_of(item): str(item.get("location") or "") for item in listed.items}


def dataset_of(item: Mapping[str, Any]) -> str:
    """The name of a dataset in the list of them."""
    return str((item.get("datasetReference") or {}).get("datasetId") or "")
