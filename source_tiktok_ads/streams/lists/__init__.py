"""The lists beside accounts, campaigns, ad groups and ads: one module for each group of the stream table."""

from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.lists.accounts import ACCOUNT_LISTS
from source_tiktok_ads.streams.lists.administration import ADMINISTRATION
from source_tiktok_ads.streams.lists.audiences import AUDIENCES
from source_tiktok_ads.streams.lists.automation import AUTOMATION
from source_tiktok_ads.streams.lists.commerce import COMMERCE
from source_tiktok_ads.streams.lists.creative_insights import CREATIVE_INSIGHTS
from source_tiktok_ads.streams.lists.creatives import CREATIVES
from source_tiktok_ads.streams.lists.creators import CREATORS
from source_tiktok_ads.streams.lists.events import EVENTS
from source_tiktok_ads.streams.lists.finance import FINANCE
from source_tiktok_ads.streams.lists.gmv_max import GMV_MAX
from source_tiktok_ads.streams.lists.leads import LEADS
from source_tiktok_ads.streams.lists.logs import LOGS
from source_tiktok_ads.streams.lists.materials import MATERIALS
from source_tiktok_ads.streams.lists.products import PRODUCTS
from source_tiktok_ads.streams.lists.reference import REFERENCE
from source_tiktok_ads.streams.lists.reviews import REVIEWS
from source_tiktok_ads.streams.lists.structure import STRUCTURE

LISTINGS: tuple[Listing, ...] = (
    *ACCOUNT_LISTS,
    *STRUCTURE,
    *CREATIVES,
    *AUDIENCES,
    *COMMERCE,
    *GMV_MAX,
    *PRODUCTS,
    *FINANCE,
    *ADMINISTRATION,
    *EVENTS,
    *AUTOMATION,
    *LOGS,
    *LEADS,
    *REVIEWS,
    *CREATIVE_INSIGHTS,
    *MATERIALS,
    *CREATORS,
    *REFERENCE,
)
