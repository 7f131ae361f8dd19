"""What speaks for each span of a sentence being what a question asks for, as one row of numbers a span."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.answering.read.span_candidates import CONTENT, NOUNS, ROLE, Integers, Spans, Token
from app.answering.read.span_form import Floats, form, roles_around
from app.answering.read.span_question import WANTS, Wanted

_FAR = 20  # tokens beyond which distances are not told apart
_REACH = 5  # tokens beside what the question asks that are compared with those beside a span
_WINDOWS = np.array([3, 6, 12, 24])  # tokens on either side in which told words are counted
_LONG = 6  # letters above which a word is not worth more
_PREDICATES = frozenset({ROLE["verb"], ROLE["adjective"], ROLE["sahen"]})
_EMPTY_VERBS = frozenset({"為る", "有る", "居る"})


def features(asked: Wanted, sentence: Spans) -> tuple[Integers, Floats]:
    """Of each of the n spans: the roles of the tokens at its ends, shape (n, 6), and the numbers, shape (n, ·)."""
    found, first, last = sentence.tokens, sentence.first, sentence.last
    around = roles_around(sentence)
    place, told = _told(asked, found)
    groups = [
        form(sentence, around),
        _words_told(asked, found, place, told, first, last),
        _agreement(asked, found, first, last),
        _noun_asked(asked, found, first, last),
        _predicates(asked, found, told, last),
        _asked(asked, len(first)),
    ]
    return around, np.concatenate(groups, axis=1, dtype=np.float32)


def _asked(asked: Wanted, count: int) -> Floats:
    row = np.zeros(len(WANTS) + 4, dtype=np.float32)
    row[asked.want] = 1
    row[-4:] = asked.copular, asked.naming, asked.begin < len(asked.tokens), asked.foreign
    return np.broadcast_to(row, (count, len(row)))


def _told(asked: Wanted, found: Sequence[Token]) -> tuple[Floats, Floats]:
    """For each token: where the question tells it (-1: nowhere), and how surely (1, 0.7 as a part of a word, 0)."""
    place = np.array([asked.place_of(one) for one in found], dtype=np.float32)
    partly = [one.role in NOUNS and len(one.surface) > 1 and one.surface.lower() in asked.folded for one in found]
    return place, np.where(place >= 0, 1.0, np.where(partly, 0.7, 0.0)).astype(np.float32)


def _running(values: NDArray[np.floating]) -> Floats:
    """Sums from the beginning: the sum over a..b is `running[b + 1] - running[a]`."""
    running = np.zeros(len(values) + 1, dtype=np.float32)
    np.cumsum(values, out=running[1:])
    return running


def _words_told(
    asked: Wanted, found: Sequence[Token], place: Floats, told: Floats, first: Integers, last: Integers
) -> Floats:
    """How the words that the question tells lie in the span and around it."""
    size = len(found)
    weight = _running(told * np.array([min(len(one.surface), _LONG) for one in found]))
    weight /= weight[-1] or 1
    counted = _running(told)
    content = _running(np.array([one.role in CONTENT for one in found], dtype=np.float32))
    inside = counted[last + 1] - counted[first]
    share = inside / np.maximum(content[last + 1] - content[first], 1)
    breaks = np.array([one.role in {ROLE["comma"], ROLE["stop"]} for one in found])
    clause = np.cumsum(breaks)
    by_clause = np.bincount(clause, weights=np.diff(weight), minlength=int(clause[-1]) + 1)
    before_windows = weight[first][:, None] - weight[np.maximum(first[:, None] - _WINDOWS, 0)]
    after_windows = weight[np.minimum(last[:, None] + 1 + _WINDOWS, size)] - weight[last + 1][:, None]
    rows = [
        inside,
        share,
        share == 0,
        told[first],
        told[last],
        weight[first],
        1 - weight[last + 1],
        by_clause[clause[first]],
        *_nearest(asked, place, first, last),
    ]
    return np.concatenate([np.stack(rows, axis=1), before_windows, after_windows], axis=1, dtype=np.float32)


def _nearest(asked: Wanted, place: Floats, first: Integers, last: Integers) -> list[NDArray[np.floating]]:
    """How far the nearest told words are on both sides, and how near and on which side the question tells them."""
    size = len(place)
    at = np.arange(size)
    before = np.concatenate([[-1], np.maximum.accumulate(np.where(place >= 0, at, -1))])[first]
    after = np.concatenate([np.minimum.accumulate(np.where(place >= 0, at, size)[::-1])[::-1], [size]])[last + 1]
    left = np.where(before < 0, _FAR, np.minimum(first - before, _FAR))
    right = np.where(after == size, _FAR, np.minimum(after - last, _FAR))
    places = np.append(place, -1)  # the -1 of none is its last too
    from_left, from_right = asked.begin - places[before], places[after] - asked.end
    return [
        1 / left,
        1 / right,
        np.log(left),
        np.log(right),
        before < 0,
        after == size,
        np.where(before < 0, 0, np.sign(from_left)),
        np.where(after == size, 0, np.sign(from_right)),
        np.where(before < 0, 0, 1 / (1 + np.abs(from_left))),
        np.where(after == size, 0, 1 / (1 + np.abs(from_right))),
    ]


def _agreement(asked: Wanted, found: Sequence[Token], first: Integers, last: Integers) -> Floats:
    """How far the question reads on both sides of what it asks as the sentence does on both sides of the span."""
    text = [one.normalised for one in found]
    question = [] if asked.foreign else [one.normalised for one in asked.tokens]
    used = set(question[1:])
    rows = np.zeros((len(text) + 1, 5), dtype=np.float32)
    for at in range(len(text) + 1):
        rows[at] = (
            _agreeing(text, at - 1, question, asked.begin - 1, -1),
            _agreeing(text, at, question, asked.bare, 1),
            _agreeing(text, at, question, asked.end, 1),
            _agreeing(text, at, question, 0, 1) if asked.copular else 0,  # …したのは誰か begins after the answer
            at < len(text) and text[at] in used,
        )
    left = rows[first, 0]
    after = rows[last + 1]
    right = after[:, 1:3].max(axis=1)
    both = [left, right, left * right > 0, np.minimum(left + right, 6)]
    return np.concatenate([np.stack(both, 1), after[:, 2:]], axis=1, dtype=np.float32)


def _agreeing(text: Sequence[str], at: int, question: Sequence[str], place: int, step: int) -> int:
    count = 0
    while count < _REACH and 0 <= at < len(text) and 0 <= place < len(question) and text[at] == question[place]:
        count, at, place = count + 1, at + step, place + step
    return count


def _noun_asked(asked: Wanted, found: Sequence[Token], first: Integers, last: Integers) -> Floats:
    """Where the noun stands by which the question asks: at the span's end (東京大学 for 何大学), after it, near it."""
    size, noun = len(found), asked.noun
    rows = np.zeros((len(first), 6), dtype=np.float32)
    if not noun:
        return rows
    is_noun = np.array([noun.endswith(one.surface) or one.surface.endswith(noun) for one in found] + [False] * 2)
    is_like = np.array([one.surface.endswith(noun[-1]) for one in found])
    counted = _running(is_noun[:size].astype(np.float32))
    rows[:, 0] = is_noun[last]
    rows[:, 1] = is_like[last]
    rows[:, 2] = is_noun[last + 1]
    rows[:, 3] = is_noun[last + 2]
    rows[:, 4] = counted[first] > counted[np.maximum(first - 4, 0)]
    rows[:, 5] = counted[np.minimum(last + 7, size)] > counted[last + 1]
    return rows


def _predicates(asked: Wanted, found: Sequence[Token], told: Floats, last: Integers) -> Floats:
    """Whether the next predicate after the span is told, and the one that governs what is asked; how far it is."""
    size, main = len(found), _main_predicate(asked)
    following = np.full(size + 1, size, dtype=np.int64)
    for at in range(size - 1, -1, -1):
        following[at] = at if found[at].role in _PREDICATES else following[at + 1]
    at_next = following[last + 1]
    is_main = np.array([*(one.normalised == main for one in found), False])
    return np.stack(
        [
            np.append(told, 0)[at_next],
            is_main[at_next],
            np.log1p(np.minimum(at_next - last, _FAR)),
            at_next == size,
        ],
        axis=1,
    ).astype(np.float32)


def _main_predicate(asked: Wanted) -> str:
    """The verb that governs what is asked: the next one after it, or in …したのは何か the last one before it."""
    if asked.foreign:
        return ""
    after = (one.normalised for one in asked.tokens[asked.end :] if one.role in _PREDICATES)
    before = (one.normalised for one in reversed(asked.tokens[: asked.begin]) if one.role in _PREDICATES)
    return next(after, "") or next((word for word in before if word not in _EMPTY_VERBS), "")
