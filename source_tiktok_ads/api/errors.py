"""TikTok's verdicts as data: each code → what to do, whom to blame, and the sentence for the user.

TikTokError        a request ended without its answer; `rule` says why and what follows
├── TooLarge       refused for its size: never the same again, ask for less
└── Unreachable    no verdict of TikTok: network, gateway or an unreadable answer (`kind`)
    └── TimedOut   no answer in time: never the same again, ask for less
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

Blame = Literal["config", "system", "transient"]
Kind = Literal["connect", "proxy", "trust", "timeout", "silent", "cut", "garbled", "huge", "status"]


class Action(Enum):
    """What to do about an error: the client does it (first group), or its caller (second group)."""

    TAKE = "take the answer, though it may not be whole"
    RETRY = "ask again after a growing wait"
    SLOW = "the app is too quick: wait briefly, lower the pace"
    PAUSE = "the app is locked out: nobody asks for minutes, then one probe"
    BRAKE = "this advertiser is asked too often: only it waits"
    BRAKE_ENDPOINT = "this endpoint is asked too often: only it waits"

    SHRINK = "ask for less"
    DROP_METRICS = "ask again without the metrics that the message names"
    SKIP_ADVERTISER = "leave this advertiser out"
    SKIP_STREAM = "leave this stream out"
    GIVE_UP = "patience is used up: this part fails, the next sync reads it"
    BUG = "our request is wrong: this part fails"
    FAIL = "nothing can be read with these credentials: the sync ends"


# Refusals for speed: they only delay.
THROTTLES = frozenset({Action.SLOW, Action.PAUSE, Action.BRAKE, Action.BRAKE_ENDPOINT})


@dataclass(frozen=True)
class Rule:
    """One line of the table: what happened and the next step are for the user, the rest steers."""

    action: Action
    blame: Blame
    happened: str
    next_step: str
    tries: int = 10
    seconds: float = 1800.0
    first_wait: float = 2.0
    then: Action = Action.GIVE_UP
    # TikTok as a whole may be meant: one request at a time finds out for all whether it answers again.
    shared: bool = False

    def after_retries(self) -> "Rule":
        """The rule once no further attempt is made: what to do instead of retrying."""
        waited = self.action is Action.RETRY or self.action in THROTTLES
        return replace(self, action=self.then) if waited else self


_AGAIN = (
    "Run the sync again later: it goes on where it stopped. Should it persist, send the request_id to TikTok's support."
)
_REPORT = "This looks like a fault of the connector: report it with the code and request_id."
_AUTHORISE = "Authorise the app once more and put the new access token into the credentials."
_ACCESS = (
    "Give the user who authorised the app access to this account in TikTok Business Center, "
    "or take the account out of the configuration."
)
_SCOPE = "Add the permission to the app in TikTok's developer portal and authorise again, or deselect the stream."
_CODE_NEXT = (
    "Open the consent page again, paste the new code and use it within the hour "
    "(the command `source-tiktok-ads authorize` does it in one go)."
)


def _server(happened: str, tries: int = 10, then: Action = Action.GIVE_UP) -> Rule:
    return Rule(Action.RETRY, "transient", happened, _AGAIN, tries=tries, then=then)


def _bug(happened: str) -> Rule:
    return Rule(Action.BUG, "system", happened, _REPORT)


def _account(happened: str) -> Rule:
    return Rule(Action.SKIP_ADVERTISER, "config", happened, _ACCESS)


def _stream(happened: str, next_step: str) -> Rule:
    return Rule(Action.SKIP_STREAM, "config", happened, next_step)


def _credentials(happened: str, next_step: str = _AUTHORISE) -> Rule:
    return Rule(Action.FAIL, "config", happened, next_step)


_THROTTLED = Rule(
    Action.SLOW,
    "transient",
    "TikTok received too many requests from this app",
    "Run the sync again later, and lower `requests_per_second` where other programs use the same app.",
    tries=60,
)
_LOCKED_OUT = replace(_THROTTLED, action=Action.PAUSE, happened="TikTok has locked this app out for too many requests")
_SERVER_FAULT = _server("TikTok's servers failed")
_METRICS = Rule(
    Action.DROP_METRICS, "config", "TikTok does not accept some of the metrics", "Take these metrics out of the report."
)
_FILTERS = Rule(
    Action.BUG,
    "system",
    "TikTok does not support a filter of the request",
    "The rows behind it are missing, and the state does not claim them: report it with the code and request_id.",
)
_MISSING_COLUMN = Rule(
    Action.BUG,
    "system",
    "TikTok's answer lacks a column that tells its rows apart",
    "None of these rows is taken, and the state does not claim them: report it with the endpoint and the column.",
)
_USED_CODE = _credentials("The authorization code was used already or has expired", _CODE_NEXT)
_UNAUTHORISED = _credentials("TikTok does not accept the authorization")
_OTHER_APP = _credentials(
    "App id and secret belong to another app than the access token",
    "Enter app id and secret of the app that was authorised, or authorise the app whose id and secret are entered.",
)
REGION = _credentials(
    "TikTok blocks the region from which the request came", "Run the connector from a region that TikTok serves."
)
_NO_SCOPE = _stream("The app lacks the permission for this stream", _SCOPE)
_NO_DIMENSION = _stream(
    "TikTok does not give this account what the report is divided by",
    "Deselect the stream where no account has it, or ask TikTok to open this breakdown for the account.",
)
_NOT_LISTED = _credentials(
    "TikTok does not list the accounts of this app",
    "Check app id and secret; in the sandbox name the advertiser id, because it has no such list.",
)
_SANDBOX = "Deselect this stream: TikTok's sandbox does not have it."
_TOO_LARGE = Rule(
    Action.SHRINK, "system", "TikTok refused the request for its size", "Ask for fewer days, metrics or accounts."
)
_LIMIT = replace(
    _TOO_LARGE,
    happened="TikTok states a limit that the request exceeds",
    next_step="The connector asks for less where it can; else report it with the code and request_id.",
)

# TikTok: the verdict stands in the body's `code`, beside HTTP 200 even for a bad token or a throttle.
RULES: Mapping[int, Rule] = {
    20001: Rule(
        Action.RETRY,
        "system",
        "TikTok answered only in part",
        "Nothing to do where TikTok's count or totals prove that no row is missing; otherwise the part is named as "
        "incomplete, and the next sync reads it again.",
        tries=3,
        then=Action.TAKE,
    ),
    40000: _bug("TikTok calls the request's parameters invalid"),
    40001: _account("TikTok gives no permission for this account or operation"),
    40002: _bug("TikTok calls a parameter missing, malformed or incompatible"),
    40006: _bug("The parameters do not fit TikTok's API version"),
    40007: _stream(
        "TikTok does not find the object", "Nothing to do if it was deleted; otherwise deselect the stream."
    ),
    40008: _stream(
        "TikTok does not offer this endpoint here", "Deselect this stream, most of all with a sandbox account."
    ),
    40009: _stream("A parameter does not exist in TikTok's sandbox", _SANDBOX),
    40010: _bug("The request went to the wrong host"),
    40011: _bug("The request names too many ids"),
    40013: _stream("This account cannot do that in TikTok's sandbox", _SANDBOX),
    40014: _stream("TikTok's sandbox does not have this feature", _SANDBOX),
    40016: replace(_THROTTLED, action=Action.BRAKE_ENDPOINT, happened="TikTok received too many requests of this kind"),
    # TikTok: the same request within about ten seconds is refused as a duplicate.
    40050: Rule(Action.RETRY, "transient", "TikTok took the request for a duplicate", _AGAIN, tries=2, first_wait=15.0),
    40051: _bug("TikTok no longer knows this API version"),
    40067: _TOO_LARGE,
    40100: _THROTTLED,
    40101: _credentials(
        "TikTok does not accept app id, secret or authorization code",
        "Compare app id and secret with TikTok's developer portal; an authorization code works only once.",
    ),
    40102: _credentials("The access token has expired"),
    40103: _credentials("The refresh token has expired"),
    40104: _credentials("The access token is empty", "Enter the access token in the credentials."),
    40105: _credentials("The access token is wrong or was revoked"),
    40106: _account("The access token's user is not valid for this account"),
    40107: _credentials("TikTok does not accept the refresh token"),
    40110: _UNAUTHORISED,
    40113: _credentials(
        "TikTok has blocked the app or does not know it", "Look at the app in TikTok's developer portal."
    ),
    40115: _UNAUTHORISED,
    40118: _stream(
        "App or account is not admitted to this feature, or it does not exist in the country",
        "Ask TikTok to admit the account, or deselect the stream.",
    ),
    40119: _account("The app's developer and this account belong to different companies"),
    40124: _credentials(
        "TikTok has not approved the developer's profile", "Complete the profile in TikTok's developer portal."
    ),
    40125: _NO_SCOPE,
    40131: _UNAUTHORISED,
    40132: replace(
        _THROTTLED, action=Action.BRAKE_ENDPOINT, happened="TikTok received too many requests for one value"
    ),
    40133: replace(_THROTTLED, action=Action.BRAKE, happened="TikTok received too many requests for this account"),
    40200: _server("A task failed at TikTok", tries=3),
    40201: _server("TikTok has not finished the task yet"),
    40202: _server("TikTok reports a conflict with another write"),
    40300: _account("The account is missing or deleted"),
    40301: _account("The account is missing or does not match"),
    # TikTok: an internal validation error is often a mix of parameters that it does not allow.
    40700: _server("TikTok failed to validate the request", tries=3, then=Action.BUG),
    41000: REGION,
    41001: _stream("TikTok has retired this endpoint", "Deselect this stream and update the connector."),
    41002: _bug("TikTok no longer uses some of the requested fields"),
    50000: _server("TikTok reports a system error"),
    50002: _server("TikTok failed to process the request"),
    # TikTok: "Service error:" comes for account ids that do not exist, and for real faults.
    51008: replace(_server("A service of TikTok failed", tries=3, then=Action.SKIP_ADVERTISER), next_step=_ACCESS),
    51021: replace(_server("A service of TikTok is busy"), shared=True),
    51065: _server("A service of TikTok failed for a moment"),
    51305: replace(_server("A service of TikTok is busy"), shared=True),
    60001: Rule(
        Action.RETRY,
        "transient",
        "TikTok is under maintenance",
        _AGAIN,
        tries=1000,
        seconds=7200.0,
        first_wait=1.5,
        shared=True,
    ),
}

_SERVER_CODES = range(50000, 60000)

FAMILIES: tuple[tuple[range, Rule], ...] = (
    (range(40900, 40916), _bug("TikTok reports a problem with a file upload")),
    (_SERVER_CODES, _SERVER_FAULT),
)

UNKNOWN = replace(
    _bug("The connector does not know this code"),
    next_step="Look for the code in TikTok's documentation, or send the request_id to TikTok's support; the next sync "
    "asks again.",
)


@dataclass(frozen=True)
class Wording:
    """A code that means something else when its message, or the path it answers, says so; with an example."""

    codes: frozenset[int]
    pattern: re.Pattern[str]
    rule: Rule
    example: str
    path: str = ""


def _wording(codes: set[int], pattern: str, rule: Rule, example: str, path: str = "") -> Wording:
    return Wording(frozenset(codes), re.compile(pattern, re.IGNORECASE), rule, example, path)


_QUOTA = replace(_LOCKED_OUT, happened="The app's quota for the day is used up; TikTok frees it at 00:00 UTC")

# TikTok: "max time span is 7 days"; "page_size: Must be between 1 and 50".
_MOST_DAYS = re.compile(r"(?:time|date)[ _](?:span|range|window)\b\D*(\d{1,4})[ -]*days?\b", re.IGNORECASE)
_MOST_ROWS = re.compile(
    r"\bpage_?size\b.*?(?:\bbetween \d+ and|\bat most|\bless than or equal to|\bno(?:t be)? (?:more|greater) than"
    r"|\bexceed|\bmaximum(?: value)?(?: is| of)?)\s*(\d{1,4})\b",
    re.IGNORECASE,
)

_DAILY = _wording({40016, 40100}, r"\bQPD\b|per day|daily", _QUOTA, "App reaches the QPD limit")

WORDINGS: tuple[Wording, ...] = (
    _wording({-1, 41000}, r"banned country", REGION, "Client IP address is in banned Country list"),
    _wording(
        {40000, 40001, 40002},
        r"app_id is inconsistent",
        _OTHER_APP,
        "app_id is inconsistent with the app_id of the access_token",
    ),
    # TikTok: a permission missing from the app is refused like one missing from the user, but names a method.
    _wording(
        {40001},
        r"does not grant you\b|:(?:GET|POST)\b",
        _NO_SCOPE,
        "advertiser does not grant you /open_api/v1.3/pixel/list/:GET permission",
    ),
    _wording({40002}, _MOST_DAYS.pattern, _LIMIT, "max time span is 7 days"),
    _wording({40002}, _MOST_ROWS.pattern, _LIMIT, "page_size: Must be between 1 and 50"),
    # TikTok: 40100 has two very different forms: one full second, and a lockout of minutes or hours.
    _DAILY,
    _wording(
        {40016, 40100},
        r"\bQPM\b|per minute|temporarily restricted",
        _LOCKED_OUT,
        "requests from App … are temporarily restricted",
    ),
    # TikTok: a fault of its servers also hides behind the throttle's code.
    _wording({40016, 40100}, r"timed out", _SERVER_FAULT, "Internal service timed out. Please retry in sometime."),
    # TikTok: a fault of its servers hides behind the code for wrong parameters too; then nothing was judged.
    _wording(
        {40002},
        r"something went wrong|internal (?:server )?error|system error",
        _SERVER_FAULT,
        "Something went wrong, please try again.",
    ),
    # TikTok: one unknown or illegal metric fails the whole request; the message names the culprits.
    _wording({40002}, r"invalid metric fields?\W*\[", _METRICS, "Invalid metric fields: ['registration']"),
    _wording({40002}, r"\bdimensions?\b", _NO_DIMENSION, "Invalid dimensions: ['province_id']", "report/"),
    _wording(
        {40002},
        r"invalid filters?(?:\(s\))?\W*\[.*not supported",
        _FILTERS,
        "Invalid filter(s): '[campaign_statuses]' are not supported",
    ),
    # TikTok: a used or expired authorization code has several codes.
    _wording({40002, 40110, 40115}, "", _USED_CODE, "", "oauth2/access_token"),
    _wording({40001, 40002}, "", _NOT_LISTED, "", "oauth2/advertiser/get"),
)

NOT_LISTED_ANY_MORE = Rule(
    Action.SKIP_ADVERTISER,
    "config",
    "The access token no longer lists this account, which an earlier sync has read",
    "Its state is kept, and what it lacks is read when it comes back: authorise the app for the account again. "
    "Where it is gone for good, reset the streams, or select the others under accounts.",
)
NO_SUCH_NAME = Rule(
    Action.SKIP_ADVERTISER,
    "config",
    "No account, or more than one, has a name that the configuration gives",
    "The other accounts are read. Write the account's name of today, or better its id.",
)
NO_APP = Rule(
    Action.SKIP_STREAM,
    "config",
    "This list is only given for the id and secret of the app, which the credentials do not have",
    "Enter App ID and App Secret, or deselect the stream.",
)
NOT_ASKED: Mapping[str, Rule] = {"nothing, because the credentials have no app id and secret": NO_APP}
"""The rules for requests that are not sent."""
OF_SELECTION: Mapping[str, Rule] = {
    "a list of accounts without one that the state knows": NOT_LISTED_ANY_MORE,
    "a list of accounts without a configured name": NO_SUCH_NAME,
}
"""The rules for accounts that are to be read and that the token's list does not contain."""

_NETWORK = "See whether this machine and its proxy let the connector reach TikTok, then run the sync again."
KINDS: Mapping[Kind, Rule] = {
    "connect": Rule(Action.RETRY, "transient", "TikTok could not be reached", _NETWORK),
    "proxy": _credentials("The proxy wants a login", "Put the right user and password of the proxy into HTTPS_PROXY."),
    "trust": Rule(
        Action.RETRY,
        "config",
        "The certificate of the server is not trusted",
        "Where a proxy inspects traffic, point REQUESTS_CA_BUNDLE or SSL_CERT_FILE at its certificates.",
        tries=3,
        then=Action.FAIL,
    ),
    # TikTok: the same request timing out three times in ten minutes is blocked, so repeats keep their distance.
    "timeout": replace(_TOO_LARGE, blame="transient", happened="TikTok did not answer in time", first_wait=60.0),
    "silent": Rule(Action.RETRY, "transient", "TikTok takes connections but has answered none of them", _NETWORK),
    "cut": Rule(Action.RETRY, "transient", "The connection to TikTok broke", _NETWORK),
    "garbled": _server("TikTok's answer could not be read"),
    "huge": replace(_TOO_LARGE, happened="TikTok's answer is larger than the connector takes"),
}

_GATEWAY = "TikTok's gateway failed"
# What a status says where the body has no verdict.
STATUSES: Mapping[int, Rule] = {
    # A proxy or firewall in between; it may also be a gateway's whim, so a few more tries.
    401: _server(f"{_GATEWAY}: it refused the request", tries=3),
    403: _server(f"{_GATEWAY}: it refused the request", tries=3),
    407: KINDS["proxy"],
    408: KINDS["timeout"],
    413: _TOO_LARGE,
    414: _TOO_LARGE,
    429: _THROTTLED,
    431: _TOO_LARGE,
    504: KINDS["timeout"],
}
_REDIRECT = Rule(
    Action.BUG,
    "system",
    "The answer was a redirect, which the connector never follows",
    "See whether a proxy or a captive portal stands between the connector and TikTok.",
)


def rule_for(code: int, message: str = "", path: str = "") -> Rule:
    """The rule for a verdict; `message` and `path` tell the meanings of one code apart."""
    for wording in WORDINGS:
        if code in wording.codes and path.startswith(wording.path) and wording.pattern.search(message):
            return wording.rule
    family = next((rule for codes, rule in FAMILIES if code in codes), UNKNOWN)
    return RULES.get(code, family)


def rule_for_status(status: int) -> Rule:
    """The rule for an HTTP status whose body holds no verdict."""
    if 300 <= status < 400:
        return _REDIRECT
    if status >= 500:
        return STATUSES.get(status, _server(_GATEWAY))
    if status >= 400:
        return STATUSES.get(status, _bug(f"{_GATEWAY}: it does not know the request"))
    return KINDS["garbled"]


_METRIC_LIST = re.compile(r"invalid metric fields?\W*\[([^\]]*)", re.IGNORECASE)


def invalid_metrics(message: str) -> tuple[str, ...]:
    """The metrics that a 40002 names, as in `Invalid metric fields: ["a", 'b']`; empty if it names none."""
    named = _METRIC_LIST.search(message)
    return tuple(re.findall(r"\w+\b(?!…)", named[1])) if named else ()


_FILTER_LIST = re.compile(r"invalid filters?(?:\(s\))?\W*\[([^\]]*)\]?.*not supported", re.IGNORECASE)


def unsupported_filters(message: str) -> tuple[str, ...]:
    """The filters that a 40002 names, as in `Invalid filter(s): '[a]' are not supported`; empty if it names none."""
    # TikTok: seen in live answers of gmv_max/report/get. The request is then wrong for every account.
    named = _FILTER_LIST.search(message)
    return tuple(re.findall(r"\w+", named[1])) if named else ()


def daily_quota(message: str) -> bool:
    """Whether a lockout lasts until 00:00 UTC because the day's quota is used up."""
    # TikTok: a breach of the quota per day blocks until 00:00 UTC, one per minute for five minutes.
    return bool(_DAILY.pattern.search(message))


def named_limit(message: str) -> float | None:
    """The app's requests per second in a refusal such as `reaches the QPS limit 10`; None if it has none."""
    limit = re.search(r"QPS limit\D{0,3}(\d{1,4})", message, re.IGNORECASE)
    return float(limit[1]) or None if limit else None


def named_minute_limit(message: str) -> float | None:
    """The app's requests per minute in a refusal such as `reaches the QPM limit 600`; None if it has none."""
    limit = re.search(r"QPM limit\D{0,3}(\d{1,6})", message, re.IGNORECASE)
    return float(limit[1]) or None if limit else None


def _stated(limit: re.Pattern[str], message: str) -> int:
    found = limit.search(message)
    return int(found[1]) if found else 0


_LONGEST = 300


def readable(text: str) -> str:
    """A text from outside, made safe for a log line: one line, bounded, and encodable."""
    line = " ".join(text[: 4 * _LONGEST].encode("utf-8", "replace").decode().split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


class TikTokError(Exception):
    """A request ended without its answer. Text and repr have no secrets if `message` has none."""

    def __init__(
        self,
        rule: Rule,
        *,
        code: int = 0,
        message: str = "",
        request_id: str = "",
        path: str = "",
        advertiser_id: str | None = None,
        kind: Kind | None = None,
        retry_after: float = 0.0,
    ) -> None:
        self.rule = rule
        self.kind = kind
        self.code = code
        self.message = readable(message)
        self.request_id = readable(request_id)
        self.path = path
        self.advertiser_id = advertiser_id
        # Seconds that the response asked to wait.
        self.retry_after = retry_after
        super().__init__(self.sentence)

    @property
    def action(self) -> Action:
        """What the caller has to do."""
        return self.rule.action

    @property
    def server_fault(self) -> bool:
        """Whether TikTok's servers failed. For reports, a smaller request may help."""
        return self.code in _SERVER_CODES

    @property
    def verdict(self) -> str:
        """TikTok's code, message and request_id in one line."""
        return self._verdict(f'"{self.message}"' if self.message else "")

    def _verdict(self, text: str) -> str:
        by_tiktok = self.code >= 1000 or self.code < 0
        said = f"code {self.code}" if by_tiktok else f"HTTP {self.code}" if self.code else self.kind or ""
        request = f"request_id {self.request_id}" if self.request_id else ""
        return ", ".join(filter(None, [" ".join(filter(None, [said, text])), request]))

    @property
    def event(self) -> str:
        """What happened and where, without the next step."""
        account = f"account {self.advertiser_id}, " if self.advertiser_id else ""
        if self.rule is UNKNOWN:
            # The connector does not know this code, so TikTok's own words come first.
            said = f'TikTok says "{self.message}"' if self.message else "TikTok gives no reason"
            return f"{said} ({account}{self.path}: {self._verdict('')}). {self.rule.happened}"
        return f"{self.rule.happened} ({account}{': '.join(filter(None, [self.path, self.verdict]))})"

    @property
    def sentence(self) -> str:
        """For the user: what happened, for which account, TikTok's code and request_id, the next step."""
        return f"{self.event}. {self.rule.next_step}"

    @property
    def message_for_optional_stream(self) -> str:
        """The same sentence for streams that many accounts do not have, so nobody needs to be at fault."""
        return f"{self.event}. Many accounts lack this; give app and user the permission, or deselect the stream."

    def after_retries(self) -> "TikTokError":
        """The same error once no further attempt is made."""
        return self._like(self.rule.after_retries(), self.path, self.advertiser_id)

    def repeated_for(self, path: str, advertiser_id: str | None) -> "TikTokError":
        """The same error for another request that was not sent because of it."""
        return self._like(self.rule, path, advertiser_id)

    def _like(self, rule: Rule, path: str, advertiser_id: str | None) -> "TikTokError":
        return type(self)(
            rule,
            code=self.code,
            message=self.message,
            request_id=self.request_id,
            path=path,
            advertiser_id=advertiser_id,
            kind=self.kind,
            retry_after=self.retry_after,
        )


class TooLarge(TikTokError):
    """A request was refused for its size. Limits that TikTok's message does not state are 0."""

    @property
    def most_days(self) -> int:
        """The most days of one request."""
        return _stated(_MOST_DAYS, self.message)

    @property
    def most_rows(self) -> int:
        """The most rows of one page."""
        return _stated(_MOST_ROWS, self.message)


class Unreachable(TikTokError):
    """There is no answer of TikTok. `kind` says what went wrong, and `code` is the HTTP status if there was one."""


class TimedOut(Unreachable):
    """There was no answer in time."""


def for_one_account(error: TikTokError) -> TikTokError:
    """The same refusal of the credentials, as one of this account only, because TikTok answers other requests."""
    rule = Rule(
        Action.SKIP_ADVERTISER,
        "config",
        "TikTok does not accept the access token for this account or endpoint, though it answers others",
        "Authorise the app once more with this account chosen, or take the account out of the configuration.",
    )
    return TikTokError(
        rule,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        path=error.path,
        advertiser_id=error.advertiser_id,
    )


def incomplete_account_list(error: TikTokError) -> TikTokError:
    """The error for a list of accounts of which TikTok gives only a part."""
    next_step = "Run the sync again later, or name the accounts by id, so that they need not be listed."
    rule = replace(error.rule, action=Action.GIVE_UP, next_step=next_step)
    return TikTokError(rule, code=error.code, message=error.message, request_id=error.request_id, path=error.path)


def error_from_code(code: int, message: str, request_id: str, path: str, advertiser_id: str | None) -> TikTokError:
    """The error for a verdict of TikTok."""
    rule = rule_for(code, message, path)
    error = TooLarge if rule.action is Action.SHRINK else TikTokError
    return error(rule, code=code, message=message, request_id=request_id, path=path, advertiser_id=advertiser_id)


def error_without_code(kind: Kind, detail: str, path: str, advertiser_id: str | None, status: int = 0) -> TikTokError:
    """The error for an answer without a verdict: what the network did, or the HTTP status."""
    rule = rule_for_status(status) if kind == "status" else KINDS[kind]
    error = Unreachable
    if rule is KINDS["timeout"]:
        error = TimedOut
    elif rule.action is Action.SHRINK:
        return TooLarge(rule, code=status, message=detail, path=path, advertiser_id=advertiser_id)
    return error(rule, code=status, message=detail, path=path, advertiser_id=advertiser_id, kind=kind)


def missing_column(column: str, rows: int, path: str, advertiser_id: str | None) -> TikTokError:
    """The error for an answer in which no row has a column of the key that was requested."""
    said = f"{column} stands in none of {rows} rows"
    return TikTokError(_MISSING_COLUMN, message=said, path=path, advertiser_id=advertiser_id)
