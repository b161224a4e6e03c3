"""How the connector is packaged: its name, its version, what it needs and the command it installs."""

from setuptools import find_packages, setup

RUNTIME = [
    # The engine. Our command and our cursor build on classes that a new major version may move.
    "airbyte-cdk>=7.39,<8",
    # The CDK brings these too. They are named because the package imports them itself, and bounded below by what
    # the CDK asks for; requests 2.32 and urllib3 2 are what the transport is written for.
    "orjson>=3.10.7,<4",
    # Settings, and the form made from them.
    "pydantic>=2.7,<3",
    "PyYAML>=6.0.1,<7",
    "requests>=2.32,<3",
    "urllib3>=2,<3",
    # Rows are decoded, typed and encoded in C. Before 1.0 a minor version may change how text becomes a number.
    "msgspec>=0.20,<0.23",
    # Slim images have no zone files; the newest rules are the right ones, so there is no upper bound.
    "tzdata>=2025.2",
]

DEMO = ["duckdb>=1.1"]

TESTS = [
    *DEMO,
    "airbyte-cdk[dev]",
    "airbyte-protocol-models-pdv2>=0.18,<0.19",
    # It brings the schemas of GitHub's files along.
    "check-jsonschema>=0.31,<1",
    # Since 7.10 it measures child processes, also those that leave through os._exit.
    "coverage>=7.10.3",
    "hypothesis>=6.100,<7",
    # The declared sign-in is a set of templates.
    "Jinja2>=3.1,<4",
    "jsonschema>=4.17.3,<5",
    # The CDK's suite runs on pytest 7 only.
    "pytest>=7.4,<8",
    "pytest-cov>=7,<8",
    "pytest-xdist>=3.6,<4",
    "mypy>=1.15",
    # Formatting differs between minor versions, and `make check` compares it.
    "ruff>=0.17,<0.18",
    "types-PyYAML",
    "types-jsonschema",
    "types-requests",
    "vulture>=2.14,<3",
]

setup(
    name="airbyte-source-tiktok-ads",
    version="0.1.0",
    description="Airbyte source connector for TikTok Ads: accounts, campaigns, ad groups, ads and their reports.",
    license="MIT",
    # The CDK's own bound.
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["source_tiktok_ads", "source_tiktok_ads.*"]),
    package_data={"source_tiktok_ads": ["spec.json", "py.typed"], "source_tiktok_ads.streams": ["*.json"]},
    install_requires=RUNTIME,
    extras_require={"demo": DEMO, "tests": TESTS},
    entry_points={"console_scripts": ["source-tiktok-ads=source_tiktok_ads.run:run"]},
)
