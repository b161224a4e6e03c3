"""config.py: each form of configuration, right or wrong, has one stated outcome."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from source_tiktok_ads.config import (
    PRODUCTION,
    SANDBOX,
    AccessToken,
    AuthorizationCode,
    BareToken,
    Config,
    ConfigError,
    CustomReport,
    Filter,
    SandboxToken,
    exchanged,
    explained,
    normalise,
    origin,
    parse,
    redirected,
    secrets_in,
    warns,
    with_access_token,
)

ROOT = Path(__file__).resolve().parents[1]
SPEC = json.loads((ROOT / "source_tiktok_ads" / "spec.json").read_text())["connectionSpecification"]

TOKEN, APP, SECRET, CODE = "tok-4f1c", "7011111111111111111", "sec-9d2e", "cod-77aa"
ID, OTHER = "7123456789012345678", "7000000000000000002"
OAUTH = {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP, "secret": SECRET}
BARE = {"auth_type": "oauth2.0", "access_token": TOKEN}
CONSENT = {"auth_type": "authorization_code", "app_id": APP, "secret": SECRET, "auth_code": CODE}
TESTBED = {"auth_type": "sandbox_access_token", "access_token": TOKEN, "advertiser_id": ID}


def ours(**changes: Any) -> dict[str, Any]:
    """A plain configuration of ours; None takes a field out."""
    config = {"credentials": OAUTH, "start_date": "2024-01-31", **changes}
    return {name: value for name, value in config.items() if value is not None}


def custom(*reports: Any) -> dict[str, Any]:
    """A configuration of ours with custom reports; each is the least one with its changes, or stands as it is."""
    least = {"name": "mine", "level": "ad", "metrics": ["spend"]}
    return ours(custom_reports=[{**least, **report} if isinstance(report, dict) else report for report in reports])


def singer(**changes: Any) -> dict[str, Any]:
    """A configuration of the Singer tap."""
    return {"access_token": TOKEN, "start_date": "2020-05-01T00:00:00Z", "user_agent": "me", "accounts": ID, **changes}


def qlik(**changes: Any) -> dict[str, Any]:
    """What Qlik's form asks for, under its labels."""
    form = {"App ID": APP, "Secret": SECRET, "Authorization code": CODE, "Start Date": "05/01/2020", "Accounts": "Acme"}
    return {**form, **changes}


def airbyte(**changes: Any) -> dict[str, Any]:
    """A configuration of Airbyte's TikTok Marketing connector."""
    return {"credentials": OAUTH, "start_date": "2023-02-01", "attribution_window": 3, **changes}


ACCEPTED: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("the least of ours", ours(), {"start_date": date(2024, 1, 31), "account_ids": (), "account_names": ()}),
    (
        "defaults",
        ours(),
        {
            "credentials": AccessToken.model_validate(OAUTH),
            "end_date": None,
            "include_deleted": True,
            "lookback_days": 28,
            "entity_versions": "every",
            "metric_groups": (),
            "custom_reports": (),
            "personal_data": False,
            "api_tier": "Basic",
            "requests_per_second": None,
            "on_skipped_accounts": "auto",
            "concurrency": 8,
            "page_size": 1000,
            "api_url": PRODUCTION,
            "wait_scale": 1.0,
            "sandbox": False,
            "budget": (10.0, 600.0),
        },
    ),
    (
        "everything set",
        ours(
            accounts=[ID, "Acme"],
            end_date="2024-02-29",
            include_deleted=False,
            lookback_days=0,
            entity_versions="latest",
            api_tier="Ultimate",
            requests_per_second=50,
            on_skipped_accounts="warn",
            concurrency=50,
            page_size=1,
            api_url="http://127.0.0.1:8080",
            wait_scale=0.01,
        ),
        {
            "account_ids": (ID,),
            "account_names": ("Acme",),
            "end_date": date(2024, 2, 29),
            "include_deleted": False,
            "lookback_days": 0,
            "entity_versions": "latest",
            "api_tier": "Ultimate",
            "budget": (50.0, 3000.0),
            "on_skipped_accounts": "warn",
            "concurrency": 50,
            "page_size": 1,
            "api_url": "http://127.0.0.1:8080",
            "wait_scale": 0.01,
        },
    ),
    (
        "both dates in American form",
        ours(start_date="01/31/2024", end_date="02/29/2024"),
        {"end_date": date(2024, 2, 29)},
    ),
    ("a day with its time", ours(start_date="2024-01-31T05:06:07.5+02:00"), {"start_date": date(2024, 1, 31)}),
    ("one day", ours(end_date="2024-01-31"), {"start_date": date(2024, 1, 31), "end_date": date(2024, 1, 31)}),
    ("an end in the far future", ours(end_date="9999-12-31"), {"end_date": date(9999, 12, 31)}),
    ("a start in the future is for TikTok's clock", ours(start_date="2999-01-01"), {"start_date": date(2999, 1, 1)}),
    ("empty fields", ours(end_date="", accounts=[], api_url=" "), {"end_date": None, "account_ids": ()}),
    ("null fields", {**ours(), "end_date": None, "concurrency": None}, {"end_date": None, "concurrency": 8}),
    ("the longest look-back", ours(lookback_days=364), {"lookback_days": 364}),
    ("a slower pace", ours(requests_per_second=2.5), {"requests_per_second": 2.5, "budget": (2.5, 150.0)}),
    ("a higher tier", ours(api_tier="Advanced"), {"budget": (20.0, 1200.0)}),
    ("unknown settings", ours(colour="red"), {"start_date": date(2024, 1, 31)}),
    ("ids without an app", ours(credentials=BARE, accounts=[ID]), {"account_ids": (ID,)}),
    (
        "ids with a token of the kind that has no app",
        ours(credentials={"auth_type": "access_token", "access_token": TOKEN}, accounts=[ID]),
        {"account_ids": (ID,), "credentials": BareToken(auth_type="access_token", access_token=TOKEN)},
    ),
    ("ids as numbers", ours(credentials=BARE, accounts=[int(ID)]), {"account_ids": (ID,)}),
    ("one id as number", ours(credentials=BARE, accounts=int(ID)), {"account_ids": (ID,)}),
    ("an id of 16 digits", ours(credentials=BARE, accounts=["7" * 16]), {"account_ids": ("7" * 16,)}),
    ("fifteen digits are a name", ours(accounts=["7" * 15]), {"account_names": ("7" * 15,)}),
    (
        "accounts given twice",
        ours(accounts=[ID, " Acme ", ID, "Acme"]),
        {"account_ids": (ID,), "account_names": ("Acme",)},
    ),
    ("accounts as one text", ours(accounts=f"{ID}, Acme,"), {"account_ids": (ID,), "account_names": ("Acme",)}),
    (
        "quotes keep commas",
        ours(accounts='"Acme, Inc", \'A, B\' ,Bob\'s "B" Shop'),
        {"account_names": ("Acme, Inc", "A, B", 'Bob\'s "B" Shop')},
    ),
    (
        "a code",
        ours(credentials=CONSENT),
        {"credentials": AuthorizationCode.model_validate(CONSENT)},
    ),
    (
        "the address with the code",
        ours(credentials={**CONSENT, "auth_code": f"https://me.example/cb?code={CODE}&auth_code={CODE}&state=x#_"}),
        {"credentials": AuthorizationCode.model_validate(CONSENT)},
    ),
    (
        "blanks around pasted texts",
        ours(credentials={**CONSENT, "app_id": int(APP), "secret": f" {SECRET}\n", "auth_code": f" {CODE} "}),
        {"credentials": AuthorizationCode.model_validate(CONSENT)},
    ),
    (
        "the sandbox",
        ours(credentials=TESTBED),
        {
            "credentials": SandboxToken.model_validate(TESTBED),
            "account_ids": (ID,),
            "sandbox": True,
            "api_url": SANDBOX,
            "budget": (1.0, 30.0),
        },
    ),
    ("the sandbox's account named again", ours(credentials=TESTBED, accounts=[ID]), {"account_ids": (ID,)}),
    ("a slow sandbox", ours(credentials=TESTBED, requests_per_second=0.25), {"budget": (0.25, 15.0)}),
    ("a server of one's own", ours(api_url="http://192.168.1.7/"), {"api_url": "http://192.168.1.7"}),
    ("IPv6 loopback", ours(api_url="https://[::1]:8443"), {"api_url": "https://[::1]:8443"}),
    ("the machine around a container", ours(api_url="http://host.docker.internal:9"), {"wait_scale": 1.0}),
    ("a name of localhost", ours(api_url="http://LocalHost:80"), {"api_url": "http://localhost:80"}),
    ("the whole wait", ours(api_url="http://10.0.0.1", wait_scale=1), {"wait_scale": 1}),
    ("groups of metrics", ours(metric_groups=["skan", "app", "skan"]), {"metric_groups": ("skan", "app")}),
    ("personal data", ours(personal_data=True), {"personal_data": True}),
    ("a custom report", custom({}), {"custom_reports": (CustomReport(name="mine", level="ad", metrics=("spend",)),)}),
    (
        "a custom report in full, beside one with fields left blank",
        custom(
            {
                "grain": "month",
                "metrics": ["spend", "clicks", "spend"],
                "breakdowns": [" age", "gender"],
                "report_type": "AUDIENCE",
                "filters": [
                    {"field_name": "objective_type", "values": ["TRAFFIC"], "filter_type": ""},
                    {"field_name": "create_time", "values": ["2024-01-01", "2024-02-01"], "filter_type": "BETWEEN"},
                    {"field_name": "create_time", "values": ["2024-01-01 ", "2024-01-01"], "filter_type": "BETWEEN"},
                    {"field_name": "ad_status", "values": ["STATUS_ALL", "STATUS_ALL"]},
                ],
            },
            {"name": "other", "grain": "", "breakdowns": None},
        ),
        {
            "custom_reports": (
                CustomReport(
                    name="mine",
                    level="ad",
                    metrics=("spend", "clicks"),
                    grain="month",
                    breakdowns=("age", "gender"),
                    report_type="AUDIENCE",
                    filters=(
                        Filter(field_name="objective_type", values=("TRAFFIC",)),
                        Filter(field_name="create_time", values=("2024-01-01", "2024-02-01"), filter_type="BETWEEN"),
                        Filter(field_name="create_time", values=("2024-01-01", "2024-01-01"), filter_type="BETWEEN"),
                        Filter(field_name="ad_status", values=("STATUS_ALL", "STATUS_ALL")),
                    ),
                ),
                CustomReport(name="other", level="ad", metrics=("spend",)),
            )
        },
    ),
    (
        "Airbyte's",
        airbyte(),
        {"lookback_days": 3, "include_deleted": False, "entity_versions": "latest", "start_date": date(2023, 2, 1)},
    ),
    (
        "Airbyte's with one account",
        {"credentials": {**OAUTH, "advertiser_id": ID}},
        {"account_ids": (ID,), "start_date": date(2016, 9, 1), "lookback_days": 28, "entity_versions": "latest"},
    ),
    ("Airbyte's without a start", airbyte(start_date=""), {"start_date": date(2016, 9, 1)}),
    ("Airbyte's that wants deleted ones", airbyte(include_deleted=True), {"include_deleted": True}),
    ("Airbyte's window as text", airbyte(attribution_window="7"), {"lookback_days": 7}),
    ("Airbyte's with a granularity", {**ours(), "report_granularity": "DAY"}, {"include_deleted": False}),
    (
        "Airbyte's sandbox",
        {"credentials": TESTBED, "attribution_window": 0},
        {"credentials": SandboxToken.model_validate(TESTBED), "lookback_days": 0, "entity_versions": "latest"},
    ),
    (
        "Airbyte's first form",
        {"environment": {"app_id": APP, "secret": SECRET}, "access_token": TOKEN},
        {"credentials": AccessToken.model_validate(OAUTH), "entity_versions": "latest"},
    ),
    (
        "Airbyte's first form in the sandbox",
        {"environment": {"advertiser_id": ID}, "access_token": TOKEN, "start_date": "2021-01-01"},
        {"credentials": SandboxToken.model_validate(TESTBED), "start_date": date(2021, 1, 1)},
    ),
    (
        "Singer's",
        singer(),
        {"account_ids": (ID,), "start_date": date(2020, 5, 1), "include_deleted": False, "entity_versions": "every"},
    ),
    (
        "Singer's in full",
        singer(
            accounts=f"{ID},{OTHER}",
            end_date="2020-06-01T00:00:00Z",
            include_deleted="TRUE",
            page_size="500",
            sandbox="false",
            request_timeout=300,
        ),
        {
            "credentials": AccessToken.model_validate(BARE),
            "account_ids": (ID, OTHER),
            "end_date": date(2020, 6, 1),
            "include_deleted": True,
            "page_size": 500,
        },
    ),
    ("Singer's accounts as numbers", singer(accounts=[int(ID)]), {"account_ids": (ID,)}),
    (
        "Singer's sandbox",
        singer(sandbox="true"),
        {"credentials": SandboxToken.model_validate(TESTBED), "api_url": SANDBOX},
    ),
    ("Singer's sandbox as a flag", singer(sandbox=True), {"sandbox": True}),
    ("Stitch's with the app", singer(app_id=APP, secret=SECRET, accounts=""), {"account_ids": (), "account_names": ()}),
    (
        "Qlik's",
        qlik(),
        {
            "credentials": AuthorizationCode.model_validate(CONSENT),
            "account_names": ("Acme",),
            "start_date": date(2020, 5, 1),
            "include_deleted": False,
        },
    ),
    (
        "Qlik's in full",
        qlik(**{"Accounts": '"Acme, Inc", Other', "Include data from deleted campaigns, ads, and adgroups": True}),
        {"account_names": ("Acme, Inc", "Other"), "include_deleted": True},
    ),
    (
        "the same in our spelling",
        {"app_id": APP, "secret": SECRET, "auth_code": CODE, "App ID": "x", "start_date": "05/01/2020"},
        {"credentials": AuthorizationCode.model_validate(CONSENT)},
    ),
]

DAY = "write a date as YYYY-MM-DD, from the year 2000 on, such as 2024-01-31."
LIST = 'write a list of account ids or names, such as ["7123456789012345678"].'
LISTING = (
    "TikTok lists a token's accounts, with their names, only to an app that shows its id and secret. Write App ID "
    "(`credentials.app_id`) and App Secret (`credentials.secret`), or only account ids in Accounts."
)
ORIGIN = (
    "and the token would be sent there: write an origin on a loopback or private address, such as "
    "http://127.0.0.1:8080, or remove it."
)
URL = "write an address such as http://127.0.0.1:8080."
TYPES = "credentials.auth_type is {}: write one of oauth2.0, access_token, authorization_code, sandbox_access_token."
BAD_TOKEN = (
    "credentials.access_token cannot be used: write the access token as TikTok issued it, without the word Bearer, "
    "without spaces and not the asterisks that Airbyte shows for it."
)
BAD_CODE = (
    "credentials.auth_code cannot be used: write the code of the consent page, or the whole address that the page led "
    "to."
)

REFUSED: list[tuple[str, Mapping[str, Any], str, str]] = [
    (
        "nothing",
        {},
        "credentials",
        "credentials is missing: write an object with auth_type and what belongs to it.",
    ),
    (
        "credentials of text",
        ours(credentials=TOKEN),
        "credentials",
        "credentials is not of this form: write an object with auth_type and what belongs to it.",
    ),
    ("no auth_type", ours(credentials={"access_token": TOKEN}), "credentials.auth_type", TYPES.format("missing")),
    (
        "another auth_type",
        ours(credentials={**OAUTH, "auth_type": "basic"}),
        "credentials.auth_type",
        TYPES.format('"basic"'),
    ),
    (
        "what may be a token for auth_type",
        ours(credentials={**OAUTH, "auth_type": TOKEN * 5}),
        "credentials.auth_type",
        TYPES.format("not of this form"),
    ),
    (
        "a list for auth_type",
        ours(credentials={**OAUTH, "auth_type": ["oauth2.0"]}),
        "credentials.auth_type",
        TYPES.format("not of this form"),
    ),
    (
        "no token",
        ours(credentials={"auth_type": "oauth2.0", "access_token": ""}),
        "credentials.access_token",
        BAD_TOKEN.replace("cannot be used", "is missing"),
    ),
    ("a number for a token", ours(credentials={**OAUTH, "access_token": 1.5}), "credentials.access_token", BAD_TOKEN),
    ("a broken token", ours(credentials={**OAUTH, "access_token": "a b"}), "credentials.access_token", BAD_TOKEN),
    ("Airbyte's mask", ours(credentials={**OAUTH, "access_token": "*" * 10}), "credentials.access_token", BAD_TOKEN),
    (
        "a broken secret",
        ours(credentials={**OAUTH, "secret": f"{SECRET}\nX: y"}),
        "credentials.secret",
        "credentials.secret cannot be used: write the app's secret as TikTok issued it, without spaces and not the "
        "asterisks that Airbyte shows for it.",
    ),
    (
        "no app",
        ours(credentials={**CONSENT, "app_id": None}),
        "credentials.app_id",
        "credentials.app_id is missing: write the id of the developer app, as text.",
    ),
    (
        "no code",
        {name: value for name, value in qlik().items() if name != "Authorization code"},
        "credentials.auth_code",
        BAD_CODE.replace("cannot be used", "is missing"),
    ),
    ("a code of two words", ours(credentials={**CONSENT, "auth_code": "a b"}), "credentials.auth_code", BAD_CODE),
    (
        "an address without a code",
        ours(credentials={**CONSENT, "auth_code": "https://me.example/?error=denied"}),
        "credentials.auth_code",
        BAD_CODE,
    ),
    (
        "a name for the sandbox account",
        ours(credentials={**TESTBED, "advertiser_id": "Acme"}),
        "credentials.advertiser_id",
        "credentials.advertiser_id cannot be used: write the id of the sandbox account, 16 to 19 digits, as text.",
    ),
    (
        "two accounts in Singer's sandbox",
        singer(sandbox=True, accounts=f"{ID},{OTHER}"),
        "credentials.advertiser_id",
        "credentials.advertiser_id is missing: write the id of the sandbox account, 16 to 19 digits, as text.",
    ),
    (
        "another account in the sandbox",
        ours(credentials=TESTBED, accounts=[OTHER]),
        "accounts",
        'accounts is ["7000000000000000002"]: a sandbox token reads only the account of Advertiser ID '
        "(`credentials.advertiser_id`), so leave it empty.",
    ),
    (
        "all accounts with a token of the kind that has no app",
        ours(credentials={"auth_type": "access_token", "access_token": TOKEN}),
        "accounts",
        f"accounts is empty: {LISTING}",
    ),
    ("all accounts without an app", ours(credentials=BARE), "accounts", f"accounts is empty: {LISTING}"),
    (
        "an app without its secret",
        ours(credentials={**BARE, "app_id": APP}),
        "accounts",
        f"accounts is empty: {LISTING}",
    ),
    (
        "a name without an app",
        ours(credentials=BARE, accounts=[ID, "Müller"]),
        "accounts",
        f'accounts holds "Müller", which is no id of 16 to 19 digits: {LISTING}',
    ),
    (
        "a short id without an app",
        singer(accounts=[123456789]),
        "accounts",
        f'accounts holds "123456789", which is no id of 16 to 19 digits: {LISTING}',
    ),
    ("an object for accounts", ours(accounts={"id": ID}), "accounts", f'accounts is {{"id": "{ID}"}}: {LIST}'),
    ("an empty account", ours(accounts=["", ID]), "accounts", f'accounts is ["", "{ID}"]: {LIST}'),
    ("a rounded id", ours(accounts=[7.123e18]), "accounts", f"accounts is [7.123e+18]: {LIST}"),
    (
        "a long value",
        ours(accounts=["x" * 99, 1.5]),
        "accounts",
        f'accounts is ["{"x" * 55}...: {LIST}',
    ),
    ("a lone surrogate", ours(accounts=["\ud800", 1.5]), "accounts", f'accounts is ["\\ud800", 1.5]: {LIST}'),
    (
        "no start",
        ours(start_date=None),
        "start_date",
        f"start_date is missing: {DAY}",
    ),
    ("a day of words", ours(start_date="yesterday"), "start_date", f'start_date is "yesterday": {DAY}'),
    ("a day that is none", ours(start_date="2023-02-29"), "start_date", f'start_date is "2023-02-29": {DAY}'),
    ("an American day that is none", ours(start_date="02/30/2024"), "start_date", f'start_date is "02/30/2024": {DAY}'),
    ("day before month", ours(start_date="31/01/2024"), "start_date", f'start_date is "31/01/2024": {DAY}'),
    ("a day without dashes", ours(start_date="20240131"), "start_date", f'start_date is "20240131": {DAY}'),
    ("a year that slipped", ours(start_date="0204-01-31"), "start_date", f'start_date is "0204-01-31": {DAY}'),
    ("a year", ours(start_date=2024), "start_date", f"start_date is 2024: {DAY}"),
    ("an end of words", ours(end_date="now"), "end_date", f'end_date is "now": {DAY}'),
    (
        "start after end",
        ours(end_date="01/30/2024"),
        "start_date",
        "start_date is 2024-01-31, after End Date (`end_date`) 2024-01-30: write a day that is not later, or leave the "
        "end date empty.",
    ),
    (
        "a flag of text",
        ours(include_deleted="yes"),
        "include_deleted",
        'include_deleted is "yes": write true or false, without quotes.',
    ),
    (
        "a flag of a number",
        ours(include_deleted=1),
        "include_deleted",
        "include_deleted is 1: write true or false, without quotes.",
    ),
    (
        "a number of text",
        ours(lookback_days="28"),
        "lookback_days",
        'lookback_days is "28": write a whole number from 0 to 364, without quotes.',
    ),
    (
        "too long a look-back",
        airbyte(attribution_window=365),
        "lookback_days",
        "lookback_days is 365: write a whole number from 0 to 364, without quotes.",
    ),
    (
        "a look-back ahead",
        ours(lookback_days=-1),
        "lookback_days",
        "lookback_days is -1: write a whole number from 0 to 364, without quotes.",
    ),
    (
        "a flag for a number",
        ours(lookback_days=True),
        "lookback_days",
        "lookback_days is true: write a whole number from 0 to 364, without quotes.",
    ),
    (
        "other versions",
        ours(entity_versions="newest"),
        "entity_versions",
        'entity_versions is "newest": write one of every, latest.',
    ),
    (
        "one group as a text",
        ours(metric_groups="skan"),
        "metric_groups",
        'metric_groups is "skan": write a list of groups of metrics, such as ["skan"].',
    ),
    (
        "personal data as text",
        ours(personal_data="no"),
        "personal_data",
        'personal_data is "no": write true or false, without quotes.',
    ),
    (
        "a custom report by its name",
        custom("mine"),
        "custom_reports",
        'custom_reports is ["mine"]: write a list of objects, each with name, level and metrics at least.',
    ),
    (
        "a custom report without a level",
        custom({"level": None}),
        "custom_reports[0].level",
        "custom_reports[0].level is missing: write one of advertiser, campaign, adgroup, ad, ad_v2, playable.",
    ),
    (
        "a name with blanks",
        custom({}, {"name": "my report"}),
        "custom_reports[1].name",
        'custom_reports[1].name is "my report": write a name for the stream, at most 63 small letters, digits and '
        "underscores, a letter first.",
    ),
    (
        "a name twice",
        custom({}, {"level": "campaign"}),
        "custom_reports[1].name",
        'custom_reports[1].name is "mine", as an earlier one: write a name of its own.',
    ),
    (
        "a custom report without metrics",
        custom({"metrics": []}),
        "custom_reports[0].metrics",
        'custom_reports[0].metrics is []: write a list of metrics, such as ["spend", "impressions"].',
    ),
    (
        "a metric that is no word",
        custom({"metrics": ["spend", "cost per click"]}),
        "custom_reports[0].metrics",
        'custom_reports[0].metrics is ["spend", "cost per click"]: write a list of metrics, such as ["spend", '
        '"impressions"].',
    ),
    (
        "TikTok's word for the grain",
        custom({"grain": "stat_time_day"}),
        "custom_reports[0].grain",
        'custom_reports[0].grain is "stat_time_day": write one of day, hour, month, lifetime.',
    ),
    (
        "filters as an object",
        custom({"filters": {"field_name": "x"}}),
        "custom_reports[0].filters",
        'custom_reports[0].filters is {"field_name": "x"}: write a list of objects, each with field_name and values.',
    ),
    (
        "a filter's value as text",
        custom({"filters": [{"field_name": "x", "values": "y"}]}),
        "custom_reports[0].filters[0].values",
        'custom_reports[0].filters[0].values is "y": write a list of texts, such as ["TRAFFIC"].',
    ),
    (
        "a tier in small letters",
        ours(api_tier="basic"),
        "api_tier",
        'api_tier is "basic": write one of Basic, Advanced, Premium, Ultimate.',
    ),
    (
        "no requests",
        ours(requests_per_second=0),
        "requests_per_second",
        "requests_per_second is 0: write a number from 0.1 on, such as 5.",
    ),
    (
        "a request in three hours",
        ours(requests_per_second=0.0001),
        "requests_per_second",
        "requests_per_second is 0.0001: write a number from 0.1 on, such as 5.",
    ),
    (
        "no number of requests",
        ours(requests_per_second=float("nan")),
        "requests_per_second",
        "requests_per_second is NaN: write a number from 0.1 on, such as 5.",
    ),
    (
        "a flag of requests",
        ours(requests_per_second=True),
        "requests_per_second",
        "requests_per_second is true: write a number from 0.1 on, such as 5.",
    ),
    (
        "more requests than the tier",
        ours(requests_per_second=10.5),
        "requests_per_second",
        "requests_per_second is 10.5, above the 10 of API Tier (`api_tier`) Basic: write at most 10, or leave it "
        "empty.",
    ),
    (
        "more requests than the sandbox",
        ours(credentials=TESTBED, api_tier="Ultimate", requests_per_second=2),
        "requests_per_second",
        "requests_per_second is 2, above the 1 of the sandbox: write at most 1, or leave it empty.",
    ),
    (
        "another choice",
        ours(on_skipped_accounts="ignore"),
        "on_skipped_accounts",
        'on_skipped_accounts is "ignore": write one of auto, fail, warn.',
    ),
    (
        "a choice in a list",
        ours(on_skipped_accounts=["warn"]),
        "on_skipped_accounts",
        'on_skipped_accounts is ["warn"]: write one of auto, fail, warn.',
    ),
    (
        "no workers",
        ours(concurrency=0),
        "concurrency",
        "concurrency is 0: write a whole number from 1 to 50, without quotes.",
    ),
    (
        "half a worker",
        ours(concurrency=1.5),
        "concurrency",
        "concurrency is 1.5: write a whole number from 1 to 50, without quotes.",
    ),
    (
        "too big a page",
        singer(page_size="1001"),
        "page_size",
        "page_size is 1001: write a whole number from 1 to 1000, without quotes.",
    ),
    (
        "a page of words",
        singer(page_size="many"),
        "page_size",
        'page_size is "many": write a whole number from 1 to 1000, without quotes.',
    ),
    ("a port for an address", ours(api_url=8080), "api_url", f"api_url is 8080: {URL}"),
    ("another scheme", ours(api_url="ftp://127.0.0.1"), "api_url", f'api_url is "ftp://127.0.0.1": {URL}'),
    (
        "a public name",
        ours(api_url="https://example.com"),
        "api_url",
        f'api_url is "https://example.com", {ORIGIN}',
    ),
    (
        "a public address",
        ours(api_url="https://8.8.8.8"),
        "api_url",
        f'api_url is "https://8.8.8.8", {ORIGIN}',
    ),
    (
        "the cloud's metadata address",
        ours(api_url="http://169.254.169.254"),
        "api_url",
        f'api_url is "http://169.254.169.254", {ORIGIN}',
    ),
    (
        "a name that begins like localhost",
        ours(api_url="http://localhost.example.com"),
        "api_url",
        f'api_url is "http://localhost.example.com", {ORIGIN}',
    ),
    (
        "more than an origin",
        ours(api_url="http://127.0.0.1/v1"),
        "api_url",
        f'api_url is "http://127.0.0.1/v1", {ORIGIN}',
    ),
    ("no port at all", ours(api_url="http://127.0.0.1:x"), "api_url", f'api_url is "http://127.0.0.1:x", {ORIGIN}'),
    (
        "a password in the address",
        ours(api_url="http://me:pass@127.0.0.1"),
        "api_url",
        f"api_url is an address with a user or password, {ORIGIN}",
    ),
    (
        "no wait",
        ours(api_url="http://127.0.0.1", wait_scale=0),
        "wait_scale",
        "wait_scale is 0: write a number above 0 and at most 1, such as 0.01.",
    ),
    (
        "longer waits",
        ours(api_url="http://127.0.0.1", wait_scale=2),
        "wait_scale",
        "wait_scale is 2: write a number above 0 and at most 1, such as 0.01.",
    ),
    (
        "shorter waits at TikTok's",
        ours(wait_scale=0.5),
        "wait_scale",
        "wait_scale is for tests and needs API Address for Tests (`api_url`): remove it, or write the address as well.",
    ),
]


def read(raw: Mapping[str, Any], **environ: str) -> Config:
    """The configuration as the connector reads it."""
    return parse(normalise(raw)[0], environ)


@pytest.mark.parametrize(("raw", "expected"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_accepted(raw: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """A usable configuration becomes the stated Config, and in our form it fits what the form promises."""
    config = read(raw)
    assert {name: getattr(config, name) for name in expected} == expected
    assert fits(config)


def fits(config: Config) -> bool:
    """Whether what was read, written in our form, is what the form promises to take.

    A token with ids alone was once of the first kind in the form; it has a kind of its own now, and reads the same.
    """
    ours = config.model_dump(mode="json", exclude_unset=True)
    if isinstance(config.credentials, AccessToken) and not (config.credentials.app_id and config.credentials.secret):
        ours["credentials"] = {"auth_type": "access_token", "access_token": config.credentials.access_token}
    return not list(Draft7Validator(SPEC).iter_errors(ours))


def titled(field: str) -> str:
    """A setting as sentences name it: by its title in the form, then by its path."""
    node: Any = SPEC
    for step in re.findall(r"\w+", field):
        kinds = [kind for kind in node.get("oneOf", ()) if step in kind["properties"]]
        node = node["items"] if step.isdigit() else (kinds or [node])[0]["properties"][step]
    return f"{node.get('title', 'Authentication')} (`{field}`)"


@pytest.mark.parametrize(("raw", "field", "sentence"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(raw: Mapping[str, Any], field: str, sentence: str) -> None:
    """An unusable one is refused with the field, the value and what to write, and never with a secret.

    In the table the path alone stands at the beginning of a sentence.
    """
    with pytest.raises(ConfigError) as refusal:
        read(raw)
    assert (refusal.value.field, str(refusal.value)) == (field, f"{titled(field)}{sentence.removeprefix(field)}")
    assert not any(secret in sentence for secret in (TOKEN, APP, SECRET, CODE))


def test_rows_are_distinct() -> None:
    """The two tables hold what they are asked to: sixty configurations and more, each under its own name."""
    names = [row[0] for row in ACCEPTED] + [row[0] for row in REFUSED]
    assert len(set(names)) == len(names) >= 60


TEXTS = st.text("aZ09 ,\"'/:-T*\n\u00fc\ud800", max_size=12)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [*SPEC["properties"], *singer(), *qlik(), "attribution_window", "environment", "report_granularity", "sandbox", "x"]
)
INNER = st.sampled_from(["auth_type", "access_token", "app_id", "secret", "auth_code", "advertiser_id", "y"])
PLAIN = st.sampled_from(
    [*OAUTH.values(), *TESTBED.values(), "01/31/2024", "2024-01-31", "", "true", "7", f"x?auth_code={CODE}"]
)
MAPPINGS = st.dictionaries(NAMES, ANY | PLAIN | st.dictionaries(INNER, ANY | PLAIN), max_size=8)


def refusal(mapping: Mapping[str, Any]) -> ConfigError | None:
    """Why a mapping cannot be read, None where it can."""
    try:
        parse(mapping, {})
    except ConfigError as error:
        return error
    return None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MAPPINGS | MAPPINGS.map(lambda changes: ours(accounts=[ID]) | changes))
@example({"credentials": {"auth_type": "oauth2.0", "advertiser_id": ID}, "accounts": []})
@example({"environment": {"access_token": None}})
@example({"custom_reports": [{"strange": 1, "filters": [{"field": "ad_id", "odd": 1}]}]})
def test_any_mapping_ends_in_a_config_or_a_sentence(raw: dict[str, Any]) -> None:
    """Whatever is filled in: translating it twice changes nothing more, and reading it succeeds or names a field."""
    shaped, _ = normalise(raw)
    assert json.dumps(normalise(shaped)[0]) == json.dumps(shaped)
    assert normalise(shaped)[1] == ()
    refused = refusal(shaped)
    assert f"(`{refused.field}`) " in str(refused) if refused else fits(parse(shaped, {}))


@pytest.mark.parametrize(
    "raw", [ours(), custom({}), ours(credentials=CONSENT), ours(credentials=TESTBED, accounts=[ID])]
)
def test_our_own_form_passes_unchanged(raw: dict[str, Any]) -> None:
    """A configuration in our form comes out as it went in, without a note."""
    assert normalise(raw) == (raw, ())


AIRBYTE_NOTE = (
    "The configuration of Airbyte's TikTok Marketing connector was translated: attribution_window became "
    "lookback_days, and what is not set is as there (include_deleted false, start_date 2016-09-01), with "
    "entity_versions latest."
)
FLAT_NOTE = (
    "The flat configuration, as the Singer tap, Stitch and Qlik have it, was translated; include_deleted is false, as "
    "there, unless it is set."
)


@pytest.mark.parametrize(
    ("raw", "notes"),
    [
        (
            ours(metrics="x", credentials={**OAUTH, "note": "y", "auth_code": CODE}),
            (
                "Settings that this connector does not have are ignored: metrics, credentials.note, "
                "credentials.auth_code.",
            ),
        ),
        (
            singer(auth_code=CODE, **{"two\nlines": 1}),
            (FLAT_NOTE, "Settings that this connector does not have are ignored: user_agent, auth_code, two lines."),
        ),
        (qlik(), (FLAT_NOTE,)),
        (airbyte(), (AIRBYTE_NOTE,)),
        (
            {**airbyte(), "report_granularity": "DAY"},
            (AIRBYTE_NOTE, "Settings that this connector does not have are ignored: report_granularity."),
        ),
        ({"environment": {}, "access_token": TOKEN}, (AIRBYTE_NOTE,)),
        (
            custom({"breakdown": [], "filters": [{"field": "x"}]}, {"filters": "x", "colour": 1}),
            (
                "Settings that this connector does not have are ignored: custom_reports[0].breakdown (did you mean "
                "custom_reports[0].breakdowns?), custom_reports[0].filters[0].field, custom_reports[1].colour.",
            ),
        ),
        ({"colour": 1}, ("Settings that this connector does not have are ignored: colour.",)),
        (
            ours(Startdate="x", account=[ID], credentials={**OAUTH, "app_i": APP}),
            (
                "Settings that this connector does not have are ignored: Startdate (did you mean start_date?), account "
                "(did you mean accounts?), credentials.app_i (did you mean credentials.app_id?).",
            ),
        ),
    ],
)
def test_notes(raw: dict[str, Any], notes: tuple[str, ...]) -> None:
    """A translation is named once, and every setting nobody reads by its name in one line, never with its value."""
    assert normalise(raw)[1] == notes


def test_ignored_settings_warn() -> None:
    """They may be misspelt ones; how another connector's form was translated is for information."""
    _, (translated, ignored) = normalise(singer(colour=1))
    assert (warns(translated), warns(ignored)) == (False, True)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (ours(start_date=None, startdate="2024-01-31"), "ignored: startdate (did you mean start_date?)."),
        (ours(start_date=None), DAY),
        (singer(start_date="soon", colour=1), DAY),
    ],
)
def test_a_missing_setting_is_explained_by_the_ignored(raw: dict[str, Any], says: str) -> None:
    """The sentence goes on with the names that nobody reads; where nothing is missing it stays as it is."""
    shaped, notes = normalise(raw)
    refused = refusal(shaped)
    assert refused is not None
    assert explained(refused, notes).endswith(says)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (ours(credentials=CONSENT, accounts="Acme", new=1), {"start_date": "2024-01-31", "accounts": "Acme", "new": 1}),
        (qlik(), {"start_date": "2020-05-01", "accounts": ["Acme"], "include_deleted": False}),
    ],
)
def test_with_access_token(raw: dict[str, Any], kept: dict[str, Any]) -> None:
    """The token replaces the code, and everything else stays as the user has it (a flat form in ours)."""
    config, credentials = read(raw), {**OAUTH, "access_token": "new-token"}
    assert with_access_token(raw, config, "new-token") == {**kept, "credentials": credentials}
    assert exchanged(config, "new-token") == read({**raw, **kept, "credentials": credentials})


def test_an_exchanged_token_is_held_to_the_rules() -> None:
    """What TikTok sends in place of a code must be able to stand in a header."""
    with pytest.raises(ConfigError, match=r"^Access Token \(`credentials\.access_token`\) cannot be used"):
        exchanged(read(qlik()), "to ken")


def test_an_origin_of_the_environment_is_not_kept() -> None:
    """The new credentials of a flat configuration come with what the user has set, and nothing else."""
    config = read(qlik(), TIKTOK_ADS_API_URL="http://127.0.0.1:1")
    assert exchanged(config, "new-token").api_url == "http://127.0.0.1:1"
    assert "api_url" not in with_access_token(qlik(), config, "new-token")


def test_secrets_never_show() -> None:
    """The text of a Config and of any credentials leaves every secret out."""
    shown = [repr(read(ours(credentials=credentials))) for credentials in (OAUTH, CONSENT, TESTBED)]
    assert not any(secret in text for text in shown for secret in (TOKEN, APP, SECRET, CODE))


@pytest.mark.parametrize(
    ("raw", "secrets"),
    [
        (ours(), (TOKEN, APP, SECRET)),
        (
            ours(credentials={**CONSENT, "auth_code": f" a?auth_code={CODE}"}),
            (APP, SECRET, f" a?auth_code={CODE}", f"a?auth_code={CODE}", CODE),
        ),
        (qlik(), (APP, SECRET, CODE)),
        ({"environment": {"secret": SECRET}, "list": [{"access_token": TOKEN}]}, (SECRET, TOKEN)),
        (ours(credentials={"access_token": "abc", "app_id": "123456", "secret": 5}), ()),
    ],
)
def test_secrets_in(raw: dict[str, Any], secrets: tuple[str, ...]) -> None:
    """Secrets are found in every form before it is understood; what is too short to hide is left."""
    assert secrets_in(raw) == secrets


def test_api_url_from_the_environment() -> None:
    """The variable stands in for the setting, the setting wins, and either permits wait_scale."""
    environ = {"TIKTOK_ADS_API_URL": "http://127.0.0.1:1"}
    assert read(ours(wait_scale=0.5), **environ).api_url == "http://127.0.0.1:1"
    assert read(ours(api_url="http://127.0.0.1:2"), **environ).api_url == "http://127.0.0.1:2"
    assert (origin(environ), origin({})) == ("http://127.0.0.1:1", PRODUCTION)


@pytest.mark.parametrize(
    ("raw", "environ", "sentence"),
    [
        (
            ours(api_url="http://127.0.0.1"),
            {"DEPLOYMENT_MODE": "cloud"},
            "api_url is for tests and refused in Airbyte Cloud: remove it.",
        ),
        (
            ours(),
            {"DEPLOYMENT_MODE": "CLOUD", "TIKTOK_ADS_API_URL": "http://127.0.0.1"},
            "the variable TIKTOK_ADS_API_URL is for tests and refused in Airbyte Cloud: remove it.",
        ),
        (
            ours(),
            {"TIKTOK_ADS_API_URL": "http://example.com"},
            f'the variable TIKTOK_ADS_API_URL is "http://example.com", {ORIGIN}',
        ),
    ],
)
def test_api_url_refused(raw: dict[str, Any], environ: dict[str, str], sentence: str) -> None:
    """In the cloud nothing stands in for TikTok, and the variable is held to the rules of the setting."""
    with pytest.raises(ConfigError) as refusal:
        read(raw, **environ)
    assert (refusal.value.field, str(refusal.value)) == ("api_url", sentence.replace("api_url", titled("api_url"), 1))


def test_cloud_without_an_override() -> None:
    """In the cloud TikTok itself is read."""
    assert read(ours(), DEPLOYMENT_MODE="CLOUD").api_url == PRODUCTION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" abc ", ("abc", None)),
        ("https://me.example/cb?auth_code=a%2Bb&state=s", ("a+b", "s")),
        ("auth_code=abc", ("abc", None)),
        ("https://me.example/cb?auth_code=&state=s", ("", "s")),
    ],
)
def test_redirected(text: str, expected: tuple[str, str | None]) -> None:
    """Code and state are found in a bare code, an address and a piece of one."""
    assert redirected(text) == expected


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("config.*.json")), ids=lambda path: path.name)
def test_examples(path: Path) -> None:
    """Every example is in our form, fits the form's schema and can be read."""
    raw = json.loads(path.read_text())
    assert normalise(raw) == (raw, ())
    assert list(Draft7Validator(SPEC).iter_errors(raw)) == []
    assert parse(raw, {}).start_date == date(2024, 1, 1)
