"""Pairs of a sentence and a passage, right and wrong, made from public data to measure the check of composed sentences.

Run `python -m app.training.composed_pairs` for the figures. A wrong sentence differs from its passage by one change: a
figure, a year, a unit, a name, a negation, a comparison. A right one is shortened, merged of two or put in another
order. The words that are exchanged (composed_pairs.toml) were written apart from the lists of the check.
"""

import argparse
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from app.composing.check.sentence import Evidence, check
from app.training.reader.course.corpus import Corpus, Text, read_corpus
from ingest.structure.sentences import spans as sentence_spans
from retriever.text import proper_nouns
from retriever.types import Passage, Vectors

_DATA = Path("../shared/data")
_SHORTEST, _LONGEST = 24, 220  # characters of a sentence that is taken
_WORDS = tomllib.loads(Path(__file__).with_name("composed_pairs.toml").read_text(encoding="utf-8"))
_JAPANESE_ENDS, _ENGLISH_VERBS = _WORDS["japanese_ends"], _WORDS["english_verbs"]
_OPPOSITES: dict[str, list[list[str]]] = _WORDS["opposites"]
_UNITS: dict[str, str] = _WORDS["units"]
_NUMBER = re.compile(r"(?<![\d.A-Za-z-])\d+(?:\.\d+)?(?![\d.])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence about a passage, how it was made, and whether the passage says it."""

    kind: str
    right: bool
    sentence: str
    text: Text


def made_pairs(corpus: Corpus, languages: Sequence[str], count: int, seed: int = 1) -> list[Pair]:
    """At most `count` pairs in each language of each kind, from passages in an order that `seed` draws."""
    made: list[Pair] = []
    for language in languages:
        rng = Random(f"{seed} {language}")  # noqa: S311
        texts = sorted((text for text in corpus.texts.values() if text.language == language), key=lambda one: one.id)
        rng.shuffle(texts)
        counts: Counter[str] = Counter()
        for place, text in enumerate(texts):
            for pair in _pairs(text, texts[place - 1], rng):
                if counts[pair.kind] < count:
                    counts[pair.kind] += 1
                    made.append(pair)
            if len(counts) == len(_MAKERS) + 3 and min(counts.values()) >= count:
                break
    return made


def _pairs(text: Text, other: Text, rng: Random) -> Iterator[Pair]:
    sentences = [text.text[start:end].strip() for start, end in sentence_spans(text.text)]
    sentences = [one for one in sentences if _SHORTEST <= len(one) <= _LONGEST]
    if len(sentences) < 2:
        return
    sentence = rng.choice(sentences)
    for kind, maker in _MAKERS.items():
        changed = maker(sentence, text, other, rng)
        if changed and changed != sentence and changed not in text.text:
            yield Pair(kind, False, changed, text)
    yield from _right(sentence, sentences, text, rng)


def _right(sentence: str, sentences: Sequence[str], text: Text, rng: Random) -> Iterator[Pair]:
    english = text.language == "en"
    comma, joint = (", ", ", and ") if english else ("、", "、また、")
    tail = sentence.partition(comma)[2]
    if len(tail) >= _SHORTEST:
        yield Pair("shortened", True, tail[:1].upper() + tail[1:], text)
    place = rng.randrange(len(sentences) - 1)
    first, second = (one.rstrip("。.") for one in sentences[place : place + 2])
    end = "." if english else "。"
    yield Pair("merged", True, f"{first}{joint}{second}{end}", text)
    yield Pair("reordered", True, f"{second}{joint}{first}{end}", text)


def _other_number(sentence: str, text: Text, _other: Text, rng: Random) -> str:
    numbers = [
        match for match in _NUMBER.finditer(sentence) if not (len(match.group()) == 4 and match.group()[0] in "12")
    ]
    return _with_another(sentence, rng.choice(numbers), text, rng) if numbers else ""


def _other_year(sentence: str, text: Text, _other: Text, rng: Random) -> str:
    years = [match for match in _NUMBER.finditer(sentence) if re.fullmatch(r"[12]\d{3}", match.group())]
    return _with_another(sentence, rng.choice(years), text, rng) if years else ""


def _with_another(sentence: str, match: re.Match[str], text: Text, rng: Random) -> str:
    """The sentence with another number of the passage in the place of this one, or with one close by."""
    numbers: list[str] = _NUMBER.findall(text.text)
    others = {number for number in numbers if number not in sentence and len(number) == len(match.group())}
    near = str(int(float(match.group())) + rng.choice([-3, -2, -1, 1, 2, 7]))
    return sentence[: match.start()] + rng.choice([*sorted(others), near]) + sentence[match.end() :]


def _other_unit(sentence: str, _text: Text, _other: Text, _rng: Random) -> str:
    for unit, instead in _UNITS.items():
        changed = re.sub(rf"(\d ?){re.escape(unit)}(?![A-Za-z])", rf"\g<1>{instead}", sentence, count=1)
        if changed != sentence:
            return changed
    return ""


def _other_name(sentence: str, text: Text, other: Text, rng: Random) -> str:
    """A name exchanged for another one of the same passage, or of another passage where there is none."""
    names_of: Callable[[str], list[str]] = _NAME.findall if text.language == "en" else proper_nouns
    own = [name for name in names_of(sentence) if len(name) > 1 and name in sentence]
    there = [name for name in names_of(text.text) if name not in sentence and len(name) > 1]
    there = there or [name for name in names_of(other.text) if name not in text.text and len(name) > 1]
    return sentence.replace(rng.choice(own), rng.choice(there)) if own and there else ""


def _turned(sentence: str, text: Text, _other: Text, _rng: Random) -> str:
    if text.language == "en":
        for verb in _ENGLISH_VERBS:
            if f" {verb} not " in sentence:
                return sentence.replace(f" {verb} not ", f" {verb} ", 1)
            if f" {verb} " in sentence:
                return sentence.replace(f" {verb} ", f" {verb} not ", 1)
        return ""
    for plain, denied in _JAPANESE_ENDS:
        if sentence.endswith(denied):
            return f"{sentence.removesuffix(denied)}{plain}"
    for plain, denied in _JAPANESE_ENDS:
        if sentence.endswith(plain):
            return f"{sentence.removesuffix(plain)}{denied}"
    return ""


def _opposite(sentence: str, text: Text, _other: Text, rng: Random) -> str:
    pairs = list(_OPPOSITES[text.language])
    rng.shuffle(pairs)
    for here, there in (*pairs, *((there, here) for here, there in pairs)):
        pattern = rf"\b{here}\b" if text.language == "en" else re.escape(here)
        changed = re.sub(pattern, there, sentence, count=1)
        if changed != sentence:
            return changed
    return ""


_MAKERS: dict[str, Callable[[str, Text, Text, Random], str]] = {
    "figure": _other_number,
    "year": _other_year,
    "unit": _other_unit,
    "name": _other_name,
    "negation": _turned,
    "comparison": _opposite,
}


def judged(pair: Pair) -> str:
    """The reason for which the check withholds a pair's sentence, "" where it is shown; by words, without vectors."""
    spans = tuple(sentence_spans(pair.text.text))
    passage = Passage(
        pair.text.id, pair.text.document, pair.text.text, 0, len(pair.text.text), language=pair.text.language,
        context=pair.text.context, sentences=spans,
    )  # fmt: skip

    def no_vectors(texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 1), np.float32)

    evidence = Evidence(1, passage, np.zeros((len(passage.quotable), 1), np.float32))
    return check(pair.sentence, pair.text.language, [evidence], no_vectors).reason


def main() -> int:
    """Print, for each language and kind, how many pairs the check judges rightly."""
    parser = argparse.ArgumentParser(prog="python -m app.training.composed_pairs", description=__doc__)
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--count", type=int, default=60, help="pairs of each kind and language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", help="print the sentences of this kind that are judged wrongly")
    given = parser.parse_args()
    corpus = read_corpus(given.data, ("jsquad", "jaquad", "qasper", "squad2_dev"))
    results: dict[tuple[str, bool, str], list[bool]] = {}
    for pair in made_pairs(corpus, ("ja", "en"), given.count, given.seed):
        reason = judged(pair)
        ok = (not reason) == pair.right
        results.setdefault((pair.text.language, pair.right, pair.kind), []).append(ok)
        if not ok and given.show in {pair.kind, "all"}:
            print(f"{pair.kind}\t{reason}\t{pair.sentence}\t{pair.text.text}")
    for language in ("ja", "en"):
        for right in (False, True):
            kinds = {kind: one for (of, is_right, kind), one in results.items() if (of, is_right) == (language, right)}
            every = [ok for one in kinds.values() for ok in one]
            shown = ", ".join(f"{kind} {sum(one) / len(one):.3f} ({len(one)})" for kind, one in kinds.items())
            print(f"{language} {'kept' if right else 'caught'} {sum(every) / len(every):.3f}: {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
