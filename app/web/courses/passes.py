"""Signed embeds: who may ask in a closed course.

A course system signs a token (JWT) for each page that shows the widget. The server checks it once and gives the browser
a pass that stands in the address, `/c/NAME/~PASS/…`: so every relative link of a page carries it, where frames of other
sites may keep no cookies. A pass ends with its token, after half a day at most, and when the server is restarted.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.web.errors import RefusedError
from retriever.types import TenkyoError

PASS_SECONDS = 12 * 3600
PASSED = "tenkyo.passed"  # in the scope: whether the address holds a pass
LEEWAY = 30  # seconds that clocks may differ
_MOST_TOKEN, _LEAST_SECRET = 2000, 32  # characters, bytes
_EXPIRY, _SIGNATURE = 5, 16  # bytes


@dataclass(frozen=True, slots=True)
class Key:
    """The key that checks tokens: a shared secret (HS256), or the course system's public key (RS256)."""

    algorithm: str
    value: bytes


def read_key(path: Path) -> Key:
    """The key in a file: a public key in PEM, else the secret in its first line. Raises TenkyoError."""
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise TenkyoError(f"{path}: the key cannot be read ({error.strerror}); name a file of yours") from error
    if b"PRIVATE KEY" in content:
        raise TenkyoError(f"{path} is a private key; it belongs to the course system alone: give its public key here")
    if content.startswith(b"-----BEGIN"):
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            is_rsa = isinstance(load_pem_public_key(content), RSAPublicKey)
        except ValueError:
            is_rsa = False
        if not is_rsa:
            raise TenkyoError(f"{path} is not an RSA public key in PEM; make one with openssl rsa -pubout")
        return Key("RS256", content)
    if len(content) < _LEAST_SECRET or b"\n" in content:
        raise TenkyoError(f"{path}: a secret is one line of at least {_LEAST_SECRET} characters: openssl rand -hex 32")
    return Key("HS256", content)


class Door:
    """Checks tokens for one course, and gives out passes."""

    def __init__(self, course: str, key: Key, audience: str = "tenkyo", clock: Callable[[], float] = time.time) -> None:
        self.course, self.audience = course, audience
        self._key, self._clock = key, clock
        self._secret = secrets.token_bytes(32)

    def check_token(self, token: str) -> float:
        """When the pass for a token ends: seconds since 1970. Raises RefusedError (403), which says what is wrong."""
        import jwt

        if len(token) > _MOST_TOKEN:
            raise refused("it is too long", "pass_long")
        now = self._clock()
        options: Any = {"require": ["exp", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            claims = jwt.decode(
                token, self._key.value, algorithms=[self._key.algorithm], audience=self.audience, options=options
            )
        except jwt.InvalidAudienceError:
            why = f"it is meant for another server: its audience (aud) must be {self.audience!r}"
            raise refused(why, "pass_audience", audience=self.audience) from None
        except jwt.MissingRequiredClaimError as error:
            raise refused(f"it lacks {error.claim!r}", "pass_claim", claim=error.claim) from None
        except jwt.InvalidAlgorithmError:
            wanted = self._key.algorithm
            raise refused(f"it must be signed with {wanted}", "pass_algorithm", algorithm=wanted) from None
        except jwt.InvalidSignatureError:
            raise refused("its signature is wrong: sign it with this course's key", "pass_signature") from None
        except jwt.InvalidTokenError:
            raise refused("it cannot be read", "pass_unreadable") from None
        ends = claims["exp"]
        if isinstance(ends, bool) or not isinstance(ends, int | float) or ends <= now - LEEWAY:
            raise refused("it has expired: load the course page again", "pass_expired")
        if isinstance(claims.get("nbf"), int | float) and claims["nbf"] > now + LEEWAY:
            raise refused("it is not valid yet", "pass_early")
        if claims.get("course") != self.course:
            raise refused(f"it is for another course than {self.course!r}", "pass_course", course=self.course)
        return min(float(ends), now + PASS_SECONDS)

    def issue(self, ends: float | None = None) -> str:
        """A pass until `ends`, by default for half a day."""
        until = int(ends if ends is not None else self._clock() + PASS_SECONDS).to_bytes(_EXPIRY, "big")
        return base64.urlsafe_b64encode(until + self._sign(until)).decode().rstrip("=")

    def check_pass(self, text: str) -> None:
        """Raises RefusedError (403) for a pass that has ended or is not this door's."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        until, signature = raw[:_EXPIRY], raw[_EXPIRY:]
        if len(raw) != _EXPIRY + _SIGNATURE or not hmac.compare_digest(signature, self._sign(until)):
            why = "it was given out before the server's last start, or elsewhere: load the course page again"
            raise refused(why, "pass_stranger")
        if int.from_bytes(until, "big") <= self._clock() - LEEWAY:
            raise refused("it has expired: load the course page again", "pass_expired")

    def _sign(self, until: bytes) -> bytes:
        return hmac.digest(self._secret, self.course.encode() + b"\0" + until, hashlib.sha256)[:_SIGNATURE]


def refused(why: str, reason: str, **values: Any) -> RefusedError:
    """The refusal of a token or a pass; `reason` names the words for people."""
    said = f"this course is closed, and what opens it does not fit: {why}"
    return RefusedError(403, "embed_refused", said, reason=reason, **values)


def closed() -> RefusedError:
    """The refusal of a request without token or pass."""
    return RefusedError(403, "course_closed", "this course is closed: open it from its page in the course system")


def sign(course: str, key: bytes, seconds: float, audience: str) -> str:
    """A token as a course system signs it, with its secret or private key; raises TenkyoError for another key."""
    import jwt

    algorithm = "RS256" if b"-----BEGIN" in key else "HS256"
    if b"PUBLIC KEY" in key or (algorithm == "HS256" and len(key) < _LEAST_SECRET):
        raise TenkyoError("this key signs nothing: name the course's secret, or the course system's private key")
    claims = {"aud": audience, "course": course, "exp": int(time.time() + seconds)}
    try:
        return jwt.encode(claims, key, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TenkyoError(f"this key signs nothing ({error}): name an RSA private key in PEM") from error
