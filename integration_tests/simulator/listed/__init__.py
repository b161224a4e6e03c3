"""Which rows the lists of `lists.json` have at an instant: one table row per endpoint."""

from collections.abc import Mapping

from . import (
    administration,
    audiences,
    automation,
    business,
    commerce,
    creatives,
    creators,
    events,
    finance,
    gmv_max,
    insights,
    products,
    reference,
    reviews,
    structure,
)
from .scene import Source

SOURCES: Mapping[str, Source] = {
    **business.SOURCES,
    **structure.SOURCES,
    **creatives.SOURCES,
    **audiences.SOURCES,
    **commerce.SOURCES,
    **gmv_max.SOURCES,
    **products.SOURCES,
    **finance.SOURCES,
    **administration.SOURCES,
    **events.SOURCES,
    **automation.SOURCES,
    **reviews.SOURCES,
    **insights.SOURCES,
    **reference.SOURCES,
    **creators.SOURCES,
}
