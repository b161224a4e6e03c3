"""The lists beside accounts, campaigns, ad groups and ads: one module for each group of the stream table."""

from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.lists.accounts import ACCOUNT_LISTS
from source_tiktok_ads.streams.lists.audiences import AUDIENCES
from source_tiktok_ads.streams.lists.commerce import COMMERCE
from source_tiktok_ads.streams.lists.creatives import CREATIVES
from source_tiktok_ads.streams.lists.reference import REFERENCE
from source_tiktok_ads.streams.lists.structure import STRUCTURE

LISTINGS: tuple[Listing, ...] = (
    *ACCOUNT_LISTS,
    *STRUCTURE,
    *CREATIVES,
    *AUDIENCES,
    *COMMERCE,
    *REFERENCE,
)
