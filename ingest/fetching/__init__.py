"""Addresses → bytes, safely: what a fetch may reach, cost and return."""

from ingest.fetching.address import is_address
from ingest.fetching.fetch import fetch
from ingest.fetching.fetched import Fetched, FetchError, FetchLimits, Validators, Wire, user_agent
from ingest.fetching.files import fetch_to_file, save
from ingest.fetching.robots import RobotsRules, allowed_by_robots

__all__ = [
    "FetchError",
    "FetchLimits",
    "Fetched",
    "RobotsRules",
    "Validators",
    "Wire",
    "allowed_by_robots",
    "fetch",
    "fetch_to_file",
    "is_address",
    "save",
    "user_agent",
]
