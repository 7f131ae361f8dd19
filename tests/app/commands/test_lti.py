"""`tenkyo lti`: platforms by hand, a second deployment, the link; and that the server reads what it writes."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands.serve import served
from app.settings import read_settings
from app.web.lti.platforms import Platforms
from app.web.server.course_files import CourseConfig

ISSUER = "https://lms.example.ac.jp"
ADD = (
    "lti add --client-id tool-7 --deployment 1 --auth-url https://lms.example.ac.jp/auth "
    f"--jwks-url https://lms.example.ac.jp/keys --issuer {ISSUER}"
).split()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an index that does not exist, which the environment names."""
    monkeypatch.setenv("TENKYO_INDEX", str(tmp_path / "index"))
    return tmp_path / "index"


def test_a_platform_is_added_listed_and_taken_out(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ADD) == 0
    assert str(index.with_name("index.lti")) in capsys.readouterr().err, "where it was written"
    assert not index.exists(), "the place of an index is left to its documents"
    assert main(["lti", "list", "--json"]) == 0
    (platform,) = json.loads(capsys.readouterr().out)["platforms"]
    assert (platform["issuer"], platform["deployments"], platform["origins"]) == (ISSUER, ["1"], [ISSUER])
    assert main(["lti", "remove", "--issuer", ISSUER]) == 0
    assert Platforms(index.with_name("index.lti")).all() == ()


def test_a_deployment_is_added_to_a_platform_that_is_known(index: Path) -> None:
    assert main(ADD) == 0
    more = ["lti", "add", "--issuer", ISSUER, "--client-id", "tool-7"]
    assert main([*more, "--deployment", "2", "--deployment", "1"]) == 0
    (platform,) = Platforms(index.with_name("index.lti")).all()
    assert platform.deployments == ("1", "2")
    assert platform.jwks_url == f"{ISSUER}/keys", "all else stays"
    with pytest.raises(SystemExit) as wrong:
        main(["lti", "add", "--issuer", ISSUER, "--client-id", "another", "--deployment", "2"])
    assert wrong.value.code == 2, "of a platform that is not known, everything is needed"


def test_a_server_of_several_courses_reads_the_platforms_that_the_command_writes(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENKYO_INDEX")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # where an index lies that nobody has named
    assert main(ADD) == 0
    courses = [CourseConfig("law", tmp_path / "law"), CourseConfig("bio", tmp_path / "bio")]
    served(read_settings({}), courses)
    assert "warning" not in capsys.readouterr().err
    assert [one.issuer for one in Platforms(read_settings({}).platforms).all()] == [ISSUER]
    assert Platforms(tmp_path / "law" / "lti").all() == ()
    before = Platforms(tmp_path / "law" / "lti")
    before.put(Platforms(read_settings({}).platforms).all()[0])
    served(read_settings({}), courses)
    assert f"warning: the platforms in {tmp_path / 'law' / 'lti'} are not read" in capsys.readouterr().err
    assert not index.exists()


def test_platforms_within_an_index_stay_in_use(index: Path) -> None:
    (index / "lti").mkdir(parents=True)
    assert read_settings({"index": str(index)}).platforms == index / "lti"


def test_the_link_needs_a_token(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del index
    link = ["lti", "link", "--host", "https://tenkyo.example.org"]
    assert main(link) == 1
    assert "TENKYO_LTI_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("TENKYO_LTI_TOKEN", "0123456789abcdef+")
    assert main(link) == 0
    assert capsys.readouterr().out == "https://tenkyo.example.org/lti/register?token=0123456789abcdef%2B\n"
