"""Settings: flags over TENKYO_* variables over defaults."""

from pathlib import Path

import pytest

from app.settings import read_settings
from retriever.types import TenkyoError


def test_flags_win_over_variables_and_variables_over_defaults() -> None:
    environment = {"TENKYO_INDEX": "/from/variable", "TENKYO_PORT": "8000", "PATH": "/bin"}
    assert read_settings({"index": None}, environment).index == Path("/from/variable")
    assert read_settings({"index": "/from/flag", "port": None}, environment).index == Path("/from/flag")
    settings = read_settings({"port": 9000, "run": print}, environment)
    assert (settings.port, settings.host) == (9000, "127.0.0.1")


def test_without_a_name_the_index_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")
    assert read_settings({}, {"TENKYO_INDEX": ""}).index.parts[-2:] == ("tenkyo", "index")


def test_a_tilde_is_the_users_folder_where_there_is_such_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert read_settings({"index": "~/index"}, {}).index == Path("/home/me/index")
    assert read_settings({"index": "~no-such-user/index"}, {}).index == Path("~no-such-user/index")


def test_an_empty_flag_is_refused() -> None:
    with pytest.raises(TenkyoError, match="--index is empty; name a folder"):
        read_settings({"index": ""}, {})


def test_proxies_and_limits_are_settings() -> None:
    settings = read_settings({}, {"TENKYO_TRUSTED_PROXIES": "127.0.0.1, ::1", "TENKYO_RATE_ADDRESS": "9/hour"})
    assert settings.trusted_proxies == ("127.0.0.1", "::1")
    assert (settings.rate, settings.rate_address) == ("30/minute", "9/hour")


def test_lists_are_separated_by_commas() -> None:
    assert read_settings({}, {"TENKYO_ALLOWED_HOSTS": "a.example, b.example,"}).allowed_hosts == (
        "a.example",
        "b.example",
    )


@pytest.mark.parametrize("value", ["http", "-1", "65536", "８０"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(TenkyoError, match=f"TENKYO_PORT has the value '{value}'; it takes a number from 0 to 65535"):
        read_settings({}, {"TENKYO_PORT": value})


def test_an_unknown_variable_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TenkyoError, match=r"TENKYO_INDX is not a setting; known: .*TENKYO_INDEX"):
        read_settings({}, {"TENKYO_INDX": "/x"})
