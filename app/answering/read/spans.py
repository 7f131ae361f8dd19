"""A sentence as tokens with roles, its candidate answer spans, and the features of their form."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.question import AnswerForm, person_titles
from app.answering.understand.words import compiled
from retriever.text import Morpheme, fold, language_of, morphemes

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]

# Roles of tokens for the ranker: word classes, the commonest particles, punctuation marks.
ROLES = (
    "edge common sahen adverbial counter number person place proper suffix prefix pronoun verb adjective auxiliary"
    " は が を に で の と も や から まで particle comma stop quote_open quote_close bracket_open bracket_close"
    " mark space other katakana latin"
).split()
ROLE = {name: number for number, name in enumerate(ROLES)}
NOUNS = frozenset(
    ROLE[name]
    for name in "common sahen adverbial counter number person place proper suffix katakana latin pronoun".split()
)
_STARTS = NOUNS - {ROLE["suffix"]} | {
    ROLE[name] for name in ("prefix", "verb", "adjective", "other", "quote_open", "mark")
}
_ENDS = NOUNS | {ROLE[name] for name in "verb adjective auxiliary quote_close bracket_close stop から まで".split()}
CONTENT = NOUNS | {ROLE["verb"], ROLE["adjective"], ROLE["other"]}
_LONGEST = 14  # tokens of a span that is not a clause: 98.9% of JSQuAD's answers are no longer
_QUOTES_OPEN, _QUOTES_CLOSE = "「『“‘《〈【", "」』”’》〉】"
_BRACKETS_OPEN, _BRACKETS_CLOSE = "（([［{", "）)]］}"
_KATAKANA = re.compile(r"[ァ-ヺー・]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9.&'’-]*")
_LATIN_NAME = re.compile(r"\b[A-Z][\w.’-]+(?: [A-Z][\w.’-]*){1,3}")
WORDS = tomllib.loads(Path(__file__).with_name("span_words.toml").read_text(encoding="utf-8"))
_REASON_ENDS = frozenset(WORDS["ends"]["reasons"].split())
_CALLED = frozenset(WORDS["ends"]["called"].split())
_COPULAS = frozenset({"だ", "です"})
# Words at the end of a span that show a date, an organisation, a person or a share; and the kind that each word shows.
_KINDS_OF_ENDS = [WORDS["ends"][kind].split() for kind in ("dates", "organisations", "titles", "percent")]
_TOLD_BY_END = {
    word: [column for column, words in enumerate(_KINDS_OF_ENDS) if word in words]
    for words in _KINDS_OF_ENDS
    for word in words
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark, `text[start:end] == surface`; `role` indexes `ROLES`."""

    surface: str
    normalised: str
    role: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of a sentence's tokens: the candidate n is `tokens[first[n] : last[n] + 1]`."""

    tokens: tuple[Token, ...]
    first: Integers = field(repr=False)
    last: Integers = field(repr=False)

    def places(self, number: int) -> tuple[int, int]:
        """The (start, end) in the text of the candidate `number`."""
        return self.tokens[self.first[number]].start, self.tokens[self.last[number]].end


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of Japanese `text`, in order."""
    return tuple(_token(morpheme) for morpheme in morphemes(text))


def _token(morpheme: Morpheme) -> Token:
    return Token(morpheme.surface, morpheme.normalised.lower(), ROLE[_role(morpheme)], morpheme.start, morpheme.end)


def _role(morpheme: Morpheme) -> str:
    major, minor = morpheme.pos[0], morpheme.pos[1]
    if major == "名詞":
        return _noun_role(morpheme)
    if major == "助詞":
        return morpheme.surface if morpheme.surface in ROLE else "particle"
    if major == "補助記号":
        return _mark_role(morpheme)
    if major == "記号" and _LATIN.fullmatch(morpheme.surface):
        return "latin"
    return {
        "接尾辞": "suffix",
        "接頭辞": "prefix",
        "代名詞": "pronoun",
        "動詞": "verb",
        "形容詞": "adjective",
        "形状詞": "adjective",
        "助動詞": "auxiliary",
        "空白": "space",
        "記号": "mark" if minor != "文字" else "common",
    }.get(major, "other")


def _noun_role(morpheme: Morpheme) -> str:
    if morpheme.pos[1] == "数詞":
        return "number"
    if morpheme.pos[1] == "固有名詞":
        return {"人名": "person", "地名": "place"}.get(morpheme.pos[2], "proper")
    if _LATIN.fullmatch(fold(morpheme.surface)):
        return "latin"
    if morpheme.pos[2] == "助数詞可能":
        return "counter"
    if _KATAKANA.fullmatch(morpheme.surface):
        return "katakana"
    return {"サ変可能": "sahen", "副詞可能": "adverbial"}.get(morpheme.pos[2], "common")


def _mark_role(morpheme: Morpheme) -> str:
    if morpheme.surface in _QUOTES_OPEN:
        return "quote_open"
    if morpheme.surface in _QUOTES_CLOSE:
        return "quote_close"
    if morpheme.surface in _BRACKETS_OPEN:
        return "bracket_open"
    if morpheme.surface in _BRACKETS_CLOSE:
        return "bracket_close"
    return {"読点": "comma", "句点": "stop"}.get(morpheme.pos[1], "mark")


def whole_quotation(sentence: Spans, number: int) -> tuple[int, int]:
    """The (start, end) in the text of the candidate `number`, or of all of the quotation that it is a part of."""
    first, last = int(sentence.first[number]), int(sentence.last[number])
    opened = [place for place in range(first) if sentence.tokens[place].role == ROLE["quote_open"]]
    closed = [
        place for place in range(last + 1, len(sentence.tokens)) if sentence.tokens[place].role == ROLE["quote_close"]
    ]
    if opened and closed and closed[0] - opened[-1] <= _LONGEST:
        between = {
            sentence.tokens[place].role for place in (*range(opened[-1] + 1, first), *range(last + 1, closed[0]))
        }
        if between.isdisjoint({ROLE["quote_open"], ROLE["quote_close"]}):
            return sentence.tokens[opened[-1]].end, sentence.tokens[closed[0]].start
    return sentence.places(number)


@lru_cache(maxsize=512)
def spans(text: str) -> Spans:
    """The spans of `text` that may answer something: short ones, whole quotations, clauses that give a reason."""
    words = tokens(text)
    roles = [token.role for token in words]
    pairs = {
        (first, last)
        for first, role in enumerate(roles)
        if role in _STARTS
        for last in range(first, min(first + _LONGEST, len(roles)))
        if roles[last] in _ENDS
    }
    pairs = {(first, last) for first, last in pairs | _clauses(words) if _says_something(roles[first : last + 1])}
    ordered = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return Spans(words, ordered[:, 0], ordered[:, 1])


def _says_something(roles: list[int]) -> bool:
    """Whether a span has a word, cuts no quotation, and is no quotation with its marks (marked without them)."""
    opened, closed = roles.count(ROLE["quote_open"]), roles.count(ROLE["quote_close"])
    quoted = roles[0] == ROLE["quote_open"] and roles[-1] == ROLE["quote_close"]
    return not CONTENT.isdisjoint(roles) and opened == closed and not (quoted and opened == 1)


def _clauses(words: tuple[Token, ...]) -> set[tuple[int, int]]:
    """The clause before ため, ので, から and the like, from its beginning on."""
    begins, pairs = [0], set()
    for place, token in enumerate(words):
        if token.role == ROLE["comma"] or token.surface == "は":
            begins.append(place + 1)
        elif token.surface in _REASON_ENDS:
            pairs |= {(first, last) for first in begins for last in (place - 1, place) if first <= last}
    return pairs


_IN_COMPOUND = np.zeros(len(ROLES), dtype=np.bool_)
_IN_COMPOUND[[*NOUNS, ROLE["prefix"]]] = True
_IDENTITY = np.eye(len(ROLES), dtype=np.float32)


def roles_around(sentence: Spans) -> Integers:
    """The roles of each of the n spans' first and last token, the two before it and the two after it, shape (n, 6)."""
    padded = np.array([0, 0, *(token.role for token in sentence.tokens), 0, 0], dtype=np.int64)
    first, last = sentence.first + 2, sentence.last + 2
    return np.stack(
        [padded[first], padded[last], padded[first - 1], padded[first - 2], padded[last + 1], padded[last + 2]], 1
    )


def form_features(sentence: Spans, around: Integers) -> Floats:
    """Features of n spans, shape (n, ·): length, kinds of tokens, and whether the ends are word boundaries."""
    words, first, last = sentence.tokens, sentence.first, sentence.last
    starts = np.array([token.start for token in words])
    ends = np.array([token.end for token in words])
    length = ends[last] - starts[first]
    count = last - first + 1
    running = np.zeros((len(words) + 1, len(ROLES)), dtype=np.float32)
    np.cumsum(_IDENTITY[[token.role for token in words]], axis=0, out=running[1:])
    made_of = running[last + 1] - running[first]
    depth = running[:, ROLE["bracket_open"]] - running[:, ROLE["bracket_close"]]
    opened = made_of[:, ROLE["quote_open"]] + made_of[:, ROLE["bracket_open"]]
    closed = made_of[:, ROLE["quote_close"]] + made_of[:, ROLE["bracket_close"]]
    head, tail, before, _, after, _ = around.T
    numbers = made_of[:, ROLE["number"]]
    whole = [
        np.log1p(length),
        length / 10,
        count == 1,
        count / 5,
        starts[first] / ends[-1],
        first == 0,
        opened != closed,
        (before == ROLE["quote_open"]) & (after == ROLE["quote_close"]),
        (before == ROLE["bracket_open"]) & (after == ROLE["bracket_close"]),
        (before == ROLE["bracket_open"]) | (after == ROLE["bracket_close"]),
        (head == ROLE["quote_open"]) & (tail == ROLE["quote_close"]),
        depth[first] > 0,
        _IN_COMPOUND[before] & _IN_COMPOUND[head],  # cuts a compound at its beginning
        _IN_COMPOUND[after] & _IN_COMPOUND[tail],  # or at its end
        numbers > 1,
        (numbers > 0) & (before == ROLE["number"]),
    ]
    kinds = _ends_of(words)
    return np.concatenate(
        [np.stack(whole, 1), np.minimum(made_of, 3), kinds[last], kinds[last + 1]], 1, dtype=np.float32
    )


def _ends_of(words: Sequence[Token]) -> Floats:
    """Entities that end at each token (date, person, share …), and endings that begin there (と呼ばれる, である).

    Shape (tokens + 1, 6): the last row is the end of the sentence.
    """
    rows = np.zeros((len(words) + 1, 6), dtype=np.float32)
    for place, token in enumerate(words):
        for name in (token.surface, token.normalised):
            if name in _TOLD_BY_END:
                rows[place, _TOLD_BY_END[name]] = 1
        after = place + (token.role == ROLE["quote_close"])
        if after == len(words):
            continue
        if words[after].surface == "と":
            rows[place, 4] = any(other.normalised in _CALLED for other in words[after + 1 : after + 3])
        rows[place, 5] = words[after].normalised in _COPULAS
    return rows


def running_sums(values: NDArray[np.floating]) -> Floats:
    """Sums from the beginning: the sum over a..b is `running[b + 1] - running[a]`."""
    running = np.zeros(len(values) + 1, dtype=np.float32)
    np.cumsum(values, out=running[1:])
    return running


def holds_form(form: AnswerForm, text: str, question: str) -> bool:
    """Whether `text` has the form of the answer to `question`."""
    if not form.pattern:
        return _names_another_person(text, fold(question))
    return bool(compiled(form.pattern).search(_folded(text)))


# Cached: the same sentences are checked when passages are ordered and when sentences are scored.
@lru_cache(maxsize=1024)
def _names_another_person(text: str, folded_question: str) -> bool:
    """Whether `text` names a person whom the question does not name itself."""
    names = [match.group() for match in _LATIN_NAME.finditer(text)]
    if language_of(text) != "en":
        names += [token.surface for token in tokens(text) if token.role == ROLE["person"]]
        names += [match.group(1) for match in _titled().finditer(_folded(text))]
    return any(not _is_in(name, folded_question) for name in names)


@lru_cache(maxsize=1)
def _titled() -> re.Pattern[str]:
    """A name before a title."""
    return re.compile(
        rf"([ァ-ヺー・]{{2,}}|[a-z]{{2,}}|[\u4e00-\u9fff]{{1,4}})(?:{person_titles('offices')}|{person_titles('others')})"
    )


def _is_in(name: str, folded: str) -> bool:
    return any(part in folded for part in re.split(r"[\s・]+", fold(name)) if part)


_folded = lru_cache(maxsize=4096)(fold)
