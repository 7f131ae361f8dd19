"""`tenkyo chat`: a conversation in the terminal or, for programs, one question a line in and one answer a line out."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from app.answering.types import Answer, Turn
from app.commands import open_to_ask, question_of
from app.settings import Settings
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.library import Library

_HELP = """/new      begin a new conversation: what was said before no longer counts
/sources  show the passages that the last answer cites
/help     show these commands
Ctrl-C    drop the line, or the answer that is being looked for
Ctrl-D    leave"""
_BOLD, _DIM, _PLAIN = "1", "2", "0"


def chat(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo chat`: answer questions and follow-ups until the input ends."""
    talk = TerminalConversation(open_to_ask(settings))
    if args.json or not sys.stdin.isatty():
        return _answer_lines(talk, sys.stdin, as_json=args.json)
    return _talk(talk)


@dataclass(slots=True)
class TerminalConversation:
    """A library with the turns so far and the last answer."""

    library: "Library"
    turns: tuple[Turn, ...] = ()
    last: Answer | None = None

    def ask(self, question: str) -> Answer:
        """The answer to a question after the turns so far; raises TenkyoError for what is not a question."""
        answer = self.library.ask(question_of(question, "the question"), history=self.turns)
        answer = self.library.compose(answer, history=self.turns)
        self.turns = (*self.turns, Turn(answer.question, "" if answer.abstained else answer.text))
        self.last = answer
        return answer

    def begin_anew(self) -> None:
        """Forget the turns."""
        self.turns, self.last = (), None


def _answer_lines(talk: TerminalConversation, lines: TextIO, *, as_json: bool) -> int:
    """Answer each line that is not blank with one line; the exit code is 1 if any answer was an error."""
    from app.commands.terminal.answers import shown_line

    code = 0
    for line in lines:
        if not line.strip():
            continue
        if line.strip() == "/new":
            talk.begin_anew()
            continue
        try:
            answer = talk.ask(_no_command(line))
            print(_json_line(answer.to_json()) if as_json else shown_line(answer.text), flush=True)
        except TenkyoError as error:
            code = 1
            told = {"error": {"code": "not_answered", "message": str(error)}}
            print(_json_line(told) if as_json else f"error: {error}", flush=True)
    return code


def _no_command(line: str) -> str:
    """A line that is not a command; raises TenkyoError for one that only a person at a terminal can give."""
    if line.startswith("/"):
        raise TenkyoError(f"no command {line.split(maxsplit=1)[0]!r} in piped input; the only one is /new")
    return line


def _json_line(value: dict[str, Any]) -> str:
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode)


def _talk(talk: TerminalConversation) -> int:
    """Ask for lines and answer them, until Ctrl-D."""
    with contextlib.suppress(ImportError):  # Windows has no readline: lines are read without editing
        import readline  # noqa: F401 - importing it gives input() line editing and a history
    style = _Style(sys.stdout)
    print(style.dim(f"{', '.join(talk.library.titles().values())}\n/new  /sources  /help  Ctrl-D"))
    for line in _lines(style.prompt()):
        try:
            print(f"{_reply(talk, line.strip(), style)}\n")
        except TenkyoError as error:
            print(f"error: {error}\n", file=sys.stderr)
        except KeyboardInterrupt:
            print()
    return 0


def _reply(talk: TerminalConversation, line: str, style: "_Style") -> str:
    """What is said to a line: the answer, or what a command shows."""
    from app.commands.terminal.answers import answer_text, sources_text, understood_text

    if line == "/new":
        talk.begin_anew()
        return style.dim("a new conversation")
    if line == "/sources":
        return sources_text(talk.last) if talk.last else "nothing was answered yet"
    if line.startswith("/"):
        return _HELP if line == "/help" else f"no command {line.split(maxsplit=1)[0]}\n{_HELP}"
    answer = talk.ask(line)
    understood = understood_text(answer)
    return f"{style.dim(understood)}\n{answer_text(answer)}" if understood else answer_text(answer)


def _lines(prompt: str) -> Iterator[str]:
    """The lines that are typed and not blank; Ctrl-C drops a line, Ctrl-D ends."""
    while True:
        try:
            line = input(prompt)
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            continue
        if line.strip():
            yield line


class _Style:
    """Bold and dim text where a terminal shows it: not in files, nor with NO_COLOR set or TERM=dumb."""

    def __init__(self, stream: TextIO) -> None:
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def dim(self, text: str) -> str:
        """The text dimmed, if the terminal can show it."""
        return f"\x1b[{_DIM}m{text}\x1b[{_PLAIN}m" if self._coloured else text

    def prompt(self) -> str:
        """The prompt; marks around its escapes keep readline from counting them as width."""
        return f"\x01\x1b[{_BOLD}m\x02> \x01\x1b[{_PLAIN}m\x02" if self._coloured else "> "
