"""The files in `app/deploy`: the nginx example in front of a real server, and what the others set."""

import http.client
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest

from app.settings import read_settings
from tests.web.conftest import ROOT, wait_for_chat, wait_until
from tests.web.fake_library import ANSWERS, NOODLES
from tests.web.serve_process import serving_fake
from tests.web.serving.nginx import NAME, NGINX, Proxies, nginx

pytestmark = pytest.mark.slow

DEPLOY = ROOT / "app" / "deploy"
SET_BY = ["nginx.conf", "Caddyfile", "tenkyo.service", "Containerfile"]
SYSTEMD = shutil.which("systemd-analyze")
needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not installed")
FLAGS = ("--ignore-certificate-errors", f"--host-resolver-rules=MAP {NAME} 127.0.0.1")
BOTH = ["shipped", "careless"]


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    """nginx before a server that is set as the example says."""
    with serving_fake(
        TENKYO_ROOT_PATH="/course", TENKYO_ALLOWED_HOSTS=NAME, TENKYO_TRUSTED_PROXIES="127.0.0.1"
    ) as served:
        wait_for_chat(served.address)
        with nginx(served.address, tmp_path_factory.mktemp("nginx")) as made:
            yield made


@pytest.fixture(scope="module")
def unset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    """nginx before a server that nobody told of it."""
    with serving_fake() as served:
        wait_for_chat(served.address)
        with nginx(served.address, tmp_path_factory.mktemp("nginx")) as made:
            yield made


class Reply:
    """A response that was read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def fetch(
    proxies: Proxies, address: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Reply:
    """What nginx answers, over verified TLS where the address says so."""
    parts = urlsplit(address)
    port = parts.port or 0
    trusting = ssl.create_default_context(cafile=str(proxies.certificate))
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trusting)
        if parts.scheme == "https"
        else http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    )
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body, {"Host": parts.netloc} | dict(headers or {}))
    reply = Reply(connection.getresponse())
    connection.close()
    return reply


@needs_nginx
@pytest.mark.parametrize("way", BOTH)
def test_every_page_and_asset_is_reached_under_the_path(proxies: Proxies, way: str) -> None:
    root: str = getattr(proxies, way)
    redirected = fetch(proxies, f"{root}/")
    assert (redirected.status, urljoin(f"{root}/", redirected.headers["location"])) == (307, f"{root}/chat")
    for page in ("/chat", "/widget", f"/documents/{quote(NOODLES.id)}"):
        shown = fetch(proxies, root + page)
        assert shown.status == 200
        base = re.search(r'<base href="([^"]+)"', shown.body.decode())
        shown_at = urljoin(root + page, base[1]) if base else root + page
        assets = re.findall(r'(?:href|src)="([^"#]+\.(?:css|js|svg|json)[^"]*)"', shown.body.decode())
        assert len(assets) >= 2
        for asset in assets:
            assert fetch(proxies, urljoin(shown_at, asset)).status == 200, asset


@needs_nginx
@pytest.mark.parametrize("way", BOTH)
def test_answers_and_their_stream_pass_through(proxies: Proxies, way: str) -> None:
    root: str = getattr(proxies, way)
    asked = json.dumps({"question": "そば"}).encode()
    headers = {
        "Content-Type": "application/json",
        "Origin": "https://" + urlsplit(root).netloc,
        "Sec-Fetch-Site": "same-origin",
    }
    answer = fetch(proxies, f"{root}/api/ask", "POST", asked, headers)
    assert (answer.status, json.loads(answer.body)["abstained"]) == (200, False)
    streamed = fetch(proxies, f"{root}/api/ask", "POST", asked, headers | {"Accept": "text/event-stream"})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert streamed.body.decode().startswith("event: ")
    assert "content-encoding" not in streamed.headers


@needs_nginx
def test_the_example_leads_to_https_and_refuses_what_is_too_large(proxies: Proxies) -> None:
    plain = fetch(proxies, f"http://127.0.0.1:{proxies.plain_port}/course/chat", headers={"Host": NAME})
    assert (plain.status, plain.headers["location"]) == (301, f"https://{NAME}/course/chat")
    assert fetch(proxies, f"{proxies.shipped}/healthz").status == 200
    assert fetch(proxies, proxies.shipped).headers["location"].endswith("/course/")
    large = fetch(proxies, f"{proxies.shipped}/api/ask", "POST", b"x" * 80_000)
    assert large.status == 413
    files = fetch(proxies, f"{proxies.shipped}/teach/documents/upload", "POST", b"x" * 80_000)
    assert files.status == 404, "files of the desk reach the server, which has no desk here"


@needs_nginx
@pytest.mark.parametrize("way", BOTH)
def test_metrics_are_not_given_through_a_proxy(proxies: Proxies, way: str) -> None:
    assert fetch(proxies, f"{getattr(proxies, way)}/metrics").status == 404


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, which takes NAME for this machine and the self-signed certificate for good."""
    chromium = pytest.importorskip("tests.web.chromium", reason="selenium is not installed")
    if not (chromium.CHROMIUM and chromium.DRIVER):
        pytest.skip("chromium or chromedriver is not installed")
    driver = chromium.start_chromium(
        tmp_path_factory.mktemp("chromium"), *FLAGS, preferences={"intl.accept_languages": "ja"}, logs=True
    )
    yield driver
    driver.quit()


def first(browser: Any, selector: str) -> Any:
    """The first such element, once there is one."""
    wait_until(lambda: bool(browser.find_elements("css selector", selector)))
    return browser.find_element("css selector", selector)


@needs_nginx
@pytest.mark.parametrize("way", BOTH)
def test_a_browser_asks_and_follows_a_citation_behind_the_proxy(proxies: Proxies, browser: Any, way: str) -> None:
    ask_and_follow(browser, getattr(proxies, way))


@needs_nginx
def test_a_browser_asks_through_a_proxy_without_any_setting_over_plain_http_by_name(
    unset: Proxies, browser: Any
) -> None:
    ask_and_follow(browser, unset.bare)


@needs_nginx
def test_other_sites_are_refused_through_a_proxy_without_any_setting(unset: Proxies) -> None:
    asked = json.dumps({"question": "そば"}).encode()
    headers = {"Content-Type": "application/json", "Origin": "http://evil.example"}
    assert fetch(unset, f"{unset.bare}/api/ask", "POST", asked, headers).status == 400
    given = fetch(unset, f"{unset.bare}/api/tab", headers={"Origin": "http://evil.example"})
    assert not [name for name in given.headers if name.startswith("access-control-")]  # no page of theirs reads it


def ask_and_follow(browser: Any, root: str) -> None:
    """Asks in the chat and in the widget, and opens what is cited."""
    browser.get_log("browser")
    browser.get(f"{root}/")
    first(browser, "#tenkyo-box textarea").send_keys("そば", "\ue007")  # Enter
    first(browser, ".tenkyo-cite").click()
    wait_until(lambda: ANSWERS["そば"][1] in first(browser, "#tenkyo-panel").text)
    browser.get(first(browser, ".tenkyo-open").get_attribute("href"))
    assert first(browser, "mark").text == ANSWERS["そば"][1]
    assert browser.current_url.startswith(f"{root}/documents/")
    browser.get(f"{root}/widget?lang=ja")
    first(browser, "#question").send_keys("そば", "\ue007")
    browser.get(first(browser, ".tenkyo-sources a").get_attribute("href"))
    assert first(browser, "mark").text == ANSWERS["そば"][1]
    first(browser, ".brand a").click()
    wait_until(lambda: browser.current_url.partition("?")[0] == f"{root}/chat")
    assert [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


@pytest.mark.parametrize("name", SET_BY)
def test_the_settings_that_the_files_name_are_settings_and_fit(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    values = dict(re.findall(r"(TENKYO_[A-Z_]+)=([^\s\\]+)", text))
    assert len(values) >= 3
    settings = read_settings({}, values)
    assert settings.root_path == "/course"
    assert settings.allowed_hosts == (NAME,)
    assert settings.trusted_proxies


def test_documents_are_put_in_as_the_user_of_the_service() -> None:
    text = (DEPLOY / "tenkyo.service").read_text(encoding="utf-8")
    command, unit = text.split("[Unit]")
    for name in ("DynamicUser", "User", "StateDirectory", "CacheDirectory"):
        set_to = re.findall(rf"^{name}=(\S+)$", unit, flags=re.MULTILINE)
        assert len(set_to) == 1
        assert re.findall(rf"--property={name}=(\S+)", command) == set_to


@pytest.mark.skipif(not SYSTEMD, reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_confined(tmp_path: Path) -> None:
    unit = tmp_path / "tenkyo.service"
    text = (DEPLOY / "tenkyo.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/tenkyo/bin/tenkyo", shutil.which("true") or "/bin/true"), encoding="utf-8")
    assert SYSTEMD
    checked = subprocess.run([SYSTEMD, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    exposed = [SYSTEMD, "security", "--offline=yes", "--threshold=25", str(unit)]  # of 100
    assert subprocess.run(exposed, capture_output=True, check=False).returncode == 0
