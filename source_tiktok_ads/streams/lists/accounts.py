"""The lists of accounts, Business Centers and their money."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Row, Scope, lifting
from source_tiktok_ads.streams.parameters import Params, from_row
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, LOCAL_TIME, MOMENT, NUMBER, OBJECT, TEXT, Shape

CenterList = partial(Listing, scope=Scope.CENTERS, page_size=50)
ACCOUNT_ID = ID("Id of the ad account.")
ACCOUNT_NAME = TEXT("Name of the ad account.")
ACCOUNT_STATUS = TEXT("Status of the account, such as STATUS_ENABLE or STATUS_LIMIT.")
ACCOUNT_TYPE = TEXT("Whether the account buys by AUCTION or RESERVATION.")
CURRENCY = TEXT("Currency of the row's money (ISO 4217).")
TIMEZONE = TEXT("Time zone as a fixed offset with inverted sign (POSIX): Etc/GMT+8 is eight hours behind UTC.")
PORTFOLIO_ID = ID("Id of the payment portfolio the money comes from.")
PORTFOLIO_NAME = TEXT("Name of that payment portfolio.")

ADVERTISER_ACCOUNT: Mapping[str, Shape] = {
    "advertiser_id": ID("Id of an ad account that the access token can read."),
    "advertiser_name": ACCOUNT_NAME,
}

BUSINESS_CENTER: Mapping[str, Shape] = {
    "bc_id": ID("Id of the Business Center."),
    "bc_info": OBJECT(
        bc_id=ID,
        name=TEXT,
        company=TEXT,
        currency=TEXT,
        registered_area=TEXT,
        status=TEXT,
        timezone=TEXT,
        type=TEXT,
        verification_status=TEXT,
    )("Name, company, currency, region, time zone, kind and status of the Business Center."),
    "user_role": TEXT("Role in it of the user who authorised the app."),
    "ext_user_role": OBJECT(finance_role=TEXT)("That user's role in its finances: MANAGER or ANALYST."),
}

BUSINESS_CENTER_ACCOUNT: Mapping[str, Shape] = {
    "asset_type": TEXT("Kind of asset: ADVERTISER."),
    "asset_id": ID("Id of the ad account."),
    "asset_name": ACCOUNT_NAME,
    "relation_type": TEXT("Who owns it: OWNER_BC, OWNER_INDIVIDUAL or OWNER_PARTNER."),
    "relation_status": TEXT("Whether it is linked: BOUND, PENDING, REJECTED or UNBOUND."),
    "advertiser_status": ACCOUNT_STATUS,
    "advertiser_account_type": ACCOUNT_TYPE,
    "advertiser_role": TEXT("Role of the user in it: ADMIN, OPERATOR or ANALYST."),
    "ad_creation_eligible": TEXT("Whether ads can be made with it: AVAILABLE or NOT_AVAILABLE."),
    "owner_bc_name": TEXT("Name of the Business Center that owns it."),
    # What other kinds of assets fill.
    "catalog_role": TEXT("Role of the user in a catalog."),
    "store_role": TEXT("Role of the user in a shop."),
    "pixel_code": TEXT("Code of a pixel."),
    "tt_account_roles": LIST(TEXT)("Roles of the user in a TikTok account."),
}

ASSET_TYPES = ("ADVERTISER", "CATALOG", "TIKTOK_SHOP", "PIXEL", "LEAD", "TT_ACCOUNT")
BUSINESS_CENTER_ASSET: Mapping[str, Shape] = {
    **BUSINESS_CENTER_ACCOUNT,
    "asset_type": TEXT("Kind of asset: ADVERTISER, CATALOG, TIKTOK_SHOP, PIXEL, LEAD or TT_ACCOUNT."),
    "asset_id": ID("Id of the ad account, catalog, shop, pixel, library of forms or TikTok account."),
    "asset_name": TEXT("Name of the asset."),
}

AMOUNTS = {"cash_amount": NUMBER, "grant_amount": NUMBER, "credit_amount": NUMBER}

BUSINESS_CENTER_BALANCE: Mapping[str, Shape] = {
    "advertiser_id": ACCOUNT_ID,
    "advertiser_name": ACCOUNT_NAME,
    "advertiser_status": ACCOUNT_STATUS,
    "advertiser_type": ACCOUNT_TYPE,
    "timezone": TIMEZONE,
    "currency": CURRENCY,
    "company": TEXT("Name of the company."),
    "contact_name": TEXT("Name of the person to contact."),
    "contact_email": TEXT("Email address of the person to contact."),
    "create_time": MOMENT("When the account was created, in UTC."),
    "account_open_days": INTEGER("For how many days the account has been open."),
    "balance_reminder": FLAG("Whether the user is warned of a low balance."),
    "account_balance": NUMBER("All money of the account."),
    "valid_account_balance": NUMBER("Money that can be spent."),
    "frozen_balance": NUMBER("Money that is held back."),
    "cash_balance": NUMBER("Cash among it."),
    "valid_cash_balance": NUMBER("Cash that can be spent."),
    "grant_balance": NUMBER("Vouchers among it."),
    "valid_grant_balance": NUMBER("Vouchers that can be spent."),
    "tax": NUMBER("Tax on that money."),
    "balance_info": OBJECT(
        account_balance=NUMBER,
        frozen_balance=NUMBER,
        valid_account_balance=NUMBER,
        tax=NUMBER,
        cash_balance=NUMBER,
        frozen_cash_balance=NUMBER,
        cash_tax=NUMBER,
        valid_cash_balance=NUMBER,
        grant_balance=NUMBER,
        valid_grant_balance=NUMBER,
        frozen_grant_balance=NUMBER,
        credit_balance=NUMBER,
        valid_credit_balance=NUMBER,
        frozen_credit_balance=NUMBER,
    )("The same and more as one object: cash, vouchers and credit, each whole, held back and to be spent."),
    "recharge_amount": NUMBER("All money ever paid in."),
    "recharge_count": NUMBER("How many times money was paid in."),
    "first_recharge_amount": NUMBER("Money paid in at first."),
    "first_recharge_time": MOMENT("When money was first paid in, in UTC."),
    "latest_recharge_time": MOMENT("When money was last paid in, in UTC."),
    "transferable_amount": NUMBER("Money that can be moved to another account."),
    "max_transferable_amount": OBJECT(**AMOUNTS)("Most money that can be moved, by kind."),
    "budget_mode": TEXT("How the account's budget is meant: by day, by month, for a period, or without limit."),
    "budget": NUMBER("Budget of the account."),
    "budget_cost": NUMBER("What of it is spent."),
    "budget_remaining": NUMBER("What of it is left."),
    "budget_frequency_restriction": OBJECT(
        total_count=INTEGER,
        used_count=INTEGER,
        remaining_count=INTEGER,
        effective_start_time=MOMENT,
        effective_end_time=MOMENT,
    )("How often the budget may be changed, and until when."),
    "budget_amount_restriction": OBJECT(minimum_amount=NUMBER)("Smallest budget that may be set."),
    "payment_portfolio_id": PORTFOLIO_ID,
    "payment_portfolio_name": PORTFOLIO_NAME,
    "payment_portfolio_type": TEXT("Kind of that payment portfolio."),
}

# TikTok: these come only to those who ask for them; so does min_transferable_amount, but only for one account a page.
ONLY_ASKED = (
    *("budget_remaining", "budget_frequency_restriction", "budget_amount_restriction"),
    *("max_transferable_amount", "balance_info"),
)

BUSINESS_CENTER_TRANSACTION: Mapping[str, Shape] = {
    "bc_name": TEXT("Name of the Business Center."),
    "transaction_level": TEXT(
        "Whose money it is about: ADVERTISER, BC or PAYMENT_PORTFOLIO; from the request, not from TikTok."
    ),
    "transaction_id": ID("Id of the transaction."),
    "create_time": MOMENT("When it was made, in UTC; null where TikTok tells no readable time zone."),
    "create_time_local": LOCAL_TIME("The same in the time zone of the account or Business Center, as TikTok tells it."),
    "timezone": TEXT("Time zone of the account or Business Center, such as UTC+07:00."),
    "account_id": ACCOUNT_ID,
    "account_name": ACCOUNT_NAME,
    "transaction_type": TEXT("Kind of transaction, such as a payment or a transfer."),
    "billing_type": TEXT("Kind of money: CASH, CREDIT or GRANT."),
    "amount_type": TEXT("What the amount stands for."),
    "amount": NUMBER("Amount, in the currency of the row."),
    "subtotal": NUMBER("Amount before tax."),
    "tax_amount": NUMBER("Tax among it."),
    "currency": CURRENCY,
    "invoice_id": ID("Id of the invoice."),
    "serial_number": TEXT("Serial number of the invoice."),
    "payment_portfolio_id": PORTFOLIO_ID,
    "payment_portfolio_name": PORTFOLIO_NAME,
}


OWNERS = ("OWNED_BY_CURRENT_BUSINESS_CENTER", "SHARED_BY_OTHER_BUSINESS_CENTER")


def money_of(level: str, owner: str = "") -> Pass:
    """A reading of the transactions of one level, or of the accounts of one kind of owner."""
    filtering: Params = {"filtering": {"owner_of_account": [owner]}} if owner else {}
    return Pass({"transaction_level": level, **filtering}, {"transaction_level": level})


def between(first: date, last: date) -> Params:
    """The days of a request for transactions."""
    # TikTok: these are two times of day; whether the end is included is not documented, so it is the next day's start.
    end = last + timedelta(days=1)
    return {"filtering": {"start_time": f"{first} 00:00:00", "end_time": f"{end} 00:00:00"}}


_OFFSET = re.compile(r"UTC(?:([+-])(\d{1,2}):?(\d{2})?)?")


def zone_of(name: str) -> tzinfo | None:
    """The time zone behind `UTC+07:00` or a name of the IANA database; None where it is neither."""
    if told := _OFFSET.fullmatch(name.strip()):
        sign, hours, minutes = told.groups()
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return timezone(-ahead if sign == "-" else ahead) if ahead < timedelta(days=1) else None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def transaction(row: Row) -> Iterator[dict[str, Any]]:
    """A transaction whose time is UTC's, with the local one beside it."""
    # TikTok: create_time is local to the account or Business Center; timezone tells the offset.
    local, zone = row.get("create_time"), zone_of(str(row.get("timezone") or ""))
    utc = None
    if zone and isinstance(local, str):
        try:
            utc = datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(timezone.utc).isoformat()
        except (ValueError, OverflowError):
            utc = local
    yield {**row, "create_time": utc, "create_time_local": local}


with_id = lifting("bc_id", out_of="bc_info")
BUSINESS_CENTERS = CenterList("business_centers", "bc/get", ("bc_id",), BUSINESS_CENTER, records=with_id)
OF_CENTER = Parent(BUSINESS_CENTERS, from_row("bc_id"), inherits=("bc_id",))

ACCOUNT_LISTS: tuple[Listing, ...] = (
    Listing(
        "advertiser_accounts",
        "oauth2/advertiser/get",
        ("advertiser_id",),
        ADVERTISER_ACCOUNT,
        paging=Paging.WHOLE,
        scope=Scope.TOKEN,
        required=True,
    ),
    BUSINESS_CENTERS,
    CenterList(
        "business_center_accounts",
        # TikTok: this lists all assets of the Business Center, and takes an admin of it; bc/asset/get lists those that
        # are assigned to the person who authorised the app, without whose they are and their status.
        "bc/asset/admin/get",
        ("bc_id", "asset_id"),
        BUSINESS_CENTER_ACCOUNT,
        passes=(Pass({"asset_type": "ADVERTISER"}),),
        parent=OF_CENTER,
        instead=CenterList("assigned accounts", "bc/asset/get", ("bc_id", "asset_id"), BUSINESS_CENTER_ACCOUNT),
    ),
    CenterList(
        "business_center_assets",
        "bc/asset/admin/get",
        ("bc_id", "asset_type", "asset_id"),
        BUSINESS_CENTER_ASSET,
        passes=tuple(Pass({"asset_type": kind}, {"asset_type": kind}) for kind in ASSET_TYPES),
        parent=OF_CENTER,
        instead=CenterList(
            "assigned assets", "bc/asset/get", ("bc_id", "asset_type", "asset_id"), BUSINESS_CENTER_ASSET
        ),
    ),
    CenterList(
        "business_center_balances",
        "advertiser/balance/get",
        ("bc_id", "advertiser_id"),
        BUSINESS_CENTER_BALANCE,
        "advertiser_account_list",
        passes=(Pass({"fields": [*ONLY_ASKED]}),),
        parent=OF_CENTER,
        personal=("contact_name", "contact_email"),
    ),
    DatedListing(
        "business_center_transactions",
        "bc/account/transaction/get",
        # TikTok: whether levels share ids is not documented.
        ("bc_id", "transaction_level", "transaction_id"),
        BUSINESS_CENTER_TRANSACTION,
        "transaction_list",
        also_at=("transaction",),
        page_size=50,
        cursor="create_time",
        scope=Scope.CENTERS,
        # TikTok: each level of money has its own transactions; unasked, only those of ad accounts come, and of these
        # only those of accounts that the Business Center owns.
        passes=(
            *(money_of("ADVERTISER", owner) for owner in OWNERS),
            money_of("BC"),
            money_of("PAYMENT_PORTFOLIO"),
        ),
        parent=OF_CENTER,
        records=transaction,
        # TikTok: at most 365 days a request, and these end with the start of one more.
        days=364,
        params_for=between,
        # TikTok: the days are those of each transaction's account, and one request is about many accounts.
        utc=True,
        ahead=True,
    ),
)
