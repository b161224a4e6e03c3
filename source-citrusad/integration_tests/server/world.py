"""Worlds: which datasets, tables and views an account may see, and how many rows each day has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from .columns import Column, columns

DATA_PROJECT = "insight-platform-external-iam"
BASE_PROJECT = "insight-platform-core"
"""Where the tables behind views are; the account may not see it."""
CUSTOMER_PROJECT = "acme-warehouse"
KEY_PROJECT = "citrusad-service-accounts"


@dataclass(frozen=True)
class Table:
    """A table, or with `base` a view over one in another project. Rows follow from the world's seed and the name."""

    name: str
    columns: tuple[Column, ...]
    partition: str = ""
    """The column whose days the table is partitioned by, as the table itself calls it."""
    per_day: int = 40
    days: Mapping[date, int] = field(default_factory=dict)
    """Days with another number of rows."""
    without_day: int = 0
    """Rows whose partition column is null."""
    rows: int = 20
    """Rows of a table without partition, or, where it has `is_current`, things with up to three versions each."""
    require_filter: bool = True
    restated: bool = False
    """One row of five is replaced on the fourth day after its own, at noon."""
    base: str = ""
    """`dataset.table` in BASE_PROJECT: this is a view."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """How the view calls columns → how its table does."""
    broken: str = ""
    """`window`: a filter does not reach the table; `missing`: its table is gone."""
    unique: str = ""
    """A STRING column that names the thing a row is about: `<column>-<number>`."""
    nulls: int = 8
    edges: bool = True
    description: str = ""
    literal: Sequence[str] = ()
    """Rows as DuckDB tuples, instead of generated ones; each ends with the day, or NULL."""


@dataclass(frozen=True)
class Dataset:
    """A dataset of the data project; its tables are all in one location."""

    name: str
    location: str
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class World:
    """All that exists. Days from `first_day` to `last_day` have rows, which show as the clock reaches them."""

    datasets: tuple[Dataset, ...]
    seed: int = 1
    first_day: date = date(2022, 9, 1)
    last_day: date = date(2022, 10, 5)
    start: datetime = datetime(2022, 9, 11, 13, 0, tzinfo=timezone.utc)
    """What the server's clock shows at first."""

    def days(self) -> list[date]:
        """Every day that has rows, sooner or later."""
        return [self.first_day + timedelta(n) for n in range((self.last_day - self.first_day).days + 1)]


REALISED = (
    "ingressed_at DATE, supplier_id STRING, campaign_id STRING, category STRING, wallet_id STRING, product_code "
    "STRING, impressions INT64, clicks INT64, unit_sales INT64, conversions INT64, ad_spend NUMERIC, ad_revenue "
    "NUMERIC, sales_revenue NUMERIC, position_sum INT64, ads_with_position_count INT64"
)
ATTRIBUTION = (
    "ingressed_at DATE, campaign_id STRING, ad_spend NUMERIC, direct_sales_value NUMERIC, halo_sales_value "
    "NUMERIC, view_through_sales_value NUMERIC"
)
CAMPAIGN = (
    "campaign_id STRING NOT NULL, campaign_name STRING, team_id STRING, campaign_type STRING, active_state "
    "STRING, wallet_id STRING, currency_code STRING, budget NUMERIC, max_cost_per_click NUMERIC(10, 2), "
    "max_daily_spend NUMERIC, categories ARRAY<STRING>, promoted_products ARRAY<STRING>, is_current BOOL, "
    "is_deleted BOOL, valid_to TIMESTAMP"
)
WALLET = (
    "wallet_id STRING NOT NULL, wallet_name STRING(200), wallet_team_id STRING, archived BOOL, available_balance "
    "NUMERIC, daily_limit NUMERIC, currency_code STRING(3), is_current BOOL"
)
TEAM = "team_id STRING NOT NULL, team_name STRING, team_type STRING, is_current BOOL, is_deleted BOOL"
NAMESPACE = "env STRING, env_namespace STRING, geo_region STRING, local_timezone STRING"
RETAILER = (
    "env STRING, env_namespace STRING, retailer_id STRING, global_suppress_flag STRING, ads_requested_cap "
    "NUMERIC, banner_ads_requested_cap NUMERIC, view_attribution_window NUMERIC, reserved_search_terms STRING, "
    "period_start_date STRING"
)
ORDERS = (
    "ingressed_at TIMESTAMP, session_id STRING, `order` STRING, `group` INT64, items ARRAY<STRUCT<product_code STRING, "
    "quantity INT64, price NUMERIC, tags ARRAY<STRING>>>, context STRUCT<device STRING, geo STRUCT<country STRING, "
    "zip STRING>>, total BIGNUMERIC, payload JSON"
).replace("`", "")
REQUESTS = (
    "ingressed_at DATETIME, campaign_id STRING, num_ad_requests INT64, capped_num_ads_served INT64, fill_rate FLOAT64"
)


def standard(seed: int = 1, per_day: int = 40, **world: object) -> World:
    """Three datasets in three regions: tables, views over another project's tables, equal names, a renamed day."""
    reporting = Dataset(
        "acme_insight_reporting",
        "australia-southeast1",
        (
            Table("campaign", columns(CAMPAIGN), unique="campaign_id", base="acme_core.campaign"),
            Table(
                "realised_ad_agg",
                columns(REALISED, {"ingressed_at": "The UTC day of the figures."}),
                "ingressed_at",
                per_day,
                base="acme_core.realised_ad_agg",
                description="Realised ads per day.",
            ),
            Table(
                "enhanced_attribution",
                columns(ATTRIBUTION.replace("ingressed_at", "report_day")),
                "ingressed_at",
                per_day,
                base="acme_core.enhanced_attribution_2",
                renamed={"report_day": "ingressed_at"},
            ),
        ),
    )
    europe = Dataset(
        "acme_eu2_analytics",
        "europe-west3",
        (
            Table("fact_realised_ad_agg", columns(REALISED), "ingressed_at", per_day, without_day=3),
            Table("fact_enhanced_attribution_agg", columns(ATTRIBUTION), "ingressed_at", per_day),
            Table("fact_order", columns(ORDERS), "ingressed_at", per_day),
            Table("dim_campaign", columns(CAMPAIGN), unique="campaign_id"),
            Table("dim_wallet", columns(WALLET), unique="wallet_id", rows=8),
            Table("dim_team", columns(TEAM), unique="team_id", rows=8),
            Table("conf_namespace", columns(NAMESPACE), rows=2, unique="env_namespace"),
            Table("conf_retailer", columns(RETAILER), rows=3, unique="retailer_id"),
        ),
    )
    america = Dataset(
        "acme_us_analytics",
        "us-central1",
        (
            Table("fact_realised_ad_agg", columns(REALISED), "ingressed_at", per_day),
            Table("fact_ad_request_agg", columns(REQUESTS), "ingressed_at", per_day),
            Table("dim_campaign", columns(CAMPAIGN), unique="campaign_id", rows=10),
        ),
    )
    return World((reporting, europe, america), seed, **world)  # type: ignore[arg-type]
