"""Japanese sentences cut into simple statements: one clause each, with its topic."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.drafts.japanese.words import (
    WORDS,
    copula_place,
    is_counter,
    is_formal,
    is_noun,
    is_particle,
    is_sure,
    is_verbal,
    plain_form,
)
from retriever.text import Morpheme, morphemes

_LONGEST_TOPIC = 32
_BRACKETS = re.compile(r"[（(][^（()）]{0,80}[)）]|[\[［][\d,，、–-]{1,20}[\]］]|[⁰¹²³⁴-⁹]{1,4}|\*{1,3}|\^\d{1,3}")
_LABEL = re.compile(r"^\s*+\d{1,3}[)）]\s*+")
_SPACED = re.compile(r"(?<=[^\x00-\x7f])[ \u3000]++|[ \u3000]++(?=[^\x00-\x7f])")
_FINISHED = re.compile(r"[。．]$")
_EXPLAINED = re.compile(r"[:：](?![\d/])")  # a colon: what follows explains, or lists, what is before it
_PAIRS = ("「」", "『』", "“”")


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause that says something of its topic, without brackets and final stop.

    The topic is `words[:topic]`, up to its particle は (or が), which is `words[topic]`.
    """

    text: str
    words: tuple[Morpheme, ...]
    topic: int

    def between(self, begin: int, end: int) -> str:
        """The text of the words [begin, end)."""
        return self.text[self.words[begin].start : self.words[end - 1].end] if begin < end else ""

    def ending(self, begin: int) -> str:
        """The words from `begin` on, as the end of a question."""
        words, copula = self.words, copula_place(self.words)
        if begin <= copula < len(words):
            return f"{self.between(begin, copula)}{'でしたか' if words[-1].surface == 'た' else 'ですか'}"
        if begin == len(words) or is_noun(words[-1]):
            return f"{self.between(begin, len(words))}ですか"
        polite = {words[-1].normalised, words[-2].normalised} & {"ます", "です"}
        return f"{self.between(begin, len(words))}{'か' if polite else 'のですか'}"

    @property
    def has_topic(self) -> bool:
        """Whether the topic is marked by は."""
        return self.words[self.topic].surface == "は"


@dataclass(frozen=True, slots=True)
class Cause:
    """Two clauses of which the first gives the reason for the second."""

    reason: str
    statement: Statement


def without_brackets(sentence: str) -> str:
    """The sentence without brackets, notes and final stop.

    "" if it is cut off, holds a colon, or its quotation marks do not match.
    """
    if not _FINISHED.search(sentence.rstrip()) or _EXPLAINED.search(sentence):
        return ""
    text = _SPACED.sub("", _BRACKETS.sub("", _LABEL.sub("", sentence))).strip("。．– 　")
    return "" if any(text.count(pair[0]) != text.count(pair[1]) for pair in _PAIRS) else text


def statements(sentence: str) -> Iterator[Statement]:
    """The statements of a plain sentence, one for each clause; a clause without a topic takes that of the sentence."""
    text, words = _without_connective(sentence)
    if len(words) < 4 or not is_sure(words):
        return
    ends = list(_clause_ends(words))
    head = _topic(words[: ends[0]])
    topic = text[: words[head].end] if head is not None and words[head].surface == "は" else ""
    past = words[-1].surface == "た" or words[-1].normalised == "た"
    for begin, end in zip([0, *ends], ends, strict=False):
        finished = text[words[begin].start :] if end == len(words) else _finished(text, words, begin, end, past=past)
        own = _topic(words[begin:end])
        if not finished or (begin and own is None and (not topic or _has_topic(words[begin:end]))):
            continue
        made = _stated(finished if not begin or own is not None else f"{topic}{finished}")
        if made and not (begin and own is not None and (own == 1 or _is_contrast(words[begin:end], own))):
            yield made


def cause(sentence: str) -> Cause | None:
    """The reason and the statement in a sentence of two clauses (AのためB, AのでB); None if it gives no reason."""
    text, words = _without_connective(sentence)
    ends = list(_clause_ends(words))
    if len(ends) != 2 or not is_sure(words):
        return None
    end = _cause_end(words, ends[0])
    head, own = _topic(words[: ends[0]]), _topic(words[ends[0] :])
    contrasts = any(word.surface == "が" and word.pos[1] == "接続助詞" for word in words)
    if end is None or contrasts or not is_verbal(words[end - 1]):
        return None
    main = text[words[ends[0]].start :]
    if own is not None:
        made, begin = _stated(main), 0
    elif head is not None and words[head].surface == "は" and head + 1 < end:
        made, begin = _stated(f"{text[: words[head].end]}{main}"), head + 1
    else:
        return None
    return Cause(text[words[begin].start : words[ends[0] - 2].end].lstrip("、"), made) if made else None


def _stated(text: str) -> Statement | None:
    words = morphemes(text)
    topic = _topic(words)
    if topic is None or len(words) < topic + 3 or words[topic].end > _LONGEST_TOPIC:
        return None
    if words[0].pos[1] == "数詞" and not is_counter(words[1]):
        return None  # the number of a note
    if any(is_particle(first, "が", "を") and is_particle(second, "と", "に") for first, second in pairwise(words)):
        return None  # the name between them stood in brackets
    return Statement(text, tuple(words), topic)


def _without_connective(text: str) -> tuple[str, list[Morpheme]]:
    """The text and its morphemes without the words at the head that only join it to the sentence before: しかし、"""
    words = morphemes(text)
    comma = next((place for place in range(min(4, len(words))) if words[place].surface == "、"), 0)
    if not words or not (words[0].pos[0] == "接続詞" or words[0].surface in WORDS["connectives"]):
        return text, words
    if words[1:2] and words[1].surface in {"の", "な"}:
        return text, words
    skipped = comma + 1 if comma else 2 if len(words) > 1 and words[1].surface in {"に", "的", "で"} else 1
    return _without_connective(text[words[skipped - 1].end :])


def _topic(words: list[Morpheme] | tuple[Morpheme, ...]) -> int | None:
    """The place of the は of the first topic, else of the が of the last subject; None where neither names anything."""
    places = [
        place
        for place, word in enumerate(words)
        if place and is_particle(word, "は", "が") and word.pos[1] != "接続助詞" and not is_verbal(words[place - 1])
    ]
    marked = [place for place in places if words[place].surface == "は"] or places[:-2:-1]
    if not marked or marked[0] < 1:
        return None
    place = marked[0]
    before = words[place - 1]
    is_when = (place == 1 and before.pos[2] == "副詞可能") or (
        before.surface == "に" and words[place - 2].surface in {"後", "前"}
    )
    if is_when:
        return None
    alone = place == 1 or words[place - 2].surface in {"、", "は"} or is_verbal(words[place - 2])
    if place > 2 and words[place - 2].surface == "の" and is_formal(before) and words[place - 3].pos[2] == "副詞可能":
        return None  # 当初の目的は
    if words[0].surface in {"唯一", "行"} or "目" in {word.surface for word in words[:place]}:
        return None
    if (
        (alone and is_formal(before))
        or before.pos[1] in {"数詞", "準体助詞"}
        or before.surface in {"こと", "もの", "場合", "通常"}
    ):
        return None
    return place


def _has_topic(words: list[Morpheme]) -> bool:
    return any(is_particle(word, "は") for word in words)


def _is_contrast(words: list[Morpheme], topic: int) -> bool:
    """Whether a later clause has a circumstance for its topic (冬には90人である) and no subject of its own."""
    return is_particle(words[topic - 1]) and not any(is_particle(word, "が", "も") for word in words[topic:])


def _clause_ends(words: list[Morpheme]) -> Iterator[int]:
    """The place after the comma of each clause, counted in words; the last is the number of words."""
    depth = 0
    for place, word in enumerate(words[:-1]):
        depth += (word.surface in {"「", "『", "“"}) - (word.surface in {"」", "』", "”"})
        if word.surface == "、" and place and not depth and _ends_clause(words, place):
            yield place + 1
    yield len(words)


def _ends_clause(words: list[Morpheme], comma: int) -> bool:
    before = words[comma - 1]
    if before.surface == "に" and comma > 1 and words[comma - 2].normalised == "為":
        return True
    return (
        (is_verbal(before) and before.pos[5] != "連用形-ニ")
        or before.pos[1] == "接続助詞"
        or before.normalised in {"為", "ため", "一方"}
        or (before.surface == "など" and is_verbal(words[comma - 2]))
        or (before.surface == "の" and words[comma - 2].surface == "もの")
        or is_counter(before)
        or (before.surface in {"で", "から"} and words[comma - 2].surface in {"の", "一方", "こと"})
    )


def _finished(text: str, words: list[Morpheme], begin: int, end: int, *, past: bool) -> str:
    """The clause [begin, end) as a sentence of its own; "" if it depends on the next one (たら、 ため、)."""
    start, stop = words[begin].start, _conjunction_place(words, end - 1)
    if stop < end - 1:
        return text[start : words[stop - 1].end]
    word, before = words[end - 2], words[end - 3]
    if is_counter(word):
        return text[start : word.end]
    if not word.pos[5].startswith("連用形") or word.normalised in WORDS["leading"]:
        return ""
    if word.pos[4] == "助動詞-ダ":
        return f"{text[start : before.end]}である"
    if word.normalised == "有る" and before.surface == "で":
        return f"{text[start : before.end]}ある"
    is_verb = word.pos[0] == "動詞" or word.normalised in {"れる", "られる", "せる", "させる"}
    return f"{text[start : word.start]}{plain_form(word, past=past and word.normalised != '居る')}" if is_verb else ""


def _conjunction_place(words: list[Morpheme], comma: int) -> int:
    """Where the conjunction before a comma begins (が、 一方で、 ものの、); the place of the comma if there is none."""
    last, before = words[comma - 1], words[comma - 2]
    if (last.surface, before.surface) in {("の", "もの"), ("で", "一方")}:
        return comma - 2
    joins = last.surface in {"一方", "など"} or (last.surface == "が" and last.pos[1] == "接続助詞")
    return comma - 1 if joins else comma


def _cause_end(words: list[Morpheme], clause: int) -> int | None:
    """Where the words begin that make the clause a cause (ため、 ので、 ことから、); None if the clause is none."""
    last = clause - 2
    if last > 2 and words[last].surface == "に" and words[last - 1].normalised == "為":
        last -= 1
    if words[last].normalised == "為" and words[last].pos[0] == "名詞":
        return last
    if words[last].surface == "ので" or (words[last].surface == "から" and words[last].pos[1] == "接続助詞"):
        return last
    if words[last].surface == "で" and words[last - 1].surface == "の" and words[last - 1].pos[1] == "準体助詞":
        return last - 1
    if words[last].surface == "から" and words[last - 1].surface == "こと":
        return last - 1
    return None
