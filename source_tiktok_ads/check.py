"""The command `check`: tests that the configured accounts and the reports can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from source_tiktok_ads.api.client import Client
from source_tiktok_ads.api.errors import Action, TikTokError, invalid_metrics
from source_tiktok_ads.config import Config
from source_tiktok_ads.selection import custom
from source_tiktok_ads.streams.listing import MalformedRow
from source_tiktok_ads.streams.lists.accounts import BUSINESS_CENTERS, with_id
from source_tiktok_ads.streams.model import CenterReport, Report
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.reports import REPORTS
from source_tiktok_ads.sync.advertisers import Account, AccountsError, accounts
from source_tiktok_ads.sync.reader import begun_nowhere, future_start
from source_tiktok_ads.sync.records import Answer, decode
from source_tiktok_ads.sync.refusals import wrong_parameter
from source_tiktok_ads.sync.report_split import METRICS_PER_REQUEST

TRIES = 3


class CheckClient:
    """A client with short retry limits, because a user waits for the result and the platform ends `check` in time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.now = client.now
        self.confirm_clock = client.confirm_clock

    def accounts(self, app_id: str, secret: str) -> Sequence[tuple[str, str]]:
        """Id and name of every account the token can read. Raises TikTokError."""
        return self._client.accounts(app_id, secret, attempts=TRIES, repeat_timeouts=False)

    def get(
        self, path: str, params: Mapping[str, Any], *, decode: Callable[[bytes], Answer], repeat_timeouts: bool = False
    ) -> Answer:
        """The answer of one request, without a retry after a timeout. Raises TikTokError."""
        return self._client.get(path, params, decode=decode, attempts=TRIES, server_attempts=TRIES)


def run_checks(client: CheckClient, config: Config, logger: logging.Logger) -> None:
    """Log the accounts that can be read, and request one row of a report and of each custom report.

    Raises TikTokError or AccountsError if something is wrong.
    """
    found = accounts(client, config, logger.warning)
    for account in found:
        logger.info(described(account))
    refused = [account for account in found if account.refusal]
    readable = [account for account in found if not account.refusal]
    if refused and (not readable or _must_fail(config, refused)):
        raise AccountsError(" ".join(described(account) for account in refused))
    client.confirm_clock()
    if begun_nowhere(config.start_date, client.now()):
        raise AccountsError(future_start(config.start_date, client.now()))
    _check_report(client, readable, REPORTS[0])
    for report in map(custom, config.custom_reports):
        if isinstance(report, CenterReport):
            _check_center_report(client, report, logger)
        else:
            _check_custom(client, readable, report, logger)


def _must_fail(config: Config, refused: Iterable[Account]) -> bool:
    named = any(account.named for account in refused)
    return config.on_skipped_accounts == "fail" or (config.on_skipped_accounts == "auto" and named)


def _check_center_report(client: CheckClient, report: CenterReport, logger: logging.Logger) -> None:
    """Request a custom report of a Business Center, if the token sees one. Raises the errors of `_check_custom`.

    If no Business Center may be read, a sync leaves the report out, so `check` only warns.
    """
    try:
        if centers := _first_centers(client):
            _check_custom(client, centers, report, logger)
        else:
            logger.info(f"{report.name}: the access token sees no Business Center, so there is nothing to prove.")
    except TikTokError as refused:
        if refused.action not in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM):
            raise
        logger.warning(f"{report.name}: {refused.message_for_optional_stream}")


def _check_custom(client: CheckClient, owners: Sequence[Account], report: Report, logger: logging.Logger) -> None:
    """Request a custom report. Raises AccountsError if TikTok refuses it, or TikTokError for other errors."""
    try:
        invalid = _check_report(client, owners, report)
    except TikTokError as refused:
        if not wrong_parameter(refused):
            raise
        reason = f"{refused.message} (code {refused.code}, request {refused.request_id})"
        sentence = f"TikTok refuses the custom report {report.name}: {reason}. Change it, or take it out."
        raise AccountsError(sentence) from None
    if invalid:
        logger.warning(f"{report.name}: TikTok refuses the metrics {', '.join(invalid)}; a sync leaves them out.")
    if {*report.chosen} - {*report.level.parents} <= {*invalid}:
        raise AccountsError(f"TikTok accepts none of the metrics of the custom report {report.name}: choose others.")


def _first_centers(client: CheckClient) -> Sequence[Account]:
    """The first Business Centers of the token; none if the answer has an unexpected form. Raises TikTokError."""
    first = {"page": 1, "page_size": BUSINESS_CENTERS.page_size}
    data = client.get(BUSINESS_CENTERS.path, first, decode=decode).data
    try:
        rows = [center for row in (data.list if data else None) or () for center in with_id(row)]
    except MalformedRow:
        return []
    return [Account(str(center["bc_id"]), named=False) for center in rows if center["bc_id"]]


def _check_report(client: CheckClient, owners: Sequence[Account], report: Report) -> Sequence[str]:
    """Request one row of today of a report, with all of its metrics. Returns the metrics that TikTok refuses.

    The first account or Business Center whose reports may be read is enough. Raises TikTokError if there is none.
    """
    refusals: list[TikTokError] = []
    for account in owners:
        today = account.today(client.now())
        params = report.params(account.id, today, today, include_deleted=False)
        try:
            return [
                name
                for start in range(0, len(report.metrics), METRICS_PER_REQUEST)
                for name in _refused_metrics(
                    client, report.path, params, report.metrics[start : start + METRICS_PER_REQUEST]
                )
            ]
        except TikTokError as refused:
            if refused.action is not Action.SKIP_ADVERTISER:
                raise
            refusals.append(refused)
    raise refusals[0]


def _refused_metrics(client: CheckClient, path: str, params: Params, metrics: Sequence[str]) -> Sequence[str]:
    """The metrics that TikTok refuses. The others are requested again without them. Raises TikTokError."""
    invalid: list[str] = []
    while left := [name for name in metrics if name not in invalid]:
        try:
            client.get(path, {**params, "metrics": left, "page": 1, "page_size": 1}, decode=decode)
            break
        except TikTokError as refused:
            named = [name for name in invalid_metrics(refused.message) if name in left]
            if not named:
                raise
            # A sync leaves these metrics out, with a warning.
            invalid += named
    return invalid


def described(account: Account) -> str:
    """One line about an account: its id, name, time zone, currency and status, or why it cannot be read."""
    if account.refusal:
        return f"Account {account.id} can't be read: {account.refusal.sentence}"
    status = account.facts.get("status") or "status unknown"
    known = (account.name or "no name", str(account.zone), account.currency or "no currency", status)
    return f"Account {account.id}: {', '.join(known)}"
