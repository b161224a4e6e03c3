"""The keys of tables that are known: a table tells none itself."""

from __future__ import annotations

from collections.abc import Collection

_DOCUMENTED = {
    # CitrusAd: the vendor's table reference names these two.
    "conf_namespace": ("env", "env_namespace"),
    "conf_retailer": ("env_namespace", "retailer_id"),
}
_PROBABLE = {
    # CitrusAd: by their columns; the vendor's table reference of dimensions could not be read. A dimension holds old
    # versions of a record too, so that the id is a key of the current ones only.
    "dim_campaign": ("campaign_id",),
    "dim_team": ("team_id",),
    "dim_wallet": ("wallet_id",),
}
CURRENT = "is_current"
"""The column of a dimension that tells the current version of a record."""


def key_of(table: str, columns: Collection[str], current_only: bool) -> tuple[str, ...]:
    """The columns that tell rows of a table apart; empty where none are known, as for facts."""
    key: tuple[str, ...] = _DOCUMENTED.get(table, ())
    if current_only and CURRENT in columns:
        key = key or _PROBABLE.get(table, ())
    return key if set(key) <= set(columns) else ()
