"""Service accounts: generated keys, the token endpoint that checks their signatures, and what an account may do."""

from __future__ import annotations

import functools
import json
import secrets
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .refusal import Refusal
from .world import DATA_PROJECT, KEY_PROJECT

GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/bigquery")
EMAIL = f"acme-reporting@{KEY_PROJECT}.iam.gserviceaccount.com"


@functools.cache
def private_key(number: int) -> rsa.RSAPrivateKey:
    """A key of this process; making one takes a tenth of a second."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(token_uri: str, *, email: str = EMAIL, project: str = KEY_PROJECT, number: int = 0) -> dict[str, str]:
    """A service-account key as Google Cloud writes it."""
    pem = private_key(number).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "0" * 39 + str(number),
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email}",
        "universe_domain": "googleapis.com",
    }


class Account:
    """The one account that the server knows, its tokens and its permissions."""

    def __init__(self) -> None:
        """An account that may do all that a reader can be granted."""
        self.email = EMAIL
        self.revoked = False
        self.tokens: dict[str, float] = {}
        self.token_seconds = 3600
        self.job_projects = {KEY_PROJECT, DATA_PROJECT, "acme-warehouse"}
        """Where it has bigquery.jobs.create."""
        self.denied: set[str] = set()
        """What it may not read: `dataset` or `dataset.table`."""
        self.hidden: set[str] = set()
        """Datasets that it neither sees nor reads."""
        self.no_information: set[str] = set()
        """Datasets whose INFORMATION_SCHEMA it may not query; `*` is all."""
        self.no_metadata: set[str] = set()
        """Datasets whose tables it may not list; `*` is all."""
        self.may_list_jobs = True

    def may_read(self, dataset: str, table: str) -> bool:
        """Whether queries over a table are allowed."""
        return not self.denied & {dataset, f"{dataset}.{table}"}

    def may_list(self, dataset: str) -> bool:
        """Whether INFORMATION_SCHEMA of a dataset is allowed."""
        return not self.no_information & {dataset, "*"} and dataset not in self.denied

    def may_see(self, dataset: str) -> bool:
        """Whether tables of a dataset may be listed."""
        return not self.no_metadata & {dataset, "*"} and dataset not in self.denied

    def token(self, form: dict[str, str], own_address: str) -> dict[str, Any]:
        """An access token for a signed assertion, or OAuth's refusal."""
        if form.get("grant_type") != GRANT:
            raise TokenRefusal("unsupported_grant_type", "Invalid grant_type.")
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                private_key(0).public_key(),
                algorithms=["RS256"],
                audience=[GOOGLE_TOKEN, own_address],
                options={"require": ["iss", "iat", "exp", "aud"]},
            )
        except jwt.InvalidSignatureError as error:
            raise TokenRefusal("invalid_grant", "Invalid JWT Signature.") from error
        except jwt.InvalidTokenError as error:
            raise TokenRefusal("invalid_grant", f"Invalid JWT: {error}") from error
        if self.revoked or claims["iss"] != self.email:
            raise TokenRefusal("invalid_grant", "Invalid grant: account not found")
        if not set(str(claims.get("scope", "")).split()) & set(SCOPES):
            raise TokenRefusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self.tokens[token] = time.monotonic() + self.token_seconds
        return {"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"}

    def check(self, authorization: str) -> None:
        """A refusal where the header brings no token that is still good."""
        token = authorization.removeprefix("Bearer ")
        if self.revoked or self.tokens.get(token, 0) < time.monotonic():
            raise Refusal(
                "authError",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                "valid authentication credential.",
            )

    def expire_tokens(self) -> None:
        """Let every token be refused from now on; new ones are given."""
        self.tokens.clear()

    def check_project(self, project: str) -> None:
        """A refusal where the account may not run jobs in a project."""
        if project not in self.job_projects:
            raise Refusal(
                "accessDenied",
                f"Access Denied: Project {project}: User does not have bigquery.jobs.create permission in project "
                f"{project}.",
            )


class TokenRefusal(Exception):
    """What the token endpoint says where it gives none."""

    def __init__(self, error: str, description: str) -> None:
        """OAuth's two fields."""
        super().__init__(description)
        self.body = json.dumps({"error": error, "error_description": description}).encode()
