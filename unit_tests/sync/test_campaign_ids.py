"""The ids of an account's campaigns and ad groups."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError, error_without_code
from source_tiktok_ads.streams.model import AD_V2, BUYING_TYPES
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.pagination import Incomplete, Prefetcher

from .canned import A, B, Canned, page, refused


def structure_of(client: Canned, said: list[str] | None = None) -> CampaignIds:
    """The campaign_ids, and what it warns of."""
    return CampaignIds(client, Prefetcher(1), [].append if said is None else said.append)


def listed(path: str, params: Mapping[str, Any]) -> Any:
    """Two pages of objects, an id as a number among them."""
    name = params["fields"][0]
    rows = {1: [{name: "1"}, {name: 2}], 2: [{name: "3"}]}[params["page"]]
    return page(rows, total=3, number=params["page"], pages=2)


def test_every_id_once_from_all_pages() -> None:
    """Ids are texts, deleted objects belong to them, and only the id is asked for."""
    client = Canned(listed)
    assert structure_of(client).campaigns(A) == ["1", "2", "3"]
    path, params = client.asked[0]
    assert (path, params["fields"], params["page_size"]) == ("campaign/get", ["campaign_id"], 1000)
    assert params["filtering"] == {"primary_status": "STATUS_ALL", **BUYING_TYPES}


def test_ad_groups_of_one_campaign() -> None:
    """The list is limited to the campaign."""
    client = Canned(listed)
    assert structure_of(client).adgroups(A, "8") == ["1", "2", "3"]
    assert client.asked[0][0] == "adgroup/get"
    assert client.asked[0][1]["filtering"] == {"primary_status": "STATUS_ALL", "campaign_ids": ["8"], **BUYING_TYPES}


def test_ads_of_several_creatives_are_listed_once() -> None:
    """Each row of the list is a creative with its own id; an ad without another id is its own creative."""
    rows = [{"ad_id": "11", "ad_id_v2": "1"}, {"ad_id": "12", "ad_id_v2": "1"}, {"ad_id": "2", "ad_id_v2": None}]
    client = Canned(lambda path, params: page(rows))
    assert structure_of(client).objects(AD_V2, A) == ["1", "2"]
    assert client.asked[0][1]["fields"] == ["ad_id", "ad_id_v2"]


def test_ways_of_buying_are_not_named_to_an_account_that_refuses_that_twice() -> None:
    """The other accounts go on as before, and where nothing has to be asked for by itself they are not named at all."""

    def untyped(path: str, params: Mapping[str, Any]) -> Any:
        named = "buying_types" in params["filtering"] and params["advertiser_id"] == A
        return refused(40002, "filtering.buying_types: Unknown field.") if named else listed(path, params)

    client, said = Canned(untyped), [""][:0]
    structure = structure_of(client, said)
    assert structure.campaigns(A) == structure.campaigns(B) == structure.adgroups(A, "8") == ["1", "2", "3"]
    named = [(params["advertiser_id"], "buying_types" in params["filtering"]) for _, params in client.asked]
    assert named == [(A, True), (A, True), (A, False), (A, False), (B, True), (B, True), (A, False), (A, False)]
    assert len(client.paused) == 1
    assert "so they may be missing" in said[0]
    plain = Canned(listed)
    CampaignIds(plain, Prefetcher(1), [].append, ()).campaigns(A)
    assert plain.asked[0][1]["filtering"] == {"primary_status": "STATUS_ALL"}


def test_one_refusal_of_buying_types_is_not_accepted() -> None:
    """The same request is sent once more; what does not speak of them is another error."""
    refusals = [refused(40002, "buying_types: odd")]
    client = Canned(lambda path, params: refusals.pop() if refusals else listed(path, params))
    assert structure_of(client).campaigns(A) == ["1", "2", "3"]
    assert all("buying_types" in params["filtering"] for _, params in client.asked)
    for first in (refused(40002, "no"), refused(40001, "buying_types")):
        answers = [first]
        with pytest.raises(TikTokError):
            structure_of(Canned(lambda path, params, answers=answers: answers[0])).campaigns(A)
    turns = iter([refused(40002, "buying_types: odd"), refused(50000)])
    with pytest.raises(TikTokError, match="50000"):
        structure_of(Canned(lambda path, params: next(turns))).campaigns(A)


def test_each_list_is_read_once() -> None:
    """Asked again for the same, the answer is remembered; another account or campaign is another list."""
    client = Canned(listed)
    structure = structure_of(client)
    for _ in range(2):
        structure.campaigns(A)
        structure.campaigns(B)
        structure.adgroups(A, "8")
        structure.adgroups(A, "9")
    assert len(client.asked) == 4 * 2


def test_an_account_without_objects() -> None:
    """An empty list is a list, also where TikTok sends null."""
    assert structure_of(Canned(lambda path, params: page([]))).campaigns(A) == []
    assert structure_of(Canned(lambda path, params: {**page([]), "list": None})).campaigns(A) == []


def test_a_row_that_slipped_between_two_pages_is_found() -> None:
    """The list is read until it is complete: a report would lose all rows of a missing campaign."""
    readings = iter([[1], [1, 2]])

    def slipping(path: str, params: Mapping[str, Any]) -> Any:
        return page([{"campaign_id": str(id)} for id in next(readings)], total=2)

    assert structure_of(Canned(slipping)).campaigns(A) == ["1", "2"]


def test_a_list_that_never_adds_up_raises_an_error() -> None:
    """More campaigns than TikTok counts: the warning names list and account."""
    said: list[str] = []
    client = Canned(lambda path, params: page([{"campaign_id": "1"}, {"campaign_id": "2"}], total=1))
    assert structure_of(client, said).campaigns(A) == ["1", "2"]
    (text,) = said
    assert text.startswith(f"campaign/get of account {A}, read to divide a report: TikTok counts 1 rows")


def test_a_row_without_an_id_is_a_campaign_that_is_missing() -> None:
    """A report that is split by the other campaigns would lose its rows."""
    with pytest.raises(Incomplete, match="TikTok counts 2 rows but gave 1 different ones in 3 readings"):
        structure_of(Canned(lambda path, params: page([{"campaign_id": "1"}, {}]))).campaigns(A)


@pytest.mark.parametrize("error", [refused(40067), error_without_code("timeout", "", "campaign/get", A)])
def test_a_page_that_is_too_much_is_asked_for_in_smaller_ones(error: TikTokError) -> None:
    """Half as large until TikTok can answer; the account's other lists of the kind begin with what worked."""
    client = Canned(lambda path, params: page([]) if params["page_size"] < 300 else error)
    structure = structure_of(client)
    assert [*structure.adgroups(A, "8"), *structure.adgroups(A, "9")] == []
    assert [params["page_size"] for _, params in client.asked] == [1000, 500, 250, 250]


def test_a_list_that_may_be_incomplete_is_not_used() -> None:
    """Each reading has other campaigns, and a report that is split by them has to know."""
    turn = count()
    with pytest.raises(
        Incomplete, match=f"campaign/get of account {A}, read to divide a report: TikTok counts 99 rows"
    ):
        structure_of(Canned(lambda path, params: page([{"campaign_id": str(next(turn))}], total=99))).campaigns(A)
