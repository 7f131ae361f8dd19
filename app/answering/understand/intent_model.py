"""The model of what is asked: a softmax regression over the vector of a question and three signs of it.

app.training.train_intent fits it to the examples of app/training/data/{intents,source_intents}.toml and to ordinary
questions. The signs: a word for a source, a word that may be one, and the name of a listed work or of who made it.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.text import KANJI_TO_99, character_pairs, fold, language_of, words
from retriever.types import Vectors

WEIGHTS = Path(__file__).with_name("intent_weights.npz")
SIGNS = Path(__file__).with_name("source_signs.toml")
_SIGN = 0.5  # the value of a sign that a question has: vectors have length 1
# Latin words, Korean words, runs of kanji and katakana: hiragana mostly ties words together.
_PARTS = re.compile(r"[a-zà-ɏ]+|[\uac00-\ud7a3]+|[\u30a1-\u30ff\u3400-\u9fff]+")
_NUMERALS = frozenset(KANJI_TO_99)
_TIES = frozenset(
    "a an the of in on to is are was were do does did what which how who why and or for by with me you it its s this"
    " that their be can could please i as at from has have there these those about".split()
)


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Weights of shape (labels, dimension + signs), bias of shape (labels,), and the words of examples.

    - `vocabulary`: parts of the words of overviews and small talk
    - `frames`: the words that questions about sources are made of, apart from what they ask for
    """

    encoder: str
    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    vocabulary: frozenset[str]
    frames: frozenset[str]

    def chances(self, text: str, vector: Vectors, *, names_work: bool = False) -> dict[str, float]:
        """The chance of each label, given a question and its vector, shape (dimension,)."""
        logits = self.weights @ features(text, vector, names_work=names_work) + self.bias
        shares = np.exp(logits - logits.max())
        return dict(zip(self.labels, (shares / shares.sum()).tolist(), strict=True))

    def fits(self, encoder: str, vector: Vectors) -> bool:
        """Whether the model was fitted for vectors of this encoder."""
        return encoder == self.encoder and len(features("", vector)) == self.weights.shape[1]

    def unfamiliar(self, text: str) -> int:
        """How many characters of a question's content words no example of an overview or small talk holds.

        A Latin or Korean word counts as two characters: how long it is says nothing.
        """
        count = 0
        for part in _PARTS.findall(fold(text)):
            if not is_ideographic(part):
                count += 2 * (part not in _TIES and _stem(part) not in self.vocabulary)
                continue
            covered = [part[at] in _NUMERALS for at in range(len(part))]
            for at in range(len(part) - 1):
                if part[at : at + 2] in self.vocabulary:
                    covered[at] = covered[at + 1] = True
            count += covered.count(False)
        return count


def features(text: str, vector: Vectors, *, names_work: bool = False) -> Vectors:
    """What the model reads of a question: its vector and its signs, shape (dimension + 3,)."""
    signs = source_words(text)
    return np.append(vector, [_SIGN * sign for sign in (*signs, names_work)]).astype(np.float32)


def source_words(text: str) -> tuple[bool, bool]:
    """Whether a question has a word for a source, and whether it has one that may be."""
    folded = fold(text)
    return bool(_sources("plain").search(folded)), bool(_sources("weak").search(folded))


def is_ideographic(part: str) -> bool:
    """Whether a part of a text is kanji or katakana."""
    return part[0] >= "\u30a1" and not "\uac00" <= part[0] <= "\ud7a3"


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


def frame_words(text: str) -> Collection[str]:
    """What `frames` keep of an example: its words, of Korean words the first two syllables, of Chinese every pair."""
    found = set(words(text))
    found |= {word[:2] for word in found if "\uac00" <= word[0] <= "\ud7a3"}
    return found | set(character_pairs(text)) if language_of(text) == "zh" else found


@lru_cache(maxsize=1)
def intent_model() -> IntentModel:
    """The model that ships."""
    with np.load(WEIGHTS) as kept:
        return IntentModel(
            encoder=str(kept["encoder"]),
            labels=tuple(map(str, kept["labels"])),
            weights=kept["weights"].astype(np.float32),
            bias=kept["bias"].astype(np.float32),
            vocabulary=frozenset(map(str, kept["vocabulary"])),
            frames=frozenset(map(str, kept["frames"])),
        )


@lru_cache(maxsize=1)
def source_signs() -> dict[str, Any]:
    """What source_signs.toml holds."""
    return tomllib.loads(SIGNS.read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def _sources(kind: str) -> re.Pattern[str]:
    return any_word(source_signs()["words"][kind])


def any_word(listed: str) -> re.Pattern[str]:
    """Any of the words in a list: a Latin word as a whole, others wherever they stand."""
    folded = [fold(word) for word in listed.split()]
    latin = [word for word in folded if word.isascii()]
    others = sorted((word for word in folded if not word.isascii()), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, others), rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"]))
