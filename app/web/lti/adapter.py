# ruff: noqa: ARG002 - the signatures are pylti1p3's
"""pylti1p3 without a web framework: parameters are a mapping, states are signed, and there are no sessions."""

import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
import requests
from jwcrypto.jwk import JWK
from pylti1p3.cookie import CookieService
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from app.web.lti.platforms import LtiError, Platforms, UsedNonces, unknown_deployment
from app.web.lti.states import Signer, State

CLAIM = "https://purl.imsglobal.org/spec/lti/claim"
KeySets = Callable[[str, str], list[dict[str, Any]]]  # (address of a platform's keys, wanted key id) → keys
_SIGNATURES = ("RS256", "ES256")  # RS256, as the security framework requires, or ES256
_MOST_BYTES = 1 << 20
_MOST_DEPLOYMENT = 255  # characters (LTI 1.3 Core, 5.3.3)
LEEWAY = 60  # seconds by which the clocks of the platform and of this server may differ
# the checks of a launch in order, each with the name of its error message
_CHECKS = (
    ("validate_state", "step_foreign"),
    ("validate_jwt_format", "token_unreadable"),
    ("validate_nonce", "token_used"),
    ("validate_registration", "platform_unknown"),
    ("validate_jwt_signature", "token_signature"),
    ("validate_deployment", "token_claims"),
    ("validate_message", "token_message"),
)
_FAULTS = (
    (jwt.ExpiredSignatureError, "token_expired"),
    (jwt.ImmatureSignatureError, "token_early"),
    (jwt.MissingRequiredClaimError, "token_claims"),
)
WRONG_SHAPES = (LtiException, jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError)


class BoundedSession(requests.Session):
    """HTTP to a platform: at most 10 s a read and 1 MiB a response; no redirects, no proxies of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """As in requests; raises LtiError if the response is longer than 1 MiB, is too slow (15 s) or fails."""
        options |= {"timeout": (5, 10), "allow_redirects": False, "stream": True}
        end = time.monotonic() + 15
        try:
            response = super().request(method, url, *args, **options)
            body = b""
            for piece in response.iter_content(65536):
                body += piece
                if len(body) > _MOST_BYTES or time.monotonic() > end:
                    said = f"{url!r} sent more than {_MOST_BYTES:,} bytes or took longer than 15 s"
                    raise LtiError(said, "platform_silent", address=url)
        except requests.RequestException as error:
            said = f"{url!r} cannot be reached ({type(error).__name__}): is the platform up?"
            raise LtiError(said, "platform_silent", address=url) from error
        response._content = body
        return response


class LaunchParameters(Request):
    """The parameters of a request."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @property
    def session(self) -> dict[str, Any]:
        return {}

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._values.get(key, "")


class _NoCookies(CookieService):
    """States are signed; pylti1p3 sets no cookies."""

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        return None


class LaunchSessions(SessionService):
    """No sessions: the signed state identifies a launch, and only used nonces are stored."""

    def __init__(self, request: LaunchParameters, state: State | None = None, used: UsedNonces | None = None) -> None:
        super().__init__(request)
        self._state, self._used = state, used

    def save_nonce(self, nonce: str) -> None:
        return None

    def check_nonce(self, nonce: str) -> bool:
        assert self._state is not None  # noqa: S101 - a launch has read its state
        assert self._used is not None  # noqa: S101
        return hmac.compare_digest(nonce.encode(), self._state.nonce.encode()) and self._used.use(nonce)

    def check_state_is_valid(self, state: str, id_token_hash: str) -> bool:
        return self._state is not None

    def set_state_valid(self, state: str, id_token_hash: str) -> None:
        return None

    def save_launch_data(self, key: str, jwt_body: Mapping[str, Any]) -> None:
        return None


class ToolConfig(ToolConfAbstract[LaunchParameters]):
    """pylti1p3's view of the platforms."""

    def __init__(self, platforms: Platforms) -> None:
        self.platforms = platforms

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_issuer(self, iss: str, *args: Any, **options: Any) -> Registration:
        return self.find_registration_by_params(iss, "")

    def find_registration_by_params(self, iss: str, client_id: str, *args: Any, **options: Any) -> Registration:
        platform = self.platforms.find(iss, client_id)
        if platform is None:
            said = f"the platform {iss[:200]!r} is not registered here: register it, or check its client id"
            raise LtiError(said, "platform_unknown", issuer=iss)
        key = self.platforms.keys()[0]
        registration = Registration().set_issuer(platform.issuer).set_client_id(platform.client_id)
        registration.set_auth_login_url(platform.auth_url).set_key_set_url(platform.jwks_url)
        return registration.set_tool_private_key(key["private"]).set_tool_public_key(key["public"])

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        return self.find_deployment_by_params(iss, deployment_id, "")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **options: Any
    ) -> Deployment | None:
        platform = self.platforms.find(iss, client_id)
        known = platform is not None and (not platform.deployments or deployment_id in platform.deployments)
        return Deployment().set_deployment_id(deployment_id) if known else None


class _AddressOnly(Redirect[str]):
    def __init__(self, location: str) -> None:
        self._location = location

    def do_redirect(self) -> str:
        return self._location

    def do_js_redirect(self) -> str:
        return self._location

    def set_redirect_url(self, location: str) -> None:
        self._location = location

    def get_redirect_url(self) -> str:
        return self._location


class LoginRequest(OIDCLogin[LaunchParameters, ToolConfig, LaunchSessions, _NoCookies, str]):
    """A login with a signed state that holds its nonce."""

    def __init__(self, request: LaunchParameters, config: ToolConfig, signer: Signer) -> None:
        super().__init__(request, config, session_service=LaunchSessions(request), cookie_service=_NoCookies())
        self.state, self._nonce = "", secrets.token_urlsafe(32)
        self._signer = signer

    def get_redirect(self, url: str) -> _AddressOnly:
        return _AddressOnly(url)

    def _generate_nonce(self) -> str:
        return self._nonce

    def _get_uuid(self) -> str:
        storage = self._get_request_param("lti_storage_target")[:100]
        issuer = self._get_request_param("iss")
        self.state = self._signer.sign_state(State(self._nonce, issuer, storage))
        return self.state


class DeepLinkAnswer(DeepLink):
    """The answer to a deep linking request; claims without a value are left out (`data`, if the platform sent none)."""

    def get_message_jwt(self, resources: Sequence[DeepLinkResource]) -> dict[str, object]:
        return {name: value for name, value in super().get_message_jwt(resources).items() if value is not None}


class LaunchMessage(MessageLaunch[LaunchParameters, ToolConfig, LaunchSessions, _NoCookies]):
    """pylti1p3's launch with cached keys, a token that must expire, and a strict check of its audience."""

    def __init__(
        self, request: LaunchParameters, config: ToolConfig, sessions: LaunchSessions, key_sets: KeySets
    ) -> None:
        super().__init__(request, config, session_service=sessions, cookie_service=_NoCookies())
        self._key_sets = key_sets
        self.set_jwt_verify_options({"verify_aud": False, "require": ["exp", "iat", "nonce", "iss", "aud"]})

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    @property
    def is_teacher(self) -> bool:
        """Whether the person who launches is a teacher or staff of the course."""
        return bool(self.check_teacher_access() or self.check_staff_access())

    def validate(self) -> MessageLaunch[Any, Any, Any, Any]:
        """Run pylti1p3's checks in its order; raises LtiError, with its message's name, for the first that fails."""
        self._validated = True  # otherwise reading the claims would start the validation again
        for check, reason in _CHECKS:
            try:
                getattr(self, check)()
            except WRONG_SHAPES as error:
                self._validated = False
                said = f"the launch is not valid ({error}): open it again from the course"
                name = next((words for kind, words in _FAULTS if isinstance(error, kind)), reason)
                raise LtiError(said, name, issuer=self._jwt.get("body", {}).get("iss", "")) from error
        return self

    def validate_deployment(self) -> MessageLaunch[Any, Any, Any, Any]:
        """As in pylti1p3, but the error tells a teacher how to register the deployment: the signature is valid."""
        claims: Mapping[str, Any] = self._get_jwt_body()
        deployment, client_id = claims.get(f"{CLAIM}/deployment_id"), self.get_client_id()
        if (
            not isinstance(deployment, str)
            or not 0 < len(deployment) <= _MOST_DEPLOYMENT
            or not deployment.isprintable()
        ):
            raise LtiException(f"deployment_id is {str(deployment)[:50]!r}")
        if self._tool_config.find_deployment_by_params(claims["iss"], deployment, client_id) is None:
            platform = self._tool_config.platforms.find(claims["iss"], client_id)
            assert platform is not None  # noqa: S101 - validate_registration found it
            raise unknown_deployment(platform, deployment, is_student=not self.is_teacher)
        return self

    def get_client_id(self) -> str:
        """The client id that the token is for: among several audiences, the authorized party (azp), else the first."""
        claims: Mapping[str, Any] = self._get_jwt_body()
        audience, authorized = claims.get("aud"), claims.get("azp")
        if isinstance(audience, list):
            return str(authorized if authorized in audience else audience[0] if audience else "")
        return str(audience)

    def validate_registration(self) -> MessageLaunch[Any, Any, Any, Any]:
        """As in pylti1p3. Several audiences need an authorized party (azp), which must always be us (5.1.3)."""
        claims: Mapping[str, Any] = self._get_jwt_body()
        audience = claims.get("aud")
        is_for_several = isinstance(audience, list) and len(audience) > 1
        if (is_for_several or "azp" in claims) and claims.get("azp") != self.get_client_id():
            raise LtiError("the token is meant for another tool (azp)", "token_party")
        return super().validate_registration()

    def validate_jwt_signature(self) -> MessageLaunch[Any, Any, Any, Any]:
        """As in pylti1p3, but with leeway for clocks: Moodle's tokens are valid at once and for a minute only."""
        public_key, algorithm = self.get_public_key()
        jwt.decode(
            self._get_id_token(), public_key, algorithms=[algorithm], options=self._jwt_verify_options, leeway=LEEWAY
        )
        return self

    def get_public_key(self) -> tuple[str, str]:
        header = self._jwt.get("header", {})
        kid, algorithm = header.get("kid"), header.get("alg")
        if not kid or algorithm not in _SIGNATURES:
            said = f"the token is signed with {str(algorithm)[:20]!r} and the key {str(kid)[:50]!r}"
            raise LtiError(said, "token_algorithm")
        assert self._registration is not None  # noqa: S101 - validate_registration set it
        for key in self._key_sets(str(self._registration.get_key_set_url()), kid):
            if key.get("kid") == kid and key.get("alg", algorithm) == algorithm and key.get("use", "sig") == "sig":
                return JWK.from_json(json.dumps(key)).export_to_pem(), algorithm
        raise LtiError("the platform does not publish the key that the token is signed with", "token_key")
