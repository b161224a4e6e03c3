"""A mapping with our names to a checked `Config`, what is wrong with it in one sentence: where, what, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from source_tiktok_ads.config.errors import ConfigError, fault, named, shown
from source_tiktok_ads.config.foreign import warns
from source_tiktok_ads.config.form import field_at
from source_tiktok_ads.config.model import (
    KINDS,
    PRODUCTION,
    SANDBOX,
    AccessToken,
    AuthorizationCode,
    BareToken,
    Config,
    SandboxToken,
)
from source_tiktok_ads.config.origin import override


def parse(mapping: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """Read a mapping that `normalise` returned; raises ConfigError for the first setting that has to change."""
    config = _validated(mapping)
    for check in _TOGETHER:
        check(config)
    local = override(config.api_url, environ)
    if "wait_scale" in config.model_fields_set and local is None:
        what = f"is for tests and needs {named('api_url')}: remove it, or write the address as well."
        raise fault("wait_scale", what)
    return _at(config, local or (SANDBOX if config.sandbox else PRODUCTION))


def explained(error: ConfigError, notes: Sequence[str]) -> str:
    """The sentence of an error; where a setting is missing, with the ignored ones, because one may be it misspelt."""
    ignored = [note for note in notes if warns(note)] if " is missing: " in str(error) else []
    return " ".join([str(error), *ignored])


def with_access_token(mapping: Mapping[str, Any], config: Config, access_token: str) -> dict[str, Any]:
    """The user's mapping with the token in place of the code, for the platform to keep; a flat one in our form."""
    kept = mapping if "credentials" in mapping else _ours(config)
    return {**kept, "credentials": _exchanged(config, access_token)}


def exchanged(config: Config, access_token: str) -> Config:
    """The settings with the token in place of the code. Raises ConfigError where no request can carry the token."""
    return _at(_validated({**_ours(config), "credentials": _exchanged(config, access_token)}), config.api_url)


def _exchanged(config: Config, access_token: str) -> dict[str, Any]:
    app = config.credentials.model_dump(include={"app_id", "secret"})
    return {"auth_type": "oauth2.0", "access_token": access_token, **app}


def _ours(config: Config) -> dict[str, Any]:
    """What the user has set, as a mapping in our form."""
    return config.model_dump(mode="json", exclude_unset=True)


def _at(config: Config, api_url: str) -> Config:
    """The settings with the origin that is used; it counts as set only where the user has set it."""
    found = config.model_copy(update={"api_url": api_url})
    if "api_url" not in config.model_fields_set:
        found.model_fields_set.discard("api_url")
    return found


# --- Faults as sentences ----------------------------------------------------------------------------------------------


def _validated(mapping: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(mapping)
    except ValidationError as error:
        # In the order of the fields; who mends the first sees the next.
        first = error.errors(include_url=False, include_context=False)[0]
    raise _sentence(first["type"], first["loc"], first["input"], mapping)


def _sentence(kind: str, place: tuple[int | str, ...], value: Any, mapping: Mapping[str, Any]) -> ConfigError:
    if place[0] == "credentials":
        return _of_credentials(kind, place, value)
    while isinstance(place[-1], int):
        # A list is shown whole, with the words for the whole.
        place = place[:-1]
        value = _value(mapping, place)
    found = "missing" if kind == "missing" else shown(value)
    return fault(_path(place), f"is {found}: write {_wanted(field_at(place))}.")


def _of_credentials(kind: str, place: tuple[int | str, ...], value: Any) -> ConfigError:
    """What is wrong with the credentials, of which nothing is ever shown."""
    if kind.startswith("union_tag"):
        path, found = "credentials.auth_type", _shown_type(value.get("auth_type"))
        title = field_at(["credentials"])["title"]
        return ConfigError(path, f"{title} (`{path}`) is {found}: write one of {', '.join(KINDS)}.")
    if len(place) == 1:
        found = "missing" if kind == "missing" else "not of this form"
        return fault("credentials", f"is {found}: write {_wanted(field_at(place))}.")
    auth_type, name = map(str, place[1:])
    path, found = f"credentials.{name}", "is missing" if kind == "missing" else "cannot be used"
    wanted = _wanted(field_at(["credentials", name], auth_type))
    return ConfigError(path, f"{named(path, auth_type)} {found}: write {wanted}.")


def _shown_type(auth_type: Any) -> str:
    """What stands in place of an `auth_type`; what is longer than a word might be a secret in the wrong field."""
    if auth_type is None:
        return "missing"
    return shown(auth_type) if isinstance(auth_type, str) and len(auth_type) <= 24 else "not of this form"


def _path(place: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def _value(mapping: Any, place: tuple[int | str, ...]) -> Any:
    for step in place:
        mapping = mapping[step]
    return mapping


def _wanted(field: Mapping[str, Any]) -> str:
    """The words that follow "write"."""
    if "wanted" in field:
        return str(field["wanted"])
    if "enum" in field:
        return f"one of {', '.join(field['enum'])}"
    if field["type"] == "boolean":
        return "true or false, without quotes"
    return f"a whole number from {field['minimum']} to {field['maximum']}, without quotes"


# --- Settings that are right alone and wrong together -----------------------------------------------------------------


def _check_accounts(config: Config) -> None:
    credentials = config.credentials
    if isinstance(credentials, SandboxToken):
        if config.accounts not in ((), config.account_ids):
            only = f"a sandbox token reads only the account of {named('credentials.advertiser_id')}, so leave it empty."
            raise fault("accounts", f"is {shown(config.accounts)}: {only}")
        return
    names = config.account_names
    if (names or not config.account_ids) and not _knows_its_app(credentials):
        found = f"holds {shown(names[0])}, which is no id of 16 to 19 digits" if names else "is empty"
        raise fault("accounts", f"{found}: {_LISTING.format(named('credentials.app_id'), named('credentials.secret'))}")


_LISTING = (
    "TikTok lists a token's accounts, with their names, only to an app that shows its id and secret. Write {} and {}, "
    "or only account ids in Accounts."
)


def _knows_its_app(credentials: AccessToken | BareToken | AuthorizationCode) -> bool:
    return not isinstance(credentials, BareToken) and bool(credentials.app_id and credentials.secret)


def _check_dates(config: Config) -> None:
    if config.end_date and config.start_date > config.end_date:
        end = f"{named('end_date')} {config.end_date}"
        what = f"is {config.start_date}, after {end}: write a day that is not later, or leave the end date empty."
        raise fault("start_date", what)


def _check_names(config: Config) -> None:
    names = [report.name for report in config.custom_reports]
    for place, name in enumerate(names):
        if name in names[:place]:
            what = f"is {shown(name)}, as an earlier one: write a name of its own."
            raise fault(f"custom_reports[{place}].name", what)


def _check_rate(config: Config) -> None:
    highest = config.highest_rate
    if config.requests_per_second and config.requests_per_second > highest:
        whose = "of the sandbox" if config.sandbox else f"of {named('api_tier')} {config.api_tier}"
        found = f"is {config.requests_per_second:g}, above the {highest:g} {whose}"
        raise fault("requests_per_second", f"{found}: write at most {highest:g}, or leave it empty.")


_TOGETHER: Sequence[Callable[[Config], None]] = (_check_accounts, _check_dates, _check_names, _check_rate)
