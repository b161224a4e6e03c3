"""The streams of a configuration: the standard streams, adapted to its settings, and its custom reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from source_tiktok_ads import config as settings
from source_tiktok_ads.config import Config, ConfigError, CustomReport, fault, named
from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.streams.fields import METRIC_GROUPS
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import ADVERTISER, BC, CATALOG, MEMBER, CenterReport, Filter, Level, Report, Stream
from source_tiktok_ads.streams.rules import GRAINS, LEVELS, violations


def streams(config: Config) -> Mapping[str, Stream]:
    """Every stream by name. Raises ConfigError for an unknown group of metrics or an invalid custom report."""
    for group in config.metric_groups:
        if group not in METRIC_GROUPS:
            raise fault("metric_groups", f"holds {group}: write only {', '.join(METRIC_GROUPS)}.")
    found = {stream.name: _adapted(stream, config) for stream in STREAMS}
    for place, asked in enumerate(config.custom_reports):
        field = f"custom_reports[{place}]"
        if asked.name in found:
            raise fault(f"{field}.name", f"is {asked.name}, as a stream of the connector: write a name of its own.")
        found[asked.name] = _validated(custom(asked), field)
    return found


def _adapted(stream: Stream, config: Config) -> Stream:
    if isinstance(stream, Report) and config.metric_groups:
        return stream.with_groups(config.metric_groups)
    if isinstance(stream, Listing) and stream.personal and not config.personal_data:
        return stream.impersonal()
    return stream


def custom(asked: CustomReport) -> Report:
    """The stream of a custom report."""
    kind = CenterReport if asked.report_type == BC else Report
    return kind(
        asked.name,
        _level(asked),
        GRAINS[asked.grain],
        asked.breakdowns,
        asked.report_type,
        chosen=asked.metrics,
        filters=tuple(map(_filter, asked.filters)),
    )


def _filter(asked: settings.Filter) -> Filter:
    # A range may begin and end with the same value.
    values = asked.values if asked.filter_type == "BETWEEN" else tuple(dict.fromkeys(asked.values))
    return Filter(asked.field_name, values, asked.filter_type)


def _level(asked: CustomReport) -> Level:
    level = LEVELS[asked.level]
    if asked.report_type == BC and level is ADVERTISER:
        return MEMBER
    # TikTok: ids of parents are metrics, and no source says which metrics a report on catalogs supports.
    return replace(level, parents=()) if asked.report_type == CATALOG and level.parents else level


def _validated(report: Report, field: str) -> Report:
    found = violations(report)
    if found:
        places = [f"{field}.{broken.part}" for broken in found]
        sentences = [
            f"{named(place)} breaks the rule {broken.rule}: {broken.sentence}"
            for place, broken in zip(places, found, strict=True)
        ]
        raise ConfigError(places[0], " ".join(sentences))
    return report
