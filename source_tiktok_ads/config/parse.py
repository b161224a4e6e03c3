"""A mapping with our names to a checked `Config`, what is wrong with it in one sentence: where, what, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from source_tiktok_ads.config.foreign import warns
from source_tiktok_ads.config.form import form
from source_tiktok_ads.config.model import KINDS, Config, SandboxToken
from source_tiktok_ads.config.origin import PRODUCTION, SANDBOX, ConfigError, override, shown


def parse(mapping: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """Read a mapping that `normalise` returned; raises ConfigError for the first setting that has to change."""
    config = _validated(mapping)
    for check in _TOGETHER:
        check(config)
    local = override(config.api_url, environ)
    if "wait_scale" in config.model_fields_set and local is None:
        raise ConfigError(
            "wait_scale", "wait_scale is for tests and needs api_url: remove it, or write api_url as well."
        )
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
        fault = error.errors(include_url=False, include_context=False)[0]
    raise _sentence(fault["type"], fault["loc"], fault["input"], mapping)


def _sentence(kind: str, place: tuple[int | str, ...], value: Any, mapping: Mapping[str, Any]) -> ConfigError:
    if place[0] == "credentials":
        return _of_credentials(kind, place, value)
    while isinstance(place[-1], int):
        # A list is shown whole, with the words for the whole.
        place = place[:-1]
        value = _value(mapping, place)
    path = _path(place)
    found = "missing" if kind == "missing" else shown(value)
    return ConfigError(path, f"{path} is {found}: write {_wanted(_field(place))}.")


def _of_credentials(kind: str, place: tuple[int | str, ...], value: Any) -> ConfigError:
    """What is wrong with the credentials, of which nothing is ever shown."""
    if kind.startswith("union_tag"):
        path, found = "credentials.auth_type", _shown_type(value.get("auth_type"))
        return ConfigError(path, f"{path} is {found}: write one of {', '.join(KINDS)}.")
    if len(place) == 1:
        found = "missing" if kind == "missing" else "not of this form"
        return ConfigError("credentials", f"credentials is {found}: write {_wanted(_field(place))}.")
    path = f"credentials.{place[2]}"
    found = "is missing" if kind == "missing" else "cannot be used"
    return ConfigError(path, f"{path} {found}: write {_wanted(_field(place))}.")


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


def _field(place: tuple[int | str, ...]) -> Mapping[str, Any]:
    """The form's description of a field; inside of credentials the second step names their kind."""
    node = form()
    for step in place:
        if isinstance(step, int):
            node = node["items"]
        elif step in KINDS:
            node = next(kind for kind in node["oneOf"] if kind["properties"]["auth_type"]["const"] == step)
        else:
            node = node["properties"][step]
    return node


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

_SANDBOX_ACCOUNT = "a sandbox token reads only the account of credentials.advertiser_id, so leave accounts empty."
_LISTING = (
    "TikTok lists a token's accounts, with their names, only to an app that shows its id and secret. "
    "Write credentials.app_id and credentials.secret, or only account ids in accounts."
)


def _check_accounts(config: Config) -> None:
    credentials = config.credentials
    if isinstance(credentials, SandboxToken):
        if config.accounts not in ((), config.account_ids):
            raise ConfigError("accounts", f"accounts is {shown(config.accounts)}: {_SANDBOX_ACCOUNT}")
        return
    names = config.account_names
    if (names or not config.account_ids) and not (credentials.app_id and credentials.secret):
        found = f"holds {shown(names[0])}, which is no id of 16 to 19 digits" if names else "is empty"
        raise ConfigError("accounts", f"accounts {found}: {_LISTING}")


def _check_dates(config: Config) -> None:
    if config.end_date and config.start_date > config.end_date:
        found = f"start_date is {config.start_date}, after end_date {config.end_date}"
        raise ConfigError("start_date", f"{found}: write a start_date that is not later, or leave end_date empty.")


def _check_names(config: Config) -> None:
    names = [report.name for report in config.custom_reports]
    for place, name in enumerate(names):
        if name in names[:place]:
            field = f"custom_reports[{place}].name"
            raise ConfigError(field, f"{field} is {shown(name)}, as an earlier one: write a name of its own.")


def _check_rate(config: Config) -> None:
    highest = config.highest_rate
    if config.requests_per_second and config.requests_per_second > highest:
        whose = "of the sandbox" if config.sandbox else f"of api_tier {config.api_tier}"
        found = f"requests_per_second is {config.requests_per_second:g}, above the {highest:g} {whose}"
        raise ConfigError("requests_per_second", f"{found}: write at most {highest:g}, or leave it empty.")


_TOGETHER: Sequence[Callable[[Config], None]] = (_check_accounts, _check_dates, _check_names, _check_rate)
