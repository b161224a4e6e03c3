"""Configurations of other connectors as one of ours: Airbyte's TikTok Marketing, the flat one of Singer and Qlik."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from source_tiktok_ads.config.model import KINDS, Config, CustomReport, Filter
from source_tiktok_ads.config.notations import filled, flag, listed, number
from source_tiktok_ads.config.secrets import folded

_CREDENTIALS = dict.fromkeys(name for kind in KINDS.values() for name in kind.model_fields if name != "auth_type")

# Labels and spellings of flat configurations, folded, and the names they stand for.
_FLAT_NAMES = {
    **{folded(name): name for name in (*Config.model_fields, *_CREDENTIALS)},
    "appsecret": "secret",
    "authorizationcode": "auth_code",
    "authenticationcode": "auth_code",
    "code": "auth_code",
    "includedatafromdeletedcampaignsadsandadgroups": "include_deleted",
}
_FLAT_MARKS = ("access_token", "app_id", "secret", "auth_code")

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


def normalise(raw: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Any known form with the names of ours, and notes on what was done; never raises, values are left for `parse`.

    Airbyte's TikTok Marketing form is known by what ours never has: `attribution_window`, `report_granularity`,
    `environment`, or an `advertiser_id` beside an oauth2.0 token. Without these marks it reads as ours, word for word.
    A configuration without `credentials` but with their fields at the top is the flat one of Singer, Stitch or Qlik.
    """
    inner = ("credentials", "environment")
    given = {name: filled(value) if name in inner else value for name, value in filled(raw).items()}
    notes = []
    if _is_airbyte(given):
        given, notes = _from_airbyte(given), [_AIRBYTE_NOTE]
    elif "credentials" not in given:
        flat = {_FLAT_NAMES.get(folded(name), name): value for name, value in given.items()} | _exact(given)
        if any(mark in flat for mark in _FLAT_MARKS):
            given, notes = _from_flat(flat), [_FLAT_NOTE]
    ignored: list[str] = []
    ours = _known(given, Config.model_fields, "", ignored)
    if ignored:
        notes.append(f"{_IGNORED}{', '.join(ignored)}.")
    return ours, tuple(notes)


def warns(note: str) -> bool:
    """Whether a note of `normalise` names settings that are ignored, which may be misspelt ones."""
    return note.startswith(_IGNORED)


def _exact(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields already under our names: they win over another spelling of the same."""
    return {name: value for name, value in given.items() if name in _FLAT_NAMES.values()}


# --- Airbyte's TikTok Marketing ---------------------------------------------------------------------------------------


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
        ours.setdefault("lookback_days", number(given["attribution_window"]))
    defaults = {"start_date": "2016-09-01", "include_deleted": False, "entity_versions": "latest"}
    return {**defaults, **ours, "credentials": credentials}


def _airbyte_credentials(given: Mapping[str, Any], access_token: Any) -> dict[str, Any]:
    """The credentials of today's form, or of the first one: `environment`, with the token beside it."""
    if "credentials" in given:
        return dict(given["credentials"])
    auth_type = "oauth2.0" if "app_id" in given["environment"] else "sandbox_access_token"
    token = {} if access_token is None else {"access_token": access_token}
    return {**given["environment"], **token, "auth_type": auth_type}


# --- The flat form of Singer, Stitch and Qlik -------------------------------------------------------------------------


def _from_flat(given: dict[str, Any]) -> dict[str, Any]:
    if "access_token" not in given:
        auth_type, names = "authorization_code", ["app_id", "secret", "auth_code"]
    elif flag(given.get("sandbox")) is True:
        auth_type, names = "sandbox_access_token", ["access_token", "advertiser_id"]
        given = {**given, **_only_account(given)}
    else:
        auth_type, names = "oauth2.0", ["access_token", "app_id", "secret"]
    credentials = {name: given[name] for name in names if name in given}
    rest = {name: value for name, value in given.items() if name not in (*names, "sandbox")}
    return {"include_deleted": False, **rest, "credentials": {"auth_type": auth_type, **credentials}}


def _only_account(given: dict[str, Any]) -> dict[str, Any]:
    """The sandbox account of a flat configuration, which names it in `accounts`; several are left for `parse`."""
    accounts = listed(given.get("accounts"))
    return {"advertiser_id": accounts[0]} if isinstance(accounts, list) and len(accounts) == 1 else {}


# --- Names that no field has ------------------------------------------------------------------------------------------


_MODELS: Mapping[str, type[BaseModel]] = {"custom_reports": CustomReport, "filters": Filter}


def _known(given: Mapping[str, Any], fields: Iterable[str], prefix: str, ignored: list[str]) -> dict[str, Any]:
    """What the fields read; the names, never the values, of all else go to `ignored`, with the one perhaps meant."""
    ignored += [_suggested(prefix, str(name), fields) for name in given if name not in fields]
    return {name: _inside(name, given[name], prefix + name, ignored) for name in fields if name in given}


def _inside(name: str, value: Any, path: str, ignored: list[str]) -> Any:
    if name == "credentials" and isinstance(value, Mapping):
        return _known(value, _credential_fields(value), f"{path}.", ignored)
    if name in _MODELS and isinstance(value, list | tuple):
        fields = _MODELS[name].model_fields
        return [
            _known(item, fields, f"{path}[{place}].", ignored) if isinstance(item, Mapping) else item
            for place, item in enumerate(value)
        ]
    return value


def _credential_fields(credentials: Mapping[str, Any]) -> Iterable[str]:
    auth_type = credentials.get("auth_type")
    kind = KINDS.get(auth_type.strip()) if isinstance(auth_type, str) else None
    return kind.model_fields if kind else ("auth_type", *_CREDENTIALS)


def _suggested(prefix: str, name: str, known: Iterable[str]) -> str:
    shown = prefix + " ".join(name.split())
    meant = get_close_matches(name.lower(), list(known), 1, cutoff=0.75)
    return f"{shown} (did you mean {prefix}{meant[0]}?)" if meant else shown
