"""The table of verdicts."""

import pytest

from source_tiktok_ads.api import errors
from source_tiktok_ads.api.errors import (
    FAMILIES,
    KINDS,
    RULES,
    STATUSES,
    WORDINGS,
    Action,
    TikTokError,
    TimedOut,
    TooLarge,
    Unreachable,
    daily_quota,
    error_from_code,
    error_without_code,
    invalid_metrics,
    missing_column,
    named_limit,
    named_minute_limit,
    readable,
    rule_for,
    rule_for_status,
)

QPS = 'App "7" reaches the QPS limit 10, current QPS is 11'
RESTRICTED = "Due to too many requests, requests from App 7 are temporarily restricted"
CONFLICT = "Conflict occurs. The input params including metrics and dimensions have no relation."

EXPECTED = {
    Action.RETRY: {
        20001,
        *range(40200, 40203),
        40050,
        40700,
        50000,
        50002,
        51008,
        51021,
        51065,
        51305,
        55555,
        59999,
        60001,
    },
    Action.SLOW: {40100},
    Action.BRAKE: {40133},
    Action.BRAKE_ENDPOINT: {40016, 40132},
    Action.SHRINK: {40067},
    Action.SKIP_ADVERTISER: {40001, 40106, 40119, 40300, 40301},
    Action.SKIP_STREAM: {40007, 40008, 40009, 40013, 40014, 40118, 40125, 41001},
    Action.FAIL: {40101, 40102, 40103, 40104, 40105, 40107, 40110, 40113, 40115, 40124, 40131, 41000},
    Action.BUG: {40000, 40002, 40006, 40010, 40011, 40051, 40900, 40915, 41002, 40999, 49999, 12345, 61000, 7},
}


@pytest.mark.parametrize(("code", "action"), [(code, action) for action, codes in EXPECTED.items() for code in codes])
def test_each_code_has_its_action(code: int, action: Action) -> None:
    """Known codes, families, and unknown ones, which fail rather than pass."""
    assert rule_for(code).action is action


def test_every_row_of_the_table_is_covered_above() -> None:
    """A new code needs its line in this test."""
    assert set().union(*EXPECTED.values()) >= set(RULES)


ALL_RULES = [*RULES.values(), *STATUSES.values(), *KINDS.values(), *(rule for _, rule in FAMILIES)]


@pytest.mark.parametrize("rule", [*ALL_RULES, *(w.rule for w in WORDINGS), errors.UNKNOWN])
def test_every_rule_speaks_to_the_user(rule: errors.Rule) -> None:
    """What happened continues into brackets, the next step is a whole sentence, blame is one of Airbyte's three."""
    assert rule.happened[0].isupper()
    assert rule.happened[-1].isalnum()
    assert rule.next_step[0].isupper()
    assert rule.next_step[-1] in ".)"
    assert rule.blame in ("config", "system", "transient")
    assert rule.tries >= 2


@pytest.mark.parametrize(
    ("code", "message", "path", "action"),
    [
        (40100, QPS, "", Action.SLOW),
        (40100, RESTRICTED, "", Action.PAUSE),
        (40016, RESTRICTED, "", Action.PAUSE),
        (40100, "App reaches the QPM limit 600", "", Action.PAUSE),
        (40100, "App reaches the QPD limit", "", Action.PAUSE),
        (40100, "Too many requests by this developer. Please retry in some time.", "", Action.SLOW),
        (40100, "Too many requests. Please retry in some time.", "", Action.SLOW),
        (40100, "Internal service timed out. Please retry in sometime.", "", Action.RETRY),
        (40002, "Invalid metric fields: ['x']", "report/integrated/get", Action.DROP_METRICS),
        (40002, "advertiser_ids: Field must be set to array", "x", Action.BUG),
        (40002, "Auth_code is used", "oauth2/access_token", Action.FAIL),
        (40110, "", "oauth2/access_token", Action.FAIL),
        (40115, "", "oauth2/access_token", Action.FAIL),
        (40001, "", "oauth2/advertiser/get", Action.FAIL),
        (40001, "No permission to operate advertiser 1", "campaign/get", Action.SKIP_ADVERTISER),
        (40001, "advertiser does not grant you /open_api/v1.3/pixel/list/:GET permission", "x", Action.SKIP_STREAM),
        (40000, "app_id is inconsistent with the app_id of the access_token", "x", Action.FAIL),
        (40001, "app_id is inconsistent with the app_id of the access_token", "oauth2/advertiser/get", Action.FAIL),
        (40002, "app_id is inconsistent with the app_id of the access_token", "oauth2/access_token", Action.FAIL),
        (-1, "Client IP address is in banned Country list", "x", Action.FAIL),
        (41000, "Client IP address is in banned Country list", "oauth2/access_token", Action.FAIL),
        (-1, "Something else", "x", Action.BUG),
        (40002, "max time span is 7 days", "x", Action.SHRINK),
        (40002, "page_size: Must be between 1 and 50", "x", Action.SHRINK),
        (40002, "page: Must be between 1 and 50", "x", Action.BUG),
        (40002, "Invalid dimensions: ['province_id']", "report/integrated/get", Action.SKIP_STREAM),
        (40002, "dimension province_id is not supported", "report/integrated/get", Action.SKIP_STREAM),
        (40002, CONFLICT, "report/integrated/get", Action.SKIP_STREAM),
        (40002, "dimension is unknown", "campaign/get", Action.BUG),
    ],
)
def test_wording_and_path_tell_meanings_apart(code: int, message: str, path: str, action: Action) -> None:
    """One code, two very different forms."""
    assert rule_for(code, message, path).action is action


@pytest.mark.parametrize("wording", WORDINGS)
def test_every_example_of_words_leads_to_its_rule(wording: errors.Wording) -> None:
    """The page for whoever meets an error shows it."""
    for code in wording.codes:
        assert rule_for(code, wording.example, wording.path) is wording.rule
    assert wording.example or wording.path


@pytest.mark.parametrize(
    ("code", "message", "path", "says"),
    [
        (40001, "does not grant you /v1.3/ad/get/:GET permission", "ad/get", ["Add the permission", "deselect"]),
        (
            40000,
            "app_id is inconsistent with the app_id of the access_token",
            "x",
            ["another app", "app id and secret"],
        ),
        (-1, "Client IP address is in banned Country list", "x", ["region", "code -1", "serves"]),
        (40002, "Invalid dimensions: ['x']", "report/integrated/get", ["divided by", "this breakdown"]),
        (40110, "no", "ad/get", ["does not accept the authorization", "Authorise the app"]),
    ],
)
def test_tiktoks_words_decide_what_is_said(code: int, message: str, path: str, says: list[str]) -> None:
    """No account is to be taken out, no code to be pasted, no fault to be reported where the words speak of else."""
    error = error_from_code(code, message, "req", path, "7")
    assert [text for text in (*says, message, "req", "account 7") if text not in error.sentence] == []
    wrong = ("take the account out", "authorization code", "fault of the connector", "Business Center")
    assert [text for text in wrong if text in error.sentence] == []


def test_an_unknown_code_is_tiktoks_to_explain() -> None:
    """Its words come first, and nobody is blamed."""
    error = error_from_code(49999, "The moon is full", "req", "ad/get", "7")
    assert error.sentence.startswith(
        'TikTok says "The moon is full" (account 7, ad/get: code 49999, request_id req). '
        "The connector does not know this code. Look for the code"
    )
    assert "fault" not in error.sentence
    assert error_from_code(49999, "", "", "ad/get", None).event == (
        "TikTok gives no reason (ad/get: code 49999). The connector does not know this code"
    )


@pytest.mark.parametrize(
    ("message", "days", "rows"),
    [
        ("max time span is 7 days", 7, 0),
        ("start_date: The time span between start_date and end_date cannot exceed 30 days.", 30, 0),
        ("The date range must be no more than 365 days", 365, 0),
        ("page_size: Must be between 1 and 50", 0, 50),
        ("page_size: Must be an integer between 1 and 1000.", 0, 1000),
        ("page_size: Must be less than or equal to 100", 0, 100),
        ("The page_size must not exceed 20", 0, 20),
        ("page size is wrong", 0, 0),
        ("The time span is wrong", 0, 0),
    ],
)
def test_stated_limits(message: str, days: int, rows: int) -> None:
    """As TikTok words them; a refusal for size as such states none."""
    error = TooLarge(rule_for(40067), code=40002, message=message)
    assert (error.most_days, error.most_rows) == (days, rows)
    assert isinstance(error_from_code(40002, message, "1", "x", None), TooLarge) == bool(days or rows)


@pytest.mark.parametrize("code", [40002, 40110, 40115])
def test_a_used_authorization_code_has_its_own_sentence(code: int) -> None:
    """It says what to do, and that time is short."""
    error = error_from_code(code, "expired", "1", "oauth2/access_token", None)
    assert "used already or has expired" in error.sentence
    assert "authorize" in error.sentence
    assert error.rule.blame == "config"


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (200, Action.RETRY),
        (204, Action.RETRY),
        (302, Action.BUG),
        (401, Action.RETRY),
        (403, Action.RETRY),
        (404, Action.BUG),
        (407, Action.FAIL),
        (408, Action.SHRINK),
        (413, Action.SHRINK),
        (429, Action.SLOW),
        (500, Action.RETRY),
        (502, Action.RETRY),
        (504, Action.SHRINK),
    ],
)
def test_statuses_without_a_verdict(status: int, action: Action) -> None:
    """What a gateway says."""
    assert rule_for_status(status).action is action


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ('Invalid metric fields: ["reach", "frequency"]', ("reach", "frequency")),
        ("Invalid metric fields: ['reach']", ("reach",)),
        ('metrics: Invalid metric field [\\"a_1\\",\\"b\\"] for this report', ("a_1", "b")),
        ("invalid metric fields:[a, b]", ("a", "b")),
        ("Invalid metric fields: []", ()),
        ("Invalid metric fields", ()),
        ("Invalid dimension fields: ['x']", ()),
        ("", ()),
        (readable(f"Invalid metric fields: ['{'s' * 260}', 'total_purchase_value']"), ("s" * 260,)),
    ],
)
def test_invalid_metrics(message: str, names: tuple[str, ...]) -> None:
    """Both kinds of quotes, several names, or none; of a text that is cut, only names that are whole."""
    assert invalid_metrics(message) == names


def test_named_limit() -> None:
    """The app's real limit, as TikTok states it."""
    assert named_limit(QPS) == 10
    assert named_limit("reaches the QPS limit: 1") == 1
    assert named_limit("QPS limit 0") is None
    assert named_limit(RESTRICTED) is None
    assert named_minute_limit("App 7 reaches the QPM limit 600, current QPM is 601") == 600
    assert named_minute_limit("QPM limit 0") is None
    assert named_minute_limit(QPS) is None


def test_daily_quota() -> None:
    """Only the quota of the day waits for midnight."""
    assert daily_quota("App reaches the QPD limit")
    assert not daily_quota(RESTRICTED)


def test_sentence_says_what_for_whom_why_and_what_next() -> None:
    """All that support asks for stands in one line."""
    error = error_from_code(40001, "No permission to operate advertiser 12", "2026A", "campaign/get", "12")
    assert error.sentence == (
        "TikTok gives no permission for this account or operation "
        '(account 12, campaign/get: code 40001 "No permission to operate advertiser 12", request_id 2026A). '
        "Give the user who authorised the app access to this account in TikTok Business Center, "
        "or take the account out of the configuration."
    )
    assert str(error) == error.sentence


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (error_without_code("status", "", "x", None, 503), "(x: HTTP 503)"),
        (error_without_code("garbled", "empty body", "x", "1"), '(account 1, x: garbled "empty body")'),
        (TikTokError(RULES[50000], path="x"), "(x)"),
        (TikTokError(RULES[50000], path="x", request_id="2026A"), "(x: request_id 2026A)"),
        (missing_column("ad_id", 7, "x", "1"), '(account 1, x: "ad_id stands in none of 7 rows")'),
    ],
)
def test_sentence_without_a_verdict(error: TikTokError, part: str) -> None:
    """No code, no empty quotes, no gap where the code would stand."""
    assert part in error.sentence
    assert "  " not in error.sentence


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (error_from_code(40067, "query is too large", "", "x", None), TooLarge),
        (error_from_code(50000, "", "", "x", None), TikTokError),
        (error_without_code("timeout", "", "x", None), TimedOut),
        (error_without_code("status", "", "x", None, 504), TimedOut),
        (error_without_code("status", "", "x", None, 414), TooLarge),
        (error_without_code("status", "", "x", None, 500), Unreachable),
        (error_without_code("connect", "", "x", None), Unreachable),
    ],
)
def test_tree(error: TikTokError, kind: type[TikTokError]) -> None:
    """A timeout can be told from everything else, and so can what is too large."""
    assert type(error) is kind


def test_server_fault() -> None:
    """Only TikTok's own 5xxxx."""
    assert error_from_code(51999, "", "", "x", None).server_fault
    assert not error_without_code("status", "", "x", None, 500).server_fault


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (error_from_code(50000, "", "", "x", None), Action.GIVE_UP),
        (error_from_code(40100, QPS, "", "x", None), Action.GIVE_UP),
        (error_from_code(51008, "Service error:", "", "x", "1"), Action.SKIP_ADVERTISER),
        (error_from_code(40700, "", "", "x", None), Action.BUG),
        (error_without_code("trust", "", "x", None), Action.FAIL),
        (error_without_code("timeout", "", "x", None), Action.SHRINK),
        (error_from_code(40105, "", "", "x", None), Action.FAIL),
    ],
)
def test_settled(error: TikTokError, action: Action) -> None:
    """When patience ends, the caller learns what to do instead of waiting."""
    settled = error.after_retries()
    assert settled.action is action
    assert (type(settled), settled.code, settled.kind) == (type(error), error.code, error.kind)


def test_again_is_the_same_verdict_for_another_request() -> None:
    """So that each part says for itself why it is missing."""
    error = error_from_code(40105, "revoked", "R", "campaign/get", "1").repeated_for("ad/get", "2")
    assert (error.code, error.request_id, error.path, error.advertiser_id) == (40105, "R", "ad/get", "2")


def test_readable() -> None:
    """One bounded line that every encoder takes."""
    assert readable("a\n b\t\ud83d") == "a b ?"
    assert len(readable("x" * 100_000)) == 301
