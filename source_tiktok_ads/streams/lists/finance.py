"""The lists of Business Centers' money: invoices, costs, transactions and budgets of accounts, payment portfolios."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from hashlib import sha256

from source_tiktok_ads.streams.listing import DatedListing, Listing, Parent, Pass, Row, Scope
from source_tiktok_ads.streams.lists.accounts import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    CURRENCY,
    OF_CENTER,
    PORTFOLIO_NAME,
    CenterList,
)
from source_tiktok_ads.streams.parameters import Params, from_row, span
from source_tiktok_ads.streams.shapes import DATE, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

RELATED_INVOICES = OBJECTS(invoice_id=ID, serial_number=TEXT)

INVOICE: Mapping[str, Shape] = {
    "invoice_id": ID("Id of the invoice."),
    "invoice_type": TEXT("Kind of invoice: RECON (reconciliation), CREDIT or AUTO_PAY (automatic payment)."),
    "serial_number": TEXT("Serial number of the invoice."),
    "subject_id": ID("Id of the legal entity that the contract is with."),
    "send_date": DATE("Day the invoice was issued."),
    "due_date": DATE("Day the invoice is due."),
    "status": TEXT("Approval status: CREATED, SUBMITTED, APPROVED or DELETED."),
    "pay_status": TEXT("Payment status: UNPAID, PAID, PARTIAL_PAID or NO_NEED."),
    "overdue_status": TEXT("Whether payment is overdue: INITIALIZED, YES or NO."),
    "currency_code": CURRENCY,
    "amount": NUMBER("Total amount, tax included."),
    "amount_excluding_tax": NUMBER("Total amount without tax."),
    "total_tax_amount": NUMBER("Tax in total."),
    "unpaid_amount": NUMBER("Amount still to be paid."),
    "tax_type1": TEXT("First type of tax."),
    "tax_rate1": NUMBER("Rate of the first type of tax."),
    "tax_amount1": NUMBER("Amount of the first type of tax."),
    "tax_id1": TEXT("Tax number for the first type of tax."),
    "tax_type2": TEXT("Second type of tax."),
    "tax_rate2": NUMBER("Rate of the second type of tax."),
    "tax_amount2": NUMBER("Amount of the second type of tax."),
    "tax_id2": TEXT("Tax number for the second type of tax."),
    "billing_group_id": ID("Id of the billing group."),
    "entity_serials": LIST(TEXT)("Serial numbers of the contracts on the invoice."),
    "negative_invoice_ids": RELATED_INVOICES("Approved credit notes that reverse this invoice."),
    "positive_invoice_ids": RELATED_INVOICES("Invoices that this credit note reverses."),
    "account_name": TEXT("Name of the account that is billed."),
    "invoice_title": TEXT("Name the invoice is made out to."),
    "country_code": TEXT("Code of the country of the billing address."),
    "address": TEXT("Billing address."),
    "emails": LIST(TEXT)("Email addresses the invoice is sent to."),
}

ACCOUNT_COST: Mapping[str, Shape] = {
    "advertiser_id": ACCOUNT_ID,
    "date": DATE("Day of the cost; TikTok's pages disagree whether it is the account's or UTC's."),
    "advertiser_name": ACCOUNT_NAME,
    "amount": NUMBER("Total cost of the account on that day."),
    "cash_amount": NUMBER("Part of the cost paid in cash."),
    "grant_amount": NUMBER("Part of the cost paid by ad credit."),
    "tax_amount": NUMBER("Estimated tax."),
    "currency": CURRENCY,
}

PAYMENT_PORTFOLIO: Mapping[str, Shape] = {
    "payment_portfolio_id": ID("Id of the payment portfolio."),
    "payment_portfolio_name": PORTFOLIO_NAME,
    "linked_advertiser_account_count": INTEGER("Number of ad accounts linked to the portfolio."),
    "user_count": INTEGER("Number of users who can access the portfolio."),
    "cash_balance_list": OBJECTS(currency=TEXT, amount=NUMBER)("Cash balance in each currency."),
    "credit_line_allocation": OBJECT(
        allocated_amount=NUMBER, used_amount=NUMBER, available_amount=NUMBER, min_allocation_percentage=NUMBER
    )("Credit line of the portfolio: allocated, used and available."),
}

MADE_ID: Mapping[str, Shape] = {
    "row_id": ID("Id that the connector makes of what TikTok says of the row, which has no id of its own."),
    "occurrence": INTEGER("Number of the row among those of which TikTok says the same; 1 for nearly all."),
}

ACCOUNT_TRANSACTION: Mapping[str, Shape] = {
    "advertiser_id": ACCOUNT_ID,
    "transfer_type": TEXT("Kind of transaction: TRANS_TYPE_TRANSFER, _PAYMENT, _COST or _TAX."),
    **MADE_ID,
    "date": MOMENT("When the transaction was made, in UTC."),
    "advertiser_name": ACCOUNT_NAME,
    "amount": NUMBER("Amount of the transaction."),
    "currency": CURRENCY,
    "funds_type": TEXT("Kind of money: FUNDS_TYPE_CASH or FUNDS_TYPE_GRANT; none for costs and taxes."),
    "timezone": TEXT("Time zone of the account."),
}

BUDGET_MODES = "UNLIMITED, MONTHLY_BUDGET, DAILY_BUDGET or CUSTOM_BUDGET"
BUDGET_CHANGE: Mapping[str, Shape] = {
    "advertiser_id": ACCOUNT_ID,
    **MADE_ID,
    "operation_time": MOMENT("When the budget was changed, in UTC."),
    "activity_type": TEXT(
        "Kind of change: INCREASE_BUDGET, DECREASE_BUDGET, BUDGET_MODE_UPDATE, REMOVE_BUDGET or RESET."
    ),
    "previous_budget": NUMBER("Budget before the change."),
    "previous_budget_mode": TEXT(f"Kind of budget before the change: {BUDGET_MODES}."),
    "current_budget": NUMBER("Budget after the change."),
    "current_budget_mode": TEXT(f"Kind of budget after the change: {BUDGET_MODES}."),
    "currency": CURRENCY,
    "operator_id": ID("Id of the user who made the change."),
    "operator_name": TEXT("Name of the user who made the change."),
}


# TikTok: the reference of payment portfolios names one place of the rows and shows this one in its example.
IN_THE_EXAMPLE = "payment_portfolios"


def on_days(first: date, last: date) -> Params:
    """The days of a request for costs."""
    return {"filtering": span(first, last)}


def identified(*names: str) -> Callable[[Row], Iterator[Row]]:
    """Makes rows with an id out of the fields that say what happened."""

    def records(row: Row) -> Iterator[Row]:
        text = json.dumps([row.get(name) for name in names])
        yield {**row, "row_id": sha256(text.encode()).hexdigest()[:32]}

    return records


def made_between(first: date, last: date) -> Params:
    """The days of a request for transactions."""
    # TikTok: a typed client sends the days among the filters, the example of a copy of its reference beside them.
    return {**on_days(first, last), **span(first, last)}


def assigned(account: Row) -> Iterator[Row]:
    """An ad account under the name that the request for its budget takes."""
    yield {"bc_id": account.get("bc_id"), "advertiser_id": account.get("asset_id")}


# TikTok: budgets can be asked about only where the user has a role in the account, so those assigned to them are.
ASSIGNED_ACCOUNTS = CenterList(
    "assigned accounts",
    "bc/asset/get",
    ("bc_id", "advertiser_id"),
    {"advertiser_id": ACCOUNT_ID},
    passes=(Pass({"asset_type": "ADVERTISER"}),),
    parent=OF_CENTER,
    records=assigned,
)
# TikTok: without a kind, only transfers come.
TRANSFER_TYPES = ("TRANS_TYPE_TRANSFER", "TRANS_TYPE_PAYMENT", "TRANS_TYPE_COST", "TRANS_TYPE_TAX")

FINANCE: tuple[Listing, ...] = (
    CenterList(
        "invoices",
        "bc/invoice/get",
        ("bc_id", "invoice_id"),
        INVOICE,
        # TikTok: invoices of automatic payments cannot be asked for together with other types.
        passes=(Pass({"invoice_types": ["RECON", "CREDIT"]}), Pass({"invoice_types": ["AUTO_PAY"]})),
        parent=OF_CENTER,
        personal=("address", "emails"),
    ),
    DatedListing(
        "account_costs",
        "bc/account/cost/get",
        ("bc_id", "advertiser_id", "date"),
        ACCOUNT_COST,
        "cost_list",
        page_size=50,
        cursor="date",
        scope=Scope.CENTERS,
        parent=OF_CENTER,
        # TikTok: the amounts of a request are those of all its days together, so each day is asked for by itself.
        days=1,
        params_for=on_days,
        day="date",
        # TikTok: its reference names the account's days in one version and UTC's in another.
        utc=True,
        ahead=True,
    ),
    CenterList(
        "payment_portfolios",
        "payment_portfolio/get",
        ("bc_id", "payment_portfolio_id"),
        PAYMENT_PORTFOLIO,
        "payment_portfolio_list",
        also_at=(IN_THE_EXAMPLE,),
        parent=OF_CENTER,
    ),
    DatedListing(
        "account_transactions",
        "advertiser/transaction/get",
        ("bc_id", "transfer_type", "row_id", "occurrence"),
        ACCOUNT_TRANSACTION,
        "transaction_list",
        page_size=50,
        cursor="date",
        scope=Scope.CENTERS,
        passes=tuple(Pass({"filtering": {"transfer_type": kind}}, {"transfer_type": kind}) for kind in TRANSFER_TYPES),
        parent=OF_CENTER,
        records=identified("advertiser_id", "date", "funds_type", "amount", "currency"),
        numbered="occurrence",
        params_for=made_between,
        utc=True,
    ),
    DatedListing(
        "account_budget_changes",
        "bc/account/budget/changelog/get",
        ("bc_id", "advertiser_id", "row_id", "occurrence"),
        BUDGET_CHANGE,
        "changelog_list",
        page_size=50,
        cursor="operation_time",
        scope=Scope.CENTERS,
        parent=Parent(ASSIGNED_ACCOUNTS, from_row("bc_id", "advertiser_id"), inherits=("bc_id", "advertiser_id")),
        records=identified(
            *("operation_time", "activity_type", "previous_budget", "previous_budget_mode"),
            *("current_budget", "current_budget_mode", "currency", "operator_id"),
        ),
        numbered="occurrence",
        personal=("operator_name",),
        days=365,
        params_for=on_days,
        utc=True,
    ),
)
