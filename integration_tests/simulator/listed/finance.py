"""The lists of what is billed to a Business Center: invoices, daily costs of its accounts, payment portfolios."""

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
}
