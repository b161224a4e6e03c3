"""The lists that say what ids mean, the same for every account."""

from collections.abc import Mapping
from functools import partial

from source_tiktok_ads.streams.listing import Listing, Paging, Scope
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, OBJECTS, TEXT, Shape

ReferenceList = partial(Listing, scope=Scope.REFERENCE, paging=Paging.WHOLE, required=True)
TEXTS = LIST(TEXT)
SPECIAL_INDUSTRIES = TEXTS("Industries with special rules in which it may be used: HOUSING, EMPLOYMENT, CREDIT.")

REGION: Mapping[str, Shape] = {
    "region_id": ID("Id of the region, as location_ids of ad groups hold it."),
    "region_name": TEXT("Name of the region, in English."),
    "region_level": TEXT("How large the region is, such as a country, a province or a city."),
    "country_code": TEXT("Code of the country the region lies in."),
    "parent_id": ID("Id of the region it is a part of."),
    "area_type": TEXT("Kind of area, such as an administrative or a market area."),
    "support_below_18": FLAG("Whether people under 18 may be targeted there."),
}

LANGUAGE: Mapping[str, Shape] = {
    "code": TEXT("Code of the language, as languages of ad groups hold it."),
    "name": TEXT("Name of the language."),
}

INTEREST_CATEGORY: Mapping[str, Shape] = {
    "interest_category_id": ID("Id of the category, as interest_category_ids of ad groups hold it."),
    "interest_category_name": TEXT("Name of the category, in English."),
    "level": INTEGER("Depth of the category in the tree, from 1 on."),
    "sub_category_ids": LIST(ID)("Ids of the categories one level below."),
    "special_industries": SPECIAL_INDUSTRIES,
    "placements": TEXTS("Places where ads may be targeted by it."),
}

ACTION_CATEGORY: Mapping[str, Shape] = {
    "action_category_id": ID("Id of the category, as the actions of ad groups hold it."),
    "action_scene": TEXT("What people did something with: VIDEO_RELATED, CREATOR_RELATED or HASHTAG_RELATED."),
    "name": TEXT("Name of the category, in English."),
    "description": TEXT("Description of the category."),
    "level": INTEGER("Depth of the category in the tree."),
    "sub_category_ids": LIST(ID)("Ids of the categories one level below."),
    "special_industries": SPECIAL_INDUSTRIES,
}

CARRIER: Mapping[str, Shape] = {
    "country_code": TEXT("Code of the country."),
    "carriers": OBJECTS(carrier_id=ID, name=TEXT, in_use=FLAG, value=OBJECTS(hni_id=ID, in_use=FLAG))(
        "The mobile carriers of the country, each with its id, name and network codes."
    ),
}

TIMEZONE: Mapping[str, Shape] = {
    "timezone": TEXT("Name of the time zone, as accounts hold it; in Etc/GMT+8 the sign is turned round."),
    "gmt_offset": TEXT("Distance from UTC."),
}

DEVICE_MODEL: Mapping[str, Shape] = {
    "device_model_id": ID("Id of the model, as device_model_ids of ad groups hold it."),
    "device_model_name": TEXT("Name of the model, the series or the brand."),
    "level": TEXT("What the row is: a BRAND, a SERIES or a MODEL."),
    "child_device_ids": LIST(ID)("Ids of the series of a brand, or of the models of a series."),
    "os_type": TEXT("Operating system: ANDROID, IOS, PC or ALL."),
    "is_active": FLAG("Whether it can still be targeted."),
}

REFERENCE: tuple[Listing, ...] = (
    ReferenceList("regions", "search/region", ("region_id",), REGION, "region_list"),
    ReferenceList("languages", "tool/language", ("code",), LANGUAGE, "languages"),
    ReferenceList(
        "interest_categories",
        "tool/interest_category",
        ("interest_category_id",),
        INTEREST_CATEGORY,
        "interest_categories",
    ),
    ReferenceList(
        "action_categories", "tool/action_category", ("action_category_id",), ACTION_CATEGORY, "action_categories"
    ),
    ReferenceList("carriers", "tool/carrier", ("country_code",), CARRIER, "countries"),
    ReferenceList("timezones", "tool/timezone", ("timezone",), TIMEZONE, "timezones"),
    ReferenceList("device_models", "tool/device_model", ("device_model_id",), DEVICE_MODEL, "device_models"),
)
