"""Which advertisers a sync reads, and the facts about each that everything else needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from source_tiktok_ads.api.errors import RULES, Action, TikTokError
from source_tiktok_ads.config import AccessToken, Config, SandboxToken
from source_tiktok_ads.streams.model import Accounts
from source_tiktok_ads.sync.lines import Answer, decode


class AccountsError(ValueError):
    """The configuration selects accounts in a way that cannot be followed; the text says what to change."""


class Asking(Protocol):
    """What this module needs of the client."""

    def get(
        self, path: str, params: Mapping[str, Any], *, decode: Callable[[bytes], Answer], repeat_timeouts: bool = False
    ) -> Answer:
        """The answer of one request."""

    def accounts(self, app_id: str, secret: str) -> Sequence[tuple[str, str]]:
        """Id and name of every account the token can read."""


@dataclass(frozen=True)
class Account:
    """One advertiser: its own clock, its currency, and why it can't be read, if so.

    `named` tells whether the configuration names it; `facts` is its row of advertiser/info as TikTok sent it.
    """

    id: str
    named: bool = True
    name: str | None = None
    zone: tzinfo = timezone.utc
    currency: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    refusal: TikTokError | None = None

    def today(self, now: datetime) -> date:
        """The calendar day in the account's own time zone."""
        return now.astimezone(self.zone).date()


class Advertisers:
    """The accounts of a sync, found once by whoever asks first; a failure to find them is everybody's."""

    def __init__(self, client: Asking, config: Config, warn: Callable[[str], None]) -> None:
        self._client = client
        self._config = config
        self._warn = warn
        self._lock = threading.Lock()
        self._found: list[Account] | Exception | None = None

    def all(self) -> list[Account]:
        """Every account of the sync, refused ones included. Raises TikTokError or AccountsError."""
        with self._lock:
            if self._found is None:
                try:
                    self._found = accounts(self._client, self._config, self._warn)
                except (TikTokError, AccountsError) as error:
                    self._found = error
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def listed(self) -> Sequence[tuple[str, str]]:
        """Id and name of every account the token can read. Raises TikTokError or AccountsError."""
        return _listed(self._client, self._config)


def accounts(client: Asking, config: Config, warn: Callable[[str], None]) -> list[Account]:
    """The accounts a configuration selects, each with its facts or its refusal. Raises TikTokError, AccountsError."""
    selected = selection(client, config)
    known: dict[str, Mapping[str, Any] | TikTokError] = {}
    ids = list(selected)
    for start in range(0, len(ids), Accounts.page_size):
        known.update(_facts(client, ids[start : start + Accounts.page_size]))
    found = [_account(id, named, known.get(id) or _unknown(id), warn) for id, named in selected.items()]
    return _without_facts(found, warn) if _facts_unavailable(config, found) else found


def selection(client: Asking, config: Config) -> dict[str, bool]:
    """The ids to read, and whether the configuration names each. Raises AccountsError for a name it can't resolve."""
    if isinstance(config.credentials, SandboxToken):
        return {config.credentials.advertiser_id: True}
    if config.account_ids and not config.account_names:
        return dict.fromkeys(config.account_ids, True)
    listed = _listed(client, config)
    if not config.account_names:
        return dict.fromkeys((id for id, _ in listed), False)
    named = [*config.account_ids, *(_id_of(name, listed) for name in config.account_names)]
    return dict.fromkeys(named, True)


def _listed(client: Asking, config: Config) -> Sequence[tuple[str, str]]:
    credentials = config.credentials
    if not isinstance(credentials, AccessToken) or not credentials.app_id or not credentials.secret:
        raise AccountsError("Listing the accounts needs app_id and secret: fill them in, or name the accounts by id.")
    listed = client.accounts(credentials.app_id, credentials.secret)
    if not listed:
        raise AccountsError("The access token can read no ad account: authorise the app for at least one.")
    return listed


def _id_of(name: str, listed: Sequence[tuple[str, str]]) -> str:
    exact = {id for id, known in listed if known == name}
    alike = exact or {id for id, known in listed if known.strip().casefold() == name.strip().casefold()}
    if len(alike) == 1:
        return alike.pop()
    candidates = [(id, known) for id, known in listed if id in alike] or listed
    names = ", ".join(f"{known} ({id})" for id, known in candidates[:50])
    more = f" and {len(candidates) - 50} more" if len(candidates) > 50 else ""
    what = "is the name of several accounts; give the id instead" if alike else "is none the token can read"
    raise AccountsError(f'accounts: "{name}" {what}. Candidates: {names}{more}.')


def _facts(client: Asking, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any] | TikTokError]:
    """advertiser/info of at most 100 accounts; a refused batch is halved until the refused ids stand alone."""
    try:
        data = client.get(Accounts.path, {"advertiser_ids": list(ids)}, decode=decode, repeat_timeouts=True).data
    except TikTokError as error:
        if error.action not in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM, Action.BUG):
            raise
        if len(ids) == 1 or error.action is Action.SKIP_STREAM:
            return dict.fromkeys(ids, _of_account(error))
        # TikTok: one unreadable account makes the whole batch fail.
        half = len(ids) // 2
        return {**_facts(client, ids[:half]), **_facts(client, ids[half:])}
    return {str(row.get("advertiser_id")): row for row in (data.list if data else None) or ()}


def _account(id: str, named: bool, facts: Mapping[str, Any] | TikTokError, warn: Callable[[str], None]) -> Account:
    if isinstance(facts, TikTokError):
        return Account(id, named, refusal=facts)
    zone = zone_of(facts)
    if zone is None:
        zones = facts.get("display_timezone"), facts.get("timezone")
        warn(f"Account {id}: no time zone is known by the names {zones}, so its days are read as UTC days.")
    return Account(id, named, facts.get("name"), zone or timezone.utc, facts.get("currency") or None, facts)


def _of_account(error: TikTokError) -> TikTokError:
    """The refusal, laid to the account where nothing but the account can be meant."""
    # TikTok: an account that cannot be reached is also refused as a wrong parameter.
    if error.action is not Action.BUG:
        return error
    return TikTokError(
        RULES[40001], code=error.code, message=error.message, request_id=error.request_id, path=error.path
    )


def _unknown(id: str) -> TikTokError:
    """The refusal of an account that an answer about it leaves out without a word."""
    return TikTokError(RULES[40300], message="the answer leaves this account out", path=Accounts.path, advertiser_id=id)


def zone_of(facts: Mapping[str, Any]) -> tzinfo | None:
    """The account's time zone: `display_timezone`, else `timezone`, None where neither is one."""
    # TikTok: `timezone` is POSIX style (Etc/GMT+8 is UTC-8), which is what the zone database means by that name too.
    for name in (facts.get("display_timezone"), facts.get("timezone")):
        try:
            return ZoneInfo(str(name))
        except (OSError, ValueError, LookupError):
            continue
    return None


def _facts_unavailable(config: Config, found: Iterable[Account]) -> bool:
    """Whether advertiser/info as such is refused rather than single accounts, as in some sandboxes."""
    refusals = [account.refusal for account in found]
    if not refusals or not all(refusals):
        return False
    return config.sandbox or all(refusal and refusal.action is Action.SKIP_STREAM for refusal in refusals)


def _without_facts(found: Iterable[Account], warn: Callable[[str], None]) -> list[Account]:
    warn(
        "TikTok refuses advertiser/info here, so time zones and currencies are unknown: days are read as UTC days, "
        "currency stays empty and the stream advertisers has no rows."
    )
    return [Account(account.id, account.named) for account in found]
