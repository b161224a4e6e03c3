"""The user's settings: models, their notations, other connectors' forms, and errors as sentences.

Nothing here reads from TikTok or knows a stream. `form.py` makes the form that `spec` shows from the models.
May import: shell.
"""

from source_tiktok_ads.config.errors import ConfigError, fault, named
from source_tiktok_ads.config.foreign import normalise, warns
from source_tiktok_ads.config.model import (
    PRODUCTION,
    SANDBOX,
    AccessToken,
    AuthorizationCode,
    BareToken,
    Config,
    CustomReport,
    Filter,
    SandboxToken,
)
from source_tiktok_ads.config.notations import redirected
from source_tiktok_ads.config.origin import origin
from source_tiktok_ads.config.parse import exchanged, explained, parse, with_access_token
from source_tiktok_ads.config.secrets import secrets_in

__all__ = [
    "PRODUCTION",
    "SANDBOX",
    "AccessToken",
    "AuthorizationCode",
    "BareToken",
    "Config",
    "ConfigError",
    "CustomReport",
    "Filter",
    "SandboxToken",
    "exchanged",
    "explained",
    "fault",
    "named",
    "normalise",
    "origin",
    "parse",
    "redirected",
    "secrets_in",
    "warns",
    "with_access_token",
]
