"""Launches into several courses: each opens, and gives its desk, to the platforms that it names alone."""

from pathlib import Path

import pytest

from app.web.lti.routes import Lti
from app.web.lti.ties import Tie
from app.web.teach.desk import Desk
from tests.web.courses.conftest import MakeCourses
from tests.web.courses.conftest import make_courses as make_courses  # noqa: PLC0414 - a fixture
from tests.web.lti.conftest import TOKEN, launched, launched_widget
from tests.web.lti.learning_platform import Platform


def courses_tied(platform: Platform, **ties: str) -> dict[str, tuple[Tie, ...]]:
    """The courses `open` and `closed`, tied to what `ties` says of each ("": the platform as a whole)."""
    return {name: (Tie.parse(f"{platform.issuer}{ties[name]}"),) if name in ties else () for name in ("open", "closed")}


def test_a_launch_leads_to_the_course_that_the_teacher_picked(
    make_courses: MakeCourses, folder: Path, platform: Platform
) -> None:
    client = make_courses(desk=Desk(folder), lti=Lti(folder, TOKEN, courses=courses_tied(platform, closed="")))
    assert 'data-course="open"' in launched_widget(client, platform, "student", course="open")
    assert 'data-course="open"' in launched_widget(client, platform, "student"), "the first one"
    assert 'data-course="closed"' in launched_widget(client, platform, "student", course="closed"), "it opens, too"
    assert launched(client, platform, "student", course="none").status_code == 404
    page = launched(client, platform, "teacher+pick").text
    assert 'value="open/"' in page
    assert 'value="closed/"' in page
    assert 'value="open/only-open"' in page, "each course offers its own documents"
    assert 'value="closed/only-closed"' in page
    assert "open/only-closed" not in page


@pytest.mark.parametrize(
    ("tie", "opens"),
    [
        ("", True),
        ("#tool-7", True),
        ("#tool-7#deployment-1", True),
        ("#tool-8", False),
        ("#tool-7#deployment-2", False),
        ("0", False),
    ],
)
def test_a_launch_opens_a_closed_course_and_its_desk_only_from_the_platform_that_it_names(
    make_courses: MakeCourses, folder: Path, platform: Platform, tie: str, opens: bool
) -> None:
    client = make_courses(desk=Desk(folder), lti=Lti(folder, TOKEN, courses=courses_tied(platform, closed=tie)))
    response = launched(client, platform, "teacher", course="closed")
    assert response.status_code == (303 if opens else 403)
    if opens:
        assert "teach/enter" in launched_widget(client, platform, "teacher", course="closed")
    page = launched(client, platform, "teacher+pick").text
    assert ('value="closed/"' in page, "only-closed" in page) == (opens, opens)


def test_of_several_courses_one_that_names_no_platform_gives_nobody_its_desk(
    make_courses: MakeCourses, folder: Path, platform: Platform
) -> None:
    client = make_courses(desk=Desk(folder), lti=Lti(folder, TOKEN, courses=courses_tied(platform)))
    for custom in ({"course": "open"}, {}):
        assert "teach/enter" not in launched_widget(client, platform, "teacher", **custom)
    assert launched(client, platform, "student", course="closed").status_code == 403
    tied = make_courses(desk=Desk(folder), lti=Lti(folder, TOKEN, courses=courses_tied(platform, open="#tool-7")))
    assert "teach/enter" in launched_widget(tied, platform, "teacher", course="open")
    other = make_courses(desk=Desk(folder), lti=Lti(folder, TOKEN, courses=courses_tied(platform, open="#tool-8")))
    assert "teach/enter" not in launched_widget(other, platform, "teacher", course="open"), "an open page, no desk"
