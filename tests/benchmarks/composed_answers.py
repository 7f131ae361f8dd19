"""Composed answers over the development questions with a real language model: what is shown, and whether it stands.

    python -m tests.benchmarks.composed_answers --work DIR [--url URL --model NAME] [--count N] [--sets NAME…]

Asks the sets of ../shared/data over the documents that they name, and has the model at `--url`, or Gemma 3 (270M, of
the test extra), compose each answer. Prints how the answers were made, why sentences were withheld, whether the
composed answers are right as often as the quoted ones, seconds, and each figure, unit, quotation or name of a shown
sentence that its cited passages lack, found here by other means than those of app.composing.check. What the model wrote
is kept under DIR, so that a second run checks the same texts anew; shown.tsv there holds each shown sentence with its
quotes, to be read.
"""

import argparse
import json
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.answering.types import Answer, Sentence, Turn
from app.commands.terminal.progress import TerminalProgress
from app.composing.composer import Composer
from app.composing.events import Event
from app.composing.limits import Calls, DailyTokens, key_of
from app.composing.model import LanguageModel, ModelSettings, Usage
from app.composing.prompt import Messages
from app.library import Library, surer
from ingest.pipeline import ingest
from retriever.text import fold, letters, proper_nouns, squeeze
from tests.app.composing.real_model import real_model
from tests.quality.question_sets import SHARED_SETS, QuestionSet, Row

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WITH_UNIT = re.compile(r"\d+(?:\.\d+)?([%a-zぁ-んァ-ヶ\u4e00-\u9fff가-힣]{1,2})")
_QUOTED = re.compile(r"「([^」]{2,})」|『([^』]{2,})』|“([^”]{2,})”|\"([^\"]{2,})\"")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]+|[ァ-ヴー]{3,}")
_NOT_COMPOSED = "not composed"
_LEFT_OUT = {"paper_qa_pdf", "dialogues"}  # the same questions as in other sets


class Recorded(LanguageModel):
    """A language model whose texts are kept in a file by what was asked, with what its first sentence waited for."""

    def __init__(self, settings: ModelSettings, path: Path) -> None:
        super().__init__(settings)
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._texts: dict[str, list[Any]] = dict(json.loads(line) for line in lines)

    def stream(self, messages: Messages, usage: Usage) -> Iterator[str]:
        """The pieces, or the whole text where the same was asked before."""
        key = key_of((self.settings.model, str(self.settings.most_tokens)), messages)
        if key not in self._texts:
            pieces: list[str] = []
            for piece in super().stream(messages, usage):
                pieces.append(piece)
                yield piece
            self._texts[key] = [pieces, usage.ended]
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._texts[key]], ensure_ascii=False) + "\n")
            return
        pieces, usage.ended = self._texts[key]
        yield from pieces


@dataclass(slots=True)
class Measured:
    """What is counted over all questions."""

    methods: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    right: list[tuple[float, float]] = field(default_factory=list)  # of the quoted and of the composed answer
    worse: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    glosses: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for indexes and the model's texts")
    parser.add_argument("--url", help="an OpenAI-compatible address; without it, Gemma 3 is started")
    parser.add_argument("--model", default="gemma")
    parser.add_argument("--tokens", type=int, default=160, help="most tokens of a text")
    parser.add_argument("--count", type=int, default=1000, help="questions of each set at most")
    parser.add_argument("--sets", nargs="*", help="names of sets (default: all)")
    parser.add_argument(
        "--cited", action="store_true", help="tell the model of the cited passages only: shorter prompts"
    )
    parser.add_argument("--follow-ups", action="store_true", help="measure follow-ups made whole by the model instead")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    measured = Measured()
    with ExitStack() as stack:
        url = given.url or stack.enter_context(real_model(given.work))
        settings = ModelSettings(
            url, given.model, first_seconds=600, between_seconds=120, total_seconds=1200, most_tokens=given.tokens
        )
        model = Recorded(settings, given.work / "texts.jsonl")
        composer = Composer(model, Calls(1), DailyTokens(given.work / "tokens.json", 0), None)
        if given.follow_ups:
            _measure_follow_ups(composer, given.work, given.count)
            return 0
        for questions in SHARED_SETS:
            if questions.name not in _LEFT_OUT and (not given.sets or questions.name in given.sets):
                _ask_set(questions, given.count, composer, given.work, measured, cited_only=given.cited)
    (given.work / "shown.tsv").write_text("\n".join(measured.shown) + "\n", encoding="utf-8")
    print(_told(measured))
    return int(bool(measured.lacking))


def _measure_follow_ups(composer: Composer, work: Path, count: int) -> None:
    """Print how often dialogues are answered right: made whole by rules, by the model, and by whichever is surer."""
    questions = next(one for one in SHARED_SETS if one.name == "dialogues_in_context")
    right: dict[str, list[float]] = {"rules": [], "model": [], "surer": []}
    made = 0
    for document, rows in questions.rows_by_document().items():
        library = _library(document, work)
        for row in rows[:count]:
            turns = [Turn(turn) for turn in row["history"]]
            by_rules = library.ask(row["question"], history=turns)
            whole = composer.whole_question(by_rules, turns, library._newest().index)
            made += bool(whole)
            by_model = library.ask(whole) if whole else by_rules
            print(f"{row['id']}\t{row['question']}\t{by_rules.standalone}\t{whole}", flush=True)
            answers = {"rules": by_rules, "model": by_model, "surer": surer(by_rules, by_model)}
            for name, answer in answers.items():
                share = _right(row, answer)
                right[name] += [] if share is None else [share]
    told = ", ".join(f"{name} {statistics.fmean(shares or [0]):.3f}" for name, shares in right.items())
    print(f"right over {len(right['rules'])}: {told}; made whole by the model and passed: {made}")


def _library(document: Path, work: Path) -> Library:
    folder = work / f"index-{document.name}"
    if not folder.exists():
        ingest(folder, [str(document)], progress=TerminalProgress())
    return Library.open(folder)


def _ask_set(
    questions: QuestionSet, count: int, composer: Composer, work: Path, measured: Measured, *, cited_only: bool
) -> None:
    if questions.missing:
        print(f"{questions.name}: left out, {questions.missing} is not on this machine")
        return
    left = count
    for document, rows in questions.rows_by_document().items():
        library = _library(document, work)
        for row in rows[:left]:
            _ask(row, library, composer, measured, cited_only=cited_only)
        left -= len(rows[:left])
    print(f"{questions.name}: {dict(measured.methods)}", flush=True)


def _ask(row: Row, library: Library, composer: Composer, measured: Measured, *, cited_only: bool) -> None:
    history = [Turn(turn) for turn in row.get("history") or ()]
    quoted = library.ask(row["question"], history=history)
    quoted = replace(quoted, hits=()) if cited_only else quoted
    now = library._newest()
    told: list[Event] = []
    begun = time.perf_counter()
    answer = composer.compose(quoted, now.index, now.encoder, told.append)
    if answer is quoted:
        measured.methods[_NOT_COMPOSED] += 1
        return
    measured.seconds.append(time.perf_counter() - begun)
    measured.methods[answer.method] += 1
    measured.withheld.update(answer.withheld)
    measured.failed.update(answer.notes[len(quoted.notes) :])
    measured.glosses += sum(citation.gloss is not None for citation in answer.citations)
    pair = _right(row, quoted), _right(row, answer)
    if pair[0] is not None and pair[1] is not None:
        measured.right.append((pair[0], pair[1]))
        if pair[1] < pair[0]:
            measured.worse.append(f"{row['id']} {pair[0]:.2f} → {pair[1]:.2f}")
    for sentence in answer.sentences:
        if sentence.origin == "composed":
            _examine(row, sentence, answer, measured)


def _examine(row: Row, sentence: Sentence, answer: Answer, measured: Measured) -> None:
    cited = [citation for citation in answer.citations if citation.number in sentence.citations]
    quotes = " / ".join(citation.quote.replace("\n", " ") for citation in cited)
    measured.shown.append(f"{row['id']}\t{sentence.text}\t{quotes}")
    held = "\n".join(f"{citation.document_title}\n{citation.section}\n{citation.text}" for citation in cited)
    measured.lacking += [f"{row['id']}\t{what}\t{sentence.text}\t{quotes}" for what in lacking(sentence.text, held)]


def lacking(sentence: str, held: str) -> list[str]:
    """The figures, units, quotations and names of a sentence that a text lacks, compared as they are written.

    Of a sentence in another script than the text, figures and names in common letters alone can be compared so.
    """
    told, there = fold(sentence), fold(held)
    same_script = _is_latin(sentence) == _is_latin(held)
    missing = [number for number in _NUMBER.findall(told) if number not in _NUMBER.findall(there)]
    if same_script:
        missing += [match[0] for match in _WITH_UNIT.finditer(told) if squeeze(match[0]) not in squeeze(held)]
        names = _NAME.findall(unicodedata.normalize("NFKC", sentence))
        names += [] if _is_latin(sentence) else proper_nouns(sentence)  # which knows Japanese names alone
        missing += [name for name in names if letters(name) not in letters(held)]
        quoted = [next(filter(None, parts)) for parts in _QUOTED.findall(sentence)]
        missing += [words for words in quoted if squeeze(words) not in squeeze(held)]
    return missing


def _is_latin(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]", text)) and not re.search(r"[ぁ-ヿ\u4e00-\u9fff가-힣]", text)


def _right(row: Row, answer: Answer) -> float | None:
    """Whether what is shown holds the answer, or the share of the vital points; None where nothing tells."""
    said = squeeze(" ".join([answer.text, *(citation.quote for citation in answer.citations)]))
    if vital := [point for point in row.get("nuggets", ()) if point["vital"]]:
        return sum(any(squeeze(word) in said for word in point["any"]) for point in vital) / len(vital)
    answers = [*row.get("answers", ()), *row.get("answers_translated", ())]
    return float(any(squeeze(one) in said for one in answers)) if answers else None


def _told(measured: Measured) -> str:
    quoted, composed = ([pair[place] for pair in measured.right] for place in (0, 1))
    lines = [
        f"answers: {dict(measured.methods)}; glosses: {measured.glosses}",
        f"sentences shown: {len(measured.shown)}; withheld: {dict(measured.withheld.most_common())}",
        f"the model failed: {dict(measured.failed)}",
        f"right over {len(quoted)}: {statistics.fmean(quoted or [0]):.3f} → {statistics.fmean(composed or [0]):.3f}",
        f"worse: {', '.join(measured.worse) or 'none'}",
        f"seconds to compose, median: {statistics.median(measured.seconds or [0]):.1f}",
        f"lacking in the cited passages: {len(measured.lacking)}",
        *measured.lacking,
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
