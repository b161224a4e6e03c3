"""The settings as pydantic models: the only source of what each field may hold, and of the form that `spec` shows.

A field's title, description, examples and bounds go into the form, in the order of the models (`form.py`). `wanted` are
the words that follow "write" in an error, where they do not follow from the type (`parse.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict

from source_tiktok_ads.config import notations

# TikTok: the request budget belongs to the developer app, in calls a second and 60 times that a minute.
TIERS = MappingProxyType({"Basic": 10.0, "Advanced": 20.0, "Premium": 30.0, "Ultimate": 50.0})
# TikTok: the sandbox is far below every tier; these are the only limits seen there.
SANDBOX_BUDGET = (1.0, 30.0)

GROUPS = (
    *("skan", "app", "website", "onsite", "shopping", "offline", "live", "messaging", "page", "interactive_addon"),
    *("native_growth", "attribution", "attribute", "core", "conversion", "video", "engagement"),
)
"""The groups of metrics, those first that standard reports lack. Which metrics a group has is known to `streams`."""

ID = re.compile(r"[0-9]{16,19}")
_WORD = re.compile(r"[A-Za-z0-9_]{1,80}")
# Visible ASCII: anything else cannot stand in a header. A row of asterisks is how Airbyte shows a stored secret.
_PRINTABLE = re.compile(r"(?!\*+$)[!-~]+")
_ADDRESS = re.compile(r"https?://")


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError
    return text


def _printable(text: str) -> str:
    if not _PRINTABLE.fullmatch(text):
        raise ValueError
    return text


def _code(text: str) -> str:
    if _ADDRESS.match(text):
        raise ValueError
    return _printable(text)


def once(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text once."""
    return tuple(dict.fromkeys(texts))


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Word = Annotated[Text, AfterValidator(_word)]
Group = Annotated[Word, WithJsonSchema({"type": "string", "enum": [*GROUPS]})]
Secret = Annotated[str, StringConstraints(min_length=1), AfterValidator(_printable)]
Code = Annotated[Secret, AfterValidator(_code), BeforeValidator(notations.code_of)]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Day = Annotated[
    date,
    BeforeValidator(notations.day),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "pattern_descriptor": "YYYY-MM-DD",
            "wanted": "a date as YYYY-MM-DD, from the year 2000 on, such as 2024-01-31",
        }
    ),
]

_SECRET: JsonDict = {"airbyte_secret": True}
_AS_ISSUED = "{} as TikTok issued it, without {}spaces and not the asterisks that Airbyte shows for it"
_TOKEN: JsonDict = {**_SECRET, "wanted": _AS_ISSUED.format("the access token", "the word Bearer, without ")}
_APP_ID: JsonDict = {**_SECRET, "wanted": "the id of the developer app, as text"}
_APP_SECRET: JsonDict = {**_SECRET, "wanted": _AS_ISSUED.format("the app's secret", "")}
_AN_ID = "7123456789012345678"


class _Form(BaseModel):
    """Settings that belong together. A field that a form sends as null or blank counts as left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        return notations.filled(given)


class AccessToken(_Form):
    """A long-term token of your own developer app. It has no expiry date and ends only when it is revoked."""

    model_config = ConfigDict(title="Access token")

    auth_type: Literal["oauth2.0"]
    access_token: Secret = Field(
        title="Access token",
        description="Token that TikTok issued when an advertiser authorized your app. Every request carries it.",
        repr=False,
        json_schema_extra=_TOKEN,
    )
    app_id: Secret | None = Field(
        None,
        title="App ID",
        description=(
            "Id of the developer app that the token belongs to. Needed together with the secret to list the accounts "
            "of the token: when Accounts is empty or holds a name. With account ids alone it can stay empty."
        ),
        examples=[_AN_ID],
        repr=False,
        json_schema_extra=_APP_ID,
    )
    secret: Secret | None = Field(
        None,
        title="App secret",
        description="Secret of the same developer app, needed wherever the app ID is needed.",
        repr=False,
        json_schema_extra=_APP_SECRET,
    )


class AuthorizationCode(_Form):
    """A code from TikTok's consent page, valid for one hour and for one use. The test of the connection does not spend
    it; the first schema discovery or sync of the saved source exchanges it for an access token, which then takes its
    place here."""

    model_config = ConfigDict(title="Authorization code")

    auth_type: Literal["authorization_code"]
    app_id: Secret = Field(
        title="App ID",
        description="Id of your developer app, to which the advertiser gave consent.",
        examples=[_AN_ID],
        repr=False,
        json_schema_extra=_APP_ID,
    )
    secret: Secret = Field(
        title="App secret",
        description="Secret of the same developer app; the exchange of the code needs it.",
        repr=False,
        json_schema_extra=_APP_SECRET,
    )
    auth_code: Code = Field(
        title="Authorization code",
        description=(
            "The auth_code shown after consent. The whole address that the consent page led to works as well: the code "
            "is taken out of it."
        ),
        repr=False,
        json_schema_extra={
            **_SECRET,
            "wanted": "the code of the consent page, or the whole address that the page led to",
        },
    )


class SandboxToken(_Form):
    """A token of TikTok's sandbox, which reads one test account at a low request rate."""

    model_config = ConfigDict(title="Sandbox")

    auth_type: Literal["sandbox_access_token"]
    access_token: Secret = Field(
        title="Sandbox access token",
        description="Token generated in the developer portal for the sandbox account. It does not work in production.",
        repr=False,
        json_schema_extra=_TOKEN,
    )
    advertiser_id: str = Field(
        title="Advertiser ID",
        description="Id of the sandbox ad account, 16 to 19 digits. It is the account that is read.",
        pattern=f"^{ID.pattern}$",
        examples=[_AN_ID],
        json_schema_extra={"wanted": "the id of the sandbox account, 16 to 19 digits, as text"},
    )


Credentials = AccessToken | AuthorizationCode | SandboxToken
KINDS: Mapping[str, type[_Form]] = {
    "oauth2.0": AccessToken,
    "authorization_code": AuthorizationCode,
    "sandbox_access_token": SandboxToken,
}


class Filter(_Form):
    """A condition on the objects of a report, in TikTok's words for the field and for the comparison."""

    model_config = ConfigDict(title="Filter")

    field_name: str = Field(
        title="Field",
        description="TikTok's name of the field to compare.",
        pattern="^[a-z][a-z0-9_]*$",
        examples=["objective_type"],
        json_schema_extra={"wanted": "the field to filter by, such as objective_type"},
    )
    values: tuple[Text, ...] = Field(
        title="Values",
        description="What the field is compared with, in TikTok's words.",
        min_length=1,
        examples=[["TRAFFIC"]],
        json_schema_extra={"wanted": 'a list of texts, such as ["TRAFFIC"]'},
    )
    filter_type: Literal["IN", "BETWEEN"] = Field(
        "IN", title="Comparison", description="How the field is compared with the values."
    )


class CustomReport(_Form):
    """A report of your own. Whether TikTok takes its level, breakdowns and metrics together is checked later."""

    model_config = ConfigDict(title="Custom report")

    name: str = Field(
        title="Name",
        description="Name of the stream, in small letters, digits and underscores. No other stream may have it.",
        pattern="^[a-z][a-z0-9_]{0,62}$",
        examples=["campaign_skan"],
        json_schema_extra={
            "wanted": "a name for the stream, at most 63 small letters, digits and underscores, a letter first"
        },
    )
    level: Literal["advertiser", "campaign", "adgroup", "ad", "ad_v2", "playable"] = Field(
        title="Level",
        description=(
            'What a row is about. "ad_v2" counts the ads of Upgraded Smart+ campaigns as Ads Manager lists them, "ad" '
            'their creatives. "playable" goes with the report type PLAYABLE_MATERIAL.'
        ),
    )
    metrics: Annotated[tuple[Word, ...], AfterValidator(once)] = Field(
        title="Metrics",
        description="TikTok's names of the figures and attributes to fetch, as the page of metrics lists them.",
        min_length=1,
        examples=[["spend", "impressions", "conversion"]],
        json_schema_extra={"wanted": 'a list of metrics, such as ["spend", "impressions"]'},
    )
    grain: Literal["day", "hour", "month", "lifetime"] = Field(
        "day",
        title="Grain",
        description=(
            'The time that a row covers. "lifetime" rows have no date and are read whole in every sync; audience '
            "reports have none."
        ),
    )
    breakdowns: Annotated[tuple[Word, ...], AfterValidator(once)] = Field(
        (),
        title="Breakdowns",
        description=(
            "TikTok's names of the dimensions that split the rows further. TikTok takes one, or age with gender, or "
            "search_keyword with match_type."
        ),
        examples=[["country_code"]],
        json_schema_extra={"wanted": 'a list of dimensions, such as ["country_code"]'},
    )
    report_type: Literal["BASIC", "AUDIENCE", "PLAYABLE_MATERIAL", "CATALOG", "BC", "TT_SHOP"] = Field(
        "BASIC",
        title="Report type",
        description=(
            "TikTok's family of the report. AUDIENCE goes with breakdowns by the people reached, CATALOG with those by "
            "product, TT_SHOP with the spend of GMV Max ads; BC is about all ad accounts of your Business Centers."
        ),
    )
    filters: tuple[Filter, ...] = Field(
        (),
        title="Filters",
        description="Conditions that the objects of the report have to meet, all of them.",
        json_schema_extra={"wanted": "a list of objects, each with field_name and values"},
    )


class Config(_Form):
    """The settings of one run, checked; no account ids and no names means every account of the token.

    Where accounts have to be listed (a name, or nothing given), the credentials hold app_id and secret.
    """

    model_config = ConfigDict(title="TikTok Ads")

    credentials: Annotated[
        Annotated[Credentials, Field(discriminator="auth_type")], BeforeValidator(notations.credential_texts)
    ] = Field(
        title="Authentication",
        description="How the connector proves to TikTok that it may read your ad accounts.",
        json_schema_extra={"type": "object", "wanted": "an object with auth_type and what belongs to it"},
    )
    accounts: Annotated[tuple[Text, ...], BeforeValidator(notations.listed), AfterValidator(once)] = Field(
        (),
        title="Accounts",
        description=(
            "Ad accounts to read, each by id (16 to 19 digits) or by its exact name. Left empty, every account the "
            "token can read is synced, new ones included. Empty, or with any name in it, it needs the app ID and the "
            "secret."
        ),
        examples=[[_AN_ID, "Acme Shoes US"]],
        json_schema_extra={
            "always_show": True,
            "wanted": f'a list of account ids or names, such as ["{_AN_ID}"]',
        },
    )
    start_date: Day = Field(
        title="Start date",
        description=(
            "First day of the reports, in each account's own time zone. Campaigns, ad groups and ads are read whole, "
            "however old they are. An earlier date, set later, makes the next sync read the days that are missing."
        ),
        examples=["2024-01-31"],
    )
    end_date: Day | None = Field(
        None,
        title="End date",
        description="Last day of the reports, itself included. Left empty, or in the future, reports go up to today.",
        examples=["2024-12-31"],
    )
    include_deleted: Annotated[Flag, BeforeValidator(notations.flag)] = Field(
        True,
        title="Include deleted objects",
        description=(
            "Read campaigns, ad groups and ads that were deleted, and their results, too. Switched off, sums are lower "
            "than those of TikTok Ads Manager."
        ),
    )
    lookback_days: Whole = Field(
        28,
        title="Look-back window in days",
        description=(
            "Every incremental sync of a report reads this many days before the last one again, because TikTok goes on "
            "attributing conversions to past days. A smaller number makes syncs quicker and leaves late conversions "
            "out; 0 reads only the last day again."
        ),
        ge=0,
        le=364,
    )
    entity_versions: Literal["every", "latest"] = Field(
        "every",
        title="Entity versions",
        description=(
            '"every" has modify_time in the primary key of campaigns, ad groups and ads, so each version of a row is '
            'kept (joins then need the newest row per id). "latest" leaves it out: one row per id.'
        ),
    )
    metric_groups: Annotated[tuple[Group, ...], AfterValidator(once)] = Field(
        (),
        title="Metric groups",
        description=(
            "Groups of metrics that the standard reports fetch besides their own, at every level that has them. Each "
            "makes rows wider, and more than a hundred metrics cost a second request."
        ),
        examples=[["skan", "offline"]],
        json_schema_extra={"wanted": 'a list of groups of metrics, such as ["skan"]'},
    )
    custom_reports: tuple[CustomReport, ...] = Field(
        (),
        title="Custom reports",
        description=(
            "Reports of your own, each a stream under the name you give it. What TikTok would refuse is told when the "
            "connection is tested, with the nearest choice that works."
        ),
        examples=[
            [
                {
                    "name": "campaign_by_event",
                    "level": "campaign",
                    "metrics": ["spend", "conversion"],
                    "breakdowns": ["custom_event_type"],
                }
            ]
        ],
        json_schema_extra={"wanted": "a list of objects, each with name, level and metrics at least"},
    )
    personal_data: Flag = Field(
        False,
        title="Personal data",
        description=(
            "Also read what tells of persons beyond the nine classic streams, such as the names of people who "
            "commented, whom to contact about an account, telephone numbers and owners of posts. Off, these columns do "
            "not exist."
        ),
    )
    api_tier: Literal["Basic", "Advanced", "Premium", "Ultimate"] = Field(
        "Basic",
        title="API tier",
        description=(
            "Level of your developer app in TikTok's portal. It sets the request budget: 10, 20, 30 or 50 requests a "
            "second. A level above your real one makes TikTok refuse requests."
        ),
    )
    requests_per_second: Number | None = Field(
        None,
        title="Requests per second",
        description=(
            "Upper bound below that of the tier, for apps whose budget is shared with other programs. Left empty, the "
            "tier's whole budget is used."
        ),
        # Below this even a check takes minutes, and no sync would end.
        ge=0.1,
        examples=[5],
        json_schema_extra={"maximum": max(TIERS.values()), "wanted": "a number from 0.1 on, such as 5"},
    )
    on_skipped_accounts: Literal["auto", "fail", "warn"] = Field(
        "auto",
        title="When an account cannot be read",
        description=(
            'The other accounts are always read to the end; this decides how the sync ends then. "auto" fails for an '
            'account that Accounts names and warns for one found through the token. "fail" always fails. "warn" only '
            "warns, but a full-refresh stream that lacks rows is still reported as incomplete."
        ),
    )
    concurrency: Whole = Field(
        8,
        title="Concurrency",
        description=(
            "Number of requests that may be under way at the same time. More helps when answers are slow, up to the "
            "request budget of the tier."
        ),
        ge=1,
        le=50,
    )
    page_size: Annotated[Whole, BeforeValidator(notations.number)] = Field(
        1000,
        title="Page size",
        description=(
            "Rows asked for in one request. Smaller pages cost more requests and help where answers time out. Where "
            "TikTok allows fewer rows, its own maximum is used."
        ),
        ge=1,
        le=1000,
    )
    api_url: str = Field(
        "",
        title="API address for tests",
        description=(
            "Origin that stands in for TikTok's, on a loopback or private address. The access token is sent to it. "
            "Refused when the connector runs in Airbyte Cloud."
        ),
        pattern="^https?://",
        examples=["http://127.0.0.1:8080"],
        json_schema_extra={"airbyte_hidden": True, "wanted": "an address such as http://127.0.0.1:8080"},
    )
    wait_scale: Number = Field(
        1.0,
        title="Wait scale for tests",
        description=(
            "Factor by which every pause between requests is shortened. It works only together with an API address."
        ),
        gt=0,
        le=1,
        examples=[0.01],
        # A default in the form would be sent, and the setting is refused without an API address.
        json_schema_extra={
            "default": None,
            "airbyte_hidden": True,
            "wanted": "a number above 0 and at most 1, such as 0.01",
        },
    )

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The ids among the accounts; with a sandbox token its one account."""
        if isinstance(self.credentials, SandboxToken):
            return (self.credentials.advertiser_id,)
        return tuple(account for account in self.accounts if ID.fullmatch(account))

    @property
    def account_names(self) -> tuple[str, ...]:
        """The accounts that are no ids."""
        return () if self.sandbox else tuple(account for account in self.accounts if not ID.fullmatch(account))

    @property
    def sandbox(self) -> bool:
        """Whether the token is one of TikTok's sandbox, where endpoints and fields are missing."""
        return isinstance(self.credentials, SandboxToken)

    @property
    def highest_rate(self) -> float:
        """Calls a second that TikTok allows the app."""
        return SANDBOX_BUDGET[0] if self.sandbox else TIERS[self.api_tier]

    @property
    def budget(self) -> tuple[float, float]:
        """Calls a second and calls a minute that this run may spend, by tier, sandbox and the user's own bound."""
        minute = SANDBOX_BUDGET[1] if self.sandbox else 60 * self.highest_rate
        if self.requests_per_second is None:
            return self.highest_rate, minute
        return self.requests_per_second, min(minute, 60 * self.requests_per_second)
