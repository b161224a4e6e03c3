"""The connector's parts put together for one account: key, token, client and queries, from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from source_citrusad.api.client import Asked, Client, T
from source_citrusad.api.errors import BigQueryError
from source_citrusad.api.patience import Patience
from source_citrusad.api.queries import Queries
from source_citrusad.api.token import Token, key_of
from source_citrusad.api.transport import Transport
from source_citrusad.discovery import Discovery
from source_citrusad.settings import Settings
from source_citrusad.sync.refusals import may_not_run_jobs


class NoProject(Exception):
    """The account may run queries nowhere; the text is a sentence."""


def connected(
    settings: Settings, transport: Transport, on_secret: Callable[[str], None], known_project: str = ""
) -> Queries:
    """What runs queries for the settings. Raises KeyRefused for a key that is none, without a request."""
    key = key_of(settings.credentials_json, bool(settings.api_url))
    for secret in key.secrets:
        on_secret(secret)
    patience = Patience(settings.wait_scale)
    client = Client(settings.origin, key.email, Token(key, transport, patience, on_secret), transport, patience)
    # Which project the vendor's accounts may run queries in is not documented: the key's own, or the vendor's.
    own: Sequence[str] = [known_project, key.project_id, settings.data_project_id]
    return Queries(client, [settings.billing_project_id] if settings.billing_project_id else own)


def prove(settings: Settings, queries: Queries, warn: Callable[[str], None]) -> Asked[None]:
    """Prove that the account sees what the settings name and may run queries, by two calls that scan nothing.

    Raises KeyRefused, NothingVisible, NoProject and BigQueryError.
    """
    yield from Discovery(settings, queries, warn).datasets()
    try:
        yield from queries.dry_run("SELECT 1", None)
    except BigQueryError as error:
        if error.may_not_run_jobs:
            raise NoProject(may_not_run_jobs(queries.client.email, queries.projects)) from None
        raise


def result(asked: Asked[T]) -> T:
    """What a generator of attempts returns, where nobody has to save anything before they leave."""
    while True:
        try:
            next(asked)
        except StopIteration as end:
            value: T = end.value
            return value
