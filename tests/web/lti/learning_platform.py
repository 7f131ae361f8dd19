"""A learning platform to test with, by the letter of 1EdTech's specifications, on loopback.

Security Framework 1.1 (5.1.1: login, authentication request, response by form post), LTI Core 1.3, Deep Linking 2.0,
Dynamic Registration 1.0, Client Side postMessages 1.0 (put and get, from the course page).
"""

import html
import json
import secrets
import threading
import time
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from pylti1p3.dynamic_registration import generate_key_pair
from pylti1p3.registration import Registration

from app.web.lti.platforms import Platform as Registered

CLAIM = "https://purl.imsglobal.org/spec/lti/claim"
LAUNCH = "http://localhost/lti/launch"  # of the tool that tests without a network launch
ROLES = {
    "student": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "another": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "teacher": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
}
STORAGE = """<script>
const kept = new Map();
addEventListener("message", (event) => {
  const { subject, message_id, key, value } = event.data || {};
  if (!%(storage)s || !String(subject).startsWith("lti.")) return;
  if (subject === "lti.put_data") kept.set(event.origin + key, value);
  event.source.postMessage(
    { subject: subject + ".response", message_id, key, value: kept.get(event.origin + key) }, event.origin);
});
</script>"""


class Platform:
    """The platform: its key, what it knows of the tool, and its pages. `issuer` is its address on http://localhost."""

    def __init__(self) -> None:
        self.private, self.public = generate_key_pair(2048)
        self.kid = Registration.get_jwk(self.public)["kid"]
        self.client_id, self.deployment = "tool-7", "deployment-1"
        self.registered: dict[str, Any] = {}
        self.described: dict[str, Any] = {}  # what its configuration says otherwise
        self.asks_for_token = False  # whether it gives its configuration to those alone who bring the token
        self.registration_token = secrets.token_urlsafe(8)
        self.keys_asked = 0  # how often its keys were fetched
        self.returned: list[dict[str, str]] = []  # forms that came to the deep link's return address
        self.closed = False
        self.pages: dict[str, str] = {}
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*platform.get(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._answer(*platform.post(self.path, body, self.headers))

            def _answer(self, status: int, body: str, kind: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.issuer = f"http://localhost:{self._server.server_port}"

    def registration(self) -> Registered:
        """What the tool stores of this platform."""
        return Registered(
            issuer=self.issuer,
            client_id=self.client_id,
            auth_url=f"{self.issuer}/auth",
            jwks_url=f"{self.issuer}/keys",
            deployments=(self.deployment,),
        )

    def close(self) -> None:
        """Ends its server."""
        self._server.shutdown()
        self._server.server_close()

    def get(self, path: str, authorization: str = "") -> tuple[int, str, str]:
        """Its configuration, its keys, its course page and its authentication."""
        address = urlsplit(path)
        if address.path == "/.well-known/openid-configuration":
            if self.asks_for_token and authorization != f"Bearer {self.registration_token}":
                return 401, "{}", "application/json"
            return 200, json.dumps(self.configuration() | self.described), "application/json"
        if address.path == "/keys":
            self.keys_asked += 1
            return (
                200,
                json.dumps({"keys": [{**Registration.get_jwk(self.public), "kid": self.kid}]}),
                "application/json",
            )
        if address.path == "/auth":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            return 200, self.authenticate(asked), "text/html"
        if address.path in self.pages:
            return 200, self.pages[address.path], "text/html"
        return 404, "{}", "application/json"

    def post(self, path: str, body: str, headers: Message) -> tuple[int, str, str]:
        """Registration, and what a deep linking answer is sent to."""
        if path == "/register":
            if headers.get("Authorization") != f"Bearer {self.registration_token}":
                return 401, "{}", "application/json"
            self.registered = json.loads(body)
            configuration = "https://purl.imsglobal.org/spec/lti-tool-configuration"
            extended = {**self.registered[configuration], "deployment_id": self.deployment}
            answer = {**self.registered, "client_id": self.client_id, configuration: extended}
            return 200, json.dumps(answer), "application/json"
        if path == "/deep-link-return":
            self.returned.append({name: values[0] for name, values in parse_qs(body).items()})
            return 200, "<title>returned</title>", "text/html"
        return 404, "{}", "application/json"

    def configuration(self) -> dict[str, Any]:
        """OpenID configuration of a platform (Dynamic Registration 1.0, 3.4)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "registration_endpoint": f"{self.issuer}/register",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint": f"{self.issuer}/token",
            "id_token_signing_alg_values_supported": ["RS256"],
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "simulator"},
        }

    def login(self, launch_address: str, hint: str = "student", **more: str) -> dict[str, str]:
        """The parameters of a third-party initiated login; `hint` is who opens it."""
        return {
            "iss": self.issuer,
            "login_hint": hint,
            "target_link_uri": launch_address,
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment,
            **more,
        }

    def claims(
        self, nonce: str, who: str = "student", more: Mapping[str, Any] | None = None, target: str = LAUNCH
    ) -> dict[str, Any]:
        """The claims of a launch of `target`, with the names and addresses that a real one would hold."""
        role, _, kind = who.partition("+")
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": f"person-{role}",
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "name": "山田花子",
            "given_name": "花子",
            "family_name": "山田",
            "email": "hanako@school.example",
            f"{CLAIM}/message_type": "LtiResourceLinkRequest",
            f"{CLAIM}/version": "1.3.0",
            f"{CLAIM}/deployment_id": self.deployment,
            f"{CLAIM}/target_link_uri": target,
            f"{CLAIM}/resource_link": {"id": "link-1", "title": "第3回"},
            f"{CLAIM}/roles": ROLES[role],
            f"{CLAIM}/context": {"id": "course-9", "label": "日米関係"},
            f"{CLAIM}/launch_presentation": {"locale": "ja-JP", "return_url": f"{self.issuer}/course"},
        }
        if kind == "pick":
            claims[f"{CLAIM}/message_type"] = "LtiDeepLinkingRequest"
            claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = {
                "deep_link_return_url": f"{self.issuer}/deep-link-return",
                "accept_types": ["ltiResourceLink"],
                "accept_presentation_document_targets": ["iframe"],
                "data": "what the platform wants back",
            }
            del claims[f"{CLAIM}/resource_link"]
        return claims | dict(more or {})

    def token(self, claims: Mapping[str, Any], private: str = "", kid: str = "") -> str:
        """The signed token of a launch."""
        return jwt.encode(dict(claims), private or self.private, algorithm="RS256", headers={"kid": kid or self.kid})

    def authenticate(self, asked: Mapping[str, str]) -> str:
        """The answer to an authentication request: a page whose form goes to the tool (form_post)."""
        expected = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        if any(asked.get(name) != value for name, value in expected.items()) or asked["client_id"] != self.client_id:
            return "<title>wrong request</title>"
        custom = json.loads(asked.get("lti_message_hint", "{}"))
        more = {f"{CLAIM}/custom": custom} if custom else {}
        token = self.token(self.claims(asked["nonce"], asked["login_hint"], more, asked["redirect_uri"]))
        return (
            f'<form method="post" action="{html.escape(asked["redirect_uri"])}">'
            f'<input name="id_token" value="{token}"><input name="state" value="{html.escape(asked["state"])}">'
            "</form><script>document.forms[0].submit()</script>"
        )

    def course_page(
        self, tool: str, *, storage: bool, hint: str = "student", message: str = "{}", keeper: str = "_parent"
    ) -> str:
        """A page of the course with the tool in a frame; returns its address.

        Its storage is the page's, or that of a frame beside the tool with the name that Canvas gives it.
        """
        more = {"lti_message_hint": message} | ({"lti_storage_target": keeper} if storage else {})
        source = f"{tool}lti/login?{urlencode(self.login(f'{tool}lti/launch', hint, **more))}"
        script = STORAGE % {"storage": str(storage).lower()}
        if keeper == "post_message_forwarding":
            self.pages["/keeper"] = f"<!doctype html><title>keeper</title>{script}"
            script = f'<iframe name="{keeper}" src="/keeper" hidden></iframe>'
        path = f"/course-{len(self.pages)}"
        frame = f'<iframe id="tool" src="{html.escape(source)}" width="600" height="700"></iframe>'
        opener = f"<script>const openTool = () => window.open({json.dumps(source)})</script>"
        self.pages[path] = f'<!doctype html><html lang="ja"><title>講座</title>{script}{frame}{opener}'
        return self.issuer + path
