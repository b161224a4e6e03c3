"""The lists of Business Centers: who they are, their accounts, balances and transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .. import assets as owned
from ..assets import BusinessCenter, assets
from ..entities import moment, sample
from ..numbers import mix
from ..refusal import bad
from .scene import Row, Scene, Source, check_span, day_of


def _business_centers(scene: Scene) -> list[Row]:
    wanted = scene.get("bc_id")
    return [_center_row(scene, center) for center in scene.centers.values() if wanted in (None, center.bc_id)]


def _center_row(scene: Scene, center: BusinessCenter) -> Row:
    inner = {
        **sample(scene.facts.columns["bc_info"], mix(center.index)),
        "bc_id": center.bc_id,
        "name": center.name,
        "timezone": center.timezone,
        "currency": "USD",
    }
    return {"bc_info": inner, "user_role": "ADMIN", "ext_user_role": {"finance_role": "MANAGER"}}


def _assigned(scene: Scene) -> list[Row]:
    """What is assigned to the user: every other asset of the Business Center."""
    return _center_assets(scene)[::2]


def _center_assets(scene: Scene) -> list[Row]:
    """Ad accounts, catalogs, shops or pixels; libraries of forms and TikTok accounts are not part of the simulation."""
    kind = scene.get("asset_type")
    if kind == "ADVERTISER":
        return _center_accounts(scene)
    found = {
        "CATALOG": assets(scene.world, owned.CATALOG, scene.center.index, scene.epoch),
        "TIKTOK_SHOP": assets(scene.world, owned.STORE, scene.center.index, scene.epoch),
        "PIXEL": owned.center_pixels(scene.world, scene.center, scene.epoch),
    }.get(kind, [])
    return scene.asset_rows(
        found,
        lambda asset: {
            "asset_type": kind,
            "asset_id": asset.id,
            "asset_name": asset.name("Asset", scene.epoch),
            "pixel_code": asset.code if kind == "PIXEL" else None,
        },
    )


def _center_accounts(scene: Scene) -> list[Row]:
    accounts = owned.members(scene.world, scene.center)
    return [
        scene.filled(
            {"asset_type": "ADVERTISER", "asset_id": account.advertiser_id, "asset_name": account.name},
            account.seed,
            account.index,
        )
        for account in accounts
    ]


def _balances(scene: Scene) -> list[Row]:
    return [
        scene.filled(
            {
                "advertiser_id": account.advertiser_id,
                "advertiser_name": account.name,
                "timezone": str(account.zone),
                "currency": account.currency,
                "create_time": moment(account.created),
                # It moves by the day.
                "account_balance": 500.25 + account.today(scene.epoch) % 100,
                # TikTok: an id that is a JSON number.
                "payment_portfolio_id": 7_600_000_000_000_000_001 + account.index,
            },
            account.seed,
            account.index,
        )
        for account in owned.members(scene.world, scene.center)
    ]


def _transactions(scene: Scene) -> list[Row]:
    """Those of the window asked for, in the zone of the account or Business Center; the last 90 days by default."""
    rows = {"ADVERTISER": _account_transactions, "BC": _center_transactions, "PAYMENT_PORTFOLIO": lambda _: iter(())}
    found = rows[scene.get("transaction_level")](scene)
    return sorted(found, key=lambda row: (row["create_time"], row["transaction_id"]), reverse=True)


def _account_transactions(scene: Scene) -> Iterator[Row]:
    wanted = scene.get("owner_of_account")
    for account in owned.members(scene.world, scene.center):
        owner = "SHARED_BY_OTHER_BUSINESS_CENTER" if owned.is_shared(account) else "OWNED_BY_CURRENT_BUSINESS_CENTER"
        if owner not in wanted:
            continue
        known = {"account_id": account.advertiser_id, "account_name": account.name, "currency": account.currency}
        yield from _transactions_of(scene, 2 * account.index, account.zone, known)


def _center_transactions(scene: Scene) -> Iterator[Row]:
    center = scene.center
    known = {"account_id": center.bc_id, "account_name": center.name, "currency": "USD"}
    yield from _transactions_of(scene, 2 * center.index + 1, ZoneInfo(center.timezone), known)


def _transactions_of(scene: Scene, place: int, zone: ZoneInfo, known: Row) -> Iterator[Row]:
    first, last = _transaction_window(scene, zone)
    for asset in assets(scene.world, owned.TRANSACTION, place, scene.epoch):
        local = datetime.fromtimestamp(asset.created, tz=zone).strftime("%Y-%m-%d %H:%M:%S")
        if first <= local <= last:
            ahead = datetime.fromtimestamp(asset.created, tz=zone).strftime("%z")
            offset = f"UTC{ahead[:3]}:{ahead[3:]}"
            told = {"bc_id": scene.center.bc_id, "bc_name": scene.center.name, "timezone": offset}
            amounts = {"amount": asset.seed % 10_000 / 100, "subtotal": asset.seed % 9_000 / 100}
            times = {"transaction_id": asset.id, "create_time": local}
            yield scene.filled({**known, **told, **amounts, **times}, asset.number, asset.index)


def _transaction_window(scene: Scene, zone: ZoneInfo) -> tuple[str, str]:
    start, end = scene.sent.get("start_time"), scene.sent.get("end_time")
    if (start is None) != (end is None):
        raise bad("filtering: start_time and end_time go together.")
    if start is None or end is None:
        today = datetime.fromtimestamp(scene.epoch, tz=zone).date()
        start, end = (today - timedelta(days=89)).isoformat(), today.isoformat()
    check_span(day_of("start_time", start[:10]), day_of("end_time", end[:10]), 365)
    return f"{start} 00:00:00"[:19], f"{end} 23:59:59"[:19]


def _misspelt(scene: Scene, answer: Row) -> Row:
    if scene.switches.transactions_misspelt:
        return {**answer, "transaction": answer.pop("transaction_list")}
    return answer


# Two sources: TikTok's reference, and a typed client.
ONLY_ASKED = (
    *("budget_remaining", "budget_frequency_restriction", "budget_amount_restriction"),
    *("min_transferable_amount", "max_transferable_amount", "balance_info"),
)
SOURCES: Mapping[str, Source] = {
    "bc/get": Source(_business_centers, ("bc_id", "scene")),
    "bc/asset/admin/get": Source(_center_assets, ("asset_type",)),
    "bc/asset/get": Source(_assigned, ("asset_type",)),
    "advertiser/balance/get": Source(_balances, only_asked=ONLY_ASKED, only_alone=("min_transferable_amount",)),
    "bc/account/transaction/get": Source(
        _transactions,
        ("transaction_level", "start_time", "end_time", "owner_of_account"),
        answers=_misspelt,
    ),
}
