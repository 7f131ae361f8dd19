"""The parts of a question that a follow-up takes over: its topic, its question words and its noun phrases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.answering.understand.words import read_words
from retriever.text import Morpheme, is_asking, language_of, morphemes

Span = tuple[int, int]

_WORDS = Path(__file__).with_name("question_parts.toml")
_END = " 。．.！!？?、，,…~〜\u3000"
_DONE = re.compile(r"し(?:た|て|ま|な)|する|され|させ")  # behind a noun that is part of a verb: 開館した
_ABOUT = re.compile(r"くらい|ぐらい|ほど|程度")  # behind an amount that is asked for: 何人くらい
_NOUNS = {"名詞", "接頭辞", "接尾辞", "形状詞"}
_FORMAL = {"事", "物", "者", "人", "内", "方", "時", "所", "為", "中", "訳", "場合", "割合", "数"}
_PARTICLE_KO = r"(?:에서는|에게서|으로부터|에서|에게|으로|까지|부터|보다|은|는|이|가|을|를|의|에|도|만|와|과|로)"
_TOPIC_KO = re.compile(r"^(.*?[가-힣A-Za-z0-9%])(?:은|는|이|가)(?=\s)")
_BREAK_ZH = re.compile(
    r"是否|有没有|什么时候|为什么|怎么|如何|何时|百分之|多少|[是有在被的了吗呢，,？?、和与時时从從到把对對会會几幾哪谁誰用将將]"
)
_VERB_ZH = re.compile(
    r"是(?!否)|有(?!没有)|在|被|了|什么|什麼|为什么|為什麼|为何|怎么|怎麼|如何|何时|多少|多长|多久|几|幾|哪|谁|誰|一共|总共|決定|决定"
)
_AUXILIARY = r"(?:did|do|does|is|are|was|were|has|have|had|can|could|will|would|should|might|may)"
_REQUEST_EN = re.compile(
    r"(?:please )?(?:(?:can|could|would) you )?(?:explain|list|name|describe|summari[sz]e|define|state|outline|mention"
    r"|(?:tell|show|give) me)(?: about| more about)?(?=\s)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-zÀ-ɏ0-9][\wÀ-ɏ.'’&%-]*")


@dataclass(frozen=True, slots=True)
class Parts:
    """A question in its parts; spans are of `text`, which has no white space or question mark at its ends.

    - `asking`: the question words with the counted noun (何世帯に, for how many days); None for a yes-no question
    - `topic`: what the question is about; empty if its form does not show that
    - `slots`: the noun phrases outside `asking`, each of which a follow-up may replace
    - `names_topic`: whether it has a topic or subject of its own
    - `predicate`: whether it has a predicate of its own, other than a copula
    """

    text: str
    language: str
    asking: Span | None
    topic: str
    slots: tuple[Span, ...]
    names_topic: bool
    predicate: bool

    @property
    def statement(self) -> str:
        """The question without its question words and its ending."""
        start, end = self.asking or (0, 0)
        rest = f"{self.text[:start].rstrip()} {self.text[end:].lstrip()}" if self.asking else self.text
        return trim(patterns(self.language)["ending"].sub("", rest.replace(" ", "") if self._dense else rest))

    @property
    def _dense(self) -> bool:
        return self.language in {"ja", "zh"}

    def replaced(self, span: Span, by: str) -> str:
        """The question with other words in a span."""
        return f"{self.text[: span[0]]}{by}{self.text[span[1] :]}"


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return read_words(_WORDS)


@lru_cache(maxsize=4)
def patterns(language: str) -> Mapping[str, re.Pattern[str]]:
    """The patterns of question_parts.toml in one language, by name."""
    pattern_texts = _words()[language]
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in pattern_texts.items()}


@lru_cache(maxsize=4)
def english_words(kind: str) -> frozenset[str]:
    """The words of a kind in question_parts.toml: verbs, participles, prepositions, irregular."""
    return frozenset(_words()["english_words"][kind].split())


def trim(text: str) -> str:
    """`text` without white space and marks at its ends."""
    return text.strip(_END)


@lru_cache(maxsize=256)
def parts_of(question: str, language: str | None = None) -> Parts:
    """The parts of a question in `language` (its own by default)."""
    language = language or language_of(question)
    text = trim(question)
    return {"ja": _japanese, "en": _english, "zh": _chinese, "ko": _korean}[language](text)


def counted_in(parts: Parts) -> str:
    """What an English question counts: the dialogues of "how many dialogues does it hold"; empty for others."""
    asks = parts.text[slice(*parts.asking)] if parts.asking else ""
    return f"the {counted[1]}" if (counted := re.fullmatch(r"how many ((?!of\b)[\w -]+)", asks, re.IGNORECASE)) else ""


def _japanese(text: str) -> Parts:
    words = morphemes(text)
    asking = _asking_japanese(text, words)
    outside = [word for word in words if not asking or not asking[0] <= word.start < asking[1]]
    topic_end = _topic_end(outside, asking)
    topic = trim(re.sub(r"(?<=.)(?:に|で|へ|から|まで)$", "", text[: topic_end or 0]))
    predicate = any(word.pos[0] in {"動詞", "形容詞"} for word in outside if not topic_end or word.start > topic_end)
    slots = tuple(span for span in _noun_runs(outside) if not _DONE.match(text, span[1]))
    return Parts(text, "ja", asking, topic, slots, topic_end is not None, predicate)


def _asking_japanese(text: str, words: list[Morpheme]) -> Span | None:
    """The span from the question word to the noun or counter after it, and the particle after that."""
    match = patterns("ja")["asks"].search(text)
    if not match:
        return None
    end, noun = (
        match.end(),
        not re.match(r"何|なん|どの|どんな|どう", match.group()),
    )  # いつ開館した: 開館 is not asked for
    for word in words:
        if word.end <= end:
            continue
        if word.start < end or (
            word.pos[0] in _NOUNS and not (noun and word.pos[1] == "普通名詞" and word.pos[0] == "名詞")
        ):
            end, noun = word.end, noun or word.pos[0] == "名詞"
        elif word.pos[0] == "助詞" and word.pos[1] == "格助詞":
            end = word.end
            break
        else:
            break
    about = _ABOUT.match(text, end)
    return match.start(), about.end() if about else end


def _topic_end(outside: list[Morpheme], asking: Span | None) -> int | None:
    """The end of the topic before は, or else of the subject before が; None if there is neither."""
    for particle in ("は", "が"):
        for word in outside:
            if word.surface == particle and word.pos[0] == "助詞" and word.start:
                if asking and asking[1] <= word.start:
                    continue
                return word.start
    return None


def _noun_runs(words: list[Morpheme]) -> tuple[Span, ...]:
    """The longest runs of nouns, with marks that join two of them (29〜49歳, 散歩・運動)."""
    runs: list[Span] = []
    for word in words:
        joins = (
            bool(runs)
            and word.surface in {"・", "〜", "～", "-", "、"}
            and runs[-1][1] == word.start
            and word.surface != "、"
        )
        if not (word.pos[0] in _NOUNS or joins) or (word.pos[0] == "名詞" and word.normalised in _FORMAL):
            continue
        if runs and runs[-1][1] == word.start:
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    return tuple(runs)


def _english(text: str) -> Parts:
    match = re.match(patterns("en")["asks"].pattern, text, re.IGNORECASE)
    asking: Span | None = None
    counted, body_start = "", 0
    auxiliary = re.compile(rf"\b{_AUXILIARY}\b(?:n.t)?", re.IGNORECASE)
    if match:
        helper = auxiliary.search(text, match.end())
        words = _WORD.findall(text[match.end() : helper.start()]) if helper else []
        if helper and len(words) <= 5:
            counted = text[match.end() : helper.start()].strip()
            asking, body_start = (0, len(text[: helper.start()].rstrip())), helper.end()
        else:
            counts = not helper and re.fullmatch(r"(?: (?!the\b)[\w-]+){1,2}", text[match.end() :])
            asking = (0, len(text) if counts and "wh" not in text[:2].lower() else match.end())
            body_start = asking[1]
    elif helper := auxiliary.match(text) or _REQUEST_EN.match(text):
        body_start = helper.end()
    topic = _english_topic(
        text[body_start:].strip(),
        counted,
        subject_asked=bool(match and not counted and body_start == match.end()),
        whose=bool(match and not match.group().lower().startswith("how")),
    )
    if patterns("en")["points"].fullmatch(topic):
        topic = counted  # Which models do they propose?
    slots = tuple(_english_slots(text, body_start))
    predicate = any(is_verb(word) for word in _WORD.findall(text[body_start:]))
    return Parts(text, "en", asking, topic, slots, bool(slots), predicate)


def _english_topic(body: str, counted: str, *, subject_asked: bool, whose: bool) -> str:
    """What a question is about: its subject, or what it counts where that is the subject."""
    words = body.split()
    if subject_asked:  # "Who wrote the petition?", "How many teachers used the slips?"
        verb = next((place for place, word in enumerate(words) if is_verb(word)), 0)
        rest = words[verb + 1 :]
        if verb + 1 < len(words) - 1 and rest[0].lower() in english_words("prepositions"):
            rest = rest[1:]  # Who paid for the aquarium?
        if whose:  # the topic is the object, if it is named, else the thing that is asked for
            is_named = rest and (rest[0].lower() in {"the", "a", "an", "this", "its", "their"} or rest[0][0].isupper())
            if verb and not is_named:  # "Which baseline works best?"
                return trim(f"the {' '.join(words[:verb])} that {' '.join(words[verb:])}")
            return trim(" ".join(rest if is_named else words))
        return trim(" ".join(words[:verb] or words[1:]).removeprefix("of "))
    if words and _is_participle(words[0].lower()):
        return trim(f"{counted} {body}".removeprefix("of "))
    for place, word in enumerate(words[1:], 1):
        if is_verb(word) and words[place - 1] not in {"who", "which", "that"}:
            return trim(" ".join(words[:place]))
    return trim(body)


def is_verb(word: str) -> bool:
    """Whether an English word is a verb in the past tense or the base form (as after "did"), or a participle."""
    lower = word.lower().strip("?.,")
    return lower in english_words("verbs") or _is_participle(lower)


def _is_participle(word: str) -> bool:
    return word.endswith("ed") or word in english_words("participles")


def _english_slots(text: str, start: int) -> list[Span]:
    """Runs of words between function words, and their single words."""
    slots: list[Span] = []
    run: list[Span] = []
    for match in [*_WORD.finditer(text, start), None]:
        stops = match is None or is_asking(match.group()) or match.group().lower() in english_words("prepositions")
        if match and not stops:
            run.append(match.span())
            continue
        if run:
            slots.append((run[0][0], run[-1][1]))
            slots += [word for word in run if len(run) > 1]
        run = []
    return slots


def _chinese(text: str) -> Parts:
    match = patterns("zh")["asks"].search(text)
    asking = None
    if match:
        counter = re.compile(r"[个個年月日户戶人次册冊%％天岁歲名种種项項点點周米]?").match(text, match.end())
        asking = (match.start(), counter.end() if counter else match.end())
    verb = _VERB_ZH.search(text)
    topic = trim(text[: verb.start()]) if verb else ""
    slots = []
    place = 0
    for cut in [*_BREAK_ZH.finditer(text), None]:
        stop = cut.start() if cut else len(text)
        inside = asking and asking[0] <= place < asking[1]
        if stop - place >= 2 and not inside:
            slots.append((place, stop))
        place = cut.end() if cut else stop
    rest = patterns("zh")["points"].sub("", topic)
    return Parts(text, "zh", asking, topic, tuple(slots), len(rest) >= 2, len(text) - len(topic) > 4)


def _korean(text: str) -> Parts:
    match = patterns("ko")["asks"].search(text)
    asking = None
    if match:
        word = re.compile(r"\S*").match(text, match.end())
        end = word.end() if word else match.end()
        if match.group() in {"몇", "무슨", "어느", "어떤"} and end == match.end():
            counted = re.compile(r"\s\S+").match(text, end)
            end = counted.end() if counted else end
        asking = (match.start(), end)
    topical = _TOPIC_KO.match(text)
    topic = topical.group(1) if topical and not (asking and topical.end() > asking[0]) else ""
    words = [token for token in re.finditer(r"\S+", text) if not asking or not asking[0] <= token.start() < asking[1]]
    slots: list[Span] = []
    for place, first in enumerate(words[:-1] if len(words) > 1 else words):
        for last in words[place : place + 3]:
            if asking and first.start() < asking[0] < last.start():
                break
            stem = re.sub(_PARTICLE_KO + "$", "", last.group()) or last.group()
            slots.append((first.start(), last.start() + len(stem)))
    predicate = bool(words) and bool(re.search(r"(?:까|나요|니|어요|아요|다)$", words[-1].group()))
    return Parts(text, "ko", asking, topic, tuple(slots), bool(topic), predicate)
