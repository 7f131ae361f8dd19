import ipaddress

import pytest

from ingest.fetching import FetchError, FetchLimits, Wire, fetch, user_agent
from ingest.fetching.address import allowed_host, check_reachable, is_public, parse
from ingest.runs.gather import is_address
from retriever.types import TenkyoError


def refused(url: str, allow_hosts: frozenset[str] = frozenset()) -> FetchError:
    def resolve(host: str, _port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(FetchError) as caught:
        fetch(url, limits=FetchLimits(total_seconds=2), allow_hosts=allow_hosts, wire=Wire(resolve=resolve))
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1.:80/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0x7F.0.0.0x1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://0/",
        "http://127.0.0.01/",
        "http://１２７.０.０.１/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://8.8.8.8.8/",
        "http://999.1.1.1/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://192.88.99.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001::1]/",
        "http://[2001:db8::1]/",
        "http://[fec0::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25lo]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://example.org:22/",
        "http://example.org:8080/",
        "https://example.org:6379/",
        "http://example.org:0/",
    ],
)
def test_private_and_disguised_addresses_are_refused_before_anything_is_looked_up(url: str) -> None:
    assert refused(url).reason == "refused-address"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/a.pdf", "not-http"),
        ("file:///etc/passwd", "not-http"),
        ("javascript:alert(1)", "not-http"),
        ("gopher://example.org/", "not-http"),
        ("data:text/plain,a", "not-http"),
        ("example.org/a.pdf", "not-http"),
        ("", "not-http"),
        ("http://", "bad-url"),
        ("http:///a", "bad-url"),
        ("http://user:secret@example.org/", "bad-url"),
        ("http://user@example.org/", "bad-url"),
        ("http://example.org\\@127.0.0.1/", "bad-url"),
        ("http://example.org/a\r\nHost: b", "bad-url"),
        ("http://exa\tmple.org/", "bad-url"),
        ("http://example.org/\x1b[31m", "bad-url"),
        ("http://exa mple.org/", "bad-url"),
        ("http://%31%32%37.0.0.x/", "bad-url"),
        ("http://a..example.org/", "bad-url"),
        ("http://-a.example.org/", "bad-url"),
        ("http://[::1/", "bad-url"),
        ("http://[example.org]/", "bad-url"),
        ("http://example.org:99999/", "bad-url"),
        ("http://example.org:x/", "bad-url"),
        ("http://example.org／a.b/", "bad-url"),
        (f"http://{'a' * 64}.org/", "bad-url"),
        (f"http://example.org/{'a' * 5000}", "bad-url"),
    ],
)
def test_what_is_no_web_address_is_named_so(url: str, reason: str) -> None:
    assert refused(url).reason == reason


def test_an_error_shows_no_password_and_steers_no_terminal() -> None:
    assert "secret" not in str(refused("http://user:secret@example.org/"))
    assert "secret" not in str(refused("http://user:secret@exa\x1bmple.org/"))
    assert "\x1b" not in str(refused("http://example.org/\x1b[31m"))


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a#page=3", "https://example.org/a"),
        ("http://example.org./a?b=c&d=%E3%81%82", "http://example.org/a?b=c&d=%E3%81%82"),
        ("https://日本語.jp/論文 一.pdf?題=金", "https://xn--wgv71a119e.jp/%E8%AB%96%E6%96%87%20%E4%B8%80.pdf?%E9%A1%8C=%E9%87%91"),
        ("  https://example.org/a,b(c)  ", "https://example.org/a,b(c)"),
        ("https://[2606:4700::1111]/a", "https://[2606:4700::1111]/a"),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url: str, normal: str) -> None:
    assert parse(url).url == normal
    assert parse(normal).url == normal


@pytest.mark.parametrize("ip", ["8.8.8.8", "133.9.0.1", "2606:4700::1111", "2400:4000::1"])
def test_public_addresses_are_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    assert check_reachable("a.example", 80, ["8.8.8.8", "8.8.8.8", "1.1.1.1"], frozenset()) == ["8.8.8.8", "1.1.1.1"]
    with pytest.raises(FetchError, match=r"10\.0\.0\.1.*--allow-host a\.example:80"):
        check_reachable("a.example", 80, ["8.8.8.8", "10.0.0.1"], frozenset())


def test_an_allowed_host_may_be_private_but_never_a_clouds_metadata() -> None:
    allowed = frozenset({"intranet.example", "Other.example:8080", "[::1]:90"})
    assert check_reachable("intranet.example", 443, ["10.0.0.1"], allowed) == ["10.0.0.1"]
    assert check_reachable("other.example", 8080, ["127.0.0.1"], allowed) == ["127.0.0.1"]
    assert check_reachable("::1", 90, ["::1"], allowed) == ["::1"]
    for host, port, ip in [
        ("other.example", 80, "127.0.0.1"),
        ("::1", 80, "::1"),
        ("intranet.example", 80, "169.254.169.254"),
        ("intranet.example", 80, "fd00:ec2::254"),
        ("intranet.example", 80, "::ffff:169.254.169.254"),
        ("intranet.example", 80, "100.100.100.200"),
    ]:
        with pytest.raises(FetchError):
            check_reachable(host, port, [ip], allowed)


def test_an_allowed_name_allows_standard_ports_only() -> None:
    assert refused("http://intranet.example:8080/", frozenset({"intranet.example"})).reason == "refused-address"
    assert parse("http://intranet.example:8080/", frozenset({"intranet.example:8080"})).port == 8080


def test_addresses_are_told_from_paths() -> None:
    assert is_address("HTTPS://example.org/a")
    assert not any(is_address(source) for source in ["a.pdf", "/tmp/http:/a", "C:\\a.pdf", "ftp://example.org"])  # noqa: S108


def test_a_contact_is_one_plain_line() -> None:
    assert user_agent() == "Tenkyo"
    assert user_agent("mailto:a@example.org") == "Tenkyo (mailto:a@example.org)"
    for contact in ["a\r\nCookie: b", "先生", "a)b"]:
        with pytest.raises(TenkyoError, match="ASCII"):
            user_agent(contact)


@pytest.mark.parametrize(
    ("spelled", "held"),
    [
        ("Intra.Example", "intra.example"),
        ("intra.example:8080", "intra.example:8080"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("[fd12::1]:8080", "[fd12::1]:8080"),
        ("fd12::1", "[fd12::1]"),
        ("図書館.example", "xn--lcss68aj21b.example"),
    ],
)
def test_an_allowed_host_is_held_in_one_spelling(spelled: str, held: str) -> None:
    assert allowed_host(spelled) == held


@pytest.mark.parametrize("text", ["", "*", "http://a.example", "a.example/b", "u@a.example", "a.example:x", "0x7f.1"])
def test_what_is_no_host_alone_cannot_be_allowed(text: str) -> None:
    with pytest.raises(FetchError):
        allowed_host(text)
