"""What changes between discover and read: columns added, removed and widened, tables removed."""

from __future__ import annotations

from datetime import date

import pytest

from .reading import assert_clean, assert_whole, catalog_from, configuration, counted, difference, inside, truth
from .server import Server, standard

DATASET = "acme_insight_reporting"
FACT = (DATASET, "realised_ad_agg")


def test_a_new_column_is_unseen_and_undisturbed() -> None:
    """It is not asked for until the schema is refreshed; then it comes."""
    with Server(standard()) as server:
        catalog = catalog_from(server, FACT)
        names = [*catalog["streams"][0]["stream"]["json_schema"]["properties"]]
        server.bigquery.store.add_column(*FACT, "brand_new STRING")
        outcome = inside("read", configuration(server), catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog, names=names)
        refreshed = catalog_from(server, FACT)
        again = inside("read", configuration(server), refreshed)
        assert_whole(server, again, refreshed)
        assert "brand_new" in again.records[FACT][0]


def test_a_column_that_is_gone_is_named() -> None:
    """With its table, account and SQL; the other streams are whole, and a refreshed schema goes on from the state."""
    with Server(standard()) as server:
        catalog = catalog_from(server, DATASET)
        first = inside("read", configuration(server), catalog)
        server.clock.advance(days=1)
        server.bigquery.store.drop_column(*FACT, "clicks")
        outcome = inside("read", configuration(server), catalog, first.state)
        assert outcome.code == 1
        sentences = [error["message"] for error in outcome.errors if "clicks" in error["message"]]
        assert sentences
        assert all("acme_insight_reporting.realised_ad_agg" in sentence for sentence in sentences)
        assert outcome.statuses[FACT][-1] == "INCOMPLETE"
        assert outcome.statuses[DATASET, "enhanced_attribution"][-1] == "COMPLETE"
        refreshed = catalog_from(server, DATASET)
        later = inside("read", configuration(server), refreshed, outcome.state)
        assert later.code == 0
        since = date(2022, 9, 11)
        assert not difference(counted(later.records[FACT]), truth(server, FACT, since=since))


@pytest.mark.parametrize(
    "wider", ["clicks NUMERIC", "clicks FLOAT64", "clicks BIGNUMERIC", "ad_spend BIGNUMERIC", "ad_spend FLOAT64"]
)
def test_a_widened_column_is_read_as_the_answer_says(wider: str) -> None:
    """The catalog may be older than the column's type: the answer's own schema decides."""
    with Server(standard()) as server:
        catalog = catalog_from(server, FACT)
        server.bigquery.store.widen_column(*FACT, wider)
        outcome = inside("read", configuration(server), catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)


def test_a_removed_table_stops_no_other() -> None:
    """It is named; the others are whole."""
    with Server(standard()) as server:
        catalog = catalog_from(server, DATASET)
        server.bigquery.store.drop_table(*FACT)
        outcome = inside("read", configuration(server), catalog)
        assert outcome.code == 1
        assert "acme_insight_reporting.realised_ad_agg" in outcome.sentences
        others = {"streams": [e for e in catalog["streams"] if e["stream"]["name"] != FACT[1]]}
        assert_whole(server, outcome, others)


def test_a_removed_dataset_is_named() -> None:
    """Its streams fail with a sentence, the others are whole."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        server.bigquery.store.drop_dataset("acme_us_analytics")
        outcome = inside("read", configuration(server), catalog)
        assert outcome.code == 1
        assert "acme_us_analytics" in outcome.sentences
        others = {"streams": [e for e in catalog["streams"] if e["stream"]["namespace"] != "acme_us_analytics"]}
        assert_whole(server, outcome, others)
