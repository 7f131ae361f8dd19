"""Dynamic registration (LTI 1.3 Dynamic Registration 1.0): one link pasted into the platform registers both sides."""

from typing import Any, cast
from urllib.parse import urlsplit

import requests
from pylti1p3.dynamic_registration import DynamicRegistration
from pylti1p3.exception import LtiException

from app.web.lti.adapter import BoundedSession
from app.web.lti.platforms import LtiError, Platform, Platforms, check_address, origin_of

_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Registration(DynamicRegistration):
    """Tenkyo's side of a registration; `base` is our public address with a slash at its end."""

    client_name = "Tenkyo 典拠"
    description = "Answers on the documents of a course, in their own words and with their sources."

    def __init__(self, platforms: Platforms, base: str, configuration: str, token: str) -> None:
        self._platforms, self._base = platforms, base
        self._configuration, self._token = configuration, token

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
        return [
            {"type": "LtiResourceLinkRequest", "target_link_uri": launch, "label": self.client_name},
            {"type": "LtiDeepLinkingRequest", "target_link_uri": launch, "label": self.client_name},
        ]

    def get_logo_uri(self) -> str:
        return f"{self._base}static/icon.svg"

    def get_openid_configuration_endpoint(self) -> str:
        return self._configuration

    def get_registration_token(self) -> str:
        return self._token

    def get_openid_configuration(self) -> dict[str, Any]:
        """The platform's configuration; its issuer must be of the host that it was read from (4.1)."""
        check_address(self._configuration, "openid_configuration")
        try:
            configuration = super().get_openid_configuration()
        except (LtiException, ValueError) as error:
            raise LtiError(f"{self._configuration[:200]} is not a configuration of a platform: {error}") from error
        if not isinstance(configuration, dict):
            raise LtiError(f"{self._configuration[:200]} is not a configuration of a platform")
        issuer = str(configuration.get("issuer", ""))
        if urlsplit(issuer).hostname != urlsplit(self._configuration).hostname:
            raise LtiError(f"the platform calls itself {issuer[:200]!r}, but its configuration lies elsewhere")
        check_address(str(configuration.get("registration_endpoint", "")), "registration_endpoint")
        return configuration

    def complete_registration(
        self, openid_configuration: dict[str, Any], openid_registration: dict[str, Any]
    ) -> Platform:
        """Keeps the platform, with the deployment if it names one."""
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


def register(platforms: Platforms, base: str, configuration: str, token: str) -> Platform:
    """Register Tenkyo at the platform and the platform here; raises LtiError where either refuses."""
    try:
        registered = Registration(platforms, base, configuration, token).register()
    except (LtiException, AssertionError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise LtiError(
            f"the platform did not register Tenkyo ({error}): start again from its page for tools"
        ) from error
    return cast("Platform", registered)
