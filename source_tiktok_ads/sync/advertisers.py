"""Finds the advertiser accounts that a sync reads, and the facts about each, such as time zone and currency."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from source_tiktok_ads.api.errors import NO_SUCH_NAME, NOT_LISTED_ANY_MORE, RULES, Action, TikTokError, readable
from source_tiktok_ads.config import Config, SandboxToken
from source_tiktok_ads.streams.model import Accounts
from source_tiktok_ads.streams.shapes import EPOCH, time_of
from source_tiktok_ads.sync.date_ranges import ONE_DAY
from source_tiktok_ads.sync.records import Answer, decode, ignore_invalid_value

TOKENS_ACCOUNTS = "oauth2/advertiser/get"
"""The list of the accounts that a token can read."""


class AccountsError(ValueError):
    """The configuration's selection of accounts cannot be resolved. The text says what to change."""


class AccountsClient(Protocol):
    """The methods of the client that this module needs."""

    def get(
        self, path: str, params: Mapping[str, Any], *, decode: Callable[[bytes], Answer], repeat_timeouts: bool = False
    ) -> Answer:
        """The answer of one request."""

    def accounts(self, app_id: str, secret: str) -> Sequence[tuple[str, str]]:
        """Id and name of every account the token can read."""


@dataclass(frozen=True)
class Account:
    """One advertiser account."""

    id: str
    named: bool = True
    """Whether the configuration names the account."""
    name: str | None = None
    zone: tzinfo = timezone.utc
    currency: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The account's row of advertiser/info, as TikTok sent it."""
    refusal: TikTokError | None = None
    """Why the account cannot be read, if so."""
    facts_refusal: TikTokError | None = None
    """Why nothing is known about the account, if TikTok refuses that for all accounts outside of the sandbox."""

    def today(self, now: datetime) -> date:
        """The calendar day in the account's own time zone."""
        return now.astimezone(self.zone).date()

    @property
    def begun(self) -> date | None:
        """The day before the account was created, which is early enough for any time zone; None if that is unknown."""
        created = _created(self.facts.get("create_time"))
        return None if created is None else max(time_of(created).date(), FIRST_DAY + ONE_DAY) - ONE_DAY


@dataclass(frozen=True)
class Selection:
    """The accounts that a configuration selects."""

    ids: Mapping[str, bool]
    """The accounts to read, and whether the configuration names each."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The id for each configured name."""
    refused: Sequence[Account] = ()
    """Accounts that cannot be read."""
    listed: bool = False
    """Whether all accounts of the token are selected."""
    of_token: Sequence[tuple[str, str]] = ()
    """Id and name of every account of the token, if it was asked for them."""


FIRST_DAY = date(1970, 1, 1)
"""No account is older."""

_created = EPOCH.cast("create_time", ignore_invalid_value)

NO_NAMES: Mapping[str, str] = {}


class Advertisers:
    """The accounts of a sync. They are determined once, and a failure to do so is raised to every caller.

    `known` has the id that each configured name had in earlier syncs.
    """

    def __init__(
        self, client: AccountsClient, config: Config, warn: Callable[[str], None], known: Mapping[str, str] = NO_NAMES
    ) -> None:
        self._client = client
        self._config = config
        self._warn = warn
        self._lock = threading.Lock()
        self._names = {name: id for name, id in known.items() if name in config.account_names}
        self._listed_all = False
        self._of_token: Sequence[tuple[str, str]] = ()
        self._found: list[Account] | Exception | None = None

    def all(self) -> list[Account]:
        """Every account of the sync, refused ones included. Raises TikTokError or AccountsError."""
        with self._lock:
            if self._found is None:
                try:
                    self._found = self._find_accounts()
                except (TikTokError, AccountsError) as error:
                    self._found = error
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def _find_accounts(self) -> list[Account]:
        selected = selection(self._client, self._config, self._warn, self._names)
        self._of_token = selected.of_token
        found = with_facts(self._client, self._config, selected, self._warn)
        self._names, self._listed_all = {**self._names, **selected.names}, selected.listed
        return found

    def unlisted(self, known: Collection[str]) -> list[Account]:
        """The accounts in a state that the token no longer lists; none if the configuration names the accounts."""
        if not self._listed_all:
            return []
        return [_refused_unlisted(id, named=False) for id in sorted({*known} - {account.id for account in self.all()})]

    def remembered(self) -> dict[str, Any]:
        """The part of the state about accounts: the id of each configured name."""
        return {"accounts": dict(self._names)} if self._names else {}

    def listed(self) -> Sequence[tuple[str, str]]:
        """Id and name of every account the token can read. Raises TikTokError or AccountsError."""
        return self._of_token or _listed(self._client, self._config)


def accounts(client: AccountsClient, config: Config, warn: Callable[[str], None]) -> list[Account]:
    """The selected accounts, each with its facts or its refusal. Raises TikTokError or AccountsError."""
    return with_facts(client, config, selection(client, config, warn), warn)


def with_facts(
    client: AccountsClient, config: Config, selected: Selection, warn: Callable[[str], None]
) -> list[Account]:
    """The selected accounts, each with its facts or its refusal. Raises TikTokError."""
    known: dict[str, Mapping[str, Any] | TikTokError] = {}
    ids = list(selected.ids)
    for start in range(0, len(ids), Accounts.page_size):
        known.update(_facts(client, ids[start : start + Accounts.page_size]))
    found = [
        _account(id, named, known.get(id) or _missing_account_error(id), warn) for id, named in selected.ids.items()
    ]
    known_by_now = _without_facts(found, config.sandbox, warn) if _facts_unavailable(config, found) else found
    return [*known_by_now, *selected.refused]


def selection(
    client: AccountsClient, config: Config, warn: Callable[[str], None], known: Mapping[str, str] = NO_NAMES
) -> Selection:
    """The accounts to read. `known` has the id that each name had before.

    Raises AccountsError if none of them can be found, or TikTokError.
    """
    if isinstance(config.credentials, SandboxToken):
        return Selection({config.credentials.advertiser_id: True})
    if config.account_ids and not config.account_names:
        return Selection(dict.fromkeys(config.account_ids, True))
    listed = _listed(client, config)
    if not config.account_names:
        return Selection(dict.fromkeys((id for id, _ in listed), False), listed=True, of_token=listed)
    return _by_name(config, listed, warn, known)


def _by_name(
    config: Config, listed: Sequence[tuple[str, str]], warn: Callable[[str], None], known: Mapping[str, str]
) -> Selection:
    """The accounts of the configured names and ids. A name that is not found does not affect the others."""
    names: dict[str, str] = {}
    refused: list[Account] = []
    errors: list[AccountsError] = []
    for name in config.account_names:
        try:
            names[name] = _id_of(name, listed, known.get(name), warn)
        except AccountsError as error:
            errors.append(error)
            refused.append(_refused_name(name, error))
    if errors and not names and not config.account_ids:
        raise errors[0]
    there = {id for id, _ in listed}
    gone = [id for id in dict.fromkeys(names.values()) if id not in there and id not in config.account_ids]
    ids = [*config.account_ids, *(id for id in names.values() if id in there)]
    unreadable = [*(_refused_unlisted(id, named=True) for id in gone), *refused]
    return Selection(dict.fromkeys(ids, True), names, unreadable, of_token=listed)


def _listed(client: AccountsClient, config: Config) -> Sequence[tuple[str, str]]:
    if config.app is None:
        raise AccountsError("Listing the accounts needs app_id and secret: fill them in, or name the accounts by id.")
    listed = client.accounts(*config.app)
    if not listed:
        raise AccountsError("The access token can read no ad account: authorise the app for at least one.")
    return listed


def _id_of(name: str, listed: Sequence[tuple[str, str]], before: str | None, warn: Callable[[str], None]) -> str:
    """The id of the account with a name; `before` is its id in earlier syncs. Raises AccountsError."""
    exact = {id for id, known in listed if known == name}
    matches = exact or {id for id, known in listed if known.strip().casefold() == name.strip().casefold()}
    if before in matches or (before is not None and not matches):
        _warn_how_found(name, before, matches, dict(listed), warn)
        return before
    if len(matches) == 1:
        found = matches.pop()
        if before is not None:
            warn(f'accounts: "{name}" was account {before} and is {found} by now, which is read in its place.')
        return found
    candidates = [(id, known) for id, known in listed if id in matches] or listed
    names = ", ".join(f"{known} ({id})" for id, known in candidates[:50])
    more = f" and {len(candidates) - 50} more" if len(candidates) > 50 else ""
    what = "is the name of several accounts; give the id instead" if matches else "is none the token can read"
    raise AccountsError(f'accounts: "{name}" {what}. Candidates: {names}{more}.')


def _warn_how_found(
    name: str, id: str, matches: Collection[str], listed: Mapping[str, str], warn: Callable[[str], None]
) -> None:
    """Warn if only the state says which account a name means."""
    if len(matches) > 1:
        warn(f'accounts: "{name}" is the name of several accounts; {id} is read, as before: give the id instead.')
    elif not matches and id in listed:
        warn(f'accounts: "{name}" is now called "{listed[id]}" ({id}) and is read all the same: change the name.')


def _refused_unlisted(id: str, named: bool) -> Account:
    """A refused account: an earlier sync has read it, but the token does not list it."""
    message = "the list leaves this account out"
    refusal = TikTokError(NOT_LISTED_ANY_MORE, message=message, path=TOKENS_ACCOUNTS, advertiser_id=id)
    return Account(id, named, refusal=refusal)


def _refused_name(name: str, error: AccountsError) -> Account:
    """A refused account for a name that no account or several accounts have."""
    rule = replace(NO_SUCH_NAME, happened=str(error).rstrip("."))
    return Account(readable(name), refusal=TikTokError(rule, message="no single account", path=TOKENS_ACCOUNTS))


def _facts(client: AccountsClient, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any] | TikTokError]:
    """advertiser/info of at most 100 accounts. A refused batch is halved until each refused id is alone."""
    try:
        data = client.get(Accounts.path, {"advertiser_ids": list(ids)}, decode=decode, repeat_timeouts=True).data
    except TikTokError as error:
        if error.action not in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM, Action.BUG):
            raise
        if len(ids) == 1 or error.action is Action.SKIP_STREAM:
            return dict.fromkeys(ids, _as_account_refusal(error))
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


def _as_account_refusal(error: TikTokError) -> TikTokError:
    """The refusal as one of the account, if it can only be about the account."""
    # TikTok: an account that cannot be reached is also refused as a wrong parameter.
    if error.action is not Action.BUG:
        return error
    return TikTokError(
        RULES[40001], code=error.code, message=error.message, request_id=error.request_id, path=error.path
    )


def _missing_account_error(id: str) -> TikTokError:
    """The error for an account that is missing in an answer."""
    return TikTokError(RULES[40300], message="the answer leaves this account out", path=Accounts.path, advertiser_id=id)


def zone_of(facts: Mapping[str, Any]) -> tzinfo | None:
    """The account's time zone: `display_timezone`, else `timezone`; None if neither is known."""
    # TikTok: `timezone` is POSIX style (Etc/GMT+8 is UTC-8), as is the same name in the zone database.
    for name in (facts.get("display_timezone"), facts.get("timezone")):
        try:
            return ZoneInfo(str(name))
        except (OSError, ValueError, LookupError):
            continue
    return None


def _facts_unavailable(config: Config, found: Iterable[Account]) -> bool:
    """Whether TikTok refuses advertiser/info for all accounts, as in some sandboxes, rather than single accounts."""
    refusals = [account.refusal for account in found]
    if not refusals or not all(refusals):
        return False
    return config.sandbox or all(refusal and refusal.action is Action.SKIP_STREAM for refusal in refusals)


def _without_facts(found: Iterable[Account], sandbox: bool, warn: Callable[[str], None]) -> list[Account]:
    """The accounts, to be read without facts. In the sandbox it is normal that there are none."""
    warn(
        "TikTok refuses advertiser/info here, so time zones and currencies are unknown: days are read as UTC days, "
        "currency stays empty and the stream advertisers has no rows."
    )
    return [Account(account.id, account.named, facts_refusal=None if sandbox else account.refusal) for account in found]
