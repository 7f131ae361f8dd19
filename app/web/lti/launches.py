"""Logins and launches: the platform starts a login, we send the browser to it, it sends the browser back with a token.

Sources: 1EdTech Security Framework 1.1 (5.1.1), LTI 1.3 Core, LTI Deep Linking 2.0.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from pylti1p3.exception import OIDCException
from pylti1p3.registration import Registration

from app.web.lti.adapter import (
    CLAIM,
    WRONG_SHAPES,
    BoundedSession,
    LaunchMessage,
    LaunchParameters,
    LaunchSessions,
    LoginRequest,
    ToolConfig,
)
from app.web.lti.platforms import LtiError, Platform, Platforms, UsedNonces, origin_of
from app.web.lti.states import Signer, State

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
_KEYS_SECONDS, _KEYS_AGAIN = 3600.0, 60.0  # how long keys are cached; least time between two requests for them


@dataclass(frozen=True, slots=True)
class Login:
    """The next step of a login: the platform's `address`, and its frame `storage` that keeps `state` ("": none)."""

    address: str
    state: str
    storage: str


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch with a checked token. Its only personal data are the role and the user id, which are never stored."""

    platform: Platform
    state: State
    is_teacher: bool
    language: str  # as the platform gives it, e.g. "ja-JP"; "": unknown
    custom: Mapping[str, str]
    subject: str  # platform and user id in JSON; `Lti.asker` hashes it for rate limits
    deep_link: Mapping[str, Any] | None  # the settings of a deep linking request; None for a normal launch
    deployment: str


class Launches:
    """Carries out logins and launches for the platforms."""

    def __init__(self, platforms: Platforms, used: UsedNonces, session: requests.Session | None = None) -> None:
        self.platforms, self._used = platforms, used
        self.signer = Signer(platforms)
        self._config = ToolConfig(platforms)
        self._session = session or BoundedSession()
        self._keys: dict[str, tuple[float, list[dict[str, Any]]]] = {}  # key address → fetch time, keys
        self._asked_at: dict[str, float] = {}  # key address → time of the last fetch
        self._locks: dict[str, threading.Lock] = {}

    def registration(self, issuer: str, client_id: str) -> Registration:
        """pylti1p3's view of a platform; raises LtiError for one that is not registered."""
        return self._config.find_registration_by_params(issuer, client_id)

    def login(self, parameters: Mapping[str, str], launch_address: str) -> Login:
        """The address for the browser's next step. Raises LtiError for an unknown platform or an incomplete request."""
        login = LoginRequest(LaunchParameters(parameters), self._config, self.signer)
        try:
            address = login.redirect(launch_address)
        except OIDCException as error:
            said = f"the platform's login request is incomplete ({error}): open it from the course"
            raise LtiError(said, "login_incomplete") from error
        return Login(address, f"state-{login.state}", parameters.get("lti_storage_target", "")[:100])

    def launch(self, parameters: Mapping[str, str], launch_address: str) -> Launch:
        """The content of the platform's token, after all checks. Raises LtiError for the first check that fails.

        `launch_address` is our own: the token's target must be on this server.
        """
        state = self.signer.read_state(parameters.get("state", "").removeprefix("state-"))
        if parameters.get("error"):
            said = ": ".join(filter(None, (parameters["error"][:100], parameters.get("error_description", "")[:300])))
            refused = f"the platform refused the launch ({said}): open it again from the course"
            raise LtiError(refused, "platform_refused", said=said)
        request = LaunchParameters(parameters)
        message = LaunchMessage(request, self._config, LaunchSessions(request, state, self._used), self._keys_of)
        try:
            claims: Mapping[str, Any] = message.get_launch_data()
            is_teacher = message.is_teacher
        except WRONG_SHAPES as error:
            said = f"the launch is not valid ({error}): open it again from the course"
            raise LtiError(said, "token_message") from error
        if claims["iss"] != state.issuer:
            said = "the launch comes from another platform than the login: open it again from the course"
            raise LtiError(said, "platform_other")
        target = claims.get(f"{CLAIM}/target_link_uri")
        if target is not None and origin_of(str(target)).lower() != origin_of(launch_address).lower():
            said = f"the launch leads to {str(target)[:200]!r}, not to this server: check the tool's addresses"
            raise LtiError(said, "token_target", target=target)
        platform = self.platforms.find(claims["iss"], message.get_client_id())
        assert platform is not None  # noqa: S101 - the checks found it
        deployment = str(claims[f"{CLAIM}/deployment_id"])
        presentation = _mapping(claims.get(f"{CLAIM}/launch_presentation"))
        self.platforms.take_on(platform, deployment, origin_of(str(presentation.get("return_url", ""))))
        return Launch(
            platform=platform,
            state=state,
            is_teacher=is_teacher,
            language=str(presentation.get("locale") or claims.get("locale") or "")[:20],
            custom={str(name): str(value) for name, value in _mapping(claims.get(f"{CLAIM}/custom")).items()},
            subject=json.dumps([platform.issuer, platform.client_id, str(claims.get("sub", ""))]),
            deep_link=_mapping(claims.get(DEEP_LINKING)) if message.is_deep_link_launch() else None,
            deployment=deployment,
        )

    def _keys_of(self, address: str, kid: str) -> list[dict[str, Any]]:
        """A platform's keys, cached for an hour; fetched again if `kid` is not among them.

        A platform is asked at most once a minute, and by one launch at a time.
        """
        with self._locks.setdefault(address, threading.Lock()):
            now = time.monotonic()
            at, keys = self._keys.get(address, (float("-inf"), []))
            if now - at > _KEYS_SECONDS:
                keys = []
            known = any(key.get("kid") == kid for key in keys)
            if not known and now - self._asked_at.get(address, float("-inf")) > _KEYS_AGAIN:
                self._asked_at[address] = now
                keys = _key_set_of(self._session.get(address), address)
                self._keys[address] = (now, keys)
            return keys


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _key_set_of(response: requests.Response, address: str) -> list[dict[str, Any]]:
    try:
        value = response.json()
    except ValueError:
        value = None
    keys = value.get("keys") if isinstance(value, dict) and response.status_code == 200 else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        said = f"{address} sent no key set (status {response.status_code}): check the platform's address of keys"
        raise LtiError(said, "platform_keys", address=address)
    return keys[:100]
