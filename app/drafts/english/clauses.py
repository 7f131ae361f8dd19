"""English sentences as a subject, a verb and what follows it, by the parts of speech of the Hanover Tagger.

Tags are those of the British National Corpus (C5): NN nouns, NP0 names, VV verbs, VB be, VH have, VM0 modals, CRD
numbers.
"""

import re
import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).parents[1].joinpath("words.toml").read_text(encoding="utf-8"))[
        "en"
    ].items()
}
_NOTES = re.compile(r" ?[\[(](?:\d[\d,; –-]{0,30}|[^()\[\]]{0,80}\b(?:19|20)\d\d[a-z]?)[\])]| ?\bBIBREF\d++|\^\d{1,3}")
_ASIDES = re.compile(r" \([^()]{1,80}\)")
_FINISHED = re.compile(r"[.!][”\"')]{0,3}$")
_TOKENS = re.compile(r"(?:[^\s,;:()“”\"]|(?<=\d)[,:](?=\d))+|[,;:()“”\"]")
_NUMBER = re.compile(r"[$€£¥]?\d[\d,]*(?:\.\d+)?(?:%|k|m|bn)?|(?:\d+ )?percent")
_FINITE = frozenset({"VVD", "VVZ", "VVB", "VBD", "VBZ", "VBB", "VHD", "VHZ", "VHB", "VDD", "VDZ", "VDB", "VM0"})
PHRASE = frozenset(
    "AT0 DT0 DPS CRD ORD AJ0 AJC AJS NN0 NN1 NN2 NP0 PRF POS VVN UNC ZZ0".split()
)  # tags of noun phrases
_SUBORDINATING = frozenset({"because", "although", "while", "whereas", "though", "since", "so"})
_JOINS = frozenset({"CJS", "CJT", "DTQ", "PNQ", "AVQ"})
_FRAMES = frozenset({"PRP", "PRF"})
_LONGEST_SUBJECT, _LONGEST_FRAME = 10, 10  # words
_tagging = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark with its base form and its tag."""

    text: str
    lemma: str
    tag: str

    @property
    def is_noun(self) -> bool:
        """Whether it is a noun or a name."""
        return self.tag.startswith(("NN", "NP"))

    @property
    def is_number(self) -> bool:
        """Whether it is a number, in digits or letters."""
        return bool(_NUMBER.fullmatch(self.text)) or (self.tag == "CRD" and self.text.lower() != "one")


# What a question calls those who say "we" in their paper.
_AUTHORS = {"we": Word("the authors", "author", "NN2"), "our": Word("the authors’", "author", "NN2")}


@dataclass(frozen=True, slots=True)
class Clause:
    """A main clause: an adverbial phrase at its head (`frame`), the subject, the verb and the rest.

    `helper` and `base` form the question: "was" and "" for was, "did" and "find" for found.
    """

    frame: tuple[Word, ...]
    subject: tuple[Word, ...]
    verb: Word
    helper: str
    base: str
    rest: tuple[Word, ...]
    adverbs: tuple[Word, ...] = ()

    def asked(self, wh: str, rest: Sequence[Word], *, framed: bool = True) -> str:
        """The question by `wh` with this rest: "Why did the council stop the trial"?"""
        parts = (self.adverbs, [Word(self.base, "", "")] if self.base else [], rest, self.frame if framed else ())
        words = [*self.subject, *(word for part in parts for word in part)]
        return f"{wh} {self.helper} {written(words)}".rstrip(" ,.") + "?"


def without_asides(sentence: str) -> str:
    """The sentence without notes, asides and full stop; "" if it is cut off."""
    text = " ".join(sentence.split())
    if not _FINISHED.search(text) or not text[0].isupper() or text.count("“") != text.count("”") or text.count('"') % 2:
        return ""
    text = _ASIDES.sub("", _NOTES.sub("", text)).rstrip(".! ")
    first, _, rest = text.partition(" ")
    return rest if first.endswith(",") and first[:-1].lower() in WORDS["connectives"] else text


@lru_cache(maxsize=1)
def _tagger() -> Any:
    from HanTa.HanoverTagger import HanoverTagger

    return HanoverTagger("morphmodel_en.pgz")


def tagged(text: str) -> list[Word]:
    """The words and marks of a text with their tags; the first word loses its capital, unless it is a name."""
    tokens = _TOKENS.findall(text)
    if not tokens:
        return []
    with _tagging:
        words = [Word(*word) for word in _tagger().tag_sent(tokens)]
    for at in range(1, len(words) - 1):  # an unknown noun between an article and a verb
        if words[at - 1].tag == "AT0" and words[at].tag == "AV0" and words[at + 1].tag in _FINITE:
            words[at] = Word(words[at].text, words[at].lemma, "NN1")
    first = words[0]
    is_demonym = first.tag == "AJ0" and first.text.endswith(("ese", "ish", "ian", "ean", "nch"))
    is_name = first.tag == "NP0" or is_demonym or not (first.text[1:].islower() or first.text == "A")
    return words if is_name else [Word(first.text[0].lower() + first.text[1:], first.lemma, first.tag), *words[1:]]


def written(words: Sequence[Word]) -> str:
    """The words as a text."""
    return re.sub(r" ([,;:)”])|([(“]) ", r"\1\2", " ".join(word.text for word in words))


def clause(words: Sequence[Word]) -> Clause | None:
    """The parts of the first main clause; None if they are uncertain."""
    begin = 0
    if words and words[0].tag in _FRAMES:
        comma = next((at for at, word in enumerate(words[: _LONGEST_FRAME + 1]) if word.text == ","), 0)
        if not comma or any(word.tag in _FINITE | _JOINS for word in words[:comma]):
            return None
        begin = comma + 1
    verb = _main_verb(words, begin)
    if verb is None or verb == begin or verb + 1 >= len(words):
        return None
    subject = [_AUTHORS.get(word.text.lower(), word) for word in words[begin:verb]]
    adverbs: list[Word] = []
    while subject and subject[-1].tag == "AV0":
        adverbs.insert(0, subject.pop())
    rest = list(words[verb + 1 : clause_end(words, verb + 1)])
    while rest and rest[0].tag in {"AV0", "XX0"} and rest[0].text not in WORDS["approximate"]:
        adverbs.append(rest.pop(0))
    adverbs = [word for word in adverbs if word.text.lower() not in WORDS["pointing"]]
    if not rest or not _is_subject(subject) or any(word.tag == "XX0" for word in adverbs):
        return None
    rest = [Word("their", "they", "DPS") if word.text == "our" else word for word in rest]
    helper, base = _helped(words[verb], rest)
    frame = tuple(words[: max(begin - 1, 0)])
    return Clause(frame, tuple(subject), words[verb], helper, base, tuple(rest), tuple(adverbs))


def _main_verb(words: Sequence[Word], begin: int) -> int | None:
    """The place of the finite verb of the main clause, not of a relative clause in its subject."""
    relatives = 0
    for at in range(begin, len(words)):
        if words[at].tag in {"CJT", "DTQ", "PNQ"}:
            relatives += 1
        elif words[at].tag in _FINITE or _is_finite(words, begin, at):
            if not relatives:
                return at
            relatives -= 1
    return None


def _is_finite(words: Sequence[Word], begin: int, at: int) -> bool:
    """Whether a word tagged as infinitive or participle is in fact the finite verb of the subject before it."""
    before = [word for word in words[begin:at] if word.tag != "AV0"]
    if words[at].tag not in {"VVI", "VVN"} or not before:
        return False
    if len(before) == 1 and before[0].text.lower() in {"we", "they", "you"}:
        return True
    return words[at].tag == "VVI" and before[-1].tag in {"NN2", "NN0"}


def clause_end(words: Sequence[Word], begin: int) -> int:
    """The place where the clause ends that has its verb before `begin`."""
    for at in range(begin, len(words)):
        word, following = words[at], words[at + 1 : at + 8]
        if word.text in ";:–—-(" or (word.text == "," and not _lists(following)):
            return at
        if word.tag == "CJS" and word.text.lower() in _SUBORDINATING:
            return at
        if word.tag == "CJC" and _goes_on(following):
            return at
    return len(words)


def _lists(words: Sequence[Word]) -> bool:
    """Whether a list goes on after a comma, as its "and" shows."""
    for word in words:
        if word.tag == "CJC":
            return not _goes_on(words[words.index(word) + 1 :])
        if not (word.tag in PHRASE or word.text == ","):
            return False
    return False


def _goes_on(words: Sequence[Word]) -> bool:
    """Whether another clause follows, with a verb of its own."""
    for word in words:
        if word.tag in _FINITE:
            return True
        if word.tag in _JOINS or word.text in ",;:":
            return False
    return False


def points(words: Sequence[Word]) -> bool:
    """Whether a word refers to something outside of the sentence."""
    return any(word.text.lower() in WORDS["pointing"] and word.tag not in {"CJT", "EX0"} for word in words)


def _is_subject(words: Sequence[Word]) -> bool:
    if (
        not 0 < len(words) <= _LONGEST_SUBJECT
        or points(words)
        or not (words[-1].is_noun or words[-1].tag in {"VVG", "CRD"})
    ):
        return False
    if any(
        word.tag in {"PNP", "DPS", "TO0", "EX0", "PNI", "XX0", "CJS", "AVQ", "AV0"} or word.text in ',:(“"'
        for word in words
    ):
        return False
    if (
        words[0].tag[:2] in {"PR", "CJ"}
        or words[0].tag == "VVN"
        or words[0].text.lower()
        in {
            "table",
            "figure",
            "section",
            "chapter",
            "appendix",
            "line",
            "lines",
            "step",
        }
    ):
        return False
    bare = [word for word in words if word.tag not in {"AT0", "AJ0", "DT0", "AV0", "ORD"}]
    if not any(word.is_noun or word.tag == "VVG" for word in bare):
        return False
    return not (
        len(bare) == 1 and (bare[0].lemma.lower() in WORDS["formal"] or bare[0].text.lower() in WORDS["formal"])
    )


def _helped(verb: Word, rest: Sequence[Word]) -> tuple[str, str]:
    """The auxiliary that asks with this verb, and the verb's base form ("" for an auxiliary)."""
    if verb.tag == "VM0" or verb.tag.startswith("VB"):
        return verb.text, ""
    if verb.tag.startswith("VH") and rest and rest[0].tag in {"VVN", "VBN", "VHN", "VDN", "VVD"}:
        return verb.text, ""
    if verb.tag.startswith("VD") and rest and rest[0].tag == "VVI":
        return verb.text, ""
    return {"D": "did", "N": "did", "Z": "does"}.get(verb.tag[-1], "do"), verb.lemma
