"""Settings, read once at the start: flags take precedence over TENKYO_* variables, these over defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from app.settings.values import PARSERS
from retriever.types import TenkyoError

_PREFIX = "TENKYO_"
_SECRET = frozenset(["metrics_token", "lti_token", "admin_password", "llm_key"])


def _default_index() -> Path:
    from platformdirs import user_data_path

    return user_data_path("tenkyo", appauthor=False) / "index"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set. Each field has an environment variable: `index` is TENKYO_INDEX, and so on."""

    index: Path
    encoder: str | None = None  # None: the index's own, or the embedded one for a new index
    store: str | None = (
        None  # where a new index keeps its passages (None: in files); of an existing index, where they were moved to
    )
    reranker: str | None = None  # a cross-encoder, by name or path; None: the retriever's order is kept
    host: str = "127.0.0.1"
    port: int = 7860
    allowed_hosts: tuple[str, ...] = ()  # names under which the server is reached, beside host and localhost
    embed_origins: tuple[str, ...] = ()  # sites that may show the widget, beside this server's own pages
    root_path: str = ""  # the path under which a proxy serves the pages
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded-For is believed
    connections: int = 2000  # open at a time; at most half of them from one address
    workers: int = 1  # processes that answer questions; 1: the server's own
    log_format: str = "text"  # or "json": each message a JSON object, and a line for each request
    metrics_token: str = field(default="", repr=False)  # secret with which programs on other machines read /metrics
    lti_token: str = field(default="", repr=False)  # in the link with which a learning platform registers; "": none can
    admin_password: str = field(default="", repr=False)  # opens the teacher's desk; "": it is off
    courses: str = ""  # a TOML file of several courses
    rate: str = "30/minute"  # questions that one browser tab may ask
    rate_address: str = "1200/minute"  # that one address may ask: a class behind one address
    rate_server: str = "3000/minute"  # that all together may ask
    serve_originals: bool = False  # whether readers may download the PDFs that documents were read from
    feedback: bool = False  # whether readers' thumbs are stored beside the index
    answer_seconds: float = 10.0  # after which the optional steps of an answer are skipped
    llm_url: str = ""  # an OpenAI-compatible address of a language model; "": answers are quoted only
    llm_model: str = ""  # its name there
    llm_key: str = field(default="", repr=False)  # sent to it, never shown
    llm_key_file: str = ""  # a file with the key
    llm_calls: int = 2  # at a time
    llm_tokens_per_day: int = 0  # that all questions together may use; 0: any number
    llm_cache: bool = True  # whether the same question is answered from what the model wrote before
    llm_follow_ups: bool = False  # whether the model rewrites follow-ups as whole questions, if their answers are surer
    contact: str = ""  # an e-mail or web address that fetching gives to the sites it visits
    fetch_hosts: tuple[str, ...] = ()  # hosts of an intranet that may be fetched from, beside the public web

    @property
    def names_model(self) -> bool:
        """Whether any setting of a language model is set; then answers are composed."""
        return any((self.llm_url, self.llm_model, self.llm_key, self.llm_key_file))

    @property
    def platforms(self) -> Path:
        """The folder of the learning platforms, INDEX.lti: one for all courses of a server, and for `tenkyo lti`.

        Earlier versions kept it in the folder of the index; where it lies there, it stays in use.
        """
        within = self.index / "lti"
        return within if within.is_dir() else self.index.with_name(f"{self.index.name}.lti")

    @property
    def names_own_index(self) -> bool:
        """Whether the user named the folder of the index; the bundled corpus is never built there."""
        return self.index != _default_index()


def read_settings(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from command-line `flags` (None if not given) and the environment.

    Raises TenkyoError for a TENKYO_* variable that is not a setting, and for a value that does not fit.
    """
    names = {field.name for field in fields(Settings)}
    values: dict[str, Any] = {}
    for variable, value in environment.items():
        if variable.startswith(_PREFIX):
            name = variable.removeprefix(_PREFIX).lower()
            if name not in names:
                known = ", ".join(sorted(_PREFIX + name.upper() for name in names))
                raise TenkyoError(f"{variable} is not a setting; known: {known}")
            if value:
                values[name] = _parse(name, value, variable)
    for name, value in flags.items():
        if name in names and value is not None:
            values[name] = _parse(name, value, f"--{name.replace('_', '-')}") if isinstance(value, str) else value
    if values.get("index") == "":
        raise TenkyoError("--index is empty; name a folder, or leave it out for the one in the user's data folder")
    if values.get("reranker") == "":
        raise TenkyoError("--reranker is empty; name a cross-encoder, or leave it out")
    # os.path, because pathlib raises for an unknown user
    values["index"] = Path(os.path.expanduser(values["index"])) if "index" in values else _default_index()  # noqa: PTH111
    return Settings(**values)


def _parse(name: str, value: str, given_by: str) -> Any:
    if name not in PARSERS:
        return value
    try:
        return PARSERS[name](value)
    except ValueError as error:
        is_secret = name in _SECRET or (name == "llm_url" and "@" in value)  # a password in an address
        shown = "a value that is not shown" if is_secret else f"the value {value[:200]!r}"
        raise TenkyoError(f"{given_by} has {shown}; {error}") from error
