"""What people have filled into lead forms: a file for each form, which a task writes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from source_tiktok_ads.streams.listing import ADVERTISER_ID, File, Listing, Paging, Parent, Scope, Step, Task
from source_tiktok_ads.streams.lists.audiences import LEAD_FORMS, LIBRARIES, PAGE, page_list
from source_tiktok_ads.streams.parameters import from_row
from source_tiktok_ads.streams.shapes import ID, MOMENT, OBJECT, TEXT, Shape
from source_tiktok_ads.streams.tables import csv_lines, unzipped, whole_lines

LEAD: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    "lead_id": ID("Id of the lead."),
    "create_time": MOMENT("When the form was sent, in UTC."),
    "campaign_id": ID("Id of the campaign that led to the form."),
    "campaign_name": TEXT("Name of that campaign."),
    "adgroup_id": ID("Id of the ad group that led to the form."),
    "adgroup_name": TEXT("Name of that ad group."),
    "ad_id": ID("Id of the ad that led to the form."),
    "ad_name": TEXT("Name of that ad."),
    "page_id": ID("Id of the form, as lead_forms has it."),
    "form_name": TEXT("Name of the form."),
    "answers": OBJECT()("What was filled in: the answer to each question of the form, under the question's own text."),
}

# TikTok: the heads of the file are not documented; clients read these. All others are questions of the form.
HEADS: Mapping[str, str] = {
    "lead_id": "lead_id",
    "created_time": "create_time",
    "create_time": "create_time",
    "campaign_id": "campaign_id",
    "campaign_name": "campaign_name",
    "adgroup_id": "adgroup_id",
    "adgroup_name": "adgroup_name",
    "ad_id": "ad_id",
    "ad_name": "ad_name",
    "form_id": "page_id",
    "page_id": "page_id",
    "form_name": "form_name",
    "page_name": "form_name",
}
IDS = ("lead_id", "campaign_id", "adgroup_id", "ad_id", "page_id")
# TikTok: a spreadsheet would round long ids, so some stand behind an apostrophe or in a formula.
_GUARD = re.compile(r"""^\s*(?:'|="?)?|"?\s*$""")
# TikTok: times are UTC's, which some say in brackets behind them.
_ZONE = re.compile(r"\s*\(UTC(?:[+-]0?0:?00)?\)\s*$")


def lead_file(found: Any) -> File:
    """The leads of a file, or of several in a zip archive. It is cut where an archive, a line or a row does not end."""
    try:
        parts = [_leads(content.decode("utf-8-sig")) for content in unzipped(found)]
    except ValueError as error:
        return File(cut=str(error))
    if not parts:
        return File(cut="its zip archive is empty")
    return File([row for part in parts for row in part.rows], next((part.cut for part in parts if part.cut), ""))


def _leads(text: str) -> File:
    lines, cut = csv_lines(text)
    names = _names(lines[0]) if lines else []
    # TikTok: some errors are written into the file, in the place of the rows.
    if "lead_id" not in names:
        return File(cut="it has no column lead_id")
    whole, short = whole_lines(names, lines[1:])
    return File([_lead(names, line) for line in whole], cut or short)


def _names(header: Sequence[str]) -> list[str]:
    """The column or the question behind each head; a question that comes twice is numbered."""
    names: list[str] = []
    for head in header:
        name = HEADS.get(re.sub(r"\s+", "_", head.strip()).lower(), head.strip())
        again = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({again + 1})" if again else name)
    return names


def _lead(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    told = dict(zip(names, cells, strict=True))
    # A question may be called "answers", too.
    columns = {*LEAD} - {"answers"}
    answers = {name: value for name, value in told.items() if name not in columns}
    row: dict[str, Any] = {name: value or None for name, value in told.items() if name in columns}
    row |= {name: _id(value) for name, value in row.items() if name in IDS and value}
    time = row.get("create_time")
    return {**row, "create_time": _ZONE.sub("", time) if time else None, "answers": answers}


def _id(text: str) -> str | None:
    """An id without what guards it from a spreadsheet; null where there is none."""
    id = _GUARD.sub("", text)
    return id if id.strip("-") else None


FORMS = page_list("lead forms of the account", LEAD_FORMS)
MOVED_FORM: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    **PAGE,
    "library_id": ID("Id of the library the form is kept in."),
}
MOVED_FORMS = replace(
    page_list("lead forms of Business Centers", LEAD_FORMS, scope=Scope.CENTERS),
    ids=("library_id", "page_id"),
    columns=MOVED_FORM,
    parent=Parent(
        LIBRARIES, from_row("library_id"), inherits=("library_id", "advertiser_id"), needs=("advertiser_id",)
    ),
)

WHOSE = ("advertiser_id", "library_id")
# TikTok: a task is created and asked about at the same endpoint, the second time with its id.
WRITTEN = Task(
    Step("page/lead/task", (*WHOSE, "page_id"), post=True), Step("page/lead/task/download", WHOSE), read=lead_file
)


def leads_of(name: str, task: Task, moved: bool = False) -> Listing:
    """The leads of the forms of an account, or of those that a Business Center has taken over."""
    return Listing(
        name,
        "page/lead/task",
        ("lead_id",),
        LEAD,
        paging=Paging.TASK,
        scope=Scope.CENTERS if moved else Scope.ACCOUNT,
        parent=Parent(MOVED_FORMS, from_row("library_id", "page_id"), ("page_id",), owner="advertiser_id")
        if moved
        else Parent(FORMS, from_row("page_id"), ("page_id",)),
        task=task,
    )


# TikTok: leads of Europe and of the United States are kept apart, and asked for with a header; which leads come without
# it, or whether it is refused for others, is not documented. So each form is asked for in each of the three ways.
REGIONS = {region: replace(WRITTEN, headers={"x-lead-region": region}) for region in ("eu", "us")}

LEADS: tuple[Listing, ...] = (
    replace(
        leads_of("leads", WRITTEN),
        personal=("answers",),
        more=(
            # What TikTok refuses is noted by the name of the list, so each region has a name of its own.
            *(leads_of(f"leads of region {region}", task) for region, task in REGIONS.items()),
            leads_of("leads of Business Centers", WRITTEN, moved=True),
            *(
                leads_of(f"leads of Business Centers, region {region}", task, moved=True)
                for region, task in REGIONS.items()
            ),
        ),
    ),
)
