"""Who may read what: tokens, the app's secret and single-use authorization codes."""

from __future__ import annotations

from dataclasses import dataclass, field

from .refusal import Refusal
from .world import World

APP_ID = "7000000000000000500"
SECRET = "simulated-app-secret-3f9a7c"
TOKEN = "simulated-access-token-51d0b8"
REVOKED_TOKEN = "simulated-revoked-token-9c2e44"
SANDBOX_TOKEN = "simulated-sandbox-token-77aa10"
AUTH_CODE = "simulated-auth-code-e1b2c3"
EXPIRED_AUTH_CODE = "simulated-expired-auth-code-d4e5f6"
SCOPE = [1, 2, 3, 4, 6, 8]


@dataclass
class Access:
    """The state of all credentials. `tokens` maps a token to the accounts it reads."""

    world: World
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    app_id: str = APP_ID
    secret: str = SECRET
    issued: int = 0
    denied: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up the well-known token, code and sandbox token."""
        everything = self.world.advertiser_ids
        self.tokens = {TOKEN: everything, SANDBOX_TOKEN: everything[:1], **self.tokens}
        self.codes = {AUTH_CODE: everything, **self.codes}

    def readable(self, token: str) -> tuple[str, ...]:
        """The accounts a token reads; 40104 without a token, 40105 for an unknown or revoked one."""
        if not token:
            raise Refusal(40104, "Access token is empty.")
        if token not in self.tokens:
            raise Refusal(40105, "Access token is incorrect or has been revoked.")
        return self.tokens[token]

    def check_app(self, app_id: str, secret: str) -> None:
        """Refuse with 40101 unless both belong to the app."""
        if (app_id, secret) != (self.app_id, self.secret):
            raise Refusal(40101, "App id or secret is incorrect.")

    def exchange(self, code: str, spent: int = 40110) -> tuple[str, tuple[str, ...]]:
        """Spend a code: a fresh token and its accounts; refused with `spent` if it is used, expired or unknown."""
        if code not in self.codes:
            raise Refusal(spent, "Auth_code is used, expired or invalid.")
        accounts = self.codes.pop(code)
        self.issued += 1
        token = f"simulated-exchanged-token-{self.issued:04d}"
        self.tokens[token] = accounts
        return token, accounts

    def revoke(self, token: str) -> None:
        """End a token; unknown ones stay unknown."""
        self.tokens.pop(token, None)

    def forbid(self, advertiser_id: str) -> None:
        """Take one account away from every token."""
        self.tokens = {token: tuple(a for a in ids if a != advertiser_id) for token, ids in self.tokens.items()}

    def deny(self, path: str, code: int = 40125, owner: str = "") -> None:
        """Close a list beside the nine streams to everybody, or to the requests for one account or Business Center."""
        self.denied[path, owner] = code

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never appear in a log."""
        return (self.secret, REVOKED_TOKEN, *self.tokens, AUTH_CODE, EXPIRED_AUTH_CODE, *self.codes)
