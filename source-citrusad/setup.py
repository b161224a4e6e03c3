"""How the connector is packaged: its name, its version, what it needs and the command it installs."""

from setuptools import find_packages, setup

RUNTIME = [
    # The engine. Our command builds on its entrypoint and its models, which a new major version may move.
    "airbyte-cdk>=7.39,<8",
    # The CDK brings these too. They are named because the package imports them itself.
    "google-auth>=2.29,<3",
    "orjson>=3.10.7,<4",
    "pydantic>=2.7,<3",
    "PyYAML>=6.0.1,<7",
    "requests>=2.32,<3",
    "urllib3>=2,<3",
    # Answers are taken apart in C, row by row.
    "msgspec>=0.20,<0.23",
]

DEMO = ["duckdb>=1.1", "pytz", "sqlglot>=30,<31"]

TESTS = [
    *DEMO,
    "airbyte-cdk[dev]",
    "airbyte-protocol-models-pdv2>=0.18,<0.19",
    "cryptography",
    "coverage>=7.10.3",
    "google-cloud-bigquery>=3.47,<4",
    "hypothesis>=6.100,<7",
    "jsonschema>=4.17.3,<5",
    # The CDK's suite runs on pytest 7 only.
    "pytest>=7.4,<8",
    "pytest-cov>=7,<8",
    "pytest-xdist>=3.6,<4",
]

setup(
    name="airbyte-source-citrusad",
    version="0.1.0",
    description="Airbyte source connector for CitrusAd: retail-media reporting from BigQuery within its contract.",
    license="MIT",
    # The CDK's own bound.
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["source_citrusad", "source_citrusad.*"]),
    package_data={"source_citrusad": ["spec.yaml", "py.typed"]},
    install_requires=RUNTIME,
    extras_require={"demo": DEMO, "tests": TESTS},
    entry_points={"console_scripts": ["source-citrusad=source_citrusad.run:run"]},
)
