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

# TikTok: production and sandbox are two hosts with the same paths; a token works on one of them only.
PRODUCTION = "https://business-api.tiktok.com"
SANDBOX = "https://sandbox-ads.tiktok.com"
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
_APPS = '<a href="https://business-api.tiktok.com/portal/apps">My Apps</a>'
_CONSENTS = '<a href="https://business-api.tiktok.com/portal/docs?id=1738373164380162">gives consent</a>'


class _Form(BaseModel):
    """Settings that belong together. A field that a form sends as null or blank counts as left out."""

    # Only the validator of the whole is used, so pydantic builds none for each part.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        return notations.filled(given)


class AccessToken(_Form):
    """Reads every account that was opened to your developer app, or those you name. The token comes from the
    Authenticate button or is pasted; it has no expiry date."""

    # A token saved without the app still reads accounts by id; the form asks for the app, because most need it.
    model_config = ConfigDict(
        title="TikTok Sign-In with Your Own App",
        json_schema_extra={"required": ["auth_type", "app_id", "secret", "access_token"]},
    )

    auth_type: Literal["oauth2.0"]
    app_id: Secret | None = Field(
        None,
        title="App ID",
        description=f"Id of your developer app, as {_APPS} shows it. TikTok lists its accounts to the app only.",
        examples=[_AN_ID],
        repr=False,
        json_schema_extra=_APP_ID,
    )
    secret: Secret | None = Field(
        None,
        title="App Secret",
        description=f"Secret of the same app, beside its id in {_APPS}.",
        examples=["0123456789abcdef0123456789abcdef01234567"],
        repr=False,
        json_schema_extra=_APP_SECRET,
    )
    access_token: Secret = Field(
        title="Access Token",
        description=f"Token that TikTok issues when an advertiser {_CONSENTS} to your app. Every request carries it.",
        examples=["89abcdef0123456789abcdef0123456789abcdef"],
        repr=False,
        json_schema_extra=_TOKEN,
    )


class BareToken(_Form):
    """A long-term token without its app. TikTok does not list accounts to it, so Accounts must hold the ids of those
    to read, and no names."""

    model_config = ConfigDict(title="Access Token for Named Accounts")

    auth_type: Literal["access_token"]
    access_token: Secret = Field(
        title="Access Token",
        description=f"Token that TikTok issued when an advertiser {_CONSENTS} to an app. It has no expiry date.",
        examples=["89abcdef0123456789abcdef0123456789abcdef"],
        repr=False,
        json_schema_extra=_TOKEN,
    )


class AuthorizationCode(_Form):
    """A code from TikTok's consent page, good for one hour and one use. Testing the connection does not spend it; the
    first schema discovery or sync of the saved source turns it into an access token."""

    model_config = ConfigDict(title="Authorization Code")

    auth_type: Literal["authorization_code"]
    app_id: Secret = Field(
        title="App ID",
        description=f"Id of the developer app that the advertiser gave consent to, as {_APPS} shows it.",
        examples=[_AN_ID],
        repr=False,
        json_schema_extra=_APP_ID,
    )
    secret: Secret = Field(
        title="App Secret",
        description=f"Secret of the same app, beside its id in {_APPS}. The exchange of the code needs it.",
        examples=["0123456789abcdef0123456789abcdef01234567"],
        repr=False,
        json_schema_extra=_APP_SECRET,
    )
    auth_code: Code = Field(
        title="Authorization Code",
        description=(
            f"The auth_code in the address that the consent page leads to once an advertiser {_CONSENTS}. The whole "
            "address works as well."
        ),
        examples=["fedcba9876543210fedcba9876543210fedcba98"],
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
        title="Sandbox Access Token",
        description=f"Token of the sandbox account, made on the page of your app in {_APPS}. It reads no real account.",
        examples=["89abcdef0123456789abcdef0123456789abcdef"],
        repr=False,
        json_schema_extra=_TOKEN,
    )
    advertiser_id: str = Field(
        title="Advertiser ID",
        description=f"Id of the sandbox ad account, shown beside its token in {_APPS}. It is the account that is read.",
        pattern=f"^{ID.pattern}$",
        examples=[_AN_ID],
        json_schema_extra={
            "pattern_descriptor": "16 to 19 digits",
            "wanted": "the id of the sandbox account, 16 to 19 digits, as text",
        },
    )


Credentials = AccessToken | BareToken | AuthorizationCode | SandboxToken
KINDS: Mapping[str, type[_Form]] = {
    "oauth2.0": AccessToken,
    "access_token": BareToken,
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
        json_schema_extra={
            "pattern_descriptor": "small letters, digits and underscores",
            "wanted": "the field to filter by, such as objective_type",
        },
    )
    values: tuple[Text, ...] = Field(
        title="Values",
        description="What the field is compared with, in TikTok's words.",
        min_length=1,
        examples=[["TRAFFIC"]],
        json_schema_extra={"wanted": 'a list of texts, such as ["TRAFFIC"]'},
    )
    filter_type: Literal["IN", "BETWEEN"] = Field(
        "IN",
        title="Comparison",
        description="IN: the field has one of the values. BETWEEN: it lies between the two values, both included.",
    )


class CustomReport(_Form):
    """A report of your own, read as a stream. Testing the connection asks TikTok whether its parts go together."""

    model_config = ConfigDict(title="Custom Report")

    name: str = Field(
        title="Name",
        description="Name of the stream, in small letters, digits and underscores. No other stream may have it.",
        pattern="^[a-z][a-z0-9_]{0,62}$",
        examples=["campaign_skan"],
        json_schema_extra={
            "pattern_descriptor": "small letters, digits and underscores, a letter first, at most 63",
            "wanted": "a name for the stream, at most 63 small letters, digits and underscores, a letter first",
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
        title="Report Type",
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


_SIGN_IN: JsonDict = {"group": "sign_in"}
_WHAT: JsonDict = {"group": "what_to_read"}
_EXTRA: JsonDict = {"group": "extra_data"}
_LIMITS: JsonDict = {"group": "limits"}
_HIDDEN: JsonDict = {**_LIMITS, "airbyte_hidden": True}
_CARDS: JsonDict = {
    "groups": [
        {"id": "sign_in", "title": "Sign in"},
        {"id": "what_to_read", "title": "What to read"},
        {"id": "extra_data", "title": "Extra data"},
        {"id": "limits", "title": "Limits and behaviour"},
    ]
}


class Config(_Form):
    """The settings of one run, checked; no account ids and no names means every account of the token.

    Where accounts have to be listed (a name, or nothing given), the credentials hold app_id and secret.
    """

    model_config = ConfigDict(title="TikTok Ads", json_schema_extra=_CARDS)

    credentials: Annotated[
        Annotated[Credentials, Field(discriminator="auth_type")], BeforeValidator(notations.credential_texts)
    ] = Field(
        title="Authentication",
        description=(
            "How the connector signs in to TikTok. To read all accounts, or accounts by name, sign in with your app; a "
            "token alone reads accounts by their ids."
        ),
        json_schema_extra={
            **_SIGN_IN,
            "type": "object",
            "display_type": "radio",
            "wanted": "an object with auth_type and what belongs to it",
        },
    )
    accounts: Annotated[tuple[Text, ...], BeforeValidator(notations.listed), AfterValidator(once)] = Field(
        (),
        title="Accounts",
        description=(
            "Ad accounts to read, by id (16 to 19 digits) or exact name. Empty: every account of the token, new ones "
            "included. Empty or with a name in it, it needs the App ID and the App Secret."
        ),
        examples=[[_AN_ID]],
        json_schema_extra={
            **_WHAT,
            "always_show": True,
            "wanted": f'a list of account ids or names, such as ["{_AN_ID}"]',
        },
    )
    start_date: Day = Field(
        title="Start Date",
        description=(
            "First day of the reports, in each account's time zone. A year back suits most; each year more lengthens "
            "the first sync. Campaigns, ad groups and ads are read whole. An earlier date, set later, fills the gap."
        ),
        examples=["2024-01-31"],
        json_schema_extra=_WHAT,
    )
    end_date: Day | None = Field(
        None,
        title="End Date",
        description="Last day of the reports, itself included. Left empty, or in the future, reports go up to today.",
        examples=["2024-12-31"],
        json_schema_extra=_WHAT,
    )
    include_deleted: Annotated[Flag, BeforeValidator(notations.flag)] = Field(
        True,
        title="Include Deleted Objects",
        description=(
            "Read deleted campaigns, ad groups and ads, and their results, too. Switched off, sums are lower than in "
            "TikTok Ads Manager."
        ),
        json_schema_extra=_WHAT,
    )
    metric_groups: Annotated[tuple[Group, ...], AfterValidator(once)] = Field(
        (),
        title="Metric Groups",
        description=(
            "More metrics: iOS (skan), by counting window (attribution), names and settings (attribute); all others by "
            "what they count. Each makes rows wider; past 100 metrics, each 100 cost a request. The set-up guide has "
            "a table."
        ),
        examples=[["skan", "offline"]],
        json_schema_extra={**_EXTRA, "wanted": 'a list of groups of metrics, such as ["skan"]'},
    )
    custom_reports: tuple[CustomReport, ...] = Field(
        (),
        title="Custom Reports",
        description=(
            "Reports of your own, each a stream under the name you give it. Testing the connection says what TikTok "
            "would refuse, with the nearest choice that works."
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
        json_schema_extra={**_EXTRA, "wanted": "a list of objects, each with name, level and metrics at least"},
    )
    personal_data: Flag = Field(
        False,
        title="Include Personal Data",
        description=(
            "Also read columns about people: commenters, account contacts, phone numbers, owners of posts, answers in "
            "lead forms. Off, these columns do not exist."
        ),
        json_schema_extra=_EXTRA,
    )
    entity_versions: Literal["every", "latest"] = Field(
        "every",
        title="Entity Versions",
        description=(
            "every: each change of a campaign, ad group or ad is a row of its own, so joins need the newest row per "
            "id. latest: one row per id, overwritten by each change."
        ),
        json_schema_extra=_EXTRA,
    )
    api_tier: Literal["Basic", "Advanced", "Premium", "Ultimate"] = Field(
        "Basic",
        title="API Tier",
        description=(
            f"Level of your app in {_APPS}: 10, 20, 30 or 50 requests a second. A level above your real one makes "
            "TikTok refuse requests."
        ),
        json_schema_extra=_LIMITS,
    )
    requests_per_second: Number | None = Field(
        None,
        title="Requests per Second",
        description=(
            "Limit below that of the tier, for an app that other programs use as well. Left empty, the tier's whole "
            "budget is used."
        ),
        # Below this even a check takes minutes, and no sync would end.
        ge=0.1,
        examples=[5],
        json_schema_extra={**_LIMITS, "maximum": max(TIERS.values()), "wanted": "a number from 0.1 on, such as 5"},
    )
    lookback_days: Whole = Field(
        28,
        title="Look-Back Window in Days",
        description=(
            "Days before the last one that every sync of a report reads again, as TikTok keeps crediting conversions "
            "to past days. Fewer: quicker syncs, late conversions missing. 0: only the last day again."
        ),
        ge=0,
        le=364,
        json_schema_extra=_LIMITS,
    )
    on_skipped_accounts: Literal["auto", "fail", "warn"] = Field(
        "auto",
        title="When an Account Cannot Be Read",
        description=(
            "All others are read first. auto: the sync fails for an account in Accounts, warns for one found through "
            "the token. fail: it always fails. warn: it only warns; a full refresh lacking rows still counts as "
            "incomplete."
        ),
        json_schema_extra=_LIMITS,
    )
    concurrency: Whole = Field(
        8,
        title="Concurrency",
        description="Requests under way at the same time, within the request budget of the tier.",
        ge=1,
        le=50,
        json_schema_extra=_HIDDEN,
    )
    page_size: Annotated[Whole, BeforeValidator(notations.number)] = Field(
        1000,
        title="Page Size",
        description="Rows asked for in one request, at most what TikTok allows. Fewer help where answers time out.",
        ge=1,
        le=1000,
        json_schema_extra=_HIDDEN,
    )
    api_url: str = Field(
        "",
        title="API Address for Tests",
        description=(
            "Origin that stands in for TikTok's, on a loopback or private address. The access token is sent to it. "
            "Refused when the connector runs in Airbyte Cloud."
        ),
        pattern="^https?://",
        examples=["http://127.0.0.1:8080"],
        json_schema_extra={
            **_HIDDEN,
            "pattern_descriptor": "http://host:port",
            "wanted": "an address such as http://127.0.0.1:8080",
        },
    )
    wait_scale: Number = Field(
        1.0,
        title="Wait Scale for Tests",
        description=(
            "Factor by which every pause between requests is shortened. It works only together with an API address."
        ),
        gt=0,
        le=1,
        examples=[0.01],
        # A default in the form would be sent, and the setting is refused without an API address.
        json_schema_extra={
            **_HIDDEN,
            "default": None,
            "wanted": "a number above 0 and at most 1, such as 0.01",
        },
    )

    @property
    def app(self) -> tuple[str, str] | None:
        """Id and secret of the developer app; None if the credentials do not have both."""
        credentials = self.credentials
        if isinstance(credentials, AccessToken) and credentials.app_id and credentials.secret:
            return credentials.app_id, credentials.secret
        return None

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
