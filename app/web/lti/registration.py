"""Dynamic registration (LTI 1.3 Dynamic Registration 1.0): one link pasted into the platform registers both sides."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from pylti1p3.dynamic_registration import DynamicRegistration
from pylti1p3.exception import LtiException

from app.web.lti.adapter import BoundedSession
from app.web.lti.platforms import LtiError, Platform, Platforms, check_address, origin_of

_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
# Canvas's cloud has one issuer for all schools; its configuration and keys are on other hosts of these domains
_CANVAS_DOMAINS = ("instructure.com", "canvaslms.com")


class Registration(DynamicRegistration):
    """Tenkyo's side of a registration; `base` is our public address with a slash at its end."""

    client_name = "Tenkyo 典拠"
    description = "Answers on the documents of a course, in their own words and with their sources."

    def __init__(self, platforms: Platforms, base: str, configuration: str, token: str) -> None:
        self._platforms, self._base = platforms, base
        self._configuration, self._token = configuration, token
        self._family = ""  # the platform's product, from its configuration

    def get_request_session(self) -> requests.Session:
        return BoundedSession()

    def get_initiate_login_uri(self) -> str:
        return f"{self._base}lti/login"

    def get_jwks_uri(self) -> str:
        return f"{self._base}lti/jwks"

    def get_redirect_uris(self) -> list[str]:
        return [f"{self._base}lti/launch"]

    def get_domain(self) -> str:
        return urlsplit(self._base).netloc

    def get_target_link_uri(self) -> str:
        return f"{self._base}lti/launch"

    def get_messages(self) -> list[dict[str, str]]:
        launch = self.get_target_link_uri()
        messages: list[dict[str, Any]] = [
            {"type": "LtiResourceLinkRequest", "target_link_uri": launch, "label": self.client_name},
            {"type": "LtiDeepLinkingRequest", "target_link_uri": launch, "label": self.client_name},
        ]
        if self._family == "canvas":  # Canvas shows a tool only in its placements; this one is in modules
            messages[1]["placements"] = ["link_selection"]
        return messages

    def get_logo_uri(self) -> str:
        return f"{self._base}static/icon.svg"

    def get_openid_configuration_endpoint(self) -> str:
        return self._configuration

    def get_registration_token(self) -> str:
        return self._token

    def get_openid_configuration(self) -> dict[str, Any]:
        """The platform's configuration; its issuer must have the host of the configuration's address (4.1).

        The request carries the registration token, because Canvas requires it.
        """
        check_address(self._configuration, "openid_configuration")
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with self.get_request_session() as session:
            response = session.get(self._configuration, headers=headers)
        try:
            configuration = response.json()
        except ValueError:
            configuration = None
        if not response.ok or not isinstance(configuration, dict):
            given, status = self._configuration[:200], response.status_code
            said = (
                f"{given} gives no configuration of a platform (status {status}): start again from its page for tools"
            )
            raise LtiError(said, "registration_configuration", address=given, answered=status)
        _check_issuer(configuration, self._configuration)
        check_address(str(configuration.get("registration_endpoint", "")), "registration_endpoint")
        platform = configuration.get(_PLATFORM)
        self._family = str(platform.get("product_family_code", "")) if isinstance(platform, dict) else ""
        return configuration

    def complete_registration(
        self, openid_configuration: dict[str, Any], openid_registration: dict[str, Any]
    ) -> Platform:
        """Store the platform, with its deployment if the answer names one."""
        deployment = openid_registration.get(_CONFIGURATION, {}).get("deployment_id")
        platform = Platform(
            issuer=str(openid_configuration["issuer"]),
            client_id=str(openid_registration.get("client_id", "")),
            auth_url=str(openid_configuration.get("authorization_endpoint", "")),
            jwks_url=str(openid_configuration.get("jwks_uri", "")),
            deployments=(str(deployment),) if deployment else (),
            origins=tuple(filter(None, [origin_of(str(openid_configuration["issuer"]))])),
        )
        self._platforms.put(platform)
        return platform


def _check_issuer(configuration: Mapping[str, Any], address: str) -> None:
    """Raises LtiError if the issuer's host is not the configuration's host; Canvas's own domains are exempt."""
    issuer = str(configuration.get("issuer", ""))
    names = [str(configuration.get(name, "")) for name in ("issuer", "authorization_endpoint", "jwks_uri")]
    if _host(issuer) != _host(address) and not all(map(_is_canvas, names)):
        said = f"the platform calls itself {issuer[:200]!r}, but its configuration lies elsewhere"
        raise LtiError(said, "registration_elsewhere", issuer=issuer)


def _is_canvas(address: str) -> bool:
    return address.startswith("https://") and f".{_host(address)}".endswith(
        tuple(f".{name}" for name in _CANVAS_DOMAINS)
    )


def _host(address: str) -> str:
    """The host in an address; "" if it has none."""
    return urlsplit(origin_of(address)).hostname or ""


def register(platforms: Platforms, base: str, configuration: str, token: str) -> Platform:
    """Register Tenkyo at the platform and the platform here; raises LtiError where either refuses."""
    try:
        registered = Registration(platforms, base, configuration, token).register()
    except (LtiException, AssertionError, ValueError, TypeError, AttributeError, KeyError) as error:
        said = f"the platform did not register Tenkyo ({error}): start again from its page for tools"
        raise LtiError(said, "registration_failed") from error
    return cast("Platform", registered)
