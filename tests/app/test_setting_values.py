"""What settings may be, and what is said of a value that fits none."""

import pytest

from app.cli import main
from app.settings import read_settings
from app.settings.values import OWN_PATHS, PARSERS
from app.web.routes import api
from app.web.routes import pages as routes
from retriever.types import TenkyoError


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        ("https://LMS.example.ac.jp", ("https://lms.example.ac.jp",)),
        ("https://*.example.ac.jp, http://localhost:8000", ("https://*.example.ac.jp", "http://localhost:8000")),
        ("https://xn--eckwd4c7c.jp:8443,", ("https://xn--eckwd4c7c.jp:8443",)),
        ("http://a.example:1,http://a.example:65535", ("http://a.example:1", "http://a.example:65535")),
    ],
)
def test_sites_that_may_embed_the_widget_are_origins(value: str, origins: tuple[str, ...]) -> None:
    assert read_settings({}, {"TENKYO_EMBED_ORIGINS": value}).embed_origins == origins


@pytest.mark.parametrize(
    "value",
    [
        "lms.example.ac.jp",
        "https://lms.example.ac.jp/",
        "https://lms.example.ac.jp/course/view.php",
        "https://lms.example.ac.jp; script-src *",
        "https://a.example https://b.example",
        "'self'",
        '"https://lms.example.ac.jp"',
        "https://",
        "https://*",
        "https://lms.*.example.ac.jp",
        "https:",
        "null",
        "ftp://lms.example.ac.jp",
        "https://user@lms.example.ac.jp",
        "https://lms.example.ac.jp:https",
        "https://lms.example.ac.jp:99999",
        "https://lms.example.ac.jp:65536",
        "https://lms.example.ac.jp:0",
        "https://lms.example.ac.jp:0443",
        "https://lms.example.ac.jp:",
        "https://lms.example.ac.jp?x",
        "https://講義.example",
        "https://a.example\r\nX-Evil: 1",
    ],
)
def test_what_is_no_origin_is_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(TenkyoError, match=r"TENKYO_EMBED_ORIGINS has .*https://lms\.example\.ac\.jp") as refused:
        read_settings({}, {"TENKYO_EMBED_ORIGINS": value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "path"), [("/course", "/course"), ("/a/b-1/", "/a/b-1"), ("/", ""), ("/~me", "/~me"), ("/v1.2", "/v1.2")]
)
def test_a_root_path_is_a_path_without_a_slash_at_its_end(value: str, path: str) -> None:
    assert read_settings({"root_path": value}, {}).root_path == path
    assert read_settings({}, {"TENKYO_ROOT_PATH": value}).root_path == path


@pytest.mark.parametrize(
    "value", ["course", "//course", "/../x", "/a b", "/a?b", "https://h/course", "/コース", "/a//b"]
)
def test_what_is_no_root_path_is_refused(value: str) -> None:
    with pytest.raises(TenkyoError, match=r"--root-path has the value .*such as /course"):
        read_settings({"root_path": value}, {})


def test_a_root_path_that_hides_an_address_of_tenkyo_is_refused() -> None:
    with pytest.raises(TenkyoError, match=r"/chat is an address of Tenkyo's own"):
        read_settings({"root_path": "/chat/x"}, {})
    paths = {getattr(route, "path", "").split("/")[1] for route in [*routes.routes, *api.routes]}
    assert paths - {"", "favicon.ico", "manifest.json"} <= OWN_PATHS


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TENKYO_ALLOWED_HOSTS", "https://tenkyo.example.ac.jp"),
        ("TENKYO_ALLOWED_HOSTS", "tenkyo.example.ac.jp:443"),
        ("TENKYO_TRUSTED_PROXIES", "proxy.example"),
        ("TENKYO_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TENKYO_CONNECTIONS", "many"),
        ("TENKYO_CONNECTIONS", "3"),
        ("TENKYO_METRICS_TOKEN", "secret"),
    ],
)
def test_every_value_is_checked_at_the_start(variable: str, value: str) -> None:
    with pytest.raises(TenkyoError, match=variable):
        read_settings({}, {variable: value})


def test_a_token_that_does_not_fit_is_not_repeated() -> None:
    with pytest.raises(TenkyoError) as refused:
        read_settings({}, {"TENKYO_METRICS_TOKEN": "short one"})
    assert "short one" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TENKYO_RATE", "fast"), ("TENKYO_HOST", "no.such.host.invalid"), ("TENKYO_ROOT_PATH", "course")],
)
def test_serve_says_in_one_line_what_is_wrong(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert main(["serve", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert value in said
    assert said.count("\n") == 1


def test_hosts_to_fetch_from_are_hosts_with_ports_if_wanted() -> None:
    assert PARSERS["fetch_hosts"]("Intra.example.ac.jp:8080, 10.0.0.7") == ("intra.example.ac.jp:8080", "10.0.0.7")
    with pytest.raises(ValueError, match="write hosts"):
        PARSERS["fetch_hosts"]("https://intra.example/x")
