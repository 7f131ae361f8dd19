"""Logins to the desk: the password, limits on attempts, and sessions, which are kept in memory only."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.web.errors import RefusedError
from app.web.guard.rates import Limit, Window

COOKIE = "tenkyo-teach"
IDLE_SECONDS, MOST_SECONDS = 3600.0, 8 * 3600.0  # a session ends after so long without a request, or in all
_MOST_SESSIONS = 100
_BY_ADDRESS, _BY_SERVER = Limit(10, 300), Limit(200, 300)  # attempts to log in


@dataclass(slots=True)
class Session:
    """A teacher's session. `csrf` is the token in each form; `language` is the teacher's choice ("": none)."""

    csrf: str
    began: float
    used: float
    language: str = ""


class Logins:
    """Limits login attempts at all desks of a server together, because they share one password."""

    def __init__(self) -> None:
        self._by_address, self._by_server = Window(_BY_ADDRESS), Window(_BY_SERVER)

    def count(self, address: str, now: float) -> None:
        """Counts an attempt; raises RefusedError (429) after too many."""
        wait = max(self._by_address.wait(address, now), self._by_server.wait("", now))
        if wait > 0:
            seconds = int(wait) + 1
            raise RefusedError(429, "too_many_logins", f"too many attempts to log in: wait {seconds} s", seconds)
        self._by_address.hit(address, now)
        self._by_server.hit("", now)


class DeskSessions:
    """Sessions by the digest of their cookie; a restart ends them all. For use in the event loop only."""

    def __init__(
        self, password: str = "", logins: Logins | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._password, self._clock = password, clock
        self._sessions: dict[bytes, Session] = {}
        self._logins = logins or Logins()

    @property
    def takes_password(self) -> bool:
        """Whether anybody can log in with a password."""
        return bool(self._password)

    def log_in(self, password: str, address: str, language: str = "") -> str | None:
        """The cookie of a new session; None for a wrong password. Raises RefusedError (429) after too many attempts.

        `address` is the client's. The comparison takes constant time, so its duration reveals nothing.
        """
        self._logins.count(address, self._clock())
        right = hmac.compare_digest(_digest(password), _digest(self._password))
        return self.begin(language) if right and self._password else None

    def begin(self, language: str = "") -> str:
        """Begin a session and return its cookie; `language` is the teacher's choice so far ("": none)."""
        now, cookie = self._clock(), secrets.token_urlsafe(32)
        self._sessions = {name: session for name, session in self._sessions.items() if self._lives(session, now)}
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].used)]
        self._sessions[_digest(cookie)] = Session(secrets.token_urlsafe(32), now, now, language)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, with its idle time reset; None if there is none or it has ended."""
        now, session = self._clock(), self._sessions.get(_digest(cookie))
        if session is None or not self._lives(session, now):
            return None
        session.used = now
        return session

    def end(self, cookie: str) -> None:
        """Ends the session of a cookie."""
        self._sessions.pop(_digest(cookie), None)

    def _lives(self, session: Session, now: float) -> bool:
        return now - session.used < IDLE_SECONDS and now - session.began < MOST_SECONDS


def check_csrf(session: Session, sent: str) -> None:
    """Raises RefusedError (403) unless `sent` is the session's CSRF token."""
    if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise RefusedError(403, "bad_token", "this form is of another session: open the page again and send it anew")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
