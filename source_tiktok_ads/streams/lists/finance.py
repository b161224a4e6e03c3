"""The lists of what is billed to Business Centers: invoices, daily costs of accounts, payment portfolios."""

from collections.abc import Mapping
from datetime import date

from source_tiktok_ads.streams.listing import DatedListing, Listing, Pass, Scope
from source_tiktok_ads.streams.lists.accounts import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    BC_ID,
    CURRENCY,
    OF_CENTER,
    PORTFOLIO_NAME,
    CenterList,
)
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.streams.shapes import DATE, ID, INTEGER, LIST, NUMBER, OBJECT, TEXT, Shape

RELATED_INVOICES = LIST(OBJECT({"invoice_id": ID, "serial_number": TEXT}))

INVOICE: Mapping[str, Shape] = {
    "bc_id": BC_ID,
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
    "bc_id": BC_ID,
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
    "bc_id": BC_ID,
    "payment_portfolio_id": ID("Id of the payment portfolio."),
    "payment_portfolio_name": PORTFOLIO_NAME,
    "linked_advertiser_account_count": INTEGER("Number of ad accounts linked to the portfolio."),
    "user_count": INTEGER("Number of users who can access the portfolio."),
    "cash_balance_list": LIST(OBJECT({"currency": TEXT, "amount": NUMBER}))("Cash balance in each currency."),
    "credit_line_allocation": OBJECT(
        {
            "allocated_amount": NUMBER,
            "used_amount": NUMBER,
            "available_amount": NUMBER,
            "min_allocation_percentage": NUMBER,
        }
    )("Credit line of the portfolio: allocated, used and available."),
}


# TikTok: the reference of payment portfolios names one place of the rows and shows this one in its example.
IN_THE_EXAMPLE = "payment_portfolios"


def on_days(first: date, last: date) -> Params:
    """The days of a request for costs."""
    return {"filtering": {"start_date": first.isoformat(), "end_date": last.isoformat()}}


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
        optional=True,
        # TikTok: the amounts of a request are those of all its days together, so each day is asked for by itself.
        days=1,
        asks=on_days,
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
)
