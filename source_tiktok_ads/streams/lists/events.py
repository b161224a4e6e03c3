"""The lists that name the events of reports: sets of offline and CRM events, and custom conversions."""

from collections.abc import Mapping

from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Pass, Row
from source_tiktok_ads.streams.lists.audiences import APPS, PIXELS
from source_tiktok_ads.streams.parameters import from_row
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, OBJECT, OBJECTS, TEXT, Shape

CREATE_TIME = MOMENT("When it was created, in UTC.")

OFFLINE_EVENT_SET: Mapping[str, Shape] = {
    "event_set_id": ID("Id of the set of offline events."),
    "name": TEXT("Name of the set."),
    "description": TEXT("Description of the set."),
    "auto_tracking": FLAG("Whether new ads are measured by it without being asked to."),
    "create_time": CREATE_TIME,
    "update_time": MOMENT("When it was last changed, in UTC."),
}

CRM_EVENT_SET: Mapping[str, Shape] = {
    "event_set_id": ID("Id of the set of CRM events."),
    "name": TEXT("Name of the set."),
    "create_time": CREATE_TIME,
}

CUSTOM_CONVERSION: Mapping[str, Shape] = {
    "custom_conversion_id": ID("Id of the custom conversion."),
    "name": TEXT("Name of the custom conversion."),
    "description": TEXT("Description of the custom conversion."),
    "event_source_type": TEXT("What sends the event: PIXEL or APP."),
    "event_source_id": ID("Id of the pixel that sends the event; of an app, its id in its store."),
    "optimization_event": TEXT("Standard event the custom conversion belongs to."),
    "rules": OBJECTS(parameter=TEXT, operator=TEXT, values=LIST(TEXT))("Conditions an event has to meet to count."),
    "activity_info": OBJECT(activity_status=TEXT, total_count=INTEGER, last_record_time=MOMENT)(
        "Whether events still arrive, how many have, and when the last one did."
    ),
    "create_time": CREATE_TIME,
    "update_time": MOMENT("When it was last changed, in UTC."),
}


def has_conversions(app: Row) -> bool:
    """Whether custom conversions of an app can be asked for."""
    # TikTok: only those of apps whose installs TikTok attributes itself.
    return app.get("self_attribution_enabled") is True and bool(app.get("app_platform_id"))


EVENTS: tuple[Listing, ...] = (
    Listing(
        "offline_event_sets",
        "offline/get",
        ("event_set_id",),
        OFFLINE_EVENT_SET,
        "event_set_list",
        paging=Paging.WHOLE,
        cursor="update_time",
    ),
    Listing(
        "crm_event_sets",
        "crm/list",
        ("event_set_id",),
        CRM_EVENT_SET,
        "crm_event_sets",
        paging=Paging.WHOLE,
        cursor="create_time",
    ),
    Listing(
        "custom_conversions",
        "custom_conversion/list",
        ("custom_conversion_id",),
        CUSTOM_CONVERSION,
        cursor="create_time",
        passes=(Pass({"event_source_type": "PIXEL"}),),
        parent=Parent(PIXELS, from_row(event_source_id="pixel_id")),
        more=(
            Listing(
                "custom conversions of apps",
                "custom_conversion/list",
                ("custom_conversion_id",),
                CUSTOM_CONVERSION,
                passes=(Pass({"event_source_type": "APP"}),),
                parent=Parent(
                    APPS, from_row(event_source_id="app_platform_id"), keep=has_conversions, needs=("app_platform_id",)
                ),
            ),
        ),
    ),
)
