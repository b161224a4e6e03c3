"""A local BigQuery that holds the contract: see README.md. It imports nothing from the connector."""

from .account import EMAIL, key_file
from .api import BigQuery, Switches
from .contract import Contract
from .http import Server
from .query import LEAST_BYTES
from .world import BASE_PROJECT, CUSTOMER_PROJECT, DATA_PROJECT, KEY_PROJECT, Dataset, Table, World, standard

__all__ = [
    "BASE_PROJECT",
    "CUSTOMER_PROJECT",
    "DATA_PROJECT",
    "EMAIL",
    "KEY_PROJECT",
    "LEAST_BYTES",
    "BigQuery",
    "Contract",
    "Dataset",
    "Server",
    "Switches",
    "Table",
    "World",
    "key_file",
    "standard",
]
