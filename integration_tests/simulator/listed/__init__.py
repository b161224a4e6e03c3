"""Which rows the lists of `lists.json` have at an instant: one table row per endpoint."""

from collections.abc import Mapping

from . import audiences, business, commerce, creatives, reference, structure
from .scene import Source

SOURCES: Mapping[str, Source] = {
    **business.SOURCES,
    **structure.SOURCES,
    **creatives.SOURCES,
    **audiences.SOURCES,
    **commerce.SOURCES,
    **reference.SOURCES,
}
