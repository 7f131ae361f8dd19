"""What is refused before anything runs: hosts, rates, sizes, foreign pages; and the headers on every response."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.settings import read_settings
from app.web.guard.hosts import allowed_hosts
from tests.web.conftest import MakeClient


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1:7860", "[::1]:7860", "[::1]", "localhost."])
def test_this_machines_own_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.5:7860", "127.0.0.1.nip.io", ""])
def test_other_names_are_refused_so_that_dns_rebinding_fails(client: TestClient, host: str) -> None:
    response = client.post("/api/ask", json={"question": "そば"}, headers={"Host": host})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_host"
    assert "TENKYO_ALLOWED_HOSTS" in response.json()["error"]["message"]


def test_named_hosts_are_served(make_client: MakeClient) -> None:
    client = make_client(hosts=["Course.example.ac.jp"])
    assert client.get("/healthz", headers={"Host": "course.example.ac.jp"}).status_code == 200


def test_a_server_on_all_addresses_is_reached_by_address_but_not_by_any_name() -> None:
    hosts = allowed_hosts("0.0.0.0")
    assert hosts.allow("192.168.1.5:7860")
    assert hosts.allow("[fe80::1]:7860")
    assert not hosts.allow("evil.example")
    assert allowed_hosts("192.168.1.5").allow("192.168.1.5:7860")
    assert allowed_hosts("127.0.0.1", ["*"]).allow("anything.example")


def test_a_body_that_says_it_is_too_large_is_refused(client: TestClient) -> None:
    response = client.post("/api/ask", content=b'{"question": "' + b"x" * 80_000 + b'"}')
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize("address", ["/api/ask", "/chat/gradio_api/queue/join", "/nowhere"])
def test_a_chunked_body_that_grows_too_large_is_refused(client: TestClient, address: str) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    assert client.post(address, content=parts()).status_code == 413


def test_a_chunked_body_of_the_right_size_is_read(client: TestClient) -> None:
    parts = iter([b'{"question": ', '"そば"'.encode(), b"}"])
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/ask", content=parts, headers=headers).status_code == 200


SELF = "http://localhost"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Sec-Fetch-Site": "cross-site", "Origin": SELF},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://localhost@evil.example"},
        {"Origin": "http://[evil"},
        {"Origin": "file://"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
@pytest.mark.parametrize("address", ["/api/ask", "/api/search", "/chat/gradio_api/queue/join", "/nowhere"])
def test_other_sites_cannot_make_a_browser_ask(client: TestClient, address: str, headers: dict[str, str]) -> None:
    response = client.post(address, json={"question": "そば"}, headers=headers)
    assert response.status_code == 400
    assert "embed /widget" in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": SELF},
        {"Origin": SELF, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost:80"},
        {"Origin": "https://localhost"},  # a proxy that ends HTTPS and passes Host on
        {"Origin": "https://bot.example.ac.jp", "Sec-Fetch-Site": "same-origin"},  # a proxy that does not pass Host on
    ],
)
def test_the_servers_own_pages_and_programs_may_ask(client: TestClient, headers: dict[str, str]) -> None:
    allowed = client.post("/api/ask", json={"question": "そば"}, headers=headers)
    assert allowed.status_code == 200
    assert "access-control-allow-origin" not in allowed.headers


def test_a_page_under_a_named_host_may_ask_where_the_browser_says_no_more_than_its_origin(
    make_client: MakeClient,
) -> None:
    client = make_client(hosts=["bot.example.ac.jp"])
    body = {"question": "そば"}
    assert client.post("/api/ask", json=body, headers={"Origin": "http://bot.example.ac.jp:8080"}).status_code == 200
    assert client.post("/api/ask", json=body, headers={"Origin": "http://example.ac.jp"}).status_code == 400
    everyone = make_client(hosts=["*"])
    assert everyone.post("/api/ask", json=body, headers={"Origin": "http://evil.example"}).status_code == 400


BEHIND = {"Origin": "http://bot.example.ac.jp:8080"}  # plain HTTP by name: the browser says no more than that


@pytest.mark.parametrize(("address", "field"), [("/api/ask", "question"), ("/api/search", "query")])
def test_our_own_page_is_known_by_its_tab_where_a_proxy_replaces_the_host(
    client: TestClient, address: str, field: str
) -> None:
    body = {field: "そば"}
    tab = client.get("/api/tab").json()["tab"]
    assert client.post(address, json=body, headers=BEHIND | {"X-Tenkyo-Tab": tab}).status_code == 200
    forged = tab[:-2] + ("AA" if tab[-2:] != "AA" else "BA")
    for wrong in ({}, {"X-Tenkyo-Tab": ""}, {"X-Tenkyo-Tab": forged}):
        response = client.post(address, json=body, headers=BEHIND | wrong)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "cross_site")


def test_a_tab_does_not_outweigh_a_browser_that_names_another_site(client: TestClient) -> None:
    tab = {"X-Tenkyo-Tab": client.get("/api/tab").json()["tab"]}
    for site in ("cross-site", "same-site"):
        headers = BEHIND | tab | {"Sec-Fetch-Site": site}
        assert client.post("/api/ask", json={"question": "そば"}, headers=headers).status_code == 400


@pytest.mark.parametrize("address", ["/api/ask", "/api/search", "/api/tab", "/chat/gradio_api/queue/join", "/chat"])
@pytest.mark.parametrize("asked", ["x-tenkyo-tab", "content-type", "content-type,x-tenkyo-tab"])
def test_a_browser_that_asks_for_another_site_first_is_refused(client: TestClient, address: str, asked: str) -> None:
    headers = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    response = client.options(address, headers=headers)
    # what only our own pages request is refused by its origin, a page that may be linked to by the method
    assert response.status_code == (405 if address == "/chat" else 400)
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_browser_sends_without_asking_first_is_refused_with_a_tab_too(client: TestClient, media: str) -> None:
    headers = BEHIND | {"X-Tenkyo-Tab": client.get("/api/tab").json()["tab"], "Content-Type": media}
    assert client.post("/api/ask", content=b'{"question": "x"}', headers=headers).status_code == 400


@pytest.mark.parametrize("address", ["/documents/" + "x" * 3000, "/chat?" + "x" * 3000, "/" + "%e3" * 1000])
def test_an_address_beyond_every_need_is_refused(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("address", ["/widget", "/documents/tea", "/api/nothing", "/nowhere", "/healthz", "/chat"])
def test_every_response_is_guarded(client: TestClient, address: str) -> None:
    response = client.get(address)
    policy = response.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in response.headers
    if address != "/chat":
        assert policy.startswith("default-src 'none'")
        assert "unsafe-inline" not in policy


def test_a_crash_is_guarded_and_counted_too(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "壊れた"})
    assert "content-security-policy" in response.headers
    assert 'tenkyo_http_requests_total{method="POST",route="/api/ask",status="500"} 1.0' in client.get("/metrics").text


def test_this_server_alone_embeds_the_widget_unless_sites_are_named(make_client: MakeClient) -> None:
    own = make_client().get("/widget").headers["content-security-policy"]
    assert own.endswith("frame-ancestors 'self'")
    open_to_all = make_client(embed_origins=["*"]).get("/widget").headers["content-security-policy"]
    assert "frame-ancestors" not in open_to_all
    named = make_client(embed_origins=["https://lms.example.ac.jp"]).get("/widget")
    assert named.headers["content-security-policy"].endswith("frame-ancestors 'self' https://lms.example.ac.jp")


def test_the_source_of_a_citation_may_be_framed_by_the_sites_of_the_widget_and_by_nobody_else(
    make_client: MakeClient,
) -> None:
    origins = read_settings({}, {"TENKYO_EMBED_ORIGINS": "https://lms.example"}).embed_origins
    client = make_client(embed_origins=origins)
    for address in ("/widget", "/documents/tea", "/documents/tea?passage=tea:2&quote_start=0&quote_end=5"):
        policy = client.get(address).headers["content-security-policy"]
        assert policy.rpartition("; ")[2] == "frame-ancestors 'self' https://lms.example"
    for address in ("/chat", "/widget/demo", "/nowhere"):
        assert "lms.example" not in client.get(address).headers["content-security-policy"]


def test_only_the_widget_may_be_embedded(client: TestClient) -> None:
    for address in ("/documents/tea", "/chat", "/nowhere"):
        assert "frame-ancestors 'self'" in client.get(address).headers["content-security-policy"]


def test_course_pages_may_load_the_script(client: TestClient) -> None:
    assert client.get("/widget.js").headers["cross-origin-resource-policy"] == "cross-origin"
    # a frame in a sandbox without an origin loads even the widget's own files as a stranger
    assert client.get("/static/frame.js").headers["cross-origin-resource-policy"] == "cross-origin"
    assert client.get("/api/openapi.json").headers["cross-origin-resource-policy"] == "same-origin"
