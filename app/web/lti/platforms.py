"""Store the platforms that may launch Tenkyo, our keys and the used nonces, in a folder beside the index.

A platform's addresses, client id, deployments and sites are stored; no personal data are.
"""

import json
import logging
import secrets
import shlex
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from app.web.errors import WordedError
from retriever.files import write_whole

MOST_PLATFORMS, MOST_DEPLOYMENTS, MOST_ORIGINS = 100, 50, 20
_KEPT_KEYS = 3  # the current one and two older ones, for tokens signed shortly before a rotation
_ADDRESSES = ("auth_url", "jwks_url")
_DAMAGED = "store_damaged"
_log = logging.getLogger("tenkyo.web")


class LtiError(WordedError):
    """A registration or launch that is refused; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A registered platform. `origins`: the sites that show its courses, whose pages may frame us.

    If `deployments` is empty, the first deployment that launches is stored: dynamic registration may name none.
    """

    issuer: str
    client_id: str
    auth_url: str
    jwks_url: str
    deployments: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.issuer or not self.client_id:
            said = "a platform needs an issuer and a client id: copy both from the platform's page for the tool"
            raise LtiError(said, "registration_values")
        for name in _ADDRESSES:
            check_address(getattr(self, name), name)
        if any(not isinstance(origin, str) or origin_of(origin) != origin for origin in self.origins):
            said = f"{self.issuer[:200]!r} has a site that is no origin such as https://lms.example.ac.jp"
            raise LtiError(said, "store_damaged")
        if len(self.deployments) > MOST_DEPLOYMENTS or len(self.origins) > MOST_ORIGINS:
            said = f"{self.issuer[:200]!r} has more than {MOST_DEPLOYMENTS} deployments or {MOST_ORIGINS} sites"
            raise LtiError(said, "registration_values")


def check_address(text: str, name: str) -> None:
    """Raises LtiError unless `text` is an https address, or an http address of this machine."""
    try:
        parts = urlsplit(text)
    except ValueError:
        said = f"{name} {text[:200]!r} is not a web address: copy it from the platform"
        raise LtiError(said, "address_insecure", address=text) from None
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        said = f"{name} {text[:200]!r} is not an https address: copy it from the platform"
        raise LtiError(said, "address_insecure", address=text)


def origin_of(address: str) -> str:
    """The origin of an address (scheme, host and port); "" if it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    allowed = parts.scheme in {"http", "https"} and parts.netloc and set(parts.netloc) <= _ORIGIN_CHARACTERS
    return f"{parts.scheme}://{parts.netloc}" if allowed else ""


_ORIGIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")


class Platforms:
    """The registered platforms and our keys. Each change is written atomically, under a lock between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached: tuple[tuple[int, int], tuple[Platform, ...]] = ((-1, -1), ())
        self._origins: list[str] = []

    def all(self) -> tuple[Platform, ...]:
        """The platforms; their file is read again after a change. Raises LtiError if it is damaged."""
        path = self._folder / "platforms.json"
        try:
            status = path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LtiError(f"{path} cannot be read ({error.strerror}): let the server read it", _DAMAGED) from error
        version = (status.st_mtime_ns, status.st_ino)  # two quick writes may have the same time, but not the same inode
        if version != self._cached[0]:
            self._cached = (version, _platforms_of(path))
        return self._cached[1]

    def find(self, issuer: str, client_id: str = "") -> Platform | None:
        """The platform with this issuer, and this client id if given; None if there is none."""
        matches = [known for known in self.all() if known.issuer == issuer and client_id in ("", known.client_id)]
        return matches[0] if matches else None

    def put(self, platform: Platform) -> None:
        """Add a platform, or replace the one of the same issuer and client id."""
        with self._writing():
            self._put(platform)

    def _put(self, platform: Platform) -> None:
        """Add or replace a platform; the caller holds the lock."""
        others = [
            known for known in self.all() if (known.issuer, known.client_id) != (platform.issuer, platform.client_id)
        ]
        if len(others) >= MOST_PLATFORMS:
            said = f"{MOST_PLATFORMS} platforms are registered: remove one with tenkyo lti remove"
            raise LtiError(said, "registration_full", most=MOST_PLATFORMS)
        self._write([*others, platform])

    def remove(self, issuer: str, client_id: str = "") -> int:
        """Remove the platforms with this issuer, and this client id if given; returns how many."""
        with self._writing():
            kept = [known for known in self.all() if known.issuer != issuer or client_id not in ("", known.client_id)]
            removed = len(self.all()) - len(kept)
            if removed:
                self._write(kept)
            return removed

    def take_on(self, platform: Platform, deployment: str, origin: str) -> None:
        """Store the first deployment of a platform that named none, and the site of the launch.

        Raises LtiError if a simultaneous launch stored another deployment first, or the platform was removed.
        """
        if _with_launch(platform, deployment, origin) == platform:
            return
        with self._writing():
            stored = self.find(platform.issuer, platform.client_id)  # another launch may have changed it
            if stored is None or (stored.deployments and deployment not in stored.deployments):
                raise unknown_deployment(platform, deployment)
            noted = _with_launch(stored, deployment, origin)
            if noted != stored:
                self._put(noted)

    def origins(self) -> list[str]:
        """The sites that may frame the widget; while the file is damaged, those that were read last.

        Each page that may be framed needs them for its headers, so a damaged file must not raise here.
        """
        try:
            self._origins = sorted({origin for platform in self.all() for origin in platform.origins})
        except LtiError as error:
            _log.warning("no platform can launch: %s", error)
        return self._origins

    def keys(self) -> list[dict[str, str]]:
        """Our keys in PEM, newest first: {"kid", "private", "public"}. Creates one if there is none."""
        return list(self._kept()["keys"])

    @property
    def has_keys(self) -> bool:
        """Whether our keys exist; without them, nothing was ever signed."""
        return (self._folder / "keys.json").exists()

    def secret(self) -> bytes:
        """The secret that signs states."""
        return bytes.fromhex(self._kept()["secret"])

    def _kept(self) -> dict[str, Any]:
        """Our stored keys and secret; created if there are none."""
        path = self._folder / "keys.json"
        if not path.exists():
            with self._writing():
                if not path.exists():
                    self._add_key()
        return _read_json(path)

    def rotate(self) -> str:
        """Create a new signing key; the two before it stay published. Returns the new key's id."""
        with self._writing():
            return self._add_key()

    def _add_key(self) -> str:
        """Store a new key before the others and return its id; the caller holds the lock."""
        from pylti1p3.dynamic_registration import generate_key_pair
        from pylti1p3.registration import Registration

        private, public = generate_key_pair(2048)
        kid = str(Registration.get_jwk(public)["kid"])
        path = self._folder / "keys.json"
        kept = _read_json(path) if path.exists() else {"keys": [], "secret": secrets.token_hex(32)}
        keys = [{"kid": kid, "private": private, "public": public}, *kept["keys"]][:_KEPT_KEYS]
        _write_json(path, kept | {"keys": keys})
        return kid

    def _write(self, platforms: list[Platform]) -> None:
        _write_json(self._folder / "platforms.json", {"platforms": [asdict(platform) for platform in platforms]})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _writable(self._folder), FileLock(self._folder / "writer.lock", timeout=10):
            yield


class UsedNonces:
    """The used nonces, shared by all processes of this index; deleted after `seconds`."""

    def __init__(self, folder: Path, seconds: float = 900.0) -> None:
        self._folder, self._seconds = folder, seconds
        self._lock = threading.Lock()

    def use(self, nonce: str) -> bool:
        """Marks the nonce as used; returns whether it was unused before."""
        now, path = time.time(), self._folder / "nonces.db"
        with _writable(self._folder), self._lock, closing(sqlite3.connect(path, timeout=10)) as base, base:
            base.execute("CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL)")
            base.execute("DELETE FROM nonces WHERE at < ?", (now - self._seconds,))
            return base.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", (nonce, now)).rowcount == 1


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Create the folder if needed; raises LtiError if it, or a file that the block writes, cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except (OSError, sqlite3.Error) as error:
        raise LtiError(f"{folder} cannot be written ({error}): let the server write it", _DAMAGED) from error


def unknown_deployment(platform: Platform, deployment: str, is_student: bool = False) -> LtiError:
    """The error for an unregistered deployment; it gives a teacher the command that registers it."""
    if is_student:
        return LtiError("this deployment is not registered: tell the teacher", "deployment_unknown_student")
    names = [("--issuer", platform.issuer), ("--client-id", platform.client_id), ("--deployment", deployment)]
    command = " \\\n  ".join(["tenkyo lti add", *(f"{name} {shlex.quote(value)}" for name, value in names)])
    said = f"deployment {deployment!r} is not registered: if you know who added Tenkyo there, enter {command}"
    return LtiError(said, "deployment_unknown", deployment=deployment, command=command)


def _with_launch(platform: Platform, deployment: str, origin: str) -> Platform:
    """The platform with the site of a launch, and with its deployment if the platform has none yet."""
    is_known = not origin or origin in platform.origins or len(platform.origins) >= MOST_ORIGINS
    origins = platform.origins if is_known else (*platform.origins, origin)
    return replace(platform, deployments=platform.deployments or (deployment,), origins=origins)


def _platforms_of(path: Path) -> tuple[Platform, ...]:
    names = {field.name for field in fields(Platform)}
    try:
        rows = [{name: row[name] for name in row if name in names} for row in _read_json(path)["platforms"]]
        return tuple(
            Platform(**row | {name: tuple(row.get(name, ())) for name in ("deployments", "origins")}) for row in rows
        )
    except (KeyError, TypeError) as error:
        said = f"{path} is damaged ({error}): delete it and register the platforms again"
        raise LtiError(said, _DAMAGED) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = f"{path} cannot be read ({error}): delete it and register the platforms again"
        raise LtiError(said, _DAMAGED) from error
    if not isinstance(value, dict):
        raise LtiError(f"{path} is damaged: delete it and register the platforms again", _DAMAGED)
    return value


def _write_json(path: Path, value: dict[str, Any]) -> None:
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1).encode(), mode=0o600)
