"""The lists of automated rules and of their runs."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment
from ..refusal import bad
from .scene import Row, Scene, Source


def _known(scene: Scene, rule: Asset, run: Asset) -> Row:
    """What is the same in the list of rules and in that of their runs."""
    return {
        "rule_id": rule.id,
        "name": rule.name("Rule", scene.epoch),
        "rule_status": ("ON", "OFF", "DELETED")[rule.index % 3],
        "create_datetime": moment(rule.created),
        "rule_exec_info": {
            "exec_time_type": "HALF_HOUR_IN_SPECIFIC_TIME_PERIOD",
            "exec_time": None,
            "time_period_info": [{"num": [1, 5], "start_time": "09:00", "end_time": "18:30", "date_type": "WEEK"}],
        },
        "last_check_result_summary": {
            "check_datetime": moment(run.created),
            "exec_datetime": moment(run.created),
            "change_success": run.seed % 5,
            "no_change": run.seed % 7,
            "change_fail": run.seed % 2,
            "task_exec_id": run.id,
        },
    }


def _runs(scene: Scene, rule: Asset) -> list[Asset]:
    place = scene.advertiser.index * 1000 + rule.index
    return [run for run in assets(scene.world, owned.RULE_RUN, place, scene.epoch) if run.created >= rule.created]


def _rules(scene: Scene) -> list[Row]:
    rows = []
    for rule in scene.assets(owned.RULE):
        runs = _runs(scene, rule)
        known = _known(scene, rule, runs[0] if runs else rule)
        rows.append(
            scene.filled(known if runs else {**known, "last_check_result_summary": None}, rule.number, rule.index)
        )
    return rows


def _results(scene: Scene) -> list[Row]:
    first, last = _span(scene)
    return [
        scene.filled(_known(scene, rule, run), rule.number, rule.index)
        for rule in scene.assets(owned.RULE)
        for run in _runs(scene, rule)
        if first <= moment(run.created) <= last
    ]


def _span(scene: Scene) -> tuple[str, str]:
    span = scene.sent.get("time", ["0000", "9999"])
    if len(span) != 2:
        raise bad("filtering.time: Length must be 2.")
    return span[0], span[1]


SOURCES: Mapping[str, Source] = {
    "optimizer/rule/list": Source(_rules, ("tzone", "rule_info", "data_dimension")),
    "optimizer/rule/result/list": Source(_results, ("time", "lang", "rule_info", "action", "data_dimension")),
}
