"""Which origin answers: TikTok's own, or one on this machine or network that tests put in its place."""

from __future__ import annotations

from collections.abc import Mapping

from source_tiktok_ads.config.errors import ConfigError, named, shown
from source_tiktok_ads.config.model import PRODUCTION
from source_tiktok_ads.shell import local_origin

API_URL_VARIABLE = "TIKTOK_ADS_API_URL"


def origin(environ: Mapping[str, str]) -> str:
    """TikTok's production origin, or the one of TIKTOK_ADS_API_URL; raises ConfigError as `parse` does."""
    return override("", environ) or PRODUCTION


def override(api_url: str, environ: Mapping[str, str]) -> str | None:
    """The origin in place of TikTok's, the setting before the variable; raises ConfigError where it is not allowed."""
    given = api_url or environ.get(API_URL_VARIABLE)
    if not given:
        return None
    name = named("api_url") if api_url else f"the variable {API_URL_VARIABLE}"
    if environ.get("DEPLOYMENT_MODE", "").upper() == "CLOUD":
        raise ConfigError("api_url", f"{name} is for tests and refused in Airbyte Cloud: remove it.")
    safe = local_origin(given)
    if safe is None:
        # An address may carry a password before its host.
        found = "an address with a user or password" if "@" in given else shown(given)
        wanted = "an origin on a loopback or private address, such as http://127.0.0.1:8080, or remove it"
        raise ConfigError("api_url", f"{name} is {found}, and the token would be sent there: write {wanted}.")
    return safe
