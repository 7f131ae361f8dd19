"""HTTP as browsers, caches and proxies need it: types, compression, ETags, methods, languages, addresses."""

import gzip
import http.client
import json
import mimetypes
import re
from urllib.parse import urljoin, urlsplit

import pytest
import rjsmin
from starlette.testclient import TestClient

from app.pages.labels.texts import LABELS
from app.pages.static_files import STATIC as STATIC_FOLDER
from tests.web.conftest import MakeClient, request, wait_for_chat

STATIC = ["/widget.js", "/labels.js", "/static/chat.js", "/static/source.css", "/favicon.ico", "/manifest.json"]
STATIC.append("/api/openapi.json")
TOKEN = "a-token-of-some-length"  # noqa: S105
AWAY = {"X-Forwarded-For": "203.0.113.9"}


def test_the_widgets_script_has_its_type_whatever_the_process_says_of_types(client: TestClient) -> None:
    before = mimetypes.guess_type("a.js")[0]
    mimetypes.add_type("application/javascript", ".js")  # as Gradio does
    try:
        assert client.get("/widget.js").headers["content-type"] == "text/javascript; charset=utf-8"
        assert client.get("/static/frame.js").headers["content-type"] == "text/javascript; charset=utf-8"
    finally:
        mimetypes.add_type(before or "text/javascript", ".js")


def test_scripts_are_ascii_and_say_the_same(client: TestClient) -> None:
    script = client.get("/widget.js").content
    assert script.isascii()
    assert rb"\u6587\u66f8" in script  # 文書
    said = re.sub(rb"(?:\\u[0-9a-f]{4})+", lambda escaped: json.loads(b'"' + escaped[0] + b'"').encode(), script)
    assert said.decode() == rjsmin.jsmin((STATIC_FOLDER / "widget" / "widget.js").read_text(encoding="utf-8"))
    labels = client.get("/labels.js").content
    assert labels.isascii()
    assert json.JSONDecoder().raw_decode(labels.decode("ascii").partition("=")[2])[0] == LABELS


@pytest.mark.parametrize("address", STATIC)
def test_static_files_are_cached_by_etag_and_compressed(client: TestClient, address: str) -> None:
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert plain.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in plain.headers
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    if len(plain.content) > 1000:
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    known = {"If-None-Match": f'"other", {plain.headers["etag"]}'}
    assert client.get(address, headers=known).status_code == 304
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_static_file_is_new_to_the_browser_when_it_changes(client: TestClient) -> None:
    tags = {client.get(address).headers["etag"] for address in STATIC[:4]}
    assert len(tags) == 4


def test_an_answer_is_compressed_but_a_stream_is_not(client: TestClient) -> None:
    body = {"question": "そば", "k": 50}
    headers = {"Accept-Encoding": "gzip"}
    assert client.post("/api/ask", json=body, headers=headers).headers["content-encoding"] == "gzip"
    streamed = client.post("/api/ask", json=body, headers=headers | {"Accept": "text/event-stream"})
    assert "content-encoding" not in streamed.headers


@pytest.mark.parametrize("address", ["/widget", "/documents/tea", "/nowhere", "/chat"])
def test_pages_vary_with_the_readers_language(client: TestClient, address: str) -> None:
    assert "Accept-Language" in client.get(address).headers["vary"]


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("POST", "/widget.js", {"GET", "HEAD"}),
        ("DELETE", "/documents/tea", {"GET", "HEAD"}),
        ("GET", "/api/ask", {"POST"}),
        ("PUT", "/static/chat.js", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_taken_is_told_which_are(
    client: TestClient, method: str, address: str, allowed: set[str]
) -> None:
    response = client.request(method, address)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("address", ["/", "/widget", "/widget.js", "/labels.js", "/documents/tea", "/healthz", "/x"])
def test_head_tells_what_get_would(client: TestClient, address: str) -> None:
    get, head = client.get(address), client.head(address)
    assert head.status_code == get.status_code
    assert head.headers.get("content-type") == get.headers.get("content-type")


def test_head_of_a_real_server_has_no_body(server: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
    connection.request("HEAD", "/widget")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    connection.close()


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("ja", "ページが見つかりません"),
        ("en", "Page not found"),
        ("zh-CN", "找不到页面"),
        ("ko", "페이지를 찾을 수 없습니다"),
    ],
)
def test_an_error_page_speaks_the_readers_language(client: TestClient, language: str, word: str) -> None:
    response = client.get("/nowhere", headers={"Accept-Language": language})
    assert word in response.text
    assert f'<html lang="{language[:2]}">' in response.text


def test_a_refusal_of_the_guard_speaks_the_readers_language_too(client: TestClient) -> None:
    response = client.get("/widget", headers={"Host": "evil.example", "Accept-Language": "ja"})
    assert "リクエストを受け付けられません" in response.text
    assert "TENKYO_ALLOWED_HOSTS" in response.text


def test_metrics_are_for_this_machine(make_client: MakeClient) -> None:
    client = make_client()
    assert client.get("/metrics").status_code == 200
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert client.get("/metrics", headers={name: "203.0.113.9"}).status_code == 404
    app = client.app
    away = TestClient(app, base_url="http://localhost", client=("192.0.2.1", 50000))
    assert away.get("/metrics").status_code == 404
    assert away.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert away.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_metrics_are_for_those_who_have_the_token(make_client: MakeClient) -> None:
    client = make_client(metrics_token=TOKEN)
    assert client.get("/metrics", headers=AWAY | {"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in ("", TOKEN, f"Bearer {TOKEN}x", "Bearer", "Bearer \u00e9"):
        sent = {b"Authorization": wrong.encode("latin-1")}
        assert client.get("/metrics", headers={b"X-Forwarded-For": b"203.0.113.9"} | sent).status_code == 404


def addresses_in(html: str) -> list[str]:
    """What the page's links, styles and scripts lead to."""
    return re.findall(r'(?:href|src)="([^"#]+)', html)


PAGES = [
    "/widget",
    "/documents/tea",
    "/documents/%E9%BA%BA%E3%81%AE%E6%9C%AC",
    "/documents/a%2Fb",
    "/nowhere",
    "/x/y/z",
]


@pytest.mark.parametrize("root", ["", "/course", "/a/b"])
@pytest.mark.parametrize("page", [*PAGES, "/chat"])
def test_every_address_of_a_page_lies_under_the_path_that_it_was_asked_under(
    make_client: MakeClient, root: str, page: str
) -> None:
    client = make_client(root_path=root)
    for sent in {page, root + page}:  # a proxy takes the path away, or passes it on
        html = client.get(sent, headers={"Host": "localhost"}).text
        shown_at = f"https://lms.example{root}{page}"
        led_to = [urljoin(shown_at, one) for one in addresses_in(html) if not one.startswith(("http", "data:"))]
        assert led_to
        for address in led_to:
            below = address.removeprefix(f"https://lms.example{root}")
            assert re.match(r"/(chat|labels\.js|static/\w+\.\w+|documents/[^/]+)(\?|$)", below), address
            if below.startswith("/static/"):
                assert client.get(below).status_code == 200


@pytest.mark.parametrize(
    ("sent", "leads_to"), [("/course/", "/course/chat"), ("/course", "/course/chat"), ("/", "/chat")]
)
def test_the_root_leads_to_the_chat_under_its_path(make_client: MakeClient, sent: str, leads_to: str) -> None:
    response = make_client(root_path="/course").get(sent)
    assert response.is_redirect
    assert urljoin(f"http://localhost{sent}", response.headers["location"]) == f"http://localhost{leads_to}"


def test_another_path_that_begins_alike_is_none_of_ours(make_client: MakeClient) -> None:
    assert make_client(root_path="/course").get("/courses/widget").status_code == 404


def test_the_chat_page_names_neither_host_nor_root(server: str) -> None:
    wait_for_chat(server)
    headers = {"Host": "localhost", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    for path, base, root in [("/chat", "chat/", "./chat"), ("/chat/", "./", ".")]:
        page = request(server, path, headers=headers)[1].decode()
        assert f'<base href="{base}">' in page
        assert f'"root":"{root}"' in page
        assert f'const root = "{root}";' in page
        for name in ("localhost", "evil.example", "127.0.0.1", ".invalid"):
            assert name not in page
        assert not re.search(r'(?:href|src)="/(?!/)', page)


def test_what_gradio_answers_names_no_host(server: str) -> None:
    wait_for_chat(server)
    headers = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    config = request(server, "/chat/config", headers=headers)[1].decode()
    assert "evil.example" not in config


def test_no_proxy_holds_the_chats_streams_back(server: str) -> None:
    wait_for_chat(server)
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
    connection.request("GET", "/chat/gradio_api/heartbeat/abcdefghij", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert response.getheader("content-type", "").startswith("text/event-stream")
    assert response.getheader("x-accel-buffering") == "no"
    assert response.getheader("content-encoding") is None
    response.close()
    connection.close()


def test_gradios_files_are_kept_by_the_browser(server: str) -> None:
    wait_for_chat(server)
    page = request(server, "/chat")[1].decode()
    script = re.search(r'src="\./(assets/index-[^"]+\.js)"', page)
    assert script
    status, body, headers = request(server, f"/chat/{script.group(1)}", headers={"Accept-Encoding": "gzip"})
    assert status == 200
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-encoding"] == "gzip"
    assert b"gradio_config" in gzip.decompress(body)
    theme = request(server, "/chat/theme.css?v=0")[2]["cache-control"]
    assert theme == "public, max-age=31536000, immutable"
    assert request(server, "/chat/theme.css")[2]["cache-control"] == "no-cache"


def test_gradios_files_have_an_etag_and_take_head(server: str) -> None:
    wait_for_chat(server)
    script = re.search(r'src="\./(assets/index-[^"]+\.js)"', request(server, "/chat")[1].decode())
    assert script
    for address in (f"/chat/{script.group(1)}", "/chat/theme.css", "/chat/theme.css?v=0"):
        status, body, headers = request(server, address)
        assert status == 200
        told = request(server, address, "HEAD")
        assert told[:2] == (200, b"")
        for name in ("etag", "content-type", "content-length", "cache-control"):
            assert told[2][name] == headers[name]
        packed = request(server, address, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed[1]) == body
        assert packed[2]["etag"] == headers["etag"]
        for method in ("GET", "HEAD"):
            known = {"If-None-Match": f'"other", {headers["etag"]}', "Accept-Encoding": "gzip"}
            again = request(server, address, method, headers=known)
            assert again[:2] == (304, b"")
            assert (again[2]["etag"], again[2]["cache-control"]) == (headers["etag"], headers["cache-control"])
        assert request(server, address, headers={"If-None-Match": '"other"'})[1] == body
