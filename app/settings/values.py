"""Parsers of settings: each turns text into a value, or raises a ValueError that says what to write."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = rf"{_NAME}(?:\.{_NAME})*\.?"
_MOST_PORT = 65535
_ORIGIN = re.compile(rf"https?://(?:\*\.)?{_HOST}(?::([1-9][0-9]{{0,4}}))?")
_ALLOWED_HOST = re.compile(rf"\*|{_HOST}|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_SECONDS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?")
_MOST_SECONDS = 600
_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]{0,200})?"
)
_KEY = re.compile(r"[!-~]{1,4096}")
_TOKEN = re.compile(r"[!-~]{16,}")
# First segments of Tenkyo's own paths: a root path that begins with one would be ambiguous.
OWN_PATHS = frozenset(
    "chat api lti teach widget widget.js widget.d.ts labels.js documents page.webp boxes.svg original healthz readyz "
    "metrics static".split()
)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"it takes a number from {least} to {most}")
        return int(text)

    return parse


def origins(text: str) -> tuple[str, ...]:
    """Origins of sites, as a Content-Security-Policy names them (RFC 6454; CSP 3, 2.3.1)."""
    return _each(
        text,
        lambda value: value == "*" or _is_origin(value),
        "write origins, with commas: https://lms.example.ac.jp or https://lms.example.ac.jp:8443 (no path, no slash "
        "at the end), https://*.example.ac.jp for all hosts of a domain, or * for any site",
    )


def hosts(text: str) -> tuple[str, ...]:
    """Names of hosts, as in a Host header without its port."""
    return _each(
        text,
        lambda value: bool(_ALLOWED_HOST.fullmatch(value)),
        "write names, with commas: tenkyo.example.ac.jp (no https://, no port, no path), or * for any name",
    )


def fetch_hosts(text: str) -> tuple[str, ...]:
    """Intranet hosts that may be fetched from, with optional ports."""
    from ingest.fetching.address import allowed_host
    from retriever.types import TenkyoError

    return _each(text, _takes(allowed_host, TenkyoError), "write hosts, with commas: intra.example.ac.jp:8080")


def networks(text: str) -> tuple[str, ...]:
    """IP addresses and networks."""
    return _each(
        text, _takes(ip_network, ValueError), "write addresses or networks, with commas: 127.0.0.1 or 10.0.0.0/8"
    )


def root_path(text: str) -> str:
    """The path under which a proxy serves Tenkyo, without a slash at its end; "" for none."""
    path = text.rstrip("/")
    if not path:
        return ""
    if not _PATH.fullmatch(path):
        raise ValueError("write a path such as /course: a slash, then letters, digits, - . _ ~")
    if path.split("/")[1] in OWN_PATHS:
        raise ValueError(f"/{path.split('/')[1]} is an address of Tenkyo's own: choose another path")
    return path


def seconds(text: str) -> float:
    """A time in seconds."""
    if not _SECONDS.fullmatch(text) or not 0 < float(text) <= _MOST_SECONDS:
        raise ValueError(f"write a number of seconds above 0, at most {_MOST_SECONDS}")
    return float(text)


def token(text: str) -> str:
    """A secret of at least 16 visible ASCII characters, for programs."""
    if not _TOKEN.fullmatch(text):
        raise ValueError("write at least 16 letters, digits and signs, without blanks")
    return text


def password(text: str) -> str:
    """The password of the teacher's desk, 10 to 1,000 characters."""
    if not 10 <= len(text) <= 1000:
        raise ValueError("write a password of at least 10 letters; the longer, the harder to guess")
    return text


def address(text: str) -> str:
    """The address of a language model's API, without a slash at its end."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError("write an address such as http://127.0.0.1:11434/v1, without a name or password in it")
    return text.rstrip("/")


def key(text: str) -> str:
    """An API key: visible ASCII characters."""
    if not _KEY.fullmatch(text):
        raise ValueError("write the key alone, without blanks")
    return text


def log_format(text: str) -> str:
    """text or json."""
    if text not in {"text", "json"}:
        raise ValueError("write text or json")
    return text


def tokens(text: str) -> int:
    """A number of tokens; 0 means no limit."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise ValueError("it takes a whole number; 0 means any number")
    return int(text)


def switch(text: str) -> bool:
    """True for "on", False for "off"."""
    if text.lower() not in {"on", "off"}:
        raise ValueError("write on or off")
    return text.lower() == "on"


PARSERS: dict[str, Callable[[str], Any]] = {
    "port": whole_number(0, _MOST_PORT),
    "connections": whole_number(16, 100_000),
    "workers": whole_number(1, 64),
    "log_format": log_format,
    "embed_origins": origins,
    "allowed_hosts": hosts,
    "trusted_proxies": networks,
    "fetch_hosts": fetch_hosts,
    "root_path": root_path,
    "metrics_token": token,
    "lti_token": token,
    "admin_password": password,
    "answer_seconds": seconds,
    "llm_url": address,
    "llm_key": key,
    "llm_calls": whole_number(1, 64),
    "llm_tokens_per_day": tokens,
    "llm_cache": switch,
    "llm_follow_ups": switch,
    "serve_originals": switch,
    "feedback": switch,
}


def _each(text: str, fits: Callable[[str], bool], remedy: str) -> tuple[str, ...]:
    """The parts between commas, in lower case; raises ValueError with `remedy` for one that does not fit."""
    parts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for part in parts:
        if not fits(part):
            raise ValueError(f"{part[:100]!r} does not fit: {remedy}")
    return parts


def _is_origin(text: str) -> bool:
    match = _ORIGIN.fullmatch(text)
    return match is not None and int(match[1] or 1) <= _MOST_PORT


def _takes(parse: Callable[[str], object], refusal: type[Exception]) -> Callable[[str], bool]:
    """A test for texts that `parse` accepts, i.e. for which it does not raise `refusal`."""

    def fits(text: str) -> bool:
        try:
            parse(text)
        except refusal:
            return False
        return True

    return fits
