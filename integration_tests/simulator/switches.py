"""Facts nobody could verify, and habits that differ between accounts: each is a switch with a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    """The position of every switch; tests run with both positions of those that matter to them."""

    # lists of campaigns, ad groups and ads
    modified_after_inclusive: bool = False  # modified_after also returns rows modified in that very second
    modified_after_with_all: bool = True  # modified_after is accepted beside a status that includes deleted rows
    modified_after_returns_null: bool = True  # rows without modify_time pass the modified_after filter
    status_leak_touches_modify_time: bool = False  # a parent's status change also moves the children's modify_time
    smart_plus_modify_time: bool = False  # creatives of upgraded Smart+ always carry a modify_time
    # RESERVATION_RF comes unasked (TikTok's reference), or AUCTION alone (a maintainer's reading); the sources disagree
    reservation_unasked: bool = True
    legacy_columns: bool = True  # old entities still carry columns that only older clients know
    signed_urls: bool = True  # signed URLs differ on every call, balances move
    page_beyond_end_empty: bool = True  # else 40002
    list_depth: int | None = None  # page x page_size above this answers 40002
    # accounts
    advertiser_info_limit: int | None = 100  # ids in one call; None = any number
    sandbox: bool = False  # no secondary_status, no account list, no total metrics
    sandbox_advertiser_info: bool = True  # the sandbox answers advertiser/info
    spent_code_answer: int = 40110  # what a used or expired authorization code answers; 40002 and 40101 were seen too
    transactions_misspelt: bool = False  # transactions stand in `transaction`, as one client's type has it
    comment_time_as_text: bool = False  # comments carry Go's text of a time (an example of TikTok's), not epoch seconds
    identity_pages_told: bool = False  # page_info of identities is right without identity_type, too
    change_log_as_json: bool = False  # the file of changes stands in JSON (a client's test), not a printed dictionary
    lead_regions: bool = True  # leads of two regions are asked for with a header (reference copy); else refused
    split_test_utc: bool = False  # times of split tests are UTC's
    # reports
    report_numbers_as_text: bool = True  # else JSON numbers
    decimal_counts: bool = False  # counts are written like 12.0
    report_order: str = "listed"  # listed, shuffled (the same on every page) or unstable (new on every request)
    zero_rows: bool = True  # rows of zeros occur
    country_by_hour: bool = False  # country_code is accepted beside stat_time_hour
    # search_terms and search_keyword are accepted at the level of the ad; one source has that, another refuses it
    search_by_ad: bool = False
    country_metrics_strict: bool = True  # country_code takes its documented metrics only
    audience_reach: bool = False  # reach and frequency are accepted in AUDIENCE by country
    audience_video_everywhere: bool = True  # video and engagement metrics go with every audience dimension
    audience_status_filter: bool = True  # AUDIENCE accepts the status filters
    audience_shows_deleted: bool = True  # AUDIENCE yields deleted objects when they are asked for
    topview_with_other_buying_types: bool = False  # RESERVATION_TOP_VIEW may stand beside other buying types
    shop_days_without_country: bool = False  # TT_SHOP takes stat_time_day beside advertiser_id alone
    interest_ids: bool = True  # reports by interest on more objects than documented are refused (code unverified)
    interest_category_plain: bool = False  # rows name the interest category as it is asked, not interest_category_v2
    product_report_takes_kind: bool = False  # GMV Max by product takes gmv_max_promotion_types (one client sends it)
    room_report_of_one_campaign: bool = False  # GMV Max by livestream takes one campaign a request (one source)
    hourly_fold_rows: bool = True  # the hour that comes twice gives two rows of one key; else one row
    metrics_limit: int | None = 100
    object_cut: int | None = 20_000  # only the newest so many ads are looked at
    query_budget: int | None = None  # metrics x dimensions x days above this answer 40067
    # transport
    date_header: bool = True
    gzip: bool = True
    latency_ms: int = 0
    qps_limit: int | None = None
    qpm_limit: int | None = None
    lockout_seconds: float = 300.0
    minute_seconds: float = 60.0  # what counts as a minute, for tests that shorten their waits

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches; raise KeyError for a name that is not one."""
        known = {field.name for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise KeyError(f"no switch named {name}")
            setattr(self, name, value)

    def positions(self) -> dict[str, Any]:
        """Every switch and its position."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
