"""`tenkyo chat`: with a program one question a line, with a person in a terminal."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, TENKYO, tenkyo_environment

pytestmark = pytest.mark.slow


def piped(folder: Path, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """`tenkyo chat` with `text` as its input."""
    command = [*TENKYO, "chat", "--index", str(folder), *flags]
    return subprocess.run(
        command, input=text, cwd=ROOT, env=tenkyo_environment(), capture_output=True, encoding="utf-8", timeout=60,
        check=False,
    )  # fmt: skip


def test_each_line_is_answered_after_those_before_it(library_folder: Path) -> None:
    done = piped(library_folder, "Who built the lighthouse at Harrow Point?\n\nWhen was it built?\n", "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["question"] for one in answers] == ["Who built the lighthouse at Harrow Point?", "When was it built?"]
    assert answers[1]["standalone"] == "When was the lighthouse at Harrow Point built?"
    assert "1862" in answers[1]["text"]


def test_without_json_an_answer_is_one_line_and_new_begins_anew(library_folder: Path) -> None:
    done = piped(library_folder, "鳴砂博物館の初代館長は誰ですか\n/new\nいつ？\n")
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert "戸倉静江" in lines[0]
    assert "[1]" not in lines[1], "いつ？ alone asks nothing"


def test_a_line_that_is_no_question_is_told_in_its_place(library_folder: Path) -> None:
    done = piped(library_folder, f"{'x' * 2001}\nWho built the lighthouse?\n", "--json")
    told, answer = (json.loads(line) for line in done.stdout.splitlines())
    assert "2,001 characters" in told["error"]["message"]
    assert "Calloway" in answer["text"]
    assert done.returncode == 1


def test_a_command_in_piped_input_is_no_question(library_folder: Path) -> None:
    done = piped(library_folder, "/sources\n")
    assert done.stdout.startswith("error: no command '/sources' in piped input")
    assert done.returncode == 1


def test_several_questions_on_a_line_are_one_answer(library_folder: Path) -> None:
    done = piped(library_folder, "Who built the lighthouse? How many steps has the tower?\n", "--json")
    (answer,) = (json.loads(line) for line in done.stdout.splitlines())
    assert [one["text"] for one in answer["sentences"]][::2] == [
        "Who built the lighthouse?",
        "How many steps has the tower?",
    ]
    assert answer["text"].splitlines()[2] == "How many steps has the tower?"


class Terminal:
    """`tenkyo chat` on a terminal of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._own, other = pty.openpty()
        self._process = subprocess.Popen(
            [*TENKYO, "chat", "--index", str(folder)],
            stdin=other, stdout=other, stderr=other, cwd=ROOT, start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - only the child can take the terminal
            env=tenkyo_environment(TERM="xterm", **variables),
        )  # fmt: skip
        os.close(other)
        self.shown = ""

    def until(self, pattern: str) -> str:
        """What was shown up to `pattern`, and no more of it is looked at again."""
        end = time.monotonic() + 60
        while not (found := re.search(pattern, self.shown)):
            assert time.monotonic() < end, self.shown
            if select.select([self._own], [], [], 0.2)[0]:
                self.shown += os.read(self._own, 65536).decode("utf-8", "replace")
        said, self.shown = self.shown[: found.end()], self.shown[found.end() :]
        return said

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._own, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C until there is a new prompt: readline may miss one that comes while it reads a key."""
        end = time.monotonic() + 60
        while "> " not in self.shown:
            assert time.monotonic() < end, self.shown
            self.type("\x03")
            while "> " not in self.shown and select.select([self._own], [], [], 2)[0]:
                self.shown += os.read(self._own, 65536).decode("utf-8", "replace")
        self.until("> ")

    def leave(self) -> int:
        """Ctrl-D until it ends, as one may come before readline waits for a key; the exit code."""
        end = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < end:
            self.type("\x04")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
        code = self._process.wait(1)
        os.close(self._own)
        return code


def _take_terminal() -> None:
    """The terminal of stdin becomes that of the process, so that Ctrl-C reaches it."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_person_asks_sees_how_it_was_understood_and_the_sources(library_folder: Path) -> None:
    terminal = Terminal(library_folder)
    terminal.until("> ")
    terminal.type("Who built the lighthouse at Harrow Point?\r")
    terminal.until(r"Calloway[\s\S]*> ")
    terminal.type("When was it built?\r")
    said = terminal.until(r"\[1\] The Harrow[\s\S]*> ")
    assert "\x1b[2mUnderstood as: When was the lighthouse at Harrow Point built?" in said
    terminal.type("/sources\r")
    terminal.until("whale oil")
    terminal.until("> ")
    terminal.type("half a line")
    terminal.until("half a line")  # what was not read yet goes with Ctrl-C
    terminal.interrupt()
    terminal.type("/help\r")
    terminal.until("/new +begin")
    assert terminal.leave() == 0


def test_each_of_several_questions_stands_on_a_line_of_its_own(library_folder: Path) -> None:
    terminal = Terminal(library_folder)
    terminal.until("> ")
    terminal.type("Who built the lighthouse? How much did the lamp cost?\r")
    said = terminal.until(r"\[1\] The Harrow[\s\S]*> ")
    assert re.search(r"\nWho built the lighthouse\?\r\n[^\n]*Calloway[^\n]*\r\nHow much did the lamp cost\?\r\n", said)
    assert terminal.leave() == 0


def test_no_color_is_respected(library_folder: Path) -> None:
    terminal = Terminal(library_folder, NO_COLOR="1")
    said = terminal.until("> ")
    assert "\x1b[2m" not in said
    assert "\x1b[1m" not in said
    assert terminal.leave() == 0
