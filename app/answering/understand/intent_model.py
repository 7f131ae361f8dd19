"""The model of what is asked: an ordinary question, one about sources or about a document as a whole, or small talk.

A network with one hidden layer over the vector of a question, the parts of its words that examples use, and signs: a
word for a source, a word that may be one, the name or title of a listed work, what restricts works, a number in a list,
a claim that is stated as one. app.training.train_intent fits it to the examples of app/training/data and to ordinary
questions.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.sources.signs import filters, placed, source_words, stated_claim
from retriever.files import load_arrays
from retriever.numerals import KANJI_TO_99
from retriever.text import fold
from retriever.types import Vectors

WEIGHTS = Path(__file__).with_name("intent_weights.npz")
SOURCE_LABELS = (
    "works_count",
    "works_list",
    "work_entry",
    "claim_source",
    "topic_source",
    "works_read",
    "works_unread",
    "works_uncited",
    "work_citing",
)
# The inputs beside the vector, which has length 1, on its scale.
_SIGN = 0.5  # the value of a sign that a question has
_WORDING = 0.33  # the length of the part of the input that tells which known parts of words a question has
# Latin words, Korean words, runs of kanji and katakana: hiragana is mostly grammatical.
_PARTS = re.compile(r"[a-zà-ɏ]+|[\uac00-\ud7a3]+|[\u30a1-\u30ff\u3400-\u9fff]+")
_RUNS = re.compile(r"[a-zà-ɏ0-9]+|[\uac00-\ud7a3]+|[\u3041-\u30ff\u3400-\u9fff]+")
_LONGEST_RUN = 3  # characters of kana and kanji
_NUMERALS = frozenset(KANJI_TO_99)
_TIES = frozenset(
    "a an the of in on to is are was were do does did what which how who why and or for by with me you it its s this"
    " that their be can could please i as at from has have there these those about".split()
)


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Weights, biases, and the words of examples.

    - `hidden_weights`: shape (units, inputs), `hidden_bias`: (units,); `weights`: (labels, units), `bias`: (labels,)
    - `wording`: the parts of words that are inputs, with their places among them
    - `vocabulary`: parts of the words of overviews and small talk
    - `frames`: the words that questions about sources are made of, apart from what they ask for
    - `topic_frames`: the words that questions and opinions on a topic are made of, apart from the topic
    """

    encoder: str
    labels: tuple[str, ...]
    hidden_weights: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    wording: Mapping[str, int]
    vocabulary: frozenset[str]
    frames: frozenset[str]
    topic_frames: frozenset[str]

    def chances(
        self, text: str, vector: Vectors, *, names_work: bool = False, gives_title: bool = False
    ) -> dict[str, float]:
        """The chance of each label, given a question and its vector, shape (dimension,)."""
        read = features(text, vector, self.wording, names_work=names_work, gives_title=gives_title)
        logits = self.weights @ np.tanh(self.hidden_weights @ read + self.hidden_bias) + self.bias
        shares = np.exp(logits - logits.max())
        return dict(zip(self.labels, (shares / shares.sum()).tolist(), strict=True))

    def fits(self, encoder: str, vector: Vectors) -> bool:
        """Whether the model was fitted for vectors of this encoder."""
        return encoder == self.encoder and len(features("", vector, self.wording)) == len(self.hidden_weights.T)

    def unfamiliar(self, text: str) -> int:
        """The number of characters of a question's content words that no example of an overview or small talk holds.

        A Latin or Korean word counts as two characters: how long it is says nothing.
        """
        count = 0
        for part in _PARTS.findall(fold(text)):
            known = self._known(part)
            if is_ideographic(part):
                known = [is_known or letter in _NUMERALS for is_known, letter in zip(known, part, strict=True)]
            count += known.count(False)
        return count

    def knows_none(self, text: str) -> bool:
        """Whether a message is made of words alone of which no example of an overview or small talk holds any."""
        folded = fold(text)
        parts = _PARTS.findall(folded)
        rest = _PARTS.sub("", folded)
        return bool(parts) and not any(map(str.isalpha, rest)) and not any(any(self._known(part)) for part in parts)

    def _known(self, part: str) -> list[bool]:
        """For each character of a part, whether an example has it in such a pair; two alike for Latin and Korean."""
        if not is_ideographic(part):
            return 2 * [part in _TIES or _stem(part) in self.vocabulary or _is_particle(part)]
        pairs = [False, *(part[at : at + 2] in self.vocabulary for at in range(len(part) - 1)), False]
        return [before or after for before, after in pairwise(pairs)]


def features(
    text: str, vector: Vectors, wording: Mapping[str, int], *, names_work: bool = False, gives_title: bool = False
) -> Vectors:
    """Input of the model for a question: its vector, its signs and its `wording`, given as part → place."""
    signs = (*signs_of(text), names_work or gives_title, gives_title)
    known = [place for part in wording_of(text) if (place := wording.get(part)) is not None]
    worded = np.zeros(len(wording), np.float32)
    worded[known] = _WORDING / np.sqrt(max(len(known), 1))
    return np.concatenate([vector, np.multiply(_SIGN, signs), worded]).astype(np.float32)


@lru_cache(maxsize=64)
def signs_of(text: str) -> tuple[bool, ...]:
    """The signs that the words of a question are, without a bibliography."""
    return *source_words(text), bool(filters(text)), placed(text) is not None, stated_claim(text) is not None


@lru_cache(maxsize=64)
def wording_of(text: str) -> frozenset[str]:
    """How a question is worded: its beginning and end, stems, pairs of words, runs of up to three kana or kanji."""
    folded = fold(text).strip()
    parts, before = {f"^{folded[:2]}", f"{folded.rstrip(' ?？。.!！')[-2:]}$"}, "^"
    for run in _RUNS.findall(folded):
        if "\u3041" <= run[0] < "\uac00":
            sizes = range(1, _LONGEST_RUN + 1)
            parts |= {run[at : at + size] for size in sizes for at in range(len(run) - size + 1)}
            continue
        stem = _stem(run)
        parts |= {stem, f"{before} {stem}"} | ({run, f"-{run[-2:]}"} if run[0] >= "\uac00" else set())
        before = stem
    return frozenset(parts)


def is_ideographic(part: str) -> bool:
    """Whether a part of a text is kanji or katakana."""
    return part[0] >= "\u30a1" and not "\uac00" <= part[0] <= "\ud7a3"


def _is_particle(part: str) -> bool:
    """Whether a part is one Korean syllable: the particle after a name or number."""
    return len(part) == 1 and part >= "\uac00"


def parts_of(text: str) -> Collection[str]:
    """What the vocabulary keeps of an example: stems of Latin and Korean words, pairs of kanji and katakana."""
    parts: set[str] = set()
    for part in _PARTS.findall(fold(text)):
        if is_ideographic(part):
            parts |= {part[at : at + 2] for at in range(len(part) - 1)}
        else:
            parts.add(_stem(part))
    return parts


def _stem(word: str) -> str:
    """A word without what inflects it: two syllables of a Korean word, a Latin word without its common endings."""
    if word[0] >= "\uac00":
        return word[:2]
    return (
        re.sub(r"(?:ies|ied|isation|ization|ise|ize|ised|ized|ing|ed|es|s|e|y)$", "", word) if len(word) > 4 else word
    )


@lru_cache(maxsize=1)
def intent_model() -> IntentModel:
    """The model that ships."""
    kept = load_arrays(WEIGHTS)
    return IntentModel(
        encoder=str(kept["encoder"]),
        labels=tuple(map(str, kept["labels"])),
        hidden_weights=kept["hidden_weights"].astype(np.float32),
        hidden_bias=kept["hidden_bias"].astype(np.float32),
        weights=kept["weights"].astype(np.float32),
        bias=kept["bias"].astype(np.float32),
        wording={part: place for place, part in enumerate(map(str, kept["wording"]))},
        vocabulary=frozenset(map(str, kept["vocabulary"])),
        frames=frozenset(map(str, kept["frames"])),
        topic_frames=frozenset(map(str, kept["topic_frames"])),
    )
