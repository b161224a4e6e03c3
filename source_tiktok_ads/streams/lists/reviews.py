"""The lists of why something does not run as meant: reviews, diagnoses, negative keywords, details of audiences."""

from collections.abc import Callable, Iterator, Mapping

from source_tiktok_ads.streams.entities import ADGROUP_ID, CAMPAIGN_ID
from source_tiktok_ads.streams.listing import (
    Listing,
    MalformedRow,
    Paging,
    Parent,
    Pass,
    Row,
    inside,
    lifting,
    rows_inside,
)
from source_tiktok_ads.streams.lists.audiences import AUDIENCE_LIST
from source_tiktok_ads.streams.lists.structure import ADGROUPS, objects
from source_tiktok_ads.streams.parameters import from_row, from_rows, in_filter
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)
SUGGESTION = {"suggestion_id": ID, "suggestion_time": MOMENT, "issue_suggestion": TEXT}

REVIEW: Mapping[str, Shape] = {
    "is_approved": FLAG("Whether it was approved."),
    "review_status": TEXT("Whether it can be delivered: ALL_AVAILABLE, PART_AVAILABLE or UNAVAILABLE."),
    "forbidden_placements": TEXTS("Placements that failed the review."),
    "forbidden_ages": TEXTS("Age groups that failed the review."),
    "forbidden_locations": TEXTS("Regions that failed the review."),
    "forbidden_operation_systems": TEXTS("Operating systems that failed the review."),
    "last_audit_time": MOMENT("When it was last reviewed, in UTC; only where it was rejected."),
    "reject_info": OBJECTS(
        suggestion=TEXT,
        reasons=TEXTS,
        forbidden_ages=TEXTS,
        forbidden_locations=TEXTS,
        forbidden_placements=TEXTS,
        content_info=OBJECT(
            content_type=TEXT,
            text_content=TEXT,
            image_content=OBJECT(image_id=ID),
            video_content=OBJECT(video_id=ID),
            carousel_music_content=OBJECT(music_id=ID),
        ),
    )("Reasons of the rejection, each with the content it is about and what to do."),
}

REASONS = {
    "reasons": TEXTS,
    "suggestion": TEXT,
    "forbidden_ages": TEXTS,
    "forbidden_locations": TEXTS,
    "forbidden_placements": TEXTS,
    "content_info": OBJECT(
        content_type=TEXT,
        text_content=TEXT,
        image_content=OBJECT(image_id=ID),
        video_content=OBJECT(video_id=ID),
        carousel_music_info=OBJECT(music_id=ID),
    ),
    "violation_frames": OBJECTS(type=TEXT, video_id=ID, web_url_list=TEXTS, violation_frame_material_type=TEXT),
    "specification": TEXT,
    "video_violation_frames": OBJECTS(web_url=TEXT, hover_periods=TEXTS, thumbnail_periods=TEXTS),
}
SMART_PLUS_REVIEW: Mapping[str, Shape] = {
    "smart_plus_ad_id": ID("Id of the upgraded Smart+ ad."),
    "review_status": TEXT("Whether it can be delivered: ALL_AVAILABLE, PART_AVAILABLE or UNAVAILABLE."),
    "passed_locations": TEXTS("Targeted regions that passed the review."),
    "reject_info": OBJECTS(**REASONS)("Reasons of the rejection, each with the content and the frames it is about."),
}
SMART_PLUS_AD_REVIEW: Mapping[str, Shape] = {
    **SMART_PLUS_REVIEW,
    "appeal_status": TEXT("How far an appeal against a rejection is, such as NOT_APPEALED or APPEALING."),
    "appeal_reject_reasons": TEXTS("Why an appeal was rejected."),
}
MATERIAL_REVIEW: Mapping[str, Shape] = {
    **SMART_PLUS_REVIEW,
    "ad_material_id": ID("Id of the creative within the ad; of each image of a carousel, not of the carousel."),
}

AD_REVIEW: Mapping[str, Shape] = {"ad_id": ID("Id of the ad."), **REVIEW}

ADGROUP_REVIEW: Mapping[str, Shape] = {
    "adgroup_id": ADGROUP_ID,
    "contain_rejected_ads": FLAG("Whether ads of the ad group were rejected."),
    "appeal_status": TEXT("How far an appeal against a rejection is; TikTok tells none for single ads."),
    **REVIEW,
}

ADGROUP_DIAGNOSIS: Mapping[str, Shape] = {
    "adgroup_id": ADGROUP_ID,
    "adgroup_name": TEXT("Name of the ad group."),
    "diagnosis": OBJECT(
        diagnosis_time=MOMENT,
        suggestions=OBJECTS(
            creative=OBJECTS(**SUGGESTION, vid=ID, ad_id=ID),
            bid_and_budget=OBJECTS(
                **SUGGESTION,
                bid=NUMBER,
                budget=NUMBER,
                suggest_bid=NUMBER,
                suggest_budget=NUMBER,
                cost_floor=NUMBER,
                bid_edr_info=OBJECTS(),
                budget_edr_info=OBJECTS(),
            ),
            event_track=OBJECTS(**SUGGESTION, pixel_id=ID, pixel_code=TEXT),
        ),
    )("When the ad group was diagnosed, and what TikTok suggests for creatives, bid and budget, and events."),
}

KEYWORD: Mapping[str, Shape] = {
    "keyword_id": ID("Id of the negative keyword."),
    "name": TEXT("The keyword."),
    "match_type": TEXT("How it is matched: PRECISE_WORD, PHRASE_WORD or BROAD_WORD."),
}

AUDIENCE_DETAIL: Mapping[str, Shape] = {
    "audience_id": ID("Id of the audience."),
    "audience_details": OBJECT(
        audience_id=ID,
        name=TEXT,
        type=TEXT,
        audience_sub_type=TEXT,
        cover_num=INTEGER,
        calculate_type=TEXT,
        rule=TEXT,
        lookalike_spec=OBJECT(
            source_audience_id=ID, include_source=FLAG, mobile_os=TEXT, audience_size=TEXT, location_ids=LIST(ID)
        ),
        is_auto_refresh=FLAG,
        is_creator=FLAG,
        is_expiring=FLAG,
        is_valid=FLAG,
        shared=FLAG,
        owner_id=ID,
        msg=TEXT,
        error_msg=TEXT,
        create_time=MOMENT,
        expired_time=MOMENT,
    )("Size, kind, rule, owner and validity of the audience."),
    "audience_history": OBJECTS(action=TEXT, action_detail=TEXT, editor=TEXT, msg=TEXT, opt_time=MOMENT)(
        "Changes of the audience, such as uploads and their sizes."
    ),
}


def by_id(name: str) -> Callable[[Row], Iterator[Row]]:
    """Makes rows of an answer that holds them as the values of the object `name`, whose keys are ids."""

    def rows(answer: Row) -> Iterator[Row]:
        for row in inside(answer, name).values():
            if not isinstance(row, dict):
                raise MalformedRow(f"{name} holds something else than objects")
            yield row

    return rows


def listed_in(name: str) -> Callable[[Row], Iterator[Row]]:
    """Makes rows of an answer that holds several lists, of the one called `name`."""

    def rows(answer: Row) -> Iterator[Row]:
        yield from rows_inside(answer, name)

    return rows


ADS = objects("ad ids", "ad/get", {"ad_id": AD_REVIEW["ad_id"]}, inborn=True)
SMART_PLUS_ADS = objects(
    "ids of upgraded Smart+ ads",
    "smart_plus/ad/get",
    {"smart_plus_ad_id": ID("Id of the ad.")},
    page_size=100,
    inborn=True,
)
CAMPAIGNS = objects("campaign ids", "campaign/get", {"campaign_id": CAMPAIGN_ID}, inborn=True)


# TikTok: the gateway wants a language though the reference does not, and tells reasons only where they are asked for.
WITH_REASONS = Pass(
    {"lang": "en", "extra_info_setting": {"include_reject_info": True, "include_violation_frame": True}}
)


def smart_plus_reviews(name: str, list_name: str, ids: tuple[str, ...], columns: Mapping[str, Shape]) -> Listing:
    """The reviews of upgraded Smart+ ads, or of their creatives: one answer holds both, each in a list of its own."""
    return Listing(
        name,
        "smart_plus/ad/review_info",
        ids,
        columns,
        rows_at="",
        paging=Paging.WHOLE,
        passes=(WITH_REASONS,),
        parent=Parent(SMART_PLUS_ADS, from_rows(smart_plus_ad_ids="smart_plus_ad_id"), batch_size=100),
        records=listed_in(list_name),
        containers=(list_name, *{"smart_plus_ad_review_infos", "material_review_infos"} - {list_name}),
    )


def negative_keywords(name: str, kind: str, parent: Listing, id_name: str, id: Shape) -> Listing:
    """The negative keywords of every campaign or ad group: one request an object."""
    return Listing(
        name,
        "search_ad/negative_keyword/get",
        (id_name, "keyword_id"),
        {id_name: id, **KEYWORD},
        "keywords",
        page_size=50,
        passes=(Pass({"object_type": kind}),),
        parent=Parent(parent, from_row(object_id=id_name), inherits=(id_name,)),
    )


REVIEWS: tuple[Listing, ...] = (
    Listing(
        "ad_reviews",
        "ad/review_info",
        ("ad_id",),
        AD_REVIEW,
        rows_at="",
        paging=Paging.WHOLE,
        parent=Parent(ADS, from_rows(ad_ids="ad_id"), batch_size=100),
        records=by_id("ad_review_map"),
        containers=("ad_review_map",),
    ),
    Listing(
        "adgroup_reviews",
        "adgroup/review_info",
        ("adgroup_id",),
        ADGROUP_REVIEW,
        rows_at="",
        paging=Paging.WHOLE,
        parent=Parent(ADGROUPS, from_rows(adgroup_ids="adgroup_id"), batch_size=20),
        records=by_id("ad_group_review_map"),
        containers=("ad_group_review_map",),
    ),
    smart_plus_reviews(
        "smart_plus_ad_reviews", "smart_plus_ad_review_infos", ("smart_plus_ad_id",), SMART_PLUS_AD_REVIEW
    ),
    # TikTok: material/review_info wants ids that, of a carousel's images, only this answer tells, with the reviews.
    smart_plus_reviews(
        "smart_plus_material_reviews", "material_review_infos", ("smart_plus_ad_id", "ad_material_id"), MATERIAL_REVIEW
    ),
    Listing(
        "adgroup_diagnoses",
        "tool/diagnosis/get",
        ("adgroup_id",),
        ADGROUP_DIAGNOSIS,
        "results",
        paging=Paging.WHOLE,
        parent=Parent(ADGROUPS, in_filter(from_rows(adgroup_ids="adgroup_id")), batch_size=20),
    ),
    negative_keywords("campaign_negative_keywords", "CAMPAIGN", CAMPAIGNS, "campaign_id", CAMPAIGN_ID),
    negative_keywords("adgroup_negative_keywords", "ADGROUP", ADGROUPS, "adgroup_id", ADGROUP_ID),
    Listing(
        "audience_details",
        "dmp/custom_audience/get",
        ("audience_id",),
        AUDIENCE_DETAIL,
        paging=Paging.WHOLE,
        parent=Parent(AUDIENCE_LIST, from_rows(custom_audience_ids="audience_id"), batch_size=100, describes=True),
        records=lifting("audience_id", out_of="audience_details"),
    ),
)
