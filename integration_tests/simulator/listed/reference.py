"""The lists that explain ids: regions, languages, categories, carriers, time zones, devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .scene import Row, Scene, Source


def _constant(many: int, known: Callable[[int], Row]) -> Callable[[Scene], list[Row]]:
    """A list that is the same for every account and never changes."""
    return lambda scene: [scene.filled(known(n), n + 1, n) for n in range(many)]


def _region(n: int) -> Row:
    return {
        "region_id": str(6_250_000 + n),
        "region_name": f"Region {n} Åland",
        "country_code": ("US", "GB", "NZ")[n % 3],
        "parent_id": str(6_250_000 + n % 3) if n > 2 else "0",
    }


LANGUAGES = {"en": "English", "de": "Deutsch", "ja": "日本語", "da": "Dansk", "pt": "Português"}


def _language(n: int) -> Row:
    code, name = list(LANGUAGES.items())[n]
    return {"code": code, "name": name}


def _interest(n: int) -> Row:
    children = [str(10_000 + 10 * n), str(10_001 + 10 * n)]
    return {
        "interest_category_id": str(10_000 + n),
        "interest_category_name": f"Interest {n}",
        "level": 1 + n % 4,
        "sub_category_ids": children if n % 2 else [],
    }


SCENES = ("VIDEO_RELATED", "CREATOR_RELATED", "HASHTAG_RELATED")


def _action(n: int) -> Row:
    return {
        "action_category_id": str(20_000 + n),
        "action_scene": SCENES[n % 3],
        "name": f"Action {n}",
        "level": 1 + n % 3,
    }


def _carrier(n: int) -> Row:
    hni = [{"hni_id": 310_000 + n, "in_use": True}, {"hni_id": 311_000 + n, "in_use": False}]
    return {
        "country_code": ("US", "GB", "NZ", "JP")[n],
        "carriers": [{"carrier_id": str(310 + n), "in_use": n % 2 == 0, "name": f"Carrier {n}", "value": hni}],
    }


def _timezone(n: int) -> Row:
    name = ("UTC", "Etc/GMT+8", "Asia/Kolkata", "Pacific/Auckland")[n]
    return {"timezone": name, "gmt_offset": ("GMT+0", "GMT-8", "GMT+5:30", "GMT+12")[n]}


def _device(n: int) -> Row:
    return {
        "device_model_id": str(30_000 + n),
        "device_model_name": f"Model {n}",
        "child_device_ids": [str(30_001 + n)] if n % 3 else [],
        "is_active": n % 2 == 0,
    }


SOURCES: Mapping[str, Source] = {
    "search/region": Source(_constant(40, _region)),
    "tool/language": Source(_constant(5, _language)),
    "tool/interest_category": Source(_constant(30, _interest), ("version",)),
    "tool/action_category": Source(_constant(20, _action)),
    "tool/carrier": Source(_constant(4, _carrier)),
    "tool/timezone": Source(_constant(4, _timezone)),
    "tool/device_model": Source(_constant(30, _device)),
}
