"""Which origin answers: TikTok's own, or one on this machine or network that tests put in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from source_tiktok_ads.shell import local_origin

# TikTok: production and sandbox are two hosts with the same paths; a token works on one of them only.
PRODUCTION = "https://business-api.tiktok.com"
SANDBOX = "https://sandbox-ads.tiktok.com"

API_URL_VARIABLE = "TIKTOK_ADS_API_URL"


class ConfigError(ValueError):
    """A setting the user has to change: `field` is its dotted name, the text says what to write, never a secret."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def shown(value: Any) -> str:
    """A value as JSON for a sentence, cut to one short line and safe to encode."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


def origin(environ: Mapping[str, str]) -> str:
    """TikTok's production origin, or the one of TIKTOK_ADS_API_URL; raises ConfigError as `parse` does."""
    return override("", environ) or PRODUCTION


def override(api_url: str, environ: Mapping[str, str]) -> str | None:
    """The origin in place of TikTok's, the setting before the variable; raises ConfigError where it is not allowed."""
    given = api_url or environ.get(API_URL_VARIABLE)
    if not given:
        return None
    name = "api_url" if api_url else f"the variable {API_URL_VARIABLE}"
    if environ.get("DEPLOYMENT_MODE", "").upper() == "CLOUD":
        raise ConfigError("api_url", f"{name} is for tests and refused in Airbyte Cloud: remove it.")
    safe = local_origin(given)
    if safe is None:
        # An address may carry a password before its host.
        found = "an address with a user or password" if "@" in given else shown(given)
        wanted = "an origin on a loopback or private address, such as http://127.0.0.1:8080, or remove it"
        raise ConfigError("api_url", f"{name} is {found}, and the token would be sent there: write {wanted}.")
    return safe
