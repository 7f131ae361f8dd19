"""The file of platforms: what several launches and processes write at the same moment is kept."""

import os
from pathlib import Path

import pytest

from app.web.lti.platforms import LtiError, Platform, Platforms

ISSUER, CLIENT = "https://lms.example", "tool-7"
REGISTERED = Platform(ISSUER, CLIENT, f"{ISSUER}/auth", f"{ISSUER}/keys")  # names no deployment


@pytest.fixture
def platforms(tmp_path: Path) -> Platforms:
    platforms = Platforms(tmp_path)
    platforms.put(REGISTERED)
    return platforms


def test_two_first_launches_at_once_leave_the_deployment_of_the_first(platforms: Platforms) -> None:
    stale = platforms.all()[0]  # both launches have read the platform before either writes
    platforms.take_on(stale, "first", "https://a.example")
    with pytest.raises(LtiError, match="'second' is not registered"):
        platforms.take_on(stale, "second", "https://b.example")
    assert platforms.all()[0].deployments == ("first",)
    assert platforms.all()[0].origins == ("https://a.example",)


def test_launches_at_once_from_two_sites_leave_both_sites(platforms: Platforms) -> None:
    stale = platforms.all()[0]
    platforms.take_on(stale, "first", "https://a.example")
    platforms.take_on(stale, "first", "https://b.example")
    assert platforms.all()[0].origins == ("https://a.example", "https://b.example")


def test_a_launch_brings_no_platform_back_that_was_removed_meanwhile(platforms: Platforms) -> None:
    stale = platforms.all()[0]
    platforms.remove(ISSUER)
    with pytest.raises(LtiError, match="not registered"):
        platforms.take_on(stale, "first", "https://a.example")
    assert platforms.all() == ()


def test_what_another_process_wrote_is_read_though_the_time_of_the_file_is_the_same(
    platforms: Platforms, tmp_path: Path
) -> None:
    path = tmp_path / "platforms.json"
    assert len(platforms.all()) == 1
    time = path.stat().st_mtime_ns
    Platforms(tmp_path).put(Platform(ISSUER, "tool-8", f"{ISSUER}/auth", f"{ISSUER}/keys"))
    os.utime(path, ns=(time, time))
    assert len(platforms.all()) == 2
