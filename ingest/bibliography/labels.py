"""Label the words of bibliography entries with their fields: a small convolutional network with a linear-chain CRF.

The network reads all entries of a list together, since a list has one style. Its weights are fitted on works printed in
hundreds of citation styles (app/training/citations). Convolutions with a CRF over their scores follow Collobert
et al. (2011), "Natural Language Processing (Almost) from Scratch". Dilation, which widens the context of each further
layer, follows Strubell et al. (2017), "Fast and Accurate Entity Recognition with Iterated Dilated Convolutions".
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever.files import load_arrays

WEIGHTS = Path(__file__).with_name("labels.npz")
# "first": the first word of an author's name, "name": its other words, "between": what separates two names.
LABELS = (
    *("first", "name", "between", "other-person", "date", "title", "container", "series", "publisher", "place"),
    *("volume", "pages", "address", "access", "number", "note", "none"),
)
# groups of labels for which a probability is computed: authors, title
_CERTAIN = [np.isin(LABELS, group) for group in (("first", "name", "between"), ("title",))]
_TITLE = LABELS.index("title")
LEXICAL_ROWS = 1 << 14
_STATES, _PLACES = 144, 16
ROWS = LEXICAL_ROWS + _STATES + 2 * _PLACES
GAPS = (1, 2, 4, 8)  # dilation of each layer, in tokens
_SMALL = 1 << 18  # maximum multiplications in one matrix product
LONGEST = 250  # tokens; the rest of an entry is not labelled

_TOKENS = re.compile(
    r"(?:https?|ftp)\s?:\s?//\s?[^\s<>「」『』（）＜＞、。，]+|\bwww\.[^\s<>「」『』（）、。，]+|\b10\.\d{4,9}/[^\s<>「」、。，]+"
    r"|\d+|(?<=\d)[年月日巻号頁版集輯期]|第(?=\d)"
    r"|[一-鿿々〆]+?(?=(?:編著|共著|共編|監修|監訳|著|編|訳)(?![一-鿿々]))|(?:編著|共著|共編|監修|監訳)|[一-鿿々〆]+?(?=第\d)|[一-鿿々〆]+"
    r"|[ぁ-ん]+|[ァ-ヺー]+|[가-힣]+|(?:(?![一-鿿々〆ぁ-んァ-ヺー가-힣])[^\W\d_])+|[^\s]"
)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d$")
_OPENING, _CLOSING = frozenset("“「『《‘«„"), frozenset("”」』》’»")
_CLOSED_BY = {"“": "”", "„": "“", "«": "»", '"': '"'}
_COST = 6.0  # score lost by a title that begins or ends inside a phrase
_BRACKETS, _BRACKETS_END = frozenset("([（〔［<"), frozenset(")]）〕］>")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an entry at `start`–`end`; `italic` where the entry's italics are known."""

    text: str
    start: int
    end: int
    italic: bool


def tokens_of(text: str) -> list[Token]:
    """The tokens of an entry. Asterisks around italic phrases are marks, not tokens."""
    tokens: list[Token] = []
    italic = False
    for match in _TOKENS.finditer(text):
        if match.group() == "*":
            italic = not italic
        elif len(tokens) < LONGEST:
            wide = "\uff00" < match.group() < "\uffef"
            text = unicodedata.normalize("NFKC", match.group()) if wide else match.group()
            tokens.append(Token(text, *match.span(), italic))
    return tokens


def label_entries(entries: Sequence[Sequence[Token]]) -> list[list[str]]:
    """The label of each token of each entry. All entries are of one list, and thus of one style."""
    return [labels for labels, _ in label_with_certainty(entries)]


def label_with_certainty(entries: Sequence[Sequence[Token]]) -> list[tuple[list[str], tuple[float, ...]]]:
    """For each entry: its tokens' labels, and the probabilities that all labels of its authors, or title, are right."""
    network = _network()
    hidden = [network.seen(rows_of(tokens)) for tokens in entries]
    pooled = [state.mean(0) if len(state) else np.zeros(network.width, np.float32) for state in hidden]
    style = np.mean(pooled, 0) if pooled else np.zeros(network.width, np.float32)
    scores = [network.scores(state, own, style) for state, own in zip(hidden, pooled, strict=True)]
    best = [network.best(each, inside_phrases(tokens)) for each, tokens in zip(scores, entries, strict=True)]
    certain = network.certainties(scores, best) if any(best) else np.zeros((len(best), len(_CERTAIN)))
    return [
        ([LABELS[label] for label in path], tuple(map(float, row))) for path, row in zip(best, certain, strict=True)
    ]


def inside_phrases(tokens: Sequence[Token]) -> list[bool]:
    """Whether each token continues a phrase: a word after a word, or a token in the same italics or quotation marks."""
    inside: list[bool] = []
    closing = ""  # the mark that ends the quotation
    before = Token("", 0, 0, italic=False)
    for token in tokens:
        is_word = before.text.isalpha() and token.text.isalpha()
        is_quoted = bool(closing) and before.text not in _CLOSED_BY and token.text != closing
        inside.append(before.italic == token.italic and (is_word or is_quoted or token.italic))
        closing = ("" if token.text == closing else closing) if closing else _CLOSED_BY.get(token.text, "")
        before = token
    return inside


def rows_of(tokens: Sequence[Token]) -> NDArray[np.int32]:
    """Indices of each token's rows in the feature table: (tokens, 8)."""
    rows = np.empty((len(tokens), 8), np.int32)
    quoted = quotations = depth = years = 0
    end = -1
    for index, token in enumerate(tokens):
        text = token.text
        if text in _CLOSING or (text == '"' and quoted):
            quotations, quoted = quotations + quoted, 0
        if text in _BRACKETS_END:
            depth = 0
        state = token.italic + 2 * (quoted or 2 * min(quotations, 1)) + 6 * depth + 12 * (token.start > end)
        if text in _OPENING or (text == '"' and not quoted and token.start > end):
            quoted = 1
        if text in _BRACKETS:
            depth = 1
        place, place_from_end = _place(index), _place(len(tokens) - 1 - index)
        rows[index, :5] = _lexical_rows(text)
        rows[index, 5] = LEXICAL_ROWS + state + 24 * min(years, 5)
        rows[index, 6] = LEXICAL_ROWS + _STATES + place
        rows[index, 7] = LEXICAL_ROWS + _STATES + _PLACES + place_from_end
        years += bool(_YEAR.match(text))
        end = token.end
    return rows


def _place(index: int) -> int:
    """Bucket (0–15) of a token's distance from one end of the entry; buckets for longer distances are wider."""
    length = index.bit_length()
    return index if index < 8 else min(2 * length + (index >> (length - 2) & 1), _PLACES - 1)


@lru_cache(maxsize=1 << 15)
def _lexical_rows(text: str) -> tuple[int, int, int, int, int]:
    """Rows of a token's word, shape, first three letters, last three letters, and shape with the last two letters."""
    if len(text) > 4 and ("://" in text or text.startswith(("www.", "10."))):
        text = "://"
    word = re.sub(r"\d", "0", text.lower())
    shape = _shape(text)
    features = (f"w{word}", f"s{shape}", f"b{word[:3]}", f"e{word[-3:]}", f"x{shape}{word[-2:]}")
    return tuple(zlib.crc32(feature.encode()) % LEXICAL_ROWS for feature in features)  # type: ignore[return-value]


def _shape(text: str) -> str:
    if _YEAR.match(text):
        return "year"
    if text.isdigit():
        return "0" * min(len(text), 5)
    kinds = "".join(
        "漢" if "一" <= c <= "鿿" or c in "々〆" else "あ" if "ぁ" <= c <= "ん" else "ア" if "ァ" <= c <= "ー"
        else "한" if "가" <= c <= "힣" else "X" if c.isupper() else "x" if c.isalpha() else c
        for c in text[:12]
    )  # fmt: skip
    return re.sub(r"(.)\1+", lambda run: run.group(1) + str(min(len(run.group()), 3)), kinds)


class _Network:
    """The weights, and the computations with them."""

    def __init__(self, path: Path) -> None:
        weights = {name: array.astype(np.float32) for name, array in load_arrays(path).items()}
        self.table = weights["table"] * weights["table_scale"]
        self.layers = [(weights[f"layer{n}"], weights[f"layer{n}_bias"]) for n in range(len(GAPS))]
        self.own, self.style = weights["own"], weights["style"]
        self.out, self.out_bias = weights["out"], weights["out_bias"]
        self.follows, self.begins, self.ends = weights["follows"], weights["begins"], weights["ends"]
        self.width = self.own.shape[0]

    def seen(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the layers make of each token and its neighbours: (tokens, width)."""
        state = self.table[rows].sum(1)
        for gap, (kernel, bias) in zip(GAPS, self.layers, strict=True):
            width = state.shape[1]
            near = np.zeros((len(state), 3 * width), np.float32)  # the token before, the token, the token after
            near[gap:, :width], near[:, width : 2 * width] = state[:-gap], state
            near[:-gap, 2 * width :] = state[gap:]
            new = np.maximum(_product(near, kernel) + bias, 0)
            state = new + state if new.shape == state.shape else new
        seen: NDArray[np.float32] = state
        return seen

    def scores(
        self, state: NDArray[np.float32], own: NDArray[np.float32], style: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Scores of the labels for each token: (tokens, labels)."""
        hidden: NDArray[np.float32] = np.maximum(state + own @ self.own + style @ self.style, 0)
        scores: NDArray[np.float32] = hidden @ self.out + self.out_bias
        return scores

    def best(self, scores: NDArray[np.float32], inside: Sequence[bool]) -> list[int]:
        """The best sequence of labels for the tokens' scores. `inside`: whether each token continues a phrase."""
        return best_labels(scores, self.follows, self.begins, self.ends, inside)

    def certainties(self, scores: Sequence[NDArray[np.float32]], best: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """Probabilities that the best labels of each group of `_CERTAIN` are all right: (entries, groups).

        A probability is the sum over all paths that give the group's labels to the same tokens as the best path.
        """
        longest = max(map(len, scores))
        emitted = np.ones((longest, len(scores), len(LABELS)))
        allowed = np.ones((longest, 1 + len(_CERTAIN), len(scores), len(LABELS)), bool)
        for entry, (rows, path) in enumerate(zip(scores, best, strict=True)):
            emitted[: len(rows), entry] = np.exp(rows - rows.max(1, keepdims=True))
            for number, group in enumerate(_CERTAIN, 1):
                right = np.where(group[path][:, None], np.eye(len(LABELS), dtype=bool)[path], ~group)
                allowed[: len(rows), number, entry] = right
        lengths = np.array([len(rows) for rows in scores])
        follows, ends = np.exp(self.follows.astype(np.float64)), np.exp(self.ends.astype(np.float64))
        state = np.exp(self.begins.astype(np.float64)) * emitted[0] * allowed[0]
        logs = np.zeros(state.shape[:2])
        for place in range(1, longest):
            total = state.sum(-1, keepdims=True)
            new = (state / np.maximum(total, 1e-300)) @ follows * emitted[place] * allowed[place]
            is_inside = place < lengths
            state = np.where(is_inside[:, None], new, state)
            logs += np.where(is_inside, np.log(np.maximum(total[..., 0], 1e-300)), 0)
        logs += np.log(np.maximum((state * ends).sum(-1), 1e-300))
        shares: NDArray[np.float64] = np.exp(np.minimum(logs[1:] - logs[0], 0)).T
        return shares


def best_labels(
    scores: NDArray[np.floating],
    follows: NDArray[np.floating],
    begins: NDArray[np.floating],
    ends: NDArray[np.floating],
    inside: Sequence[bool] = (),
) -> list[int]:
    """The sequence of labels with the highest sum of scores and of transitions (Viterbi).

    `inside`: whether each token continues a phrase. A title that begins or ends inside a phrase loses `_COST`.
    """
    if not len(scores):
        return []
    best = scores[0] + begins
    back: list[NDArray[np.intp]] = []
    labels = np.arange(len(begins))
    held = follows - _COST * ((labels == _TITLE)[:, None] != (labels == _TITLE))
    for place, row in enumerate(scores[1:], 1):
        paths = best[:, None] + (held if inside and inside[place] else follows)
        before = paths.argmax(0)
        back.append(before)
        best = paths[before, labels] + row
    label = int((best + ends).argmax())
    path = [label]
    for before in reversed(back):
        label = int(before[label])
        path.append(label)
    return path[::-1]


def _product(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product, a few rows at a time: for larger products BLAS starts threads, which takes longer."""
    size = _SMALL // right.size
    return np.concatenate([left[start : start + size] @ right for start in range(0, len(left), size)] or [left @ right])


@cache
def _network() -> _Network:
    return _Network(WEIGHTS)
