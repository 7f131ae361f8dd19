"""A question as the span ranker sees it: its question word, what it asks for, and its content words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.answering.read.spans import (
    CONTENT,
    NOUNS,
    ROLE,
    WORDS,
    Floats,
    Integers,
    Token,
    running_sums,
    tokens,
)
from app.answering.understand.question import kind_asked
from retriever.cross_lingual.terms import terms_of
from retriever.cross_lingual.tokens import tokens as cross_lingual_tokens
from retriever.text import fold, japanese_forms, language_of

# Kinds of answers: those of `understand.question`, subdivided by the noun that is asked for.
WANTS = "percentage date number person place organisation reason definition name manner thing".split()
_WANT_OF_KIND = {"list": "thing", "any": "thing"}
_ASKING, _MANNERS, _PLAIN, _NAMING, _EMPTY_VERBS = (
    frozenset(WORDS["question"][name].split()) for name in ("asking", "manners", "plain", "naming", "empty_verbs")
)
_HEAD_WANTS: Mapping[str, str] = {head: want for want, heads in WORDS["heads"].items() for head in heads.split()}
_KANJI = re.compile(r"[\u4e00-\u9fff]+")
_PREDICATES = frozenset({ROLE["verb"], ROLE["adjective"], ROLE["sahen"]})
FAR = 20  # maximum distance in tokens


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the span ranker knows of a question.

    - `tokens[begin:end]` is the question word with the noun that it asks by (何大学, どの都市, 何という鳥);
      both are the count of tokens where there is none (首都は？); `bare` is where the question word alone ends
    - `want` indexes `WANTS`; `noun` is the noun asked for, as written ("" where none is)
    - `copular`: whether the question is a cleft sentence (…したのは誰か), so that the answer
      has another particle in the text
    - `naming`: whether it asks what something is called
    - `places`: the normalised content words outside the question word, each with its place among the tokens;
      `folded`: the question for finding parts of words in
    - `foreign`: asked in another language, so that only names and numbers match; `spelled` has the tokens of the text
      that stand for the question's terms, each with the place of its term
    """

    tokens: tuple[Token, ...]
    begin: int
    bare: int
    end: int
    want: int
    noun: str
    copular: bool
    naming: bool
    places: Mapping[str, int]
    folded: str
    foreign: bool
    spelled: Mapping[str, int] = field(default_factory=dict)

    def place_of(self, token: Token) -> int:
        """Place of the question word that matches a token of the text; -1 if none does."""
        place = self.places.get(token.normalised, -1)
        if place < 0 and self.spelled and token.role in CONTENT:
            return next(
                (self.spelled[word] for word in cross_lingual_tokens(token.surface) if word in self.spelled), -1
            )
        return place


@lru_cache(maxsize=256)
def wanted(question: str) -> Wanted:
    """The question as the span ranker reads it."""
    language = language_of(question)
    if language != "ja":
        return wanted_cross_lingual(question, japanese_forms(question) if language == "zh" else question, language)
    words = tokens(question)
    want = _want(question)
    begin, bare, end = _asking_place(words)
    rest = [token for token in words[end:] if token.role in CONTENT and token.normalised not in _EMPTY_VERBS | {"事"}]
    noun = _noun_asked(words, begin, bare, end, copular=not rest)
    naming = any(token.normalised in _NAMING for token in words[bare:])
    asking = {token.normalised for token in words[begin:bare]}
    if want in {"thing", "definition"}:
        want = _refined(words[begin:bare], noun, want, naming=naming)
    places = {
        token.normalised: place
        for place, token in enumerate(words)
        if token.role in CONTENT and not begin <= place < bare and token.normalised not in _PLAIN | asking
    }
    return Wanted(
        words, begin, bare, end, WANTS.index(want), noun, not rest, naming, places, fold(question), foreign=False
    )


def wanted_cross_lingual(question: str, written: str, language: str = "") -> Wanted:
    """The same for text in another language: only the kind, and the words that are written alike there.

    `written` is the question in the text's characters, `language` the token whose words are looked up.
    """
    words = tokens(written)
    shared = {token.normalised: place for place, token in enumerate(words) if _is_shared(token)}
    count, want = len(words), WANTS.index(_want(question))
    return Wanted(
        words, count, count, count, want, "", copular=False, naming=False, places=shared, folded="", foreign=True,
        spelled=_spelled(question, language) if language in {"en", "ko"} else {},
    )  # fmt: skip


def _spelled(question: str, language: str) -> dict[str, int]:
    """Japanese spellings of the question's terms, each with the place of its term."""
    return {
        token: place
        for place, term in enumerate(terms_of(question, language))
        for spelling in term.spellings
        for token in spelling
    }


def _want(question: str) -> str:
    kind = kind_asked(question)
    return _WANT_OF_KIND.get(kind, kind)


def _is_shared(token: Token) -> bool:
    """Whether a word is written alike in other languages: a number, a name in Latin letters or in kanji."""
    return token.role in {ROLE["latin"], ROLE["number"]} or (
        len(token.surface) > 1 and bool(_KANJI.fullmatch(token.surface))
    )


def _refined(asking: tuple[Token, ...], noun: str, want: str, *, naming: bool) -> str:
    heads = [noun[start:] for start in range(max(0, len(noun) - 4), len(noun))]
    by_noun = next((_HEAD_WANTS[head] for head in heads if head in _HEAD_WANTS), None)
    if by_noun:
        return by_noun
    if naming:
        return "name"
    return "manner" if any(token.normalised in _MANNERS for token in asking) else want


def _asking_place(words: tuple[Token, ...]) -> tuple[int, int, int]:
    """Start and end of the last question word, and the end of the noun it modifies."""
    places = [place for place, token in enumerate(words) if _is_asking(token)]
    if not places:
        count = len(words)
        while count and words[count - 1].role not in CONTENT | {ROLE["は"], ROLE["particle"], ROLE["と"]}:
            count -= 1
        return count, count, count
    begin = places[-1]
    bare = begin + 1
    following = [token.normalised for token in words[bare : bare + 2]]
    if following in (["と", "言う"], ["と", "呼ぶ"]) and bare + 2 < len(words) and _is_noun(words[bare + 2]):
        bare += 2
    elif following[:1] in (["言う"], ["様"], ["よう"]):
        bare += 1
        if bare < len(words) and words[bare].role == ROLE["auxiliary"]:
            bare += 1
    end = bare
    while end < len(words) and _is_noun(words[end]):
        end += 1
    return begin, bare, end


def _is_asking(token: Token) -> bool:
    return token.normalised in _ASKING or token.surface in _ASKING or token.surface.startswith("何")


def _is_noun(token: Token) -> bool:
    return token.role in NOUNS or token.role == ROLE["prefix"]


def _noun_asked(words: tuple[Token, ...], begin: int, bare: int, end: int, *, copular: bool) -> str:
    fused = words[begin].surface[1:] if begin < bare and words[begin].surface.startswith("何") else ""  # 第何回, 何気団
    if end > bare or fused:
        return fused + "".join(token.surface for token in words[bare:end])
    if not copular:
        return ""
    place = begin
    while place and (
        words[place - 1].role in {ROLE["は"], ROLE["と"], ROLE["comma"]} or words[place - 1].surface == "って"
    ):
        place -= 1
    if place == begin < len(words):
        return ""
    stop = place
    while place and _is_noun(words[place - 1]):
        place -= 1
    return "".join(token.surface for token in words[place:stop])


def asked_features(wanted: Wanted, count: int) -> Floats:
    row = np.zeros(len(WANTS) + 4, dtype=np.float32)
    row[wanted.want] = 1
    row[-4:] = wanted.copular, wanted.naming, wanted.begin < len(wanted.tokens), wanted.foreign
    return np.broadcast_to(row, (count, len(row)))


def noun_features(wanted: Wanted, words: Sequence[Token], first: Integers, last: Integers) -> Floats:
    """Place of the question's noun (大学 of 何大学): at the span's end (東京大学), after the span, or near it."""
    size, noun = len(words), wanted.noun
    rows = np.zeros((len(first), 6), dtype=np.float32)
    if not noun:
        return rows
    is_noun = np.array([noun.endswith(token.surface) or token.surface.endswith(noun) for token in words] + [False] * 2)
    is_like = np.array([token.surface.endswith(noun[-1]) for token in words])
    counted = running_sums(is_noun[:size].astype(np.float32))
    rows[:, 0] = is_noun[last]
    rows[:, 1] = is_like[last]
    rows[:, 2] = is_noun[last + 1]
    rows[:, 3] = is_noun[last + 2]
    rows[:, 4] = counted[first] > counted[np.maximum(first - 4, 0)]
    rows[:, 5] = counted[np.minimum(last + 7, size)] > counted[last + 1]
    return rows


def predicate_features(wanted: Wanted, words: Sequence[Token], match_weights: Floats, last: Integers) -> Floats:
    """Whether the next predicate after the span is one of the question's, or the main one; how far it is."""
    size, main = len(words), _main_predicate(wanted)
    following = np.full(size + 1, size, dtype=np.int64)
    for at in range(size - 1, -1, -1):
        following[at] = at if words[at].role in _PREDICATES else following[at + 1]
    at_next = following[last + 1]
    is_main = np.array([*(token.normalised == main for token in words), False])
    return np.stack(
        [
            np.append(match_weights, 0)[at_next],
            is_main[at_next],
            np.log1p(np.minimum(at_next - last, FAR)),
            at_next == size,
        ],
        axis=1,
    ).astype(np.float32)


def _main_predicate(wanted: Wanted) -> str:
    """The verb that governs the answer: the next one after it, or in a cleft sentence the last one before it."""
    if wanted.foreign:
        return ""
    after = (token.normalised for token in wanted.tokens[wanted.end :] if token.role in _PREDICATES)
    before = (token.normalised for token in reversed(wanted.tokens[: wanted.begin]) if token.role in _PREDICATES)
    return next(after, "") or next((word for word in before if word not in _EMPTY_VERBS), "")
