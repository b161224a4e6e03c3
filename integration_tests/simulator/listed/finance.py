"""The lists of a Business Center's money: invoices, costs, transactions and budgets of accounts, payment portfolios."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment
from ..numbers import mix
from ..refusal import bad
from ..world import DAY, Advertiser
from .scene import Row, Scene, Source, check_span, day_of


def _invoices(scene: Scene) -> list[Row]:
    """Invoices of the types asked for; those of automatic payments stand alone (reference page, one source)."""
    wanted = scene.get("invoice_types")
    if "AUTO_PAY" in wanted and len(set(wanted)) > 1:
        raise bad("invoice_types: AUTO_PAY can't be used with other invoice types.")
    found = [invoice for invoice in _of_center(scene, owned.INVOICE) if invoice_type(invoice) in wanted]
    return scene.asset_rows(
        found,
        lambda invoice: {
            "invoice_id": invoice.id,
            "invoice_type": invoice_type(invoice),
            "send_date": moment(invoice.created)[:10],
            "due_date": moment(invoice.created + 30 * DAY)[:10],
            "pay_status": "PAID" if invoice.version(scene.epoch) else "UNPAID",
            "amount": invoice.seed % 100_000 / 100,
        },
    )


def invoice_type(invoice: Asset) -> str:
    """What kind of invoice it is."""
    return ("RECON", "AUTO_PAY", "CREDIT")[invoice.index % 3]


def _of_center(scene: Scene, kind: owned.Kind) -> list[Asset]:
    return assets(scene.world, kind, scene.center.index, scene.epoch)


def _costs(scene: Scene) -> list[Row]:
    """What each account spent in the days asked for, in its own time zone; the last seven days unasked."""
    rows = []
    for account in owned.members(scene.world, scene.center):
        first, last = _days(scene, account)
        cost = sum(daily_cost(account, day, scene.epoch) for day in range(first.toordinal(), last.toordinal() + 1))
        if cost:
            rows.append(
                {
                    "advertiser_id": account.advertiser_id,
                    "advertiser_name": account.name,
                    "amount": -cost,
                    "cash_amount": -cost * 3 // 4,
                    "grant_amount": -cost + cost * 3 // 4,
                    "tax_amount": -cost // 10,
                    "currency": account.currency,
                }
            )
    return rows


def _days(scene: Scene, account: Advertiser) -> tuple[date, date]:
    start, end = scene.sent.get("start_date"), scene.sent.get("end_date")
    if (start is None) != (end is None):
        raise bad("filtering: start_date and end_date go together.")
    if start is None or end is None:
        today = datetime.fromtimestamp(scene.epoch, tz=account.zone).date()
        return today - timedelta(days=6), today
    first, last = day_of("start_date", start), day_of("end_date", end)
    check_span(first, last, 365)
    return first, last


def daily_cost(account: Advertiser, day: int, epoch: int) -> int:
    """What an account spent on a day of its own; some days nothing. The running day grows by the hour."""
    start = datetime.combine(date.fromordinal(day), datetime.min.time(), account.zone).timestamp()
    hours = max(0, min(24, int(epoch - start) // 3600))
    return mix(account.seed + day * 7919) % 4 * 10 * hours if start >= account.created else 0


TRANSFERS = ("TRANS_TYPE_TRANSFER", "TRANS_TYPE_PAYMENT", "TRANS_TYPE_COST", "TRANS_TYPE_TAX")


def _transactions(scene: Scene) -> list[Row]:
    """The transactions of one kind in the UTC days asked for, the latest first; transfers of the last 90 days unasked.

    They have no id, and some are alike to the last field. Two sources: a copy of TikTok's reference, a typed client.
    That the days are taken among the filters as well as beside them is a reading of the two, which differ.
    """
    kind = scene.get("transfer_type")
    found = [
        (moment(asset.created), account, asset)
        for account in owned.members(scene.world, scene.center)
        for asset in assets(scene.world, owned.ACCOUNT_TRANSACTION, place_of(account, kind), scene.epoch)
    ]
    first, last = _utc_days(scene, 90)
    rows = []
    for when, account, asset in sorted(found, key=lambda one: one[0], reverse=True):
        if first <= when[:10] <= last:
            rows += [_transaction(scene, account, asset, kind)] * (2 if asset.index % 4 == 1 else 1)
    return rows


def place_of(account: Advertiser, kind: str) -> int:
    """Where the transactions of one kind of an account stand among all."""
    return account.index * len(TRANSFERS) + TRANSFERS.index(kind)


def _transaction(scene: Scene, account: Advertiser, asset: Asset, kind: str) -> Row:
    funds = "FUNDS_TYPE_CASH" if asset.index % 2 else "FUNDS_TYPE_GRANT"
    return {
        "advertiser_id": account.advertiser_id,
        "advertiser_name": account.name,
        "amount": asset.seed % 10_000 / 100,
        "currency": account.currency,
        "date": moment(asset.created),
        "funds_type": funds if kind in TRANSFERS[:2] else None,
        "transfer_type": kind,
        "timezone": str(account.zone),
    }


def _budget_changes(scene: Scene) -> list[Row]:
    """The changes of an account's budget in the UTC days asked for, the latest first; the last seven days unasked."""
    first, last = _utc_days(scene, 7)
    return scene.asset_rows(
        [one for one in scene.assets(owned.BUDGET_CHANGE) if first <= moment(one.created)[:10] <= last],
        lambda change: {
            "operation_time": moment(change.created),
            "currency": scene.advertiser.currency,
            "operator_name": change.name("Operator", change.created),
        },
    )


def _utc_days(scene: Scene, usual: int) -> tuple[str, str]:
    start, end = scene.sent.get("start_date"), scene.sent.get("end_date")
    if (start is None) != (end is None):
        raise bad("filtering: start_date and end_date go together.")
    if start is None or end is None:
        return moment(scene.epoch - (usual - 1) * DAY)[:10], moment(scene.epoch)[:10]
    check_span(day_of("start_date", start), day_of("end_date", end), 365)
    return start, end


def _portfolios(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        _of_center(scene, owned.PAYMENT_PORTFOLIO),
        lambda portfolio: {
            "payment_portfolio_id": portfolio.id,
            "payment_portfolio_name": portfolio.name("Portfolio", scene.epoch),
        },
    )


SOURCES: Mapping[str, Source] = {
    "bc/invoice/get": Source(_invoices, ("invoice_types", "start_time", "end_time")),
    "bc/account/cost/get": Source(_costs, ("start_date", "end_date")),
    "payment_portfolio/get": Source(_portfolios),
    "advertiser/transaction/get": Source(_transactions, ("transfer_type", "start_date", "end_date")),
    "bc/account/budget/changelog/get": Source(_budget_changes, ("advertiser_id", "start_date", "end_date")),
}
