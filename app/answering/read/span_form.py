"""What the form of a span and the tokens around it say, whatever is asked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.answering.read.span_candidates import NOUNS, ROLE, ROLES, Integers, Spans, Token

Floats = NDArray[np.float32]

_DATES = frozenset("年 月 日 世紀 年代 時代 頃 ころ 期 時".split())
_ORGANISATIONS = frozenset(
    """社 会社 大学 省 庁 党 協会 機構 委員会 銀行 連盟 組合 研究所 学校 局 軍 院 学会
    連合 財団 法人 団 会 グループ 政府""".split()
)
_TITLES = frozenset("氏 大統領 首相 王 世 教授 博士 監督 長官 さん".split())
_PERCENT = frozenset("% 割 パーセント ポイント".split())
_CALLED = frozenset("言う 呼ぶ 称する 名付ける 称す 訳す 略す".split())
_IN_COMPOUND = np.zeros(len(ROLES), dtype=np.bool_)
_IN_COMPOUND[[*NOUNS, ROLE["prefix"]]] = True
_IDENTITY = np.eye(len(ROLES), dtype=np.float32)


def roles_around(sentence: Spans) -> Integers:
    """The roles of each of the n spans' first and last token, the two before it and the two after it, shape (n, 6)."""
    padded = np.array([0, 0, *(one.role for one in sentence.tokens), 0, 0], dtype=np.int64)
    first, last = sentence.first + 2, sentence.last + 2
    return np.stack(
        [padded[first], padded[last], padded[first - 1], padded[first - 2], padded[last + 1], padded[last + 2]], 1
    )


def form(sentence: Spans, around: Integers) -> Floats:
    """How long each of the n spans is, what it is made of, whether it begins and ends where words do: shape (n, ·)."""
    found, first, last = sentence.tokens, sentence.first, sentence.last
    starts = np.array([one.start for one in found])
    ends = np.array([one.end for one in found])
    length = ends[last] - starts[first]
    count = last - first + 1
    running = np.zeros((len(found) + 1, len(ROLES)), dtype=np.float32)
    np.cumsum(_IDENTITY[[one.role for one in found]], axis=0, out=running[1:])
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
    kinds = _kinds(found)
    return np.concatenate(
        [np.stack(whole, 1), np.minimum(made_of, 3), kinds[last], kinds[last + 1]], 1, dtype=np.float32
    )


def _kinds(found: Sequence[Token]) -> Floats:
    """For each token and for the end of the sentence: whether a date, an organisation, a person, a share ends there,

    and whether と呼ばれる or である begins there.
    """
    rows = np.zeros((len(found) + 1, 6), dtype=np.float32)
    for place, one in enumerate(found):
        names = {one.surface, one.normalised}
        rows[place, 0] = not names.isdisjoint(_DATES)
        rows[place, 1] = not names.isdisjoint(_ORGANISATIONS)
        rows[place, 2] = not names.isdisjoint(_TITLES)
        rows[place, 3] = not names.isdisjoint(_PERCENT)
        rest = found[place + (one.role == ROLE["quote_close"]) :][:3]
        rows[place, 4] = bool(rest) and rest[0].surface == "と" and any(two.normalised in _CALLED for two in rest[1:])
        rows[place, 5] = bool(rest) and rest[0].normalised in {"だ", "です"}
    return rows
