"""`tenkyo embed`: the snippet on stdout, what to do with it on stderr."""

import html.parser
import re
import shlex
from pathlib import Path

import pytest

from app.cli import main
from app.commands.embed import SYSTEMS


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    assert main(["embed", *arguments]) == 0
    out, err = capsys.readouterr()
    return out, err


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_each_system_gets_the_address_and_says_where_it_goes(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, "--host", "https://t.example.org/course/", "--lms", system)
    assert "https://t.example.org/course/widget" in out
    assert "{" not in out.replace('{"async": "async", "data-lang": "ja"}', "")
    assert SYSTEMS[system].where in err
    assert "TENKYO_EMBED_ORIGINS" in err


STRIPPED = {
    "html": "Content-Security-Policy: then add the server to script-src and frame-src",
    "moodle": "the editor removes <script>",
    "canvas": "<script>, always",
    "wordpress": "<script> and <iframe> for authors without the right unfiltered_html",
    "sphinx": "nothing",
    "mkdocs": "attributes such as data-lang",
}


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_each_system_says_what_it_takes_out_and_gets_nothing_of_that(
    system: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = printed(capsys, "--host", "https://t.example.org", "--lms", system)
    [line] = [line for line in err.splitlines() if SYSTEMS[system].strips in line]
    assert STRIPPED[system] in line
    assert ("<script" in out, "<iframe" in out) == (system == "html", system in {"moodle", "canvas", "wordpress"})


def test_the_snippet_for_a_page_is_one_script_element(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = printed(capsys, "--host", "https://t.example.org", "--lang", "ko")
    found = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))  # type: ignore[method-assign]
    parser.feed(out)
    assert found == [("script", {"src": "https://t.example.org/widget.js", "data-lang": "ko", "async": None})]


@pytest.mark.parametrize(
    "address",
    ["t.example.org", "ftp://t.example.org", "https://", "https://t.org/?a=1", "https://me@t.org", "https://t.org:99999",
     'https://t.org/"><script>', "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "--host", address]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: --host ")
    assert err.count("\n") == 1


def test_http_from_elsewhere_is_warned_of_and_this_machine_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert "warning: " in printed(capsys, "--host", "http://t.example.org")[1]
    assert "warning: " not in printed(capsys, "--host", "http://127.0.0.1:7860")[1]


def test_a_course_is_in_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "--host", "https://a.example", "--course", "law"]) == 0
    assert 'src="https://a.example/c/law/widget.js"' in capsys.readouterr().out
    assert main(["embed", "--host", "https://a.example", "--course", "La/w"]) == 1
    assert "--course" in capsys.readouterr().err


@pytest.mark.parametrize("system", ["html", "moodle"])
def test_a_closed_course_gets_room_for_its_token(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "--host", "https://a.example", "--course", "law", "--signed", "--lms", system]) == 0
    shown = capsys.readouterr()
    assert shown.out.count("TOKEN") == 1
    assert '"course": "law"' in shown.err
    assert "HS256" in shown.err


def test_a_closed_course_can_be_tried_as_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from app.web.courses.passes import Door, read_key

    key = tmp_path / "law.key"
    key.write_text("0123456789abcdef0123456789abcdef\n", encoding="utf-8")
    _, err = printed(capsys, "--host", "https://a.example", "--course", "law", "--signed")
    assert "widget/demo" not in err, "without a token it would be refused"
    command = shlex.split(err.partition("with the key: tenkyo ")[2].replace("KEYFILE", str(key)))
    assert main(command) == 0
    link = re.search(r"https://a\.example/c/law/widget/demo\?token=(\S+)", capsys.readouterr().err)
    assert link
    Door("law", read_key(key)).check_token(link[1])


def test_a_token_that_embed_signs_opens_the_course(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from app.web.courses.passes import Door, read_key

    key = tmp_path / "law.key"
    key.write_text("0123456789abcdef0123456789abcdef\n", encoding="utf-8")
    assert main(["embed", "--host", "https://a.example", "--course", "law", "--sign-with", str(key)]) == 0
    found = re.search(r'data-token="([^"]+)"', capsys.readouterr().out)
    assert found
    Door("law", read_key(key)).check_token(found[1])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--signed"], "--course"),
        (["--signed", "--course", "law", "--lms", "mkdocs"], "a token ends"),
        (["--course", "law", "--sign-with", "/none"], "cannot be read"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "--host", "https://a.example", *flags]) == 1
    assert said in capsys.readouterr().err
