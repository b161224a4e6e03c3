"""What the user filled in, in our form or another connector's: one mapping, read once into a frozen `Config`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from source_tiktok_ads.shell import local_origin

# TikTok: production and sandbox are two hosts with the same paths; a token works on one of them only.
PRODUCTION = "https://business-api.tiktok.com"
SANDBOX = "https://sandbox-ads.tiktok.com"

# TikTok: the request budget belongs to the developer app, in calls a second and 60 times that a minute.
TIERS = MappingProxyType({"Basic": 10.0, "Advanced": 20.0, "Premium": 30.0, "Ultimate": 50.0})
# TikTok: the sandbox is far below every tier; these are the only limits seen there.
SANDBOX_BUDGET = (1.0, 30.0)

API_URL_VARIABLE = "TIKTOK_ADS_API_URL"


class ConfigError(ValueError):
    """A setting the user has to change: `field` is its dotted name, the text says what to write, never a secret."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class AccessToken:
    """A production token; with both app_id and secret the accounts it reads can be listed."""

    access_token: str = field(repr=False)
    app_id: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AuthorizationCode:
    """A consent that is still to be exchanged for a token, which works once."""

    app_id: str = field(repr=False)
    secret: str = field(repr=False)
    auth_code: str = field(repr=False)


@dataclass(frozen=True)
class SandboxToken:
    """A token of the sandbox and the one advertiser it reads."""

    access_token: str = field(repr=False)
    advertiser_id: str


Credentials = AccessToken | AuthorizationCode | SandboxToken


@dataclass(frozen=True)
class Filter:
    """A condition on the objects of a report, in TikTok's words for the field and for the comparison."""

    field_name: str
    values: tuple[str, ...]
    filter_type: str = "IN"


@dataclass(frozen=True)
class CustomReport:
    """A report of the user's own. Each word is of the right form; whether TikTok takes them together is not known yet.

    `breakdowns` are the dimensions besides the level's id and the grain's time.
    """

    name: str
    level: str
    metrics: tuple[str, ...]
    grain: str = "day"
    breakdowns: tuple[str, ...] = ()
    report_type: str = "BASIC"
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Config:
    """The settings of one run, checked; no account ids and no names means every account of the token.

    Where accounts have to be listed (a name, or nothing given), the credentials hold app_id and secret.
    """

    credentials: Credentials
    account_ids: tuple[str, ...]
    account_names: tuple[str, ...]
    start_date: date
    end_date: date | None
    include_deleted: bool
    lookback_days: int
    entity_versions: str
    metric_groups: tuple[str, ...]
    custom_reports: tuple[CustomReport, ...]
    personal_data: bool
    api_tier: str
    requests_per_second: float | None
    on_skipped_accounts: str
    concurrency: int
    page_size: int
    api_url: str
    wait_scale: float

    @property
    def sandbox(self) -> bool:
        """Whether the token is one of TikTok's sandbox, where endpoints and fields are missing."""
        return isinstance(self.credentials, SandboxToken)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret of the credentials, for the filters of logs and messages."""
        return secrets_in(vars(self.credentials))

    @property
    def budget(self) -> tuple[float, float]:
        """Calls a second and calls a minute that this run may spend, by tier, sandbox and the user's own bound."""
        second, minute = _budget(self.api_tier, self.sandbox)
        if self.requests_per_second is None:
            return second, minute
        return self.requests_per_second, min(minute, 60 * self.requests_per_second)


def _budget(tier: str, sandbox: bool) -> tuple[float, float]:
    return SANDBOX_BUDGET if sandbox else (TIERS[tier], 60 * TIERS[tier])


# --- What each field may hold -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """One field: the words that follow "write", the test a value has to pass, and what stands in for no value."""

    wanted: str
    fits: Callable[[Any], bool]
    default: Any = None
    required: bool = False


_ID = re.compile(r"[0-9]{16,19}")
_NAME = re.compile(r"[A-Za-z0-9_]{1,80}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Visible ASCII: anything else cannot stand in a header. A row of asterisks is how Airbyte shows a stored secret.
_TOKEN = re.compile(r"(?!\*+$)[!-~]+")


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        # An older date is a slip of the hand ("0204"), and near the calendar's first day a look-back has no date.
        return date.fromisoformat(value).year >= 2000
    except ValueError:
        return False


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) and item.strip() for item in value)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(wanted: str, pattern: str | re.Pattern[str], required: bool = False) -> _Rule:
    return _Rule(wanted, lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None, required=required)


def _texts(wanted: str, required: bool = False) -> _Rule:
    return _Rule(wanted, lambda v: _is_list_of_text(v) and (len(v) > 0 or not required), (), required)


def _names(wanted: str, required: bool = False) -> _Rule:
    texts = _texts(wanted, required)
    return replace(texts, fits=lambda v: texts.fits(v) and all(_NAME.fullmatch(item.strip()) for item in v))


def _flag_rule(default: bool) -> _Rule:
    return _Rule("true or false, without quotes", lambda v: isinstance(v, bool), default)


def _day(required: bool) -> _Rule:
    return _Rule("a date as YYYY-MM-DD, from the year 2000 on, such as 2024-01-31", _is_day, required=required)


def _whole(low: int, high: int, default: int) -> _Rule:
    wanted = f"a whole number from {low} to {high}, without quotes"
    return _Rule(wanted, lambda v: type(v) is int and low <= v <= high, default)


def _choice(*words: str) -> _Rule:
    return _Rule(_one_of(words), lambda v: isinstance(v, str) and v in words, words[0])


def _one_of(words: Iterable[str]) -> str:
    return f"one of {', '.join(words)}"


_RULES: Mapping[str, _Rule] = {
    "credentials": _Rule(
        "an object with auth_type and what belongs to it", lambda v: isinstance(v, Mapping), None, True
    ),
    "accounts": _texts('a list of account ids or names, such as ["7123456789012345678"]'),
    "start_date": _day(required=True),
    "end_date": _day(required=False),
    "include_deleted": _flag_rule(True),
    "lookback_days": _whole(0, 364, 28),
    "entity_versions": _choice("every", "latest"),
    "metric_groups": _names('a list of groups of metrics, such as ["skan"]'),
    "custom_reports": _Rule("a list of objects, each with name, level and metrics at least", _is_list_of_objects, ()),
    "personal_data": _flag_rule(False),
    "api_tier": _choice(*TIERS),
    # Below this even a check takes minutes, and no sync would end.
    "requests_per_second": _Rule("a number from 0.1 on, such as 5", lambda v: _is_number(v) and v >= 0.1),
    "on_skipped_accounts": _choice("auto", "fail", "warn"),
    "concurrency": _whole(1, 50, 8),
    "page_size": _whole(1, 1000, 1000),
    "api_url": _text("an address such as http://127.0.0.1:8080", "https?://[!-~]+"),
    "wait_scale": _Rule("a number above 0 and at most 1, such as 0.01", lambda v: _is_number(v) and 0 < v <= 1, 1.0),
}

LEVELS = ("advertiser", "campaign", "adgroup", "ad", "ad_v2", "playable")
GRAINS = ("day", "hour", "month", "lifetime")
REPORT_TYPES = ("BASIC", "AUDIENCE", "PLAYABLE_MATERIAL", "CATALOG", "BC", "TT_SHOP")
FILTER_TYPES = ("IN", "BETWEEN")

_REPORT_RULES: Mapping[str, _Rule] = {
    "name": _text(
        "a name for the stream, at most 63 small letters, digits and underscores, a letter first",
        "[a-z][a-z0-9_]{0,62}",
        required=True,
    ),
    "level": replace(_choice(*LEVELS), required=True),
    "metrics": _names('a list of metrics, such as ["spend", "impressions"]', required=True),
    "grain": _choice(*GRAINS),
    "breakdowns": _names('a list of dimensions, such as ["country_code"]'),
    "report_type": _choice(*REPORT_TYPES),
    "filters": _Rule("a list of objects, each with field_name and values", _is_list_of_objects, ()),
}
_FILTER_RULES: Mapping[str, _Rule] = {
    "field_name": _text("the field to filter by, such as objective_type", "[a-z][a-z0-9_]*", required=True),
    "values": _texts('a list of texts, such as ["TRAFFIC"]', required=True),
    "filter_type": _choice(*FILTER_TYPES),
}

_CODE_WANTED = "the code of the consent page, or the whole address that the page led to"
_PRINTABLE = "{} as TikTok issued it, without {}spaces and not the asterisks that Airbyte shows for it"
_CREDENTIAL_RULES: Mapping[str, _Rule] = {
    "access_token": _text(_PRINTABLE.format("the access token", "the word Bearer, without "), _TOKEN),
    "app_id": _text("the id of the developer app, as text", _TOKEN),
    "secret": _text(_PRINTABLE.format("the app's secret", ""), _TOKEN),
    "auth_code": _text(_CODE_WANTED, r"(?!https?://)" + _TOKEN.pattern),
    "advertiser_id": _text("the id of the sandbox account, 16 to 19 digits, as text", _ID),
}


@dataclass(frozen=True)
class _Kind:
    """One `auth_type`: the fields it needs and may have, and what they make."""

    build: Callable[..., Credentials]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_KINDS: Mapping[str, _Kind] = {
    "oauth2.0": _Kind(AccessToken, ("access_token",), ("app_id", "secret")),
    "authorization_code": _Kind(AuthorizationCode, ("app_id", "secret", "auth_code")),
    "sandbox_access_token": _Kind(SandboxToken, ("access_token", "advertiser_id")),
}


# --- Mapping to Config ------------------------------------------------------------------------------------------------


def parse(mapping: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """Read a mapping that `normalise` returned; raises ConfigError for the first setting that has to change."""
    value = _values(mapping, _RULES)
    credentials = _credentials(value.pop("credentials"))
    ids, names = _accounts(value.pop("accounts"), credentials)
    start = date.fromisoformat(value.pop("start_date"))
    end_text = value.pop("end_date")
    sandbox = isinstance(credentials, SandboxToken)
    override = _override(value.pop("api_url"), environ)
    config = Config(
        credentials=credentials,
        account_ids=ids,
        account_names=names,
        start_date=start,
        end_date=date.fromisoformat(end_text) if end_text else None,
        metric_groups=_once(value.pop("metric_groups")),
        custom_reports=_custom_reports(value.pop("custom_reports")),
        api_url=override or (SANDBOX if sandbox else PRODUCTION),
        **value,
    )
    _check_together(config, "wait_scale" in mapping and override is None)
    return config


def _values(mapping: Mapping[str, Any], rules: Mapping[str, _Rule], prefix: str = "") -> dict[str, Any]:
    """Each field's value or default; raises ConfigError for the first that is missing or does not fit."""
    for name, rule in rules.items():
        field = prefix + name
        if name not in mapping:
            if rule.required:
                raise ConfigError(field, f"{field} is missing: write {rule.wanted}.")
        elif not rule.fits(mapping[name]):
            # Credentials are never shown, not even in part.
            found = "not of this form" if name == "credentials" else _shown(mapping[name])
            raise ConfigError(field, f"{field} is {found}: write {rule.wanted}.")
    return {name: mapping.get(name, rule.default) for name, rule in rules.items()}


def _custom_reports(listed: Sequence[Mapping[str, Any]]) -> tuple[CustomReport, ...]:
    """The user's own reports; raises ConfigError for the first value that does not fit, or a name that stands twice."""
    reports = [_custom_report(given, f"custom_reports[{place}].") for place, given in enumerate(listed)]
    names = [report.name for report in reports]
    for place, name in enumerate(names):
        if name in names[:place]:
            field = f"custom_reports[{place}].name"
            raise ConfigError(field, f"{field} is {_shown(name)}, as an earlier one: write a name of its own.")
    return tuple(reports)


def _custom_report(given: Mapping[str, Any], prefix: str) -> CustomReport:
    value = _values(given, _REPORT_RULES, prefix)
    filters = [_filter(item, f"{prefix}filters[{place}].") for place, item in enumerate(value.pop("filters"))]
    metrics, breakdowns = _once(value.pop("metrics")), _once(value.pop("breakdowns"))
    return CustomReport(metrics=metrics, breakdowns=breakdowns, filters=tuple(filters), **value)


def _filter(given: Mapping[str, Any], prefix: str) -> Filter:
    value = _values(given, _FILTER_RULES, prefix)
    values = value.pop("values")
    # A range may begin where it ends.
    ranged = value["filter_type"] == "BETWEEN"
    return Filter(values=_stripped(values) if ranged else _once(values), **value)


def _once(listed: Iterable[str]) -> tuple[str, ...]:
    """Each text without the blanks around it, once."""
    return tuple(dict.fromkeys(_stripped(listed)))


def _stripped(listed: Iterable[str]) -> tuple[str, ...]:
    return tuple(item.strip() for item in listed)


def _shown(value: Any) -> str:
    """A value as JSON for a sentence, cut to one short line and safe to encode."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


def _credentials(given: Mapping[str, Any]) -> Credentials:
    auth_type = given.get("auth_type")
    kind = _KINDS.get(auth_type) if isinstance(auth_type, str) else None
    if kind is None:
        sentence = f"credentials.auth_type is {_shown_type(auth_type)}: write one of {', '.join(_KINDS)}."
        raise ConfigError("credentials.auth_type", sentence)
    for name in kind.required + kind.optional:
        _check_credential(name, given, required=name in kind.required)
    return kind.build(**{name: given[name] for name in kind.required + kind.optional if name in given})


def _shown_type(auth_type: Any) -> str:
    """What stands in place of an `auth_type`; what is longer than a word might be a secret in the wrong field."""
    if auth_type is None:
        return "missing"
    return _shown(auth_type) if isinstance(auth_type, str) and len(auth_type) <= 24 else "not of this form"


def _check_credential(name: str, given: Mapping[str, Any], required: bool) -> None:
    rule = _CREDENTIAL_RULES[name]
    if name not in given:
        if required:
            raise ConfigError(f"credentials.{name}", f"credentials.{name} is missing: write {rule.wanted}.")
    elif not rule.fits(given[name]):
        raise ConfigError(f"credentials.{name}", f"credentials.{name} cannot be used: write {rule.wanted}.")


def _accounts(listed: list[str], credentials: Credentials) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The accounts as ids and names, each once; raises ConfigError where these credentials cannot find them."""
    accounts = _once(listed)
    if isinstance(credentials, SandboxToken):
        if accounts not in ((), (credentials.advertiser_id,)):
            raise ConfigError("accounts", f"accounts is {_shown(accounts)}: {_SANDBOX_ACCOUNT}")
        return (credentials.advertiser_id,), ()
    ids = tuple(account for account in accounts if _ID.fullmatch(account))
    names = tuple(account for account in accounts if account not in ids)
    if (names or not ids) and not (credentials.app_id and credentials.secret):
        found = f"holds {_shown(names[0])}, which is no id of 16 to 19 digits" if names else "is empty"
        raise ConfigError("accounts", f"accounts {found}: {_LISTING}")
    return ids, names


_SANDBOX_ACCOUNT = "a sandbox token reads only the account of credentials.advertiser_id, so leave accounts empty."
_LISTING = (
    "TikTok lists a token's accounts, with their names, only to an app that shows its id and secret. "
    "Write credentials.app_id and credentials.secret, or only account ids in accounts."
)


def _check_together(config: Config, lone_wait_scale: bool) -> None:
    """Raise ConfigError for settings that are right alone and wrong together."""
    if config.end_date and config.start_date > config.end_date:
        found = f"start_date is {config.start_date}, after end_date {config.end_date}"
        raise ConfigError("start_date", f"{found}: write a start_date that is not later, or leave end_date empty.")
    tier, _ = _budget(config.api_tier, config.sandbox)
    if config.requests_per_second and config.requests_per_second > tier:
        whose = "of the sandbox" if config.sandbox else f"of api_tier {config.api_tier}"
        found = f"requests_per_second is {config.requests_per_second:g}, above the {tier:g} {whose}"
        raise ConfigError("requests_per_second", f"{found}: write at most {tier:g}, or leave it empty.")
    if lone_wait_scale:
        raise ConfigError(
            "wait_scale", "wait_scale is for tests and needs api_url: remove it, or write api_url as well."
        )


# --- The API's address ------------------------------------------------------------------------------------------------


def origin(environ: Mapping[str, str]) -> str:
    """TikTok's production origin, or the one of TIKTOK_ADS_API_URL; raises ConfigError as `parse` does."""
    return _override(None, environ) or PRODUCTION


def _override(api_url: str | None, environ: Mapping[str, str]) -> str | None:
    """The origin that stands in for TikTok's, the setting before the variable; raises ConfigError where not allowed."""
    given = api_url or environ.get(API_URL_VARIABLE)
    if not given:
        return None
    name = "api_url" if api_url else f"the variable {API_URL_VARIABLE}"
    if environ.get("DEPLOYMENT_MODE", "").upper() == "CLOUD":
        raise ConfigError("api_url", f"{name} is for tests and refused in Airbyte Cloud: remove it.")
    safe = local_origin(given)
    if safe is None:
        # An address may carry a password before its host.
        found = "an address with a user or password" if "@" in given else _shown(given)
        wanted = "an origin on a loopback or private address, such as http://127.0.0.1:8080, or remove it"
        raise ConfigError("api_url", f"{name} is {found}, and the token would be sent there: write {wanted}.")
    return safe


# --- Other forms to ours ----------------------------------------------------------------------------------------------

_FOLDED_SECRETS = {
    *("accesstoken", "secret", "appsecret", "appid"),
    *("authcode", "authorizationcode", "authenticationcode", "code"),
}

# Labels and spellings of flat configurations, folded by `_fold`, and the names they stand for.
_FLAT_NAMES = {
    **{re.sub("_", "", name): name for name in (*_RULES, *_CREDENTIAL_RULES)},
    "appsecret": "secret",
    "authorizationcode": "auth_code",
    "authenticationcode": "auth_code",
    "code": "auth_code",
    "includedatafromdeletedcampaignsadsandadgroups": "include_deleted",
}
_FLAT_MARKS = ("access_token", "app_id", "secret", "auth_code")


def normalise(raw: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Turn any known form into ours and say in notes what was done; never raises, wrong values are left for `parse`.

    Airbyte's TikTok Marketing form is known by what ours never has: `attribution_window`, `report_granularity`,
    `environment`, or an `advertiser_id` beside an oauth2.0 token. Without these marks it reads as ours, word for word.
    A configuration without `credentials` but with their fields at the top is the flat one of Singer, Stitch or Qlik.
    """
    given = _filled(raw)
    notes = []
    if _is_airbyte(given):
        given, notes = _from_airbyte(given), [_AIRBYTE_NOTE]
    elif "credentials" not in given:
        flat = {_FLAT_NAMES.get(_fold(name), name): value for name, value in given.items()} | _exact(given)
        if any(mark in flat for mark in _FLAT_MARKS):
            given, notes = _from_flat(flat), [_FLAT_NOTE]
    shaped = {name: _SHAPERS.get(name, _same)(value) for name, value in given.items() if name in _RULES}
    ignored = _unknown(given)
    if ignored:
        notes.append(f"{_IGNORED}{', '.join(ignored)}.")
    return shaped, tuple(notes)


_AIRBYTE_NOTE = (
    "The configuration of Airbyte's TikTok Marketing connector was translated: attribution_window became "
    "lookback_days, and what is not set is as there (include_deleted false, start_date 2016-09-01), with "
    "entity_versions latest."
)
_FLAT_NOTE = (
    "The flat configuration, as the Singer tap, Stitch and Qlik have it, was translated; include_deleted is false, as "
    "there, unless it is set."
)


_IGNORED = "Settings that this connector does not have are ignored: "


def warns(note: str) -> bool:
    """Whether a note of `normalise` names settings that are ignored, which may be misspelt ones."""
    return note.startswith(_IGNORED)


def explained(error: ConfigError, notes: Sequence[str]) -> str:
    """The sentence of an error; where a setting is missing, with the ignored ones, because one may be it misspelt."""
    ignored = [note for note in notes if warns(note)] if " is missing: " in str(error) else []
    return " ".join([str(error), *ignored])


def with_access_token(mapping: Mapping[str, Any], access_token: str) -> dict[str, Any]:
    """The user's configuration with the token in place of the authorization code, for the platform to keep."""
    shaped, _ = normalise(mapping)
    app = {name: shaped["credentials"][name] for name in ("app_id", "secret")}
    kept = mapping if "credentials" in mapping else shaped
    return {**kept, "credentials": {"auth_type": "oauth2.0", "access_token": access_token, **app}}


def secrets_in(mapping: Mapping[str, Any]) -> tuple[str, ...]:
    """Every secret of a configuration in any form, however malformed, so that it can be hidden before it is read."""
    return tuple(dict.fromkeys(_secrets(mapping)))


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, str) and _fold(name) in _FOLDED_SECRETS:
                yield from filter(_can_be_hidden, (item, item.strip(), redirected(item)[0]))
            else:
                yield from _secrets(item)


def _can_be_hidden(text: str) -> bool:
    """Whether hiding the text spoils no line: two letters stand everywhere, and a few digits in other numbers."""
    return len(text) >= (16 if text.isdigit() else 4)


def redirected(text: str) -> tuple[str, str | None]:
    """The authorization code and the state in what a user pasted: the address after consent, or the bare code."""
    if "auth_code=" not in text:
        return text.strip(), None
    query = parse_qs(text.strip().rpartition("?")[2].partition("#")[0])
    return query.get("auth_code", [""])[0], query.get("state", [None])[0]


def _fold(name: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def _exact(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields already under our names: they win over another spelling of the same."""
    return {name: value for name, value in given.items() if name in _FLAT_NAMES.values()}


def _filled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without what forms send for "nothing": null and blank text; the same inside the credentials."""
    given = {name: value for name, value in raw.items() if not _is_blank(value)}
    for inner in ("credentials", "environment"):
        if isinstance(given.get(inner), Mapping):
            given[inner] = {name: value for name, value in given[inner].items() if not _is_blank(value)}
    return given


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_airbyte(given: Mapping[str, Any]) -> bool:
    # One without any mark could as well be ours, incomplete: taking 2016-09-01 for its start would read years of data.
    credentials = given.get("credentials")
    if not isinstance(credentials, Mapping):
        return credentials is None and isinstance(given.get("environment"), Mapping)
    named = credentials.get("auth_type") == "oauth2.0" and "advertiser_id" in credentials
    return named or "attribution_window" in given or "report_granularity" in given


def _from_airbyte(given: Mapping[str, Any]) -> dict[str, Any]:
    ours = {name: value for name, value in given.items() if name not in ("attribution_window", "environment")}
    credentials = _airbyte_credentials(given, ours.pop("access_token", None))
    if credentials.get("auth_type") == "oauth2.0" and "advertiser_id" in credentials:
        ours.setdefault("accounts", [credentials.pop("advertiser_id")])
    if "attribution_window" in given:
        ours.setdefault("lookback_days", _number(given["attribution_window"]))
    defaults = {"start_date": "2016-09-01", "include_deleted": False, "entity_versions": "latest"}
    return {**defaults, **ours, "credentials": credentials}


def _airbyte_credentials(given: Mapping[str, Any], access_token: Any) -> dict[str, Any]:
    """The credentials of today's form, or of the first one: `environment`, with the token beside it."""
    if "credentials" in given:
        return dict(given["credentials"])
    auth_type = "oauth2.0" if "app_id" in given["environment"] else "sandbox_access_token"
    token = {} if access_token is None else {"access_token": access_token}
    return {**given["environment"], **token, "auth_type": auth_type}


def _from_flat(given: dict[str, Any]) -> dict[str, Any]:
    if "access_token" not in given:
        auth_type, names = "authorization_code", ["app_id", "secret", "auth_code"]
    elif _flag(given.get("sandbox")) is True:
        auth_type, names = "sandbox_access_token", ["access_token", "advertiser_id"]
        given = {**given, **_only_account(given)}
    else:
        auth_type, names = "oauth2.0", ["access_token", "app_id", "secret"]
    credentials = {name: given[name] for name in names if name in given}
    rest = {name: value for name, value in given.items() if name not in (*names, "sandbox")}
    return {"include_deleted": False, **rest, "credentials": {"auth_type": auth_type, **credentials}}


def _only_account(given: dict[str, Any]) -> dict[str, Any]:
    """The sandbox account of a flat configuration, which names it in `accounts`; several are left for `parse`."""
    accounts = _listed(given.get("accounts"))
    return {"advertiser_id": accounts[0]} if isinstance(accounts, list) and len(accounts) == 1 else {}


def _unknown(given: Mapping[str, Any]) -> list[str]:
    """The names, never the values, of settings that no field reads, each with the one that was perhaps meant."""
    top = _strange("", given, _RULES)
    credentials = given.get("credentials")
    inside = credentials if isinstance(credentials, Mapping) else {}
    known = _known_credentials(inside)
    return top + _strange("credentials.", inside, known) + _unknown_in_reports(given.get("custom_reports"))


def _strange(prefix: str, given: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return [_suggested(prefix, str(name), known) for name in given if name not in known]


def _unknown_in_reports(reports: Any) -> list[str]:
    """The unknown names inside custom reports, where these are of the right form at all."""
    names: list[str] = []
    for place, report in enumerate(reports if _is_list_of_objects(reports) else ()):
        prefix, filters = f"custom_reports[{place}].", report.get("filters")
        names += _strange(prefix, report, _REPORT_RULES)
        for inner, item in enumerate(filters if _is_list_of_objects(filters) else ()):
            names += _strange(f"{prefix}filters[{inner}].", item, _FILTER_RULES)
    return names


def _suggested(prefix: str, name: str, known: Iterable[str]) -> str:
    shown = prefix + " ".join(name.split())
    meant = get_close_matches(name.lower(), list(known), 1, cutoff=0.75)
    return f"{shown} (did you mean {prefix}{meant[0]}?)" if meant else shown


def _known_credentials(credentials: Mapping[str, Any]) -> tuple[str, ...]:
    auth_type = credentials.get("auth_type")
    kind = _KINDS.get(auth_type) if isinstance(auth_type, str) else None
    return ("auth_type", *(kind.required + kind.optional if kind else _CREDENTIAL_RULES))


# --- Values in another notation ---------------------------------------------------------------------------------------

_US_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
# One account of a text: quoted, with any comma inside, or bare up to the next comma.
_ACCOUNT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*?))\s*(?:,|$)""")


def _same(value: Any) -> Any:
    return value


def _iso_day(value: Any) -> Any:
    """MM/DD/YYYY and a day with a time as YYYY-MM-DD; anything else, also an impossible date, as it is."""
    if not isinstance(value, str):
        return value
    text = _MOMENT.sub(r"\1", _US_DAY.sub(r"\3-\1-\2", value.strip()))
    return text if _is_day(text) else value


def _listed(value: Any) -> Any:
    """Accounts given as one text, or as numbers, as a list of texts."""
    if isinstance(value, str):
        found = [next(filter(None, match.groups()), "").strip() for match in _ACCOUNT.finditer(value)]
        return [account for account in found if account]
    if isinstance(value, list | tuple):
        return [_id_text(item) for item in value]
    return [_id_text(value)] if type(value) is int else value


def _id_text(value: Any) -> Any:
    """An id that came as a JSON number, as text; texts without the blanks around them."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) is int and 0 <= value < 10**19 else value


def _filled_items(value: Any) -> Any:
    """A list whose objects, and those inside them, are without what forms send for "nothing"."""
    if isinstance(value, list | tuple):
        return [_filled_items(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _filled_items(item) for name, item in value.items() if not _is_blank(item)}
    return value


def _reports(value: Any) -> Any:
    """Custom reports without what forms send for "nothing" and without names that no field reads."""
    reports = _filled_items(value)
    return [_known_in_report(report) for report in reports] if _is_list_of_objects(reports) else reports


def _known_in_report(report: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in report.items() if name in _REPORT_RULES}
    filters = known.get("filters", ())
    if filters and _is_list_of_objects(filters):
        known["filters"] = [{name: item[name] for name in item if name in _FILTER_RULES} for item in filters]
    return known


def _flag(value: Any) -> Any:
    """Singer writes booleans as text."""
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    """Singer writes numbers as text."""
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value


def _credential_texts(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    known = _known_credentials(value)
    return {name: _credential_text(name, item) for name, item in value.items() if name in known}


def _credential_text(name: str, value: Any) -> Any:
    return redirected(value)[0] if name == "auth_code" and isinstance(value, str) else _id_text(value)


_SHAPERS: Mapping[str, Callable[[Any], Any]] = {
    "credentials": _credential_texts,
    "accounts": _listed,
    "start_date": _iso_day,
    "end_date": _iso_day,
    "include_deleted": _flag,
    "custom_reports": _reports,
    "page_size": _number,
}
