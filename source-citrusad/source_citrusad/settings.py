"""What the user fills in: one pydantic model, from which the form of `spec` is made, and its errors as sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from source_citrusad.shell import local_origin

# CitrusAd: every organisation's data lies in this project.
DATA_PROJECT = "insight-platform-external-iam"
ORIGIN = "https://bigquery.googleapis.com"
VARIABLES = {"api_url": "CITRUSAD_API_URL", "now": "CITRUSAD_NOW", "wait_scale": "CITRUSAD_WAIT_SCALE"}
"""The settings for emulators and the variables that set them too."""


class SettingsError(ValueError):
    """A setting the user has to change; the text says which one and what to write, and never shows a secret."""


def _text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return value.strip() if isinstance(value, str) else value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("no number")
    return value


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value.strip()


Text = Annotated[str, BeforeValidator(_only_text)]
Whole = Annotated[int, BeforeValidator(_number)]
Number = Annotated[float, BeforeValidator(_number)]


def _form(order: int, **extra: Any) -> dict[str, Any]:
    return {"order": order, **extra}


class Settings(BaseModel):
    """The settings of a connection, checked. Sizes are in bytes of 10^9 and 10^12."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, title="CitrusAd")

    credentials_json: Annotated[str, BeforeValidator(_text)] = Field(
        title="Service account key",
        description="The whole JSON key file of the service account that CitrusAd issued to you.",
        min_length=1,
        json_schema_extra=_form(0, airbyte_secret=True, multiline=True),
    )
    start_date: Annotated[date, BeforeValidator(_only_text)] = Field(
        title="Start date",
        description="First day (UTC) that is read, such as 2024-01-31.",
        json_schema_extra=_form(1, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2024-01-31"]),
    )
    datasets: list[Text] = Field(
        default_factory=list,
        title="Datasets",
        description="Datasets that are read, by name or with * and ?. Empty: all that the account can see.",
        json_schema_extra=_form(2, examples=["acme_insight_reporting", "acme_*_analytics"]),
    )
    tables: list[Text] = Field(
        default_factory=list,
        title="Tables",
        description="Tables that are offered: table or dataset.table, with * and ?. Empty: all of them.",
        json_schema_extra=_form(3, examples=["*_agg", "dim_*"]),
    )
    billing_project_id: Text = Field(
        "",
        title="Billing project",
        description=(
            "The Google Cloud project in which queries run. Empty: the key's own project and, where the account may "
            "not run queries there, the data project."
        ),
        json_schema_extra=_form(4),
    )
    data_project_id: Text = Field(
        DATA_PROJECT,
        title="Data project",
        description="The Google Cloud project that holds the datasets.",
        min_length=1,
        json_schema_extra=_form(5),
    )
    daily_calls: Whole = Field(
        100,
        title="Calls a day",
        description="How many API calls a UTC day your agreement allows. Ten of them are kept for check and discover.",
        ge=11,
        json_schema_extra=_form(6),
    )
    monthly_scan_tb: Number = Field(
        10.0,
        title="Scan a month (TB)",
        description=(
            "How many terabytes (10^12 bytes) your agreement allows to be scanned a UTC month. 0: no limit, for "
            "accounts of your own that pay for their scans."
        ),
        ge=0,
        allow_inf_nan=False,
        json_schema_extra=_form(7),
    )
    max_download_gb: Number = Field(
        1.0,
        title="Download of a query (GB)",
        description="How many gigabytes (10^9 bytes, as JSON) your agreement allows one query to return.",
        gt=0,
        allow_inf_nan=False,
        json_schema_extra=_form(8),
    )
    count_calls: Literal["requests", "queries"] = Field(
        "requests",
        title="What counts as a call",
        description=(
            "requests: every HTTP request, which is safe. queries: only what starts a query, so that further pages "
            "are free; ask CitrusAd before you choose it."
        ),
        json_schema_extra=_form(9),
    )
    lookback_days: Whole = Field(
        0,
        title="Look-back (days)",
        description="Days already read that are read again with each new day. Tables without a key keep both versions.",
        ge=0,
        json_schema_extra=_form(10),
    )
    current_dimensions_only: bool = Field(
        True,
        title="Current dimensions only",
        description="Reads only rows with is_current from tables without partition that have this column.",
        json_schema_extra=_form(11),
    )
    num_as_string: bool = Field(
        True,
        title="Exact decimals",
        description="Writes NUMERIC and BIGNUMERIC as text with every digit. Off: as numbers, which may be rounded.",
        json_schema_extra=_form(12),
    )
    api_url: Text = Field(
        "",
        title="API address",
        description="For emulators: a loopback or private origin in place of BigQuery's.",
        json_schema_extra=_form(13, airbyte_hidden=True),
    )
    now: Text = Field(
        "",
        title="Now",
        description="For emulators: the instant (UTC, ISO 8601) at which a run starts.",
        json_schema_extra=_form(14, airbyte_hidden=True),
    )
    wait_scale: Number = Field(
        1.0,
        title="Scale of waits",
        description="For emulators: a factor on every wait between attempts.",
        ge=0,
        allow_inf_nan=False,
        json_schema_extra=_form(15, airbyte_hidden=True),
    )

    @property
    def origin(self) -> str:
        """The origin of BigQuery, or the one that stands in for it."""
        return self.api_url or ORIGIN

    @property
    def started(self) -> datetime | None:
        """The instant at which the run starts, None for the machine's."""
        return _instant(self.now) if self.now else None

    @property
    def scan_limit(self) -> int:
        """Bytes that may be scanned a month; 0 = no limit."""
        return int(self.monthly_scan_tb * 1e12)

    @property
    def download_limit(self) -> int:
        """Bytes of JSON that one query may return."""
        return int(self.max_download_gb * 1e9)


_WANTED = {
    "credentials_json": "paste the whole key file, which is JSON",
    "start_date": "write a day as YYYY-MM-DD",
    "datasets": "write a list of names, such as acme_insight_reporting",
    "tables": "write a list of names, such as dim_* or acme_insight_reporting.campaign",
    "billing_project_id": "write the project's id as text, or leave it out",
    "data_project_id": f"write the project's id as text, or leave it out for {DATA_PROJECT}",
    "daily_calls": "write a whole number of at least 11",
    "monthly_scan_tb": "write a number of at least 0, where 0 is no limit",
    "max_download_gb": "write a number above 0",
    "count_calls": "write requests or queries",
    "lookback_days": "write a whole number of at least 0",
    "current_dimensions_only": "write true or false",
    "num_as_string": "write true or false",
    "api_url": "write an origin on a loopback or private address, such as http://127.0.0.1:8080, or remove it",
    "now": "write an instant such as 2024-01-31T12:00:00Z, or remove it",
    "wait_scale": "write a number of at least 0, or remove it",
}


def settings_of(config: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings in a configuration and the variables for emulators. Raises SettingsError, a sentence a field."""
    # A form that was not filled in sends null.
    given = {name: value for name, value in config.items() if value is not None}
    for name, variable in VARIABLES.items():
        if environ.get(variable) and name not in given:
            given[name] = environ[variable]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        fields = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors(include_input=False))
        raise SettingsError(" ".join(_sentence(field, given) for field in fields)) from None
    return _emulated(settings, environ)


def unknown_settings(config: Mapping[str, Any]) -> list[str]:
    """The names in a configuration that are no settings; the CDK's own start with an underscore."""
    return sorted(name for name in config if name not in Settings.model_fields and not name.startswith("_"))


def _emulated(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The settings with the origin in its plain form. Raises SettingsError where a stand-in is not allowed."""
    if not settings.api_url:
        used = [
            name for name in ("now", "wait_scale") if getattr(settings, name) != Settings.model_fields[name].default
        ]
        if used:
            raise SettingsError(f"{' and '.join(used)}: only for emulators, so api_url has to be set too.")
        return settings
    if environ.get("DEPLOYMENT_MODE", "").upper() == "CLOUD":
        raise SettingsError("api_url is for tests and refused in Airbyte Cloud: remove it.")
    origin = local_origin(settings.api_url)
    if origin is None:
        raise SettingsError(f"api_url is not local, and the token would be sent there: {_WANTED['api_url']}.")
    try:
        _instant(settings.now or "2024-01-31")
    except ValueError:
        raise SettingsError(_sentence("now", {"now": settings.now})) from None
    return settings.model_copy(update={"api_url": origin})


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _sentence(field: str, given: Mapping[str, Any]) -> str:
    if field not in given:
        return f"{field} is missing: {_WANTED[field]}."
    if field in ("credentials_json", "api_url"):
        return f"{field} can't be used: {_WANTED[field]}."
    shown = json.dumps(given[field], default=str)
    return f"{field} is {shown if len(shown) <= 60 else shown[:59] + '…'}: {_WANTED[field]}."


def specification() -> dict[str, Any]:
    """The content of spec.yaml, made from the model."""
    schema = Settings.model_json_schema()
    properties = {name: _plain(field) for name, field in schema["properties"].items()}
    return {
        "documentationUrl": "https://developers.citrusad.com/integration/reference/reporting-faq",
        "supportsIncremental": True,
        "connectionSpecification": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": schema["title"],
            "type": "object",
            "required": schema["required"],
            "properties": properties,
            "additionalProperties": True,
        },
    }


def _plain(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field as pydantic describes it, with the default of a list, which pydantic leaves out."""
    return {**({"default": []} if field.get("type") == "array" else {}), **field}
