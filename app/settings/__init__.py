"""Settings, read once at the start: flags override TENKYO_* variables, which override defaults."""

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
    """All settings. Each field has an environment variable: `index` has TENKYO_INDEX, and so on."""

    index: Path
    encoder: str | None = None  # None: the index's own, or the embedded one for a new index
    store: str | None = None  # where a new index keeps its passages (None: in files), or where an old one's were moved
    reranker: str | None = None  # a cross-encoder, by name or path; None: the retriever's order is kept
    host: str = "127.0.0.1"
    port: int = 7860
    allowed_hosts: tuple[str, ...] = ()  # further host names of the server, beside host and localhost
    embed_origins: tuple[str, ...] = ()  # sites that may embed the widget, beside this server's own pages
    root_path: str = ""  # the path under which a proxy serves the pages
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded-For is trusted
    connections: int = 2000  # most open at a time; at most half of them from one address
    workers: int = 1  # processes that answer questions; 1: the server's own process
    log_format: str = "text"  # or "json": each message a JSON object, and a line for each request
    metrics_token: str = field(default="", repr=False)  # lets programs on other machines read /metrics
    lti_token: str = field(default="", repr=False)  # lets a learning platform register; "": none can
    admin_password: str = field(default="", repr=False)  # opens the teacher's desk; "": it is off
    courses: str = ""  # path of a TOML file that lists several courses
    rate: str = "30/minute"  # limit of questions for each browser tab
    rate_address: str = "1200/minute"  # for each address: a whole class may share one
    rate_server: str = "3000/minute"  # for all clients together
    serve_originals: bool = False  # whether readers may download the PDFs that documents were read from
    feedback: bool = False  # whether readers' thumbs are stored beside the index
    answer_seconds: float = 10.0  # after so long, the optional steps of an answer are skipped
    llm_url: str = ""  # a language model's OpenAI-compatible address; "": answers are only quoted
    llm_model: str = ""  # the model's name there
    llm_key: str = field(default="", repr=False)  # the API key, never shown
    llm_key_file: str = ""  # a file that holds the key
    llm_calls: int = 2  # most calls to the model at a time
    llm_tokens_per_day: int = 0  # for all questions together; 0: no limit
    llm_cache: bool = True  # whether the model's earlier text is used again for the same question
    llm_follow_ups: bool = False  # whether the model rewrites follow-ups as whole questions, if their answers are surer
    contact: str = ""  # an e-mail or web address that is sent to the sites fetched from
    fetch_hosts: tuple[str, ...] = ()  # intranet hosts that may be fetched from, beside the public web

    @property
    def names_model(self) -> bool:
        """Whether any setting that names a language model is given; then answers are composed."""
        return any((self.llm_url, self.llm_model, self.llm_key, self.llm_key_file))

    @property
    def platforms(self) -> Path:
        """The folder of the learning platforms, INDEX.lti, for all courses of a server and for `tenkyo lti`.

        Earlier versions used INDEX/lti; if that exists, it is still used.
        """
        within = self.index / "lti"
        return within if within.is_dir() else self.index.with_name(f"{self.index.name}.lti")

    @property
    def names_own_index(self) -> bool:
        """Whether the index is not in the default folder; the bundled corpus is never built in a user's own."""
        return self.index != _default_index()


def read_settings(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from command-line `flags` (None if not given) and the environment.

    Raises TenkyoError for a TENKYO_* variable that is not a setting, and for an invalid value.
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
