"""What every kind of input leads to: exit code, failure type, and a sentence that says what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from .forking import Forks, judged
from .reading import Outcome, by_key, configured, run
from .simulator import (
    APP_ID,
    AUTH_CODE,
    EXPIRED_AUTH_CODE,
    REVOKED_TOKEN,
    SANDBOX_TOKEN,
    SECRET,
    TOKEN,
    Simulator,
    World,
)

WORLD = World(
    advertisers=3,
    campaigns=2,
    adgroups_per=1,
    ads_per=1,
    history_start=date(2026, 2, 10),
    names=("Acme, Inc", "Twin", "Twin"),
)
ACME, TWIN, OTHER_TWIN = WORLD.advertiser_ids
CLOSED = WORLD.unreadable_ids[0]
ALL = (ACME, TWIN, OTHER_TWIN)
START = "2026-02-20"
CONFIGS = Path(__file__).parent / "configs"

OAUTH = {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP_ID, "secret": SECRET}
BARE = {"auth_type": "oauth2.0", "access_token": TOKEN}
TESTBED = {"auth_type": "sandbox_access_token", "access_token": SANDBOX_TOKEN, "advertiser_id": ACME}
CONSENT = {"auth_type": "authorization_code", "app_id": APP_ID, "secret": SECRET, "auth_code": AUTH_CODE}
Given = Mapping[str, Any]


def ours(**changes: Any) -> dict[str, Any]:
    """A configuration in our own form."""
    return {"credentials": OAUTH, "start_date": START, **changes}


def singer(**changes: Any) -> dict[str, Any]:
    """One of the Singer tap's."""
    return {"accounts": TWIN, "access_token": TOKEN, "start_date": "2026-02-20T00:00:00Z", **changes}


def qlik(**changes: Any) -> dict[str, Any]:
    """One as Qlik's form labels it."""
    labels = {"App ID": APP_ID, "App secret": SECRET, "Authorization code": AUTH_CODE, "Start date": "02/20/2026"}
    return {**labels, "Accounts": '"Acme, Inc"', **changes}


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """The command, imported."""
    with Forks() as running:
        yield running


@pytest.fixture
def tiktok() -> Iterator[Simulator]:
    """Three accounts, two of one name."""
    with Simulator(WORLD) as running:
        yield running


Command = Callable[..., Outcome]


@pytest.fixture
def command(forks: Forks, tiktok: Simulator) -> Command:
    """Runs a command against the simulator, whatever the configuration says, and sees to it that its output is sound.

    The address stands in the environment, so that foreign configurations stay as they are.
    """

    return command_at(forks, tiktok)


def command_at(forks: Forks, tiktok: Simulator) -> Command:
    """What `command` runs with."""

    def ran(verb: str, *given: Any, **variables: str) -> Outcome:
        return judged(forks.run(verb, *given, **{"TIKTOK_ADS_API_URL": tiktok.url, **variables}))

    return ran


def quick(config: Given) -> Given:
    """The configuration with waits shortened, for reads, which the pace of the Basic tier would hold up."""
    return {**config, "wait_scale": 0.001}


def refused(outcome: Outcome) -> str:
    """The sentence of a command that ended with a configuration error and brought nothing."""
    assert (outcome.code, outcome.records) == (1, {})
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    sentence: str = outcome.errors[-1]["message"]
    return sentence


def failed(outcome: Outcome) -> str:
    """The sentence of a check that failed the way a platform wants it: in the verdict, with exit code 0."""
    assert (outcome.code, outcome.errors, outcome.verdict["status"]) == (0, [], "FAILED")
    sentence: str = outcome.verdict["message"]
    return sentence


# --- Configurations that work -----------------------------------------------------------------------------------------

TRANSLATED = "Airbyte's TikTok Marketing connector was translated"
FLAT = "The flat configuration, as the Singer tap, Stitch and Qlik have it, was translated"
IGNORED = "Settings that this connector does not have are ignored: "

# Name, configuration, the accounts that check lists, what it says besides.
USABLE: list[tuple[str, Given, tuple[str, ...], str]] = [
    ("the least of ours", ours(), ALL, ""),
    ("American dates", ours(start_date="02/20/2026", end_date="03/01/2026"), ALL, ""),
    ("a start with its time", ours(start_date="2026-02-20T12:34:56+02:00"), ALL, ""),
    ("one day", ours(end_date=START), ALL, ""),
    ("an end in the future", ours(end_date="2999-12-31"), ALL, ""),
    ("a day that has begun in one account only", ours(start_date="2026-03-11"), ALL, ""),
    ("an id without the app", ours(credentials=BARE, accounts=[TWIN]), (TWIN,), ""),
    ("ids as numbers", ours(credentials=BARE, accounts=[int(TWIN), int(ACME)]), (TWIN, ACME), ""),
    ("one id as a number", ours(credentials=BARE, accounts=int(TWIN)), (TWIN,), ""),
    ("a name", ours(accounts=["Acme, Inc"]), (ACME,), ""),
    ("a name in small letters", ours(accounts=[" acme, inc "]), (ACME,), ""),
    ("an id and a name", ours(accounts=[OTHER_TWIN, "Acme, Inc"]), (OTHER_TWIN, ACME), ""),
    ("an account twice", ours(accounts=["Acme, Inc", ACME]), (ACME,), ""),
    ("one text of accounts", ours(accounts=f"{TWIN}, 'Acme, Inc',"), (TWIN, ACME), ""),
    ("no accounts in a list", ours(accounts=[]), ALL, ""),
    ("fields left empty", ours(end_date="", accounts=None, api_tier=" ", page_size=None), ALL, ""),
    ("settings of nobody", ours(colour="red", report_type="x"), ALL, f"{IGNORED}colour, report_type."),
    (
        "all settings",
        ours(
            accounts=[ACME],
            end_date="2026-03-01",
            include_deleted=False,
            lookback_days=0,
            entity_versions="latest",
            api_tier="Ultimate",
            requests_per_second=50,
            on_skipped_accounts="fail",
            concurrency=50,
            page_size=1,
            wait_scale=1,
        ),
        (ACME,),
        "",
    ),
    ("the sandbox", ours(credentials=TESTBED), (ACME,), ""),
    ("the sandbox's account named again", ours(credentials=TESTBED, accounts=[ACME]), (ACME,), ""),
    ("ids beside a closed account found", ours(accounts=[ACME, CLOSED], on_skipped_accounts="warn"), (ACME,), CLOSED),
    ("Airbyte's", ours(attribution_window=3), ALL, TRANSLATED),
    ("Airbyte's without a start", {"credentials": OAUTH, "report_granularity": "DAY"}, ALL, TRANSLATED),
    ("Airbyte's with one account", {"credentials": {**BARE, "advertiser_id": TWIN}}, (TWIN,), TRANSLATED),
    ("Airbyte's sandbox", {"credentials": TESTBED, "attribution_window": 0}, (ACME,), TRANSLATED),
    (
        "Airbyte's first form",
        {"environment": {"app_id": APP_ID, "secret": SECRET}, "access_token": TOKEN},
        ALL,
        TRANSLATED,
    ),
    (
        "Airbyte's first form in the sandbox",
        {"environment": {"advertiser_id": ACME}, "access_token": SANDBOX_TOKEN, "start_date": START},
        (ACME,),
        TRANSLATED,
    ),
    ("Singer's", singer(request_timeout=300), (TWIN,), f"{IGNORED}request_timeout."),
    (
        "Singer's in full",
        singer(accounts=f"{TWIN},{ACME}", include_deleted="true", page_size="500", sandbox="false", user_agent="me"),
        (TWIN, ACME),
        FLAT,
    ),
    ("Singer's sandbox", singer(accounts=ACME, sandbox="true", access_token=SANDBOX_TOKEN), (ACME,), FLAT),
    ("Stitch's with the app", singer(accounts="", app_id=APP_ID, secret=SECRET), ALL, FLAT),
]


@pytest.mark.parametrize(("config", "accounts", "note"), [row[1:] for row in USABLE], ids=[row[0] for row in USABLE])
def test_usable(command: Command, config: Given, accounts: tuple[str, ...], note: str) -> None:
    """check succeeds, lists exactly the accounts meant, and says how a foreign configuration was understood."""
    outcome = command("check", quick(config))
    assert (outcome.code, outcome.verdict) == (0, {"status": "SUCCEEDED"})
    listed = [line.split()[2].rstrip(":") for line in outcome.logs if line.startswith("INFO Account ")]
    assert sorted(listed) == sorted({*accounts, *([CLOSED] if note == CLOSED else [])})
    assert note in "\n".join(outcome.logs)


def test_a_file_with_a_byte_order_mark(command: Command) -> None:
    """What some editors write before the JSON changes nothing."""
    for verb in ("check", "discover"):
        assert command(verb, "\ufeff" + json.dumps(quick(ours()))).code == 0
    assert command("check", "\ufeff" + json.dumps(quick(ours()))).verdict == {"status": "SUCCEEDED"}


@pytest.mark.parametrize("verb", ["check", "discover", "read"])
def test_a_setting_that_is_misspelt(command: Command, tiktok: Simulator, verb: str) -> None:
    """The sentence about the missing one names it and what was perhaps meant; check warns of it before its verdict."""
    outcome = command(verb, {"credentials": OAUTH, "startdate": START}, *([configured(["ads"])] * (verb == "read")))
    meant = f"{IGNORED}startdate (did you mean start_date?)."
    said = failed(outcome) if verb == "check" else refused(outcome)
    assert said == f"Start Date (`start_date`) is missing: {DAY} {meant}"
    assert outcome.warnings == [f"WARN {meant}"] * (verb == "check")
    assert tiktok.requests == []


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_files_of_the_standard_suite(command: Command, path: Path) -> None:
    """The configurations that the CDK's suite runs with end as their names say."""
    outcome = command("check", path.read_text(encoding="utf-8"))
    sentences = {
        "breaks_spec": 'Start Date (`start_date`) is "yesterday": write a date',
        "token_refused": "was revoked",
    }
    if path.stem in sentences:
        assert sentences[path.stem] in failed(outcome)
    else:
        assert outcome.verdict == {"status": "SUCCEEDED"}


def rows(command: Command, config: Given, mode: str = "full_refresh") -> dict[Any, dict[str, Any]]:
    """The rows of ad_insights that a clean read brings, by key."""
    outcome = command("read", quick(config), configured(["ad_insights"], mode))
    assert (outcome.code, outcome.errors) == (0, [])
    return by_key("ad_insights", outcome.records["ad_insights"])


def test_notations_do_not_matter(command: Command) -> None:
    """The same range and accounts bring the same rows, in whichever form and notation they are written."""
    plain = rows(command, ours(accounts=[ACME], start_date=START, end_date="2026-03-01", include_deleted=False))
    assert plain
    american = ours(accounts="'Acme, Inc'", start_date="02/20/2026", end_date="03/01/2026", include_deleted=False)
    assert rows(command, american) == plain
    end = "2026-03-01T23:00:00Z"
    assert rows(command, singer(accounts=ACME, end_date=end)) == plain
    qliks = {**qlik(), "end_date": "03/01/2026", "access_token": TOKEN}
    assert rows(command, qliks) == plain
    airbytes = ours(accounts=[ACME], end_date="2026-03-01", attribution_window=3)
    assert rows(command, airbytes) == plain


def test_deleted_objects_are_read_unless_a_foreign_form_is_silent(command: Command) -> None:
    """Ours reads deleted ads where nothing is said; the connectors it stands in for do not."""
    everything = rows(command, ours(accounts=[TWIN]))
    assert set(rows(command, singer())) < set(everything)
    assert rows(command, singer(include_deleted="true")) == everything
    assert set(rows(command, {"credentials": {**BARE, "advertiser_id": TWIN}, "start_date": START})) < set(everything)


def days(found: Mapping[Any, Mapping[str, Any]]) -> dict[str, set[str]]:
    """The days of each account's rows."""
    accounts: dict[str, set[str]] = {}
    for row in found.values():
        accounts.setdefault(row["advertiser_id"], set()).add(row["stat_time_day"][:10])
    return accounts


def test_one_day_is_that_day(command: Command) -> None:
    """A range whose start is its end reads one day of every account."""
    assert days(rows(command, ours(end_date=START))) == {account: {START} for account in ALL}


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_an_end_in_the_future_is_today(command: Command, mode: str) -> None:
    """It is cut at each account's own today: the next day has begun in Auckland only."""
    found = days(rows(command, ours(end_date="2999-12-31"), mode))
    last = {account: max(seen) for account, seen in found.items()}
    assert last == {ACME: "2026-03-10", TWIN: "2026-03-10", OTHER_TWIN: "2026-03-10"} | {ACME: last[ACME]}
    assert last[ACME] in ("2026-03-10", "2026-03-11")


def test_latest_versions_of_a_translated_configuration(command: Command) -> None:
    """discover keys the entities of Airbyte's configuration by id alone, ours by version too."""
    keys = []
    for config in (ours(), ours(attribution_window=3)):
        outcome = command("discover", config)
        catalog = outcome.messages[-1]["catalog"]["streams"]
        keys.append(next(s["source_defined_primary_key"] for s in catalog if s["name"] == "ads"))
    assert [["modify_time"] in key for key in keys] == [True, False]


# --- Configurations that are refused before any request --------------------------------------------------------------

DAY = "write a date as YYYY-MM-DD, from the year 2000 on, such as 2024-01-31."
LIST = 'write a list of account ids or names, such as ["7123456789012345678"].'
FLAG = "write true or false, without quotes."
WHOLE = "write a whole number from {} to {}, without quotes."
CHOICE = "write one of {}."
PACE = "write a number from 0.1 on, such as 5."
SCALE = "write a number above 0 and at most 1, such as 0.01."
URL = "write an address such as http://127.0.0.1:8080."
HERE = "write an origin on a loopback or private address, such as http://127.0.0.1:8080, or remove it."
TOKEN_WANTED = "write the access token as TikTok issued it, without the word Bearer, without spaces and not the "

# Every field with values of other types and beyond its bounds; the sentence names field and value, and what to write.
WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "accounts": (({"id": ACME}, [ACME, None], [[ACME]], True, 7.5e18, [""]), LIST),
    "start_date": ((20260220, ["2026-02-20"], True, "20.02.2026", "2026-02-30", "02/30/2026", "0226-02-20"), DAY),
    "end_date": ((20260220, {}, "tomorrow", "2026-3-1", "31/12/2026"), DAY),
    "include_deleted": ((1, "yes", [], {}), FLAG),
    "lookback_days": (("28", 28.5, True, -1, 365, [28]), WHOLE.format(0, 364)),
    "entity_versions": (("newest", 1, True, ["every"]), CHOICE.format("every, latest")),
    "api_tier": (("basic", 3, ["Basic"]), CHOICE.format("Basic, Advanced, Premium, Ultimate")),
    "requests_per_second": (("5", 0, -2, True, [5]), PACE),
    "on_skipped_accounts": (("ignore", False, {}), CHOICE.format("auto, fail, warn")),
    "concurrency": (("8", 0, 51, 1.5, False), WHOLE.format(1, 50)),
    "page_size": ((1001, 0, "many", [], True), WHOLE.format(1, 1000)),
    "api_url": ((8080, ["http://127.0.0.1"], True, "ftp://127.0.0.1"), URL),
    "wait_scale": (("1", 0, 1.5, True, []), SCALE),
}

# Name, configuration, how the sentence begins, what it says to write.
REFUSED: list[tuple[str, Given, str, str]] = [
    *(
        (f"{field} {json.dumps(value)}", ours(**{field: value}), f"{field} is {json.dumps(value)}: ", wanted)
        for field, (values, wanted) in WRONG.items()
        for value in values
    ),
    ("nothing", {}, "credentials is missing: ", "write an object with auth_type and what belongs to it."),
    *(
        (f"credentials {kind}", ours(credentials=value), "credentials is not of this form: ", "write an object with")
        for kind, value in (("text", TOKEN), ("list", [OAUTH]), ("number", 5), ("flag", True))
    ),
    ("no start", {"credentials": OAUTH}, "start_date is missing: ", DAY),
    ("no auth_type", ours(credentials={"access_token": TOKEN}), "credentials.auth_type is missing: ", "oau"),
    (
        "a strange auth_type",
        ours(credentials={**OAUTH, "auth_type": "basic"}),
        'credentials.auth_type is "basic"',
        "oauth2.0",
    ),
    ("no token", ours(credentials={"auth_type": "oauth2.0"}), "credentials.access_token is missing: ", TOKEN_WANTED),
    *(
        (f"token {kind}", ours(credentials={**OAUTH, "access_token": value}), "credentials.access_token cannot", text)
        for text, kind, value in (
            (TOKEN_WANTED, "list", [TOKEN]),
            (TOKEN_WANTED, "object", {"value": TOKEN}),
            (TOKEN_WANTED, "fraction", 12.5),
            (TOKEN_WANTED, "flag", True),
            (TOKEN_WANTED, "mask", "**********"),
            (TOKEN_WANTED, "two words", f"Bearer {TOKEN}"),
        )
    ),
    (
        "a secret in two lines",
        ours(credentials={**OAUTH, "secret": "ab\ncd"}),
        "credentials.secret cannot",
        "asterisks",
    ),
    ("no app id", ours(credentials={**CONSENT, "app_id": None}), "credentials.app_id is missing: ", "developer app"),
    ("no code", {**qlik(), "Authorization code": ""}, "credentials.auth_code is missing: ", "consent page"),
    (
        "an address without a code",
        ours(credentials={**CONSENT, "auth_code": "https://me.example/?error=denied"}),
        "credentials.auth_code cannot be used: ",
        "the whole address that the page led to.",
    ),
    ("a sandbox without account", ours(credentials={**TESTBED, "advertiser_id": ""}), "credentials.adv", "16 to 19"),
    ("a sandbox account's name", ours(credentials={**TESTBED, "advertiser_id": "Acme"}), "credentials.adv", "16 to 19"),
    ("another sandbox account", ours(credentials=TESTBED, accounts=[TWIN]), f'accounts is ["{TWIN}"]: ', "empty"),
    ("two in Singer's sandbox", singer(sandbox=True, accounts=f"{ACME},{TWIN}"), "credentials.advertiser_id", "16 to"),
    ("all accounts without the app", ours(credentials=BARE), "accounts is empty: ", "Write App ID (`cred"),
    ("half the app", ours(credentials={**BARE, "app_id": APP_ID}), "accounts is empty: ", "Write App ID (`cred"),
    (
        "a name without the app",
        ours(credentials=BARE, accounts=["Twin"]),
        'accounts holds "Twin", ',
        "only account ids",
    ),
    ("Singer's name", singer(accounts="Twin"), 'accounts holds "Twin", which is no id', "Write App ID (`cred"),
    ("Singer's start", singer(start_date="May 2020"), 'start_date is "May 2020": ', DAY),
    ("Qlik's start", qlik(**{"Start date": "20/05/2020"}), 'start_date is "20/05/2020": ', DAY),
    ("Airbyte's window", ours(attribution_window=365), "lookback_days is 365: ", WHOLE.format(0, 364)),
    (
        "the start after the end",
        ours(end_date="02/19/2026"),
        "start_date is 2026-02-20, after End Date (`end_date`) 2026-02-19: ",
        "write a day that is not later, or leave the end date empty.",
    ),
    ("above the tier", ours(requests_per_second=11), "requests_per_second is 11, above the 10 of", "write at most 10"),
    (
        "above the sandbox",
        ours(credentials=TESTBED, requests_per_second=2),
        "requests_per_second is 2, above the 1 of the sandbox: ",
        "write at most 1, or leave it empty.",
    ),
    *(
        (f"to {url}", ours(api_url=url), f'api_url is "{url}", and the token would be sent there: ', HERE)
        for url in ("https://example.com", "http://8.8.8.8", "http://169.254.169.254", "http://127.0.0.1/v1")
    ),
]


def by_path(sentence: str) -> str:
    """A sentence on a setting, which begins with its title and its path, with the path alone."""
    found = re.match(r"[A-Z][\w-]*(?: [\w-]+)* \(`([^`]+)`\)", sentence)
    assert found, sentence
    return found[1] + sentence[found.end() :]


@pytest.mark.parametrize(("config", "says", "wanted"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_before_any_request(command: Command, tiktok: Simulator, config: Given, says: str, wanted: str) -> None:
    """check and read give one and the same sentence: field, value (never a secret's), what to write."""
    sentence = failed(command("check", config))
    assert by_path(sentence).startswith(says)
    assert wanted in sentence
    assert refused(command("read", config, configured(["ads"]))) == sentence
    assert tiktok.requests == []


@pytest.mark.parametrize("field", WRONG)
def test_discover_refuses_too(command: Command, tiktok: Simulator, field: str) -> None:
    """discover looks at every field as well, although it asks for nothing."""
    value = WRONG[field][0][0]
    sentence = refused(command("discover", ours(**{field: value})))
    assert by_path(sentence).startswith(f"{field} is {json.dumps(value)}: ")
    assert tiktok.requests == []


def test_a_wait_scale_for_tiktok_itself(forks: Forks) -> None:
    """Waits can be shortened in tests only, where another address takes TikTok's place."""
    sentence = failed(judged(forks.run("check", ours(wait_scale=0.5))))
    assert sentence.startswith(
        "Wait Scale for Tests (`wait_scale`) is for tests and needs API Address for Tests (`api_url`)"
    )


def test_another_address_in_the_cloud(command: Command, tiktok: Simulator) -> None:
    """There no address but TikTok's is taken, from the configuration as little as from the environment."""
    for config, name in (
        (ours(), "the variable TIKTOK_ADS_API_URL"),
        (ours(api_url=tiktok.url), "API Address for Tests (`api_url`)"),
    ):
        sentence = failed(command("check", config, DEPLOYMENT_MODE="CLOUD"))
        assert sentence == f"{name} is for tests and refused in Airbyte Cloud: remove it."
    assert tiktok.requests == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("start_date: 2026-02-20", "is not valid JSON"),
        ("[]", "must hold a JSON object"),
        ("null", "must hold a JSON object"),
        ('"{}"', "must hold a JSON object"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "discover"])
def test_a_file_without_a_configuration(command: Command, tiktok: Simulator, verb: str, text: str, says: str) -> None:
    """The sentence names the file and what is wrong with it."""
    sentence = refused(command(verb, text))
    assert "config.json" in sentence
    assert says in sentence
    assert tiktok.requests == []


# --- Accounts and days that only TikTok knows ------------------------------------------------------------------------


def on_both(command: Command, config: Given) -> str:
    """The sentence with which check and read end alike, without a row."""
    sentence = failed(command("check", quick(config)))
    outcome = command("read", quick(config), configured(["ads"]))
    assert outcome.statuses["ads"] == ["STARTED", "INCOMPLETE"]
    refused(outcome)
    assert without_request_id(sentence) in without_request_id(outcome.sentences)
    return sentence


def without_request_id(text: str) -> str:
    """The text without what differs between two requests."""
    return re.sub("request_id [0-9A-F]+", "request_id", text)


@pytest.mark.parametrize("start", ["2026-03-12", "03/12/2026", "2999-12-31"])
def test_a_start_in_the_future(command: Command, tiktok: Simulator, start: str) -> None:
    """TikTok's clock decides, so it takes a first answer; no list and no report is asked for."""
    day = "2026-03-12" if "/" in start else start
    sentence = on_both(command, ours(start_date=start))
    assert sentence.startswith(f"start_date: {day} lies in the future, ")
    assert "lies in the future, TikTok's clock says 2026-03-10 11:00 UTC; write a day that has begun." in sentence
    assert {entry["path"] for entry in tiktok.requests} == {"oauth2/advertiser/get", "advertiser/info"}


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        (["Twin"], f'"Twin" is the name of several accounts; give the id instead. Candidates: Twin ({TWIN}), Twin ('),
        (["twin"], '"twin" is the name of several accounts; give the id instead. Candidates: Twin ('),
        (["Acme"], f'"Acme" is none the token can read. Candidates: Acme, Inc ({ACME}), Twin ({TWIN}), Twin ('),
        (["123456789"], '"123456789" is none the token can read. Candidates: Acme, Inc ('),
    ],
)
def test_a_name_that_is_not_one_account(command: Command, accounts: list[str], says: str) -> None:
    """Candidates are listed: those of the name, or all where nobody has it."""
    sentence = on_both(command, ours(accounts=accounts))
    assert sentence.startswith("accounts: ")
    assert says in sentence


def test_a_name_of_several_that_nobody_has(command: Command) -> None:
    """check says so with the candidates; read brings the other accounts and fails for the name."""
    config = quick(ours(accounts=[ACME, "Beta"]))
    says = '"Beta" is none the token can read. Candidates: Acme, Inc ('
    assert says in failed(command("check", config))
    outcome = command("read", config, configured(["campaigns"]))
    assert outcome.code == 1
    assert {row["advertiser_id"] for row in outcome.records["campaigns"]} == {ACME}
    assert (outcome.statuses["campaigns"][-1], says in outcome.sentences) == ("INCOMPLETE", True)


@pytest.mark.parametrize("account", [CLOSED, "7999999999999999999"])
def test_an_account_that_cannot_be_read(command: Command, account: str) -> None:
    """check names the account, TikTok's code and the next step; read brings the others and fails for it."""
    config = quick(ours(accounts=[ACME, account]))
    sentence = failed(command("check", config))
    assert sentence.startswith(f"Account {account} can't be read: ")
    assert "code 40001" in sentence
    assert "request_id" in sentence
    outcome = command("read", config, configured(["campaigns"]))
    assert outcome.code == 1
    assert {row["advertiser_id"] for row in outcome.records["campaigns"]} == {ACME}
    assert (outcome.statuses["campaigns"][-1], account in outcome.sentences) == ("INCOMPLETE", True)


@pytest.mark.parametrize(
    ("credentials", "code", "says"),
    [
        ({**OAUTH, "access_token": REVOKED_TOKEN}, 40105, "access token is wrong or was revoked"),
        ({**OAUTH, "secret": "no-secret-of-ours"}, 40101, "compare app id and secret"),
        ({**OAUTH, "app_id": "7000000000000000501"}, 40101, "compare app id and secret"),
    ],
    ids=["token", "secret", "app"],
)
def test_credentials_that_tiktok_refuses(command: Command, credentials: Given, code: int, says: str) -> None:
    """The sentence says which, with TikTok's code and request_id."""
    sentence = on_both(command, ours(credentials=credentials))
    assert f"code {code}" in sentence
    assert "request_id" in sentence
    assert says in sentence.lower()


# --- Authorization codes ----------------------------------------------------------------------------------------------

CODES = {
    "ours": ours(credentials=CONSENT),
    "the whole address": ours(
        credentials={**CONSENT, "auth_code": f"https://me.example/cb?code=x&auth_code={AUTH_CODE}&state=y"}
    ),
    "Qlik's": qlik(),
}


@pytest.mark.parametrize("config", CODES.values(), ids=CODES)
def test_check_leaves_a_code_alone(command: Command, tiktok: Simulator, config: Given) -> None:
    """It succeeds without a request and says that the first discover or read will exchange the code."""
    outcome = command("check", config)
    assert (outcome.code, outcome.verdict, tiktok.requests) == (0, {"status": "SUCCEEDED"}, [])
    assert "INFO The authorization code works only once, so check leaves it alone" in "\n".join(outcome.logs)


@pytest.mark.parametrize("config", CODES.values(), ids=CODES)
@pytest.mark.parametrize("verb", ["discover", "read"])
def test_a_code_is_exchanged_once(command: Command, tiktok: Simulator, verb: str, config: Given) -> None:
    """The first message hands over the new configuration, which works; the same code again gets its own sentence."""
    streams = [configured(["campaigns"])] if verb == "read" else []
    outcome = command(verb, quick(config), *streams)
    assert (outcome.code, outcome.messages[0]["type"]) == (0, "CONTROL")
    assert outcome.warnings[0].startswith("WARN The authorization code is spent; the new access token left in the ")
    renewed = outcome.messages[0]["control"]["connectorConfig"]["config"]
    assert renewed["credentials"] == {**OAUTH, "access_token": "simulated-exchanged-token-0001"}
    if verb == "discover":
        assert [entry["path"] for entry in tiktok.requests] == ["oauth2/access_token"]
    assert command("check", renewed).verdict == {"status": "SUCCEEDED"}
    sentence = refused(command(verb, quick(config), *streams))
    assert sentence.startswith("The authorization code was used already or has expired")


@pytest.mark.parametrize("answer", [40110, 40002])
@pytest.mark.parametrize("verb", ["discover", "read"])
def test_an_expired_code(command: Command, tiktok: Simulator, verb: str, answer: int) -> None:
    """An expired code has the sentence of a used one, whichever of its codes TikTok answers with."""
    tiktok.switches.update({"spent_code_answer": answer})
    config = ours(credentials={**CONSENT, "auth_code": EXPIRED_AUTH_CODE})
    sentence = refused(command(verb, config, *([configured(["ads"])] if verb == "read" else [])))
    assert sentence.startswith("The authorization code was used already or has expired")
    assert f"code {answer}" in sentence


def test_a_code_with_a_wrong_secret(command: Command) -> None:
    """The secret is blamed, not the code."""
    sentence = refused(command("discover", ours(credentials={**CONSENT, "secret": "no-secret-of-ours"})))
    assert "code 40101" in sentence
    assert "used before" not in sentence


# --- Catalogs ---------------------------------------------------------------------------------------------------------


def test_an_empty_selection(command: Command, tiktok: Simulator) -> None:
    """Nothing is selected: nothing is read, and that is a success."""
    outcome = command("read", ours(), {"streams": []})
    assert (outcome.code, outcome.records, outcome.errors, outcome.states) == (0, {}, [], {})
    assert [line for line in outcome.logs if "nothing to read" in line] == [
        "INFO The catalog selects no stream: nothing to read."
    ]
    assert tiktok.requests == []


@pytest.mark.parametrize("others", [(), ("campaigns",)], ids=["alone", "beside another"])
@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_an_unknown_stream(command: Command, mode: str, others: tuple[str, ...]) -> None:
    """It ends INCOMPLETE with the streams there are; the rest is read, and the sync fails."""
    outcome = command("read", quick(ours()), configured(["ad_insight", *others], mode))
    assert outcome.code == 1
    assert outcome.statuses["ad_insight"] == ["STARTED", "INCOMPLETE"]
    assert {name: outcome.statuses[name][-1] for name in others} == dict.fromkeys(others, "COMPLETE")
    assert set(outcome.records) == set(others)
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert "There is no stream ad_insight: " in outcome.sentences
    assert "Streams of a like name: ad_insights" in outcome.sentences


STREAM = {"name": "ads", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}


@pytest.mark.parametrize(
    "catalog",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        {"streams": None},
        {"streams": "ads"},
        {"streams": ["ads"]},
        {"streams": [{"stream": STREAM, "sync_mode": "whole", "destination_sync_mode": "append"}]},
        {"streams": [{"stream": STREAM, "destination_sync_mode": "append"}]},
        {"streams": [{"stream": {"name": "ads"}, "sync_mode": "full_refresh", "destination_sync_mode": "append"}]},
        {"streams": [STREAM]},
    ],
    ids=lambda catalog: json.dumps(catalog)[:60],
)
def test_a_malformed_catalog(command: Command, tiktok: Simulator, catalog: Any) -> None:
    """The sentence names the file; nothing is asked of TikTok."""
    sentence = refused(command("read", ours(), catalog))
    assert sentence.startswith("The catalog file ")
    assert "not valid JSON" in sentence or "needs `streams`, each with `stream`, `sync_mode`" in sentence
    assert tiktok.requests == []


def test_a_stream_twice(command: Command) -> None:
    """A catalog that names a stream twice reads it once."""
    once = configured(["campaigns"])
    outcome = command("read", quick(ours(accounts=[ACME])), {"streams": once["streams"] * 2})
    assert (outcome.code, outcome.statuses["campaigns"]) == (0, ["STARTED", "RUNNING", "COMPLETE"])
    assert len(by_key("campaigns", outcome.records["campaigns"])) == len(outcome.records["campaigns"])


# --- States -----------------------------------------------------------------------------------------------------------

REPORT, ENTITY = "ad_insights", "campaigns"
LISTS = "must hold a list of states, as the connector emits them"
ITEMS = "holds an item that is no state of a stream"


def state_of(blob: Any, *names: str) -> list[dict[str, Any]]:
    """A state file's content with this blob for each stream."""
    streams = [{"stream_descriptor": {"name": name}, "stream_state": blob} for name in names or (REPORT, ENTITY)]
    return [{"type": "STREAM", "stream": stream} for stream in streams]


def accounts_at(cursor: Any, **more: Any) -> dict[str, Any]:
    """A blob that holds one cursor for every account."""
    return {**more, "states": [{"partition": {"advertiser_id": id}, "cursor": cursor} for id in ALL]}


def our_state(cursor: Any) -> dict[str, Any]:
    """A blob as ours are, with one cursor for every account."""
    return accounts_at(cursor, version=1, include_deleted=True)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("{", "is not valid JSON"),
        ("", "is not valid JSON"),
        ("state", "is not valid JSON"),
        ("7", LISTS),
        ('"a text"', LISTS),
        ({"bookmarks": {REPORT: {ACME: "2026-03-01T00:00:00Z"}}, "currently_syncing": None}, LISTS),
        ({REPORT: {"stat_time_day": "2026-03-01"}}, LISTS),
        ({"type": "STREAM", "stream": {"stream_descriptor": {"name": REPORT}}}, LISTS),
        ([None], ITEMS),
        (["2026-03-01"], ITEMS),
        ([{}], ITEMS),
        ([{"type": "LEGACY", "data": {REPORT: {"stat_time_day": "2026-03-01"}}}], ITEMS),
        ([{"type": "STREAM", "stream": {"stream_state": {}}}], ITEMS),
        ([{"type": "STREAM", "stream": {"stream_descriptor": REPORT}}], ITEMS),
        ([{"type": "GLOBAL", "global": {"stream_states": [REPORT]}}], ITEMS),
    ],
    ids=lambda value: json.dumps(value)[:60] if not isinstance(value, str) or len(value) < 10 else "",
)
def test_a_file_without_states(command: Command, tiktok: Simulator, state: Any, says: str) -> None:
    """Bad JSON, or anything but a list of states, is a configuration error that names the file; nothing is asked."""
    sentence = refused(command("read", ours(), configured([REPORT, ENTITY]), state))
    assert "state.json" in sentence
    assert says in sentence
    assert tiktok.requests == []


@pytest.mark.parametrize("version", [2, 99])
def test_a_newer_state(command: Command, version: int) -> None:
    """A state of a newer version ends its stream with what to do, and leaves the other streams alone."""
    state = state_of(accounts_at({"start": START}, version=version), REPORT)
    outcome = command("read", quick(ours()), configured([REPORT, ENTITY]), state)
    assert (outcome.code, outcome.records[REPORT]) == (1, [])
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert (
        f"The state of {REPORT} was written by a newer version of this connector (state version {version}): upgrade "
        "the connector, or reset the stream."
    ) in outcome.sentences


def parts(outcome: Outcome) -> dict[str, Any]:
    """The rows of both streams, by key."""
    assert (outcome.code, outcome.errors) == (0, [])
    return {name: by_key(name, outcome.records[name]) for name in (REPORT, ENTITY)}


def incremental(command: Command, state: Any = None) -> Outcome:
    """A sync of a report and an entity stream that goes on from a state; without look-back, so that it shows."""
    return command("read", quick(ours(lookback_days=0)), configured([REPORT, ENTITY]), state)


@pytest.mark.parametrize(
    "state",
    [
        "null",
        "[]",
        "{}",
        state_of({}),
        state_of(None),
        state_of({"__ab_no_cursor_state_message": True}),
        state_of(our_state({"start": START, "stat_time_day": "2026-03-09"}), "another_stream"),
    ],
    ids=["null", "an empty list", "an empty object", "empty blobs", "no blobs", "no cursor", "another stream's"],
)
def test_no_state(command: Command, whole: Outcome, state: Any) -> None:
    """Where a state claims nothing all is read, without a warning."""
    outcome = incremental(command, state)
    assert parts(outcome) == parts(whole)
    assert outcome.warnings == []


def completed(earlier: Outcome, blob: Any) -> list[dict[str, Any]]:
    """A state file's content with this blob for both streams; one as ours are remembers the settings too."""
    own = isinstance(blob, dict) and "include_deleted" in blob
    known = {name: state["stream"]["stream_state"] if own else {} for name, state in earlier.states.items()}
    return [state for name in (REPORT, ENTITY) for state in state_of({**known[name], **blob} if own else blob, name)]


@pytest.fixture(scope="module")
def whole(forks: Forks) -> Outcome:
    """The sync without a state."""
    with Simulator(WORLD) as tiktok:
        return incremental(command_at(forks, tiktok))


DAYS = {"stat_time_day": "2026-03-09 00:00:00", "modify_time": "2026-03-09 00:00:00"}
FOREIGN: dict[str, Any] = {
    "Airbyte's, per account": accounts_at(DAYS, use_global_cursor=False, lookback_window=0, state=DAYS),
    "Airbyte's, per account and parent": {
        "states": [{"partition": {"advertiser_id": ACME, "parent_slice": {}}, "cursor": DAYS}],
        "parent_state": {"advertisers": {}},
    },
    "Airbyte's global cursor": {"use_global_cursor": True, "state": DAYS, "lookback_window": 1},
    "one cursor": DAYS,
    "a finished full refresh": {"__ab_full_refresh_sync_complete": True},
    "a text": "2026-03-09",
    "a list": [DAYS],
    "a number": 20260309,
    "versions without states": {"version": 1, "states": {ACME: DAYS}},
    "a newer one without states": {"version": 2},
    "a version of text": accounts_at({"start": START}, version="1"),
    "a version of true": accounts_at({"start": START}, version=True),
    "entries of text": {"version": 1, "states": [ACME]},
    "an entry without a cursor": {"version": 1, "states": [{"partition": {"advertiser_id": ACME}}]},
    "an account of a number": {"version": 1, "states": [{"partition": {"advertiser_id": 7}, "cursor": {}}]},
    "a cursor of text": our_state("2026-03-09"),
    "a cursor of no day": our_state({"start": START, "stat_time_day": "yesterday", "modify_time": "yesterday"}),
    "a cursor of no day, and other metrics": {**our_state({"start": "soon", "modify_time": "soon"}), "metrics": "0"},
    "a cursor of a number": our_state({"start": 7, "modify_time": 7}),
    "a cursor before its start": our_state({"start": START, "stat_time_day": "2026-01-01", "modify_time": {"at": 1}}),
}


@pytest.mark.parametrize("blob", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_state(command: Command, whole: Outcome, blob: Any) -> None:
    """Another connector's state, or one that cannot be read: all is read, with one warning a stream."""
    outcome = incremental(command, completed(whole, blob))
    assert parts(outcome) == parts(whole)
    said = [re.sub(r"\(.*\)", "()", line) for line in outcome.warnings]
    sentence = "WARN The state of {} can't be used (): the stream is read whole again."
    assert sorted(said) == [sentence.format(REPORT), sentence.format(ENTITY)]


@pytest.mark.parametrize("form", ["a state each", "one global state", "whole messages"])
def test_our_state_in_every_form_of_the_protocol(command: Command, whole: Outcome, form: str) -> None:
    """Each form is understood: only the cursor's day and what changed comes again."""
    given: Any = whole.state
    if form == "one global state":
        given = [{"type": "GLOBAL", "global": {"stream_states": [state["stream"] for state in given]}}]
    if form == "whole messages":
        given = [{"type": "STATE", "state": state} for state in given]
    again = incremental(command, given)
    found = parts(again)
    assert again.warnings == []
    assert {row["stat_time_day"][:10] for row in found[REPORT].values()} <= {"2026-03-10", "2026-03-11"}
    assert len(found[REPORT]) < len(parts(whole)[REPORT])
    assert len(found[ENTITY]) < len(parts(whole)[ENTITY])


def test_a_state_from_the_far_future(command: Command, whole: Outcome) -> None:
    """It is not believed: everything is read again, with a warning for each stream and account."""
    cursor = {"start": START, "stat_time_day": "2999-01-01", "modify_time": "2999-01-01T00:00:00Z"}
    blob = our_state({**cursor, "whole_pass": "2026-03-09"})
    outcome = incremental(command, completed(whole, blob))
    assert parts(outcome) == parts(whole)
    assert outcome.warnings
    assert {line.split(": its state claims ")[1].split()[0] for line in outcome.warnings} == {"days", "changes"}


def test_a_start_later_than_the_settings(command: Command, whole: Outcome) -> None:
    """Days before the earliest that a state knows are read, also where it knows of no day yet."""
    outcome = incremental(command, completed(whole, our_state({"start": "2999-01-01"})))
    assert parts(outcome) == parts(whole)


def test_full_refresh_ignores_any_state(command: Command) -> None:
    """What a state says, be it newer or foreign, is nothing to a stream that is read whole."""
    for blob in (accounts_at({}, version=9), DAYS):
        outcome = command("read", quick(ours()), configured([ENTITY], "full_refresh"), state_of(blob, ENTITY))
        assert (outcome.code, outcome.warnings) == (0, [])
        assert outcome.records[ENTITY]


# --- The command line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["config", "catalog", "state"])
def test_a_file_that_is_missing(forks: Forks, option: str) -> None:
    """The sentence names the file."""
    extra = ("--config", "gone.json") if option == "config" else (f"--{option}", "gone.json")
    outcome = judged(forks.run("read", ours(), configured(["ads"]), options=extra))
    what = "configuration" if option == "config" else option
    assert refused(outcome) == f"The {what} file gone.json can't be read: No such file or directory."


def test_a_failed_read_ends_with_the_names_of_its_streams(command: Command) -> None:
    """Each stream has its own error; the last one of the sync only names them, and no log line repeats it."""
    refused_token = ours(credentials={**BARE, "access_token": REVOKED_TOKEN}, accounts=[ACME])
    outcome = command("read", quick(refused_token), configured([REPORT, ENTITY]))
    *_, last = outcome.errors
    assert refused(outcome).startswith("These streams are not complete: ")
    assert sorted(re.findall(r"[a-z]+_insights|campaigns", last["message"])) == [REPORT, ENTITY]
    assert not any("AirbyteTracedException" in text for text in [*outcome.logs, outcome.sentences])


def test_a_fresh_process_says_the_same(tiktok: Simulator) -> None:
    """One of each kind in a process of its own, as the platform starts it."""
    good = ours(api_url=tiktok.url, wait_scale=0.001)
    assert judged(run("check", good)).verdict == {"status": "SUCCEEDED"}
    assert failed(judged(run("check", {**good, "start_date": "soon"}))).startswith(
        'Start Date (`start_date`) is "soon": '
    )
    assert refused(judged(run("discover", {**good, "start_date": "soon"}))).startswith(
        'Start Date (`start_date`) is "soon": '
    )
    outcome = judged(run("read", good, configured([ENTITY]), state_of(DAYS, ENTITY)))
    assert (outcome.code, len(outcome.warnings)) == (0, 1)
