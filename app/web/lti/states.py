"""Signed tokens: the browser carries the state of a login and a launch, so that the server stores none.

No cookies are used, because most browsers block third-party cookies. A state holds the nonce of its login. If the
platform offers a storage (LTI Client Side postMessages 1.0), that storage binds the state to the browser; otherwise
only the state's signature protects it, for ten minutes.
"""

import time
from dataclasses import asdict, dataclass, fields
from typing import Any

import jwt

from app.web.lti.platforms import LtiError, Platforms

STATE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class State:
    """The state of a login: its nonce, the platform, and the platform's frame that stores the state ("": none)."""

    nonce: str
    issuer: str
    storage: str


class Signer:
    """Signs tokens with our secret (HS256) and reads them; each token is valid for one purpose only."""

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms

    def sign(self, purpose: str, claims: dict[str, Any], seconds: float) -> str:
        """A token with these claims that expires after `seconds`."""
        ends = {"purpose": purpose, "exp": int(time.time() + seconds)}
        return jwt.encode(claims | ends, self._platforms.secret(), algorithm="HS256")

    def read(self, purpose: str, token: str) -> dict[str, Any]:
        """The claims of a token; raises LtiError if it has expired, is not ours, or is for another purpose."""
        not_ours = LtiError(f"this {purpose} was not issued by this server: open it again", "step_foreign")
        if not self._platforms.has_keys:  # a stranger's token must not make us create keys
            raise not_ours
        try:
            claims = jwt.decode(token, self._platforms.secret(), algorithms=["HS256"], options={"require": ["exp"]})
        except jwt.ExpiredSignatureError:
            raise LtiError(f"this {purpose} has expired: open it again from the course", "step_expired") from None
        except jwt.InvalidTokenError:
            claims = {}
        if claims.get("purpose") != purpose:
            raise not_ours
        return claims

    def sign_state(self, state: State) -> str:
        """A state as a token that expires in ten minutes."""
        return self.sign("login", asdict(state), STATE_SECONDS)

    def read_state(self, token: str) -> State:
        """The state in a token; raises LtiError."""
        claims = self.read("login", token)
        return State(**{field.name: str(claims[field.name]) for field in fields(State)})
