"""Who asks: forwarded addresses are believed from named proxies only; tab ids are this server's or nothing."""

import pytest
from starlette.testclient import TestClient

from app.web.guard.clients import Proxies, Tabs, client_key, parse_proxies
from app.web.guard.rates import Rates
from retriever.types import TenkyoError
from tests.web.conftest import HOST, MakeClient


def resolved(peer: str, forwarded: list[str], trusted: list[str]) -> str:
    """The client's address as the guard sees it."""
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    scope = {"type": "http", "scheme": "http", "client": (peer, 5000), "headers": headers}
    return str(Proxies(parse_proxies(trusted)).resolve(scope)["client"][0])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("127.0.0.1", ["198.51.100.1, 192.0.2.9"], "192.0.2.9"),  # the left one is what the client claims
        ("127.0.0.1", ["198.51.100.1", "192.0.2.9"], "192.0.2.9"),
        ("127.0.0.1", ["192.0.2.9, 10.1.2.3"], "192.0.2.9"),  # a second proxy of ours
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["192.0.2.9, nonsense, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["192.0.2.9:443"], "192.0.2.9"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("testclient", ["198.51.100.1"], "testclient"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_client(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert resolved(peer, forwarded, ["127.0.0.1", "10.0.0.0/8"]) == client


def test_without_named_proxies_nobody_is_believed_not_even_this_machine() -> None:
    assert resolved("127.0.0.1", ["198.51.100.1"], []) == "127.0.0.1"


def test_what_others_say_of_proxies_does_not_reach_the_application() -> None:
    told = [(b"x-forwarded-host", b"evil.example"), (b"X-Forwarded-Proto", b"https"), (b"forwarded", b"for=x")]
    scope = {"type": "http", "scheme": "http", "client": ("192.0.2.1", 1), "headers": [*told, (b"accept", b"*/*")]}
    seen = Proxies().resolve(scope)
    assert seen["headers"] == [(b"accept", b"*/*")]
    assert seen["scheme"] == "http"


def test_a_trusted_proxy_says_whether_the_browser_came_by_https() -> None:
    told = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"192.0.2.9")]
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": told}
    assert Proxies(parse_proxies(["127.0.0.1"])).resolve(scope)["scheme"] == "https"


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(TenkyoError, match=r"trusted proxy 'proxy\.example': write an address or a network"):
        parse_proxies(["127.0.0.1", "proxy.example"])


def asked(client: TestClient, forwarded: str) -> int:
    headers = {"X-Forwarded-For": forwarded}
    return int(client.post("/api/ask", json={"question": "そば"}, headers=headers).status_code)


def test_limits_follow_the_address_that_a_trusted_proxy_names(make_client: MakeClient) -> None:
    made = make_client(rates=Rates(address="1/minute"), proxies=["127.0.0.1"])
    client = TestClient(made.app, base_url=HOST, client=("127.0.0.1", 1))
    assert [asked(client, f"192.0.2.{number}") for number in (1, 2, 1)] == [200, 200, 429]


def test_an_invented_address_does_not_escape_the_limit(make_client: MakeClient) -> None:
    made = make_client(rates=Rates(address="1/minute"))
    client = TestClient(made.app, base_url=HOST, client=("127.0.0.1", 1))
    assert [asked(client, f"192.0.2.{number}") for number in (1, 2)] == [200, 429]


def test_an_ipv6_client_is_counted_by_its_network() -> None:
    assert client_key("2001:db8:1:2::1") == client_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert client_key("2001:db8:1:3::1") != client_key("2001:db8:1:2::1")
    assert client_key("::ffff:192.0.2.1") == client_key("192.0.2.1") == "192.0.2.1"
    assert client_key("testclient") == "testclient"


def test_a_tabs_id_is_known_by_its_signature_to_its_own_server_only() -> None:
    tabs = Tabs()
    one, two = tabs.issue(), tabs.issue()
    assert len(one) == 43
    assert tabs.key(one) is not None
    assert tabs.key(one) != tabs.key(two)
    assert tabs.key(one) == tabs.key(one)
    assert Tabs().key(one) is None
    flipped = ("A" if one[0] != "A" else "B") + one[1:]
    assert tabs.key(flipped) is None
    assert tabs.key(None) is None
