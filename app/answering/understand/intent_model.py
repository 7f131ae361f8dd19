"""Tell what kind of thing is asked, from the question's vector and from words that the kind does not use.

The model is a softmax regression over the vectors of the embedded encoder, fitted by app.training.train_intent to the
examples in app/training/data/intents.toml and to ordinary questions.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retriever.text import fold
from retriever.types import Vectors

# "passage" are ordinary questions; of the others, the first group asks for an overview, the second is small talk.
Aspect = Literal[
    "summary", "purpose", "conclusion", "points", "limits", "method", "outline", "section", "table", "compare", "focus"
]
Smalltalk = Literal["greeting", "thanks", "identity", "ability", "opinion"]
WEIGHTS = Path(__file__).with_name("intent_weights.npz")
# Latin words, Korean words, runs of kanji and katakana: hiragana mostly ties words together.
_PARTS = re.compile(r"[a-zà-ɏ]+|[\uac00-\ud7a3]+|[\u30a1-\u30ff\u3400-\u9fff]+")
_NUMERALS = frozenset("一二三四五六七八九十")
_TIES = frozenset(
    "a an the of in on to is are was were do does did what which how who why and or for by with me you it its s this"
    " that their be can could please i as at from has have there these those about".split()
)


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Weights of shape (labels, dimension), bias of shape (labels,), and the parts of words that examples use."""

    encoder: str
    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    vocabulary: frozenset[str]

    def chances(self, vector: Vectors) -> dict[str, float]:
        """The chance of each label, given the vector of a question, shape (dimension,)."""
        logits = self.weights @ vector + self.bias
        shares = np.exp(logits - logits.max())
        return dict(zip(self.labels, (shares / shares.sum()).tolist(), strict=True))

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
        )
