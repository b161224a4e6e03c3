"""Which advertisers a sync reads: by id, by name, through the token; their facts, zones and refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from source_tiktok_ads.api.errors import Action, TikTokError
from source_tiktok_ads.config import Config
from source_tiktok_ads.sync.advertisers import Account, AccountsError, Advertisers, accounts, selection, zone_of

from .canned import SANDBOX, A, B, C, Canned, config, facts, informed, refused

LISTED = [(A, "Acme"), (B, "acme"), (C, 'Bob\'s, "Best"')]
CREDENTIALS = {"auth_type": "oauth2.0", "access_token": "tok-of-tests"}


def client(answer: Any = None, listed: Sequence[tuple[str, str]] = LISTED) -> Canned:
    """A client that knows every account, unless told otherwise."""
    return Canned(answer or informed(lambda path, params: None), listed=listed)


def selected(names: Sequence[str] | None, listed: Sequence[tuple[str, str]] = LISTED) -> Mapping[str, bool]:
    """What a configuration selects."""
    return selection(client(listed=listed), config(accounts=names and [*names]), pytest.fail).ids


def chosen(
    names: Sequence[str], listed: Sequence[tuple[str, str]], **known: str
) -> tuple[Mapping[str, bool], list[tuple[str, str]], list[str]]:
    """The ids that names select where earlier syncs knew some; who is refused and why; what was said."""
    said: list[str] = []
    found = selection(client(listed=listed), config(accounts=[*names]), said.append, known)
    return found.ids, [(account.id, str(account.refusal)) for account in found.refused], said


def test_ids_alone_need_no_request() -> None:
    """What is named by id is read as named, each once."""
    asking = client()
    assert selection(asking, config(accounts=[B, A, B]), pytest.fail).ids == {B: True, A: True}
    assert asking.asked == []


def test_nothing_named_is_every_account_of_the_token() -> None:
    """They are found, not named, in TikTok's order."""
    assert selected(None) == {A: False, B: False, C: False}


@pytest.mark.parametrize(("name", "id"), [("Acme", A), ("acme", B), (' bob\'s, "BEST"', C), ("STRASSE", A)])
def test_a_name_is_found_exactly_or_without_regard_to_case(name: str, id: str) -> None:
    """The exact spelling wins over the others."""
    listed = [(A, "Straße ")] if name == "STRASSE" else LISTED
    assert selected([name], listed) == {id: True}


def test_names_and_ids_mix() -> None:
    """All are named, each account once."""
    assert selected([C, "Acme", A]) == {C: True, A: True}


def test_an_ambiguous_name_lists_its_accounts() -> None:
    """Only those that it may mean."""
    with pytest.raises(AccountsError) as raised:
        selected(["ACME"])
    assert str(raised.value) == (
        f'accounts: "ACME" is the name of several accounts; give the id instead. Candidates: Acme ({A}), acme ({B}).'
    )


def test_an_unknown_name_lists_what_there_is() -> None:
    """At most fifty, and how many more."""
    many = [(str(10**15 + number), f"N{number}") for number in range(53)]
    with pytest.raises(AccountsError, match=r'"nobody" is none the token can read\. Candidates: N0 \(1') as raised:
        selected(["nobody"], many)
    assert str(raised.value).endswith("N49 (1000000000000049) and 3 more.")


def test_one_name_that_nobody_has_costs_only_itself() -> None:
    """The others are read; the sentence has the candidates, and stands for an account of that name."""
    ids, refused, said = chosen(["nobody", "Acme", B], LISTED)
    assert ids == {B: True, A: True}
    assert [name for name, _ in refused] == ["nobody"]
    assert 'accounts: "nobody" is none the token can read. Candidates: Acme' in refused[0][1]
    assert "The other accounts are read. Write the account's name of today" in refused[0][1]
    assert said == []


def test_an_ambiguous_name_costs_only_itself() -> None:
    """It is refused like one that nobody has."""
    ids, refused, _ = chosen(["ACME", C], LISTED)
    assert ids == {C: True}
    assert 'accounts: "ACME" is the name of several accounts' in refused[0][1]


def test_an_account_that_was_renamed_is_found_by_its_id() -> None:
    """The state knows which account the name stood for; one warning says what it is called now."""
    ids, refused, said = chosen(["Old", "acme"], LISTED, Old=A)
    assert (ids, refused) == ({A: True, B: True}, [])
    assert said == [f'accounts: "Old" is now called "Acme" ({A}) and is read all the same: change the name.']


def test_a_name_that_several_have_by_now_is_the_account_it_was() -> None:
    """A second account of the name does not stop the first."""
    ids, refused, said = chosen(["ACME"], LISTED, ACME=B)
    assert (ids, refused) == ({B: True}, [])
    assert said == [f'accounts: "ACME" is the name of several accounts; {B} is read, as before: give the id instead.']


def test_a_name_that_another_account_has_by_now_is_that_account_with_a_warning() -> None:
    """The configuration names it, but nobody may think that it is the same account."""
    ids, _, said = chosen(["Acme"], LISTED, Acme=C)
    assert ids == {A: True}
    assert said == [f'accounts: "Acme" was account {C} and is {A} by now, which is read in its place.']


def test_a_name_with_the_same_account_as_before_needs_no_warning() -> None:
    """Nothing has changed."""
    assert chosen(["Acme"], LISTED, Acme=A) == ({A: True}, [], [])


def test_a_named_account_that_is_no_longer_listed_is_refused_under_its_id() -> None:
    """So its own state stays, and the sentence names it."""
    ids, refused, said = chosen(["Acme", "Gone"], LISTED, Gone="7000000000000000009")
    assert ids == {A: True}
    assert [id for id, _ in refused] == ["7000000000000000009"]
    assert "The access token no longer lists this account" in refused[0][1]
    assert said == []


def everybody_of(accounts: Sequence[str] | None, known: Mapping[str, str]) -> Advertisers:
    """The accounts of a sync whose states know some names."""
    return Advertisers(client(), config(accounts=accounts and [*accounts]), pytest.fail, known)


def test_accounts_that_the_state_knows_and_the_token_no_longer_lists_are_refused() -> None:
    """They are not named in the configuration."""
    everybody = everybody_of(None, {})
    everybody.all()
    (gone,) = everybody.unlisted([A, "7000000000000000009"])
    assert (gone.id, gone.named) == ("7000000000000000009", False)
    assert gone.refusal is not None
    assert gone.refusal.action is Action.SKIP_ADVERTISER


def test_where_the_configuration_selects_accounts_others_are_not_missed() -> None:
    """A user who removes an account from the configuration gets no warnings about it."""
    everybody = everybody_of(["Acme", B], {})
    assert [account.id for account in everybody.all()] == [B, A]
    assert everybody.unlisted([C]) == []


def test_states_keep_the_account_of_each_configured_name() -> None:
    """What earlier syncs knew until the accounts are found; names that are no longer configured are forgotten."""
    everybody = everybody_of(["Acme"], {"Acme": A, "Other": B})
    assert everybody.remembered() == {"accounts": {"Acme": A}}
    everybody.all()
    assert everybody.remembered() == {"accounts": {"Acme": A}}
    assert everybody_of(None, {"Acme": A}).remembered() == {}


def test_a_token_without_accounts_is_an_error() -> None:
    """There is nothing to read."""
    with pytest.raises(AccountsError, match="can read no ad account"):
        selected(None, [])


def test_listing_needs_the_apps_id_and_secret() -> None:
    """A configuration without them is refused before any request, as when it is parsed."""
    alone = config(credentials=CREDENTIALS).model_copy(update={"accounts": ()})
    asking = client()
    with pytest.raises(AccountsError, match="needs app_id and secret"):
        selection(asking, alone, pytest.fail)
    assert asking.asked == []


def test_a_sandbox_reads_its_own_account() -> None:
    """It has no list."""
    assert selection(client(), config(credentials=SANDBOX, accounts=None), pytest.fail).ids == {A: True}


def found(answer: Any = None, settings: Config | None = None) -> tuple[list[Account], list[str], Canned]:
    """The accounts of A and B with what was said and asked."""
    said: list[str] = []
    asking = client(answer)
    return accounts(asking, settings or config(accounts=[A, B]), said.append), said, asking


def test_an_account_has_its_facts() -> None:
    """Name, currency, clock, and the row as TikTok sent it."""
    rows = [facts(A, currency="", display_timezone="Asia/Kolkata"), facts(B, advertiser_id=int(B))]
    (one, other), said, _ = found(lambda path, params: {"list": rows})
    assert one == Account(A, True, "Name 1", ZoneInfo("Asia/Kolkata"), None, rows[0])
    assert (other.id, other.currency, other.zone) == (B, "EUR", ZoneInfo("Etc/UTC"))
    assert said == []


def test_facts_are_asked_for_a_hundred_accounts_at_a_time() -> None:
    """As many as TikTok allows, and no page numbers."""
    ids = [str(10**17 + number) for number in range(150)]
    made, _, asking = found(settings=config(accounts=ids))
    assert [account.id for account in made] == ids
    assert [len(params["advertiser_ids"]) for params in asking.paths("advertiser/info")] == [100, 50]


def refusing(*bad: str, code: int = 40001) -> Any:
    """TikTok that refuses every batch with one of these ids in it."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        ids = params["advertiser_ids"]
        return refused(code) if {*ids} & {*bad} else {"list": [facts(id) for id in ids]}

    return answer


@pytest.mark.parametrize("code", [40001, 40002])
def test_a_refused_batch_is_halved_until_the_bad_id_stands_alone(code: int) -> None:
    """The others have their facts."""
    ids = [str(10**17 + number) for number in range(8)]
    made, said, asking = found(refusing(ids[5], code=code), config(accounts=ids))
    (refusal,) = (account.refusal for account in made if account.id == ids[5])
    assert refusal is not None
    assert (refusal.action, refusal.code) == (Action.SKIP_ADVERTISER, code)
    assert all(account.name for account in made if account.id != ids[5])
    assert [len(params["advertiser_ids"]) for _, params in asking.asked] == [8, 4, 4, 2, 1, 1, 2]
    assert said == []


def test_an_account_that_is_missing_in_an_answer_is_refused() -> None:
    """Without facts it has no clock, so reading it would read the wrong days."""
    (one, other), _, _ = found(lambda path, params: {"list": [facts(A)]})
    assert one.refusal is None
    assert other.refusal is not None
    assert B in str(other.refusal)
    assert "leaves this account out" in str(other.refusal)


@pytest.mark.parametrize("data", [{"list": None}, {"list": []}])
def test_an_answer_without_rows_refuses_all(data: dict[str, Any]) -> None:
    """Both accounts are unknown."""
    made, said, _ = found(lambda path, params: data)
    assert [bool(account.refusal) for account in made] == [True, True]
    assert said == []


def test_where_advertiser_info_is_missing_days_are_utc_days() -> None:
    """One refusal of the endpoint as such speaks for all; one warning, no facts, everything else is read."""
    made, said, asking = found(lambda path, params: refused(40125))
    assert [replace(account, facts_refusal=None) for account in made] == [Account(A), Account(B)]
    assert [account.facts_refusal.code for account in made if account.facts_refusal] == [40125, 40125]
    assert len(said) == 1
    assert "UTC days" in said[0]
    assert len(asking.asked) == 1


def test_a_sandbox_is_read_without_facts_whatever_the_refusal() -> None:
    """Its advertiser/info is known to be moody."""
    made, said, _ = found(lambda path, params: refused(40001), config(credentials=SANDBOX, accounts=None))
    assert made == [Account(A)]
    assert len(said) == 1


def test_all_accounts_refused_stay_refused_outside_of_the_sandbox() -> None:
    """No permission for any is not the same as no such endpoint."""
    made, said, _ = found(lambda path, params: refused(40001))
    assert [account.refusal.code for account in made if account.refusal] == [40001, 40001]
    assert said == []


def test_other_errors_are_everybodys() -> None:
    """A revoked token says nothing about one account."""
    with pytest.raises(TikTokError, match="40105"):
        found(lambda path, params: refused(40105))


@pytest.mark.parametrize("answer", [informed(lambda path, params: None), lambda path, params: refused(40105)])
def test_accounts_are_found_once_for_all_streams(answer: Any) -> None:
    """The answer, or the failure, is remembered."""
    asking = client(answer)
    everybody = Advertisers(asking, config(), [].append)
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append([account.id for account in everybody.all()])
        except TikTokError as error:
            outcomes.append([str(error.code)])
    assert outcomes[0] == outcomes[1]
    assert len(asking.asked) == 1


@pytest.mark.parametrize(
    ("known", "zone"),
    [
        ({"display_timezone": "Asia/Tokyo", "timezone": "Etc/GMT+8"}, ZoneInfo("Asia/Tokyo")),
        ({"timezone": "Etc/GMT+8"}, ZoneInfo("Etc/GMT+8")),
        ({"display_timezone": "Mars/Base", "timezone": "Asia/Tokyo"}, ZoneInfo("Asia/Tokyo")),
        ({"display_timezone": "../../etc/passwd", "timezone": "\x00"}, None),
        ({"display_timezone": "", "timezone": "America"}, None),
        ({"display_timezone": 8, "timezone": "x" * 5000}, None),
        ({"display_timezone": "\ud83e"}, None),
        ({}, None),
    ],
)
def test_the_zone_is_the_displayed_one_or_the_other_or_none(known: dict[str, Any], zone: Any) -> None:
    """A name that is no zone never ends in an error."""
    assert zone_of(known) == zone


def test_an_account_without_a_zone_has_utc_days_and_a_warning() -> None:
    """The days may be others than Ads Manager's, so it is said."""
    rows = [facts(A, timezone="Mars/Base"), facts(B)]
    (one, _), said, _ = found(lambda path, params: {"list": rows})
    assert one.zone == timezone.utc
    assert said == [
        f"Account {A}: no time zone is known by the names (None, 'Mars/Base'), so its days are read as UTC days."
    ]


def test_today_is_the_accounts_own() -> None:
    """Etc/GMT+8 lies eight hours behind UTC."""
    account = Account(A, zone=zone_of({"timezone": "Etc/GMT+8"}) or timezone.utc)
    assert account.today(datetime(2026, 3, 15, 7, 59, tzinfo=timezone.utc)) == date(2026, 3, 14)
    assert account.today(datetime(2026, 3, 15, 8, 0, tzinfo=timezone.utc)) == date(2026, 3, 15)
