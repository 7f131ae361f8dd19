"""Download web addresses safely: which hosts may be reached, at what cost, and what comes back."""

from ingest.fetching.fetch import fetch
from ingest.fetching.fetched import Fetched, FetchError, FetchLimits, Validators, Wire, user_agent
from ingest.fetching.files import save
from ingest.fetching.robots import RobotsRules

__all__ = [
    "FetchError",
    "FetchLimits",
    "Fetched",
    "RobotsRules",
    "Validators",
    "Wire",
    "fetch",
    "save",
    "user_agent",
]
