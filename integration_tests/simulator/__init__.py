"""A TikTok for tests: a witness that knows every row it should yield and refuses what is not documented."""

from .access import APP_ID, AUTH_CODE, EXPIRED_AUTH_CODE, REVOKED_TOKEN, SANDBOX_TOKEN, SECRET, TOKEN
from .clock import START, Clock
from .entities import VOLATILE, truth_advertisers, truth_entities
from .faults import Rule
from .reports import truth_report
from .server import Simulator
from .switches import Switches
from .world import World

__all__ = [
    "APP_ID",
    "AUTH_CODE",
    "EXPIRED_AUTH_CODE",
    "REVOKED_TOKEN",
    "SANDBOX_TOKEN",
    "SECRET",
    "START",
    "TOKEN",
    "VOLATILE",
    "Clock",
    "Rule",
    "Simulator",
    "Switches",
    "World",
    "truth_advertisers",
    "truth_entities",
    "truth_report",
]
