"""The lists of automated rules, which change bids, budgets and statuses, and of what they did."""

from collections.abc import Mapping
from datetime import date

from source_tiktok_ads.streams.listing import DatedListing, Listing, lifting
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)

RULE: Mapping[str, Shape] = {
    "rule_id": ID("Id of the rule."),
    "name": TEXT("Name of the rule."),
    "rule_status": TEXT("Status of the rule: ON, OFF or DELETED."),
    "create_datetime": MOMENT("When the rule was created, in UTC."),
    "apply_objects": OBJECTS(dimesion=TEXT, dimension_ids=LIST(ID), pre_condition_type=TEXT)(
        "Campaigns, ad groups or ads the rule applies to; `dimesion` is TikTok's spelling."
    ),
    "bind_type": TEXT("Whether the rule is bound to its objects: BIND or UNBIND."),
    "conditions": OBJECTS(subject_type=TEXT, range_type=TEXT, match_type=TEXT, values=TEXTS, calculation_type=TEXT)(
        "Conditions that have to be met."
    ),
    "action": OBJECTS(
        subject_type=TEXT,
        action_type=TEXT,
        value_type=TEXT,
        value=OBJECT(),
        frequency_info=OBJECT(type=TEXT, custom_frequency_type=TEXT, time=INTEGER, count=INTEGER),
    )("What is changed when they are met, by how much and how often."),
    "notification": OBJECT(
        notification_type=TEXT,
        email_setting=OBJECT(notification_period=TEXT, email_exec_time=TEXTS, no_result_notification=FLAG),
    )("When an email is sent."),
    "rule_exec_info": OBJECT(exec_time_type=TEXT, exec_time=TEXT, time_period_info=OBJECTS())("When the rule runs."),
    "last_check_result_summary": OBJECT(
        check_datetime=MOMENT,
        exec_datetime=MOMENT,
        change_success=INTEGER,
        no_change=INTEGER,
        change_fail=INTEGER,
        task_exec_id=ID,
    )("The last run: when, how many objects were changed, left as they were, or failed to change."),
}

RULE_RESULT: Mapping[str, Shape] = {
    **RULE,
    "task_exec_id": ID("Id of the run."),
    "exec_datetime": MOMENT("When the rule ran, in UTC."),
}


def runs_between(first: date, last: date) -> Params:
    """The days of a request for the results of rules."""
    return {"filtering": {"time": [f"{first} 00:00:00", f"{last} 23:59:59"]}}


AUTOMATION: tuple[Listing, ...] = (
    Listing("automated_rules", "optimizer/rule/list", ("rule_id",), RULE, "rules", page_size=100),
    DatedListing(
        "automated_rule_results",
        "optimizer/rule/result/list",
        ("rule_id", "task_exec_id"),
        RULE_RESULT,
        "rules",
        page_size=100,
        cursor="exec_datetime",
        # The id and the time of a run are key and cursor.
        records=lifting("task_exec_id", "exec_datetime", out_of="last_check_result_summary"),
        params_for=runs_between,
        utc=True,
    ),
)
