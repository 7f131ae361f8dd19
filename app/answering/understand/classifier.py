"""Classify a question: an ordinary one, one about sources or about a document as a whole, or small talk.

The model is a network with one hidden layer over the vector of a question, the parts of its words that examples use,
and signs: a word for a source, a word that may be one, the name or title of a listed work, what restricts works, a
number in a list, a claim that is stated as one. app.training.train_intent fits it to the examples of app/training/data
and to ordinary questions.

Words that no example of a question about a whole document uses count against that class. The patterns of
overview_signs.toml are certain signs of it: the number of a section or table, a comparison of two things, a request to
sum something up.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from app.answering.types import Aspect, OverviewRequest, Smalltalk
from app.answering.understand.source_signs import filters, intent_weights, placed, source_words, stated_claim
from app.answering.understand.words import (
    bare,
    cut_out,
    each_section,
    number_of,
    numeral_value,
    sections_in,
    sign,
    signs,
)
from app.answering.works import without_titles
from retriever.numerals import KANJI_TO_99
from retriever.text import fold
from retriever.types import Encoder, Vectors

SOURCE_LABELS = tuple(
    "works_count works_list work_entry works_read works_unread works_uncited work_citing claim_source"
    " topic_source".split()
)
LEAST_ABOUT_SOURCES = 0.4  # the least chance; chosen on wordings that were not fitted to, and on questions of others
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
# The least chance that a question is not for passages, by the number of its characters that occur in no example. A
# question with more than four such characters is for passages; so are 973 of 1,000 JSQuAD questions.
_LEAST = (0.5, 0.65, 0.8, 0.95, 0.95)
_SURE_WITH_SIGN = 0.3
_FEW, _MOST_UNFAMILIAR = 1, 2
_LONGEST_SMALLTALK = 40  # characters
_LEAST_SMALLTALK, _SURE_OF_SMALLTALK = 0.45, 0.7  # least chances; the second of a message after a question
_SURE_OF_WHOLE = 0.7  # the least chance that a message after a question is about a document or its list as a whole
_LONGEST_COMPARISON = 120  # characters of a question
_MOST_POINTS = 8
_ASPECTS: frozenset[Aspect] = frozenset(get_args(Aspect))
_TALK: frozenset[Smalltalk] = frozenset(get_args(Smalltalk))
_OF_LIST = ("works_count", "works_list", "works_read", "works_unread", "works_uncited")  # labels: of all works
# What is said on one topic, and what Tenkyo thinks of one: recognised by the words around the topic.
ON_TOPIC: Aspect = "topic"
OPINION: Smalltalk = "opinion"


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


def about_sources(chances: Mapping[str, float]) -> float:
    """The chance in [0, 1] that a question is about sources."""
    return sum(chances[label] for label in SOURCE_LABELS)


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
    kept = intent_weights()
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


def overview_request(
    question: str, chances: Mapping[str, float], titles: Iterable[str]
) -> OverviewRequest | Smalltalk | None:
    """What a question asks of a document as a whole, or what kind of small talk it is; None for other questions.

    `chances` are those of the model; empty where it does not fit the encoder, so that only certain signs count.
    """
    model = intent_model()
    if not any(letter.isalnum() for letter in question):
        return "ability"  # "???" or "…": the answer says what can be asked
    text = without_titles(question, titles)
    signed = _signed(text, model)
    if signed or not chances:
        return signed
    folded, unfamiliar = bare(text), model.unfamiliar(text)
    is_told = not model.knows_none(text)  # 関税, Korea: the vectors of single words are alike, whatever they mean
    if is_told and (label := _likeliest(chances, unfamiliar, short=len(question) <= _LONGEST_SMALLTALK)):
        return label if label in _TALK else OverviewRequest(cast("Aspect", label), points=_points(folded))
    if chances["section"] >= _SURE_WITH_SIGN and sign("part_named").search(folded):
        return OverviewRequest("section")
    if unfamiliar > _FEW and sign("summed").search(folded):
        return OverviewRequest("focus", points=_points(folded))
    return None


def leans_on_nothing(message: str, encoder: Encoder) -> bool:
    """Whether a message is beyond doubt small talk, or about a document or its list of works as a whole.

    Such a message is never completed from the question before it.
    """
    model = intent_model()
    if encoder.name != model.encoder or model.knows_none(message):
        return False
    chances = model.chances(message, encoder.encode_queries([message])[0])
    is_talk = sum(chances[label] for label in _TALK) >= _SURE_OF_SMALLTALK
    of_list = sum(chances[label] for label in _OF_LIST)
    of_document = sum(chance for label, chance in chances.items() if label in _ASPECTS - {ON_TOPIC})
    return (
        (is_talk and len(message) <= _LONGEST_SMALLTALK)
        or of_list >= _SURE_OF_WHOLE
        or (of_document >= _SURE_OF_WHOLE and model.unfamiliar(message) <= _FEW)
    )


def asks_limitations_alone(question: str) -> bool:
    """Whether a question for limits means those of the study, not future work."""
    folded = fold(question)
    return bool(sign("limitations").search(folded)) and not sign("future_work").search(folded)


def is_brief(question: str) -> bool:
    """Whether a question asks for a short answer."""
    return bool(sign("brief").search(fold(question)))


def is_addressed(question: str) -> bool:
    """Whether a question speaks to Tenkyo: it has a word for "you"."""
    return bool(sign("addressed").search(fold(question)))


def is_signed(question: str) -> bool:
    """Whether the number of a table or section shows that a question asks for it."""
    model = intent_model()
    return bool(_table(question, model) or _numbered_section(question, model))


def _signed(text: str, model: IntentModel) -> OverviewRequest | None:
    """The request that certain signs show: a table or section by its number or heading, a comparison."""
    folded = each_section(bare(text))
    things = _compared(folded, text)
    request = _table(text, model) or _numbered_section(text, model)
    if request and not (request.aspect == "section" and request.number and any(map(_is_numbered, things))):
        return request  # a section that is compared with a named one is not asked for alone
    if sign("section_on").search(folded) and not (things and _quotes_two(folded)):
        return OverviewRequest("section")
    return OverviewRequest("compare", things=things) if things else None


def _likeliest(chances: Mapping[str, float], unfamiliar: int, *, short: bool) -> Aspect | Smalltalk | None:
    """The likeliest kind of overview or small talk; None if a question for passages is too likely."""
    other = sum(
        chance for label, chance in chances.items() if label != ON_TOPIC and (label in _ASPECTS or label in _TALK)
    )
    other /= other + chances["passage"]  # that it asks about sources has been ruled out
    if unfamiliar >= len(_LEAST) or other < _LEAST[unfamiliar]:
        return None
    talk = sum(chances[name] for name in _TALK)
    is_talk = talk > other / 2
    if is_talk and (not short or talk < _LEAST_SMALLTALK):
        return None
    labels: frozenset[Aspect | Smalltalk] = frozenset(_TALK if is_talk else _ASPECTS - {ON_TOPIC})
    return max(sorted(labels & chances.keys()), key=chances.__getitem__)


def _table(text: str, model: IntentModel) -> OverviewRequest | None:
    """A request for a whole table: by its number, without asking for a value in it, or to show the table on a topic."""
    folded = fold(text)
    match = sign("table").search(folded)
    if not match:
        return OverviewRequest("table") if sign("table_shown").search(folded) else None
    rest = folded[: match.start()] + " " + folded[match.end() :]
    bare = not re.sub(r"[\W_のをはについて表]", "", rest)
    if not bare and (
        model.unfamiliar(sign("table_whole").sub(" ", rest)) > _FEW or not sign("table_whole").search(rest)
    ):
        return None
    return OverviewRequest("table", (numeral_value(next(filter(None, match.groups()))),))


def _numbered_section(text: str, model: IntentModel) -> OverviewRequest | None:
    """A request for a section by its number, or for several, if the question is about nothing else."""
    folded = each_section(fold(text))
    matches = sections_in(folded)
    names = {number_of(match): match.group().strip() for match in reversed(matches)}
    is_one = len(names) == 1
    rest = cut_out(folded, matches[:1]) if is_one else sign("comparing").sub(" ", cut_out(folded, matches))
    if not names or model.unfamiliar(rest) > _MOST_UNFAMILIAR:
        return None
    if is_one:
        return OverviewRequest("section", next(iter(names)), points=_points(rest))
    return OverviewRequest("section", things=tuple(names.values())[::-1])


def _is_numbered(thing: str) -> bool:
    """Whether a thing is named by the number of a section alone."""
    return bool(sign("section").fullmatch(sign("of_document").sub("", bare(thing)).removeprefix("the ")))


def _quotes_two(text: str) -> bool:
    """Whether a text holds two quotations."""
    return sum(map(text.count, "」』”’")) > 1


def _compared(folded: str, text: str) -> tuple[str, ...]:
    """The two things that a question asks to compare, in the letters of `text`; () for other questions."""
    if len(folded) > _LONGEST_COMPARISON:
        return ()
    for pattern in signs()["compared"]:
        if match := pattern.search(folded.strip(" ?？。.")):
            things = [sign("attributed").sub("", thing) for thing in match.groups() if thing]
            named = tuple(_as_written(thing.strip(" 、,「」『』“”\"'"), text) for thing in things)
            return _alike_named(named) if all(named) else ()
    return ()


def _alike_named(things: tuple[str, ...]) -> tuple[str, ...]:
    """Name two things alike if one has words that belong to both: views of Japan and China, 前期と後期の得点."""
    first, second = things
    if " of " in first and " of " not in second:
        first = first.rsplit(" of ", maxsplit=1)[1]
    whose, _, side_named = second.rpartition("の")
    if whose and whose[-1] == first[-1] and "の" not in first:  # 前期と後期の得点
        return f"{first}の{side_named}", second
    side = sign("of_both").search(second)
    if side and side.start() and not sign("of_both").search(first):
        second = second[: side.start()]
    return re.sub(r"^the ", "", first), re.sub(r"^the ", "", second)


def _as_written(folded: str, text: str) -> str:
    """A part of a folded text as `text` writes it; unchanged if folding changed more than capitals."""
    match = re.search(re.escape(folded), text, re.IGNORECASE) if folded else None
    return match.group() if match else folded


def _points(folded: str) -> int:
    match = sign("points").search(folded)
    if not match:
        return 0
    numeral = next(filter(None, match.groups()))
    return min(_MOST_POINTS, numeral_value(numeral))
