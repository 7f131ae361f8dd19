"""Japanese sentences as morphemes, and what a question needs of them: topic, clauses, amounts, a predicate to ask with."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retriever.text import Morpheme, morphemes

WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))["ja"].items()
}
LONGEST = 75  # characters of a question that is still read at one go
_LONGEST_TOPIC = 32
_BRACKETS = re.compile(r"[（(][^（()）]{0,80}[)）]|[\[［][\d,，、–-]{1,20}[\]］]|[⁰¹²³⁴-⁹]{1,4}|\*{1,3}|\^\d{1,3}")
_LABEL = re.compile(r"^\s*+\d{1,3}[)）]\s*+")
_SPACED = re.compile(r"(?<=[^\x00-\x7f])[ \u3000]++|[ \u3000]++(?=[^\x00-\x7f])")
_FINISHED = re.compile(r"[。．]$")
# How verbs of the five-step conjugation end a sentence, present and past, by their row.
_FIVE_STEP = {
    "カ行": ("く", "いた"), "ガ行": ("ぐ", "いだ"), "サ行": ("す", "した"), "タ行": ("つ", "った"), "ナ行": ("ぬ", "んだ"),
    "バ行": ("ぶ", "んだ"), "マ行": ("む", "んだ"), "ラ行": ("る", "った"), "ワア行": ("う", "った"),
}  # fmt: skip
_ASKING = frozenset({"何", "誰", "いつ"})
_PAIRS = ("「」", "『』", "“”")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, the words [begin, end) of a sentence; `unit` follows 何 in a question.

    `when`: "date" where a day or month is told, "year" where a year, "" for amounts.
    """

    begin: int
    end: int
    unit: str
    value: str
    when: str = ""


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

    @property
    def has_topic(self) -> bool:
        """Whether the topic is marked by は."""
        return self.words[self.topic].surface == "は"


@dataclass(frozen=True, slots=True)
class Cause:
    """Two clauses of which the first gives the reason for the second."""

    reason: str
    statement: Statement


def plain(sentence: str) -> str:
    """The sentence without brackets, notes and final stop; "" where it is cut or its quotation marks do not match."""
    if not _FINISHED.search(sentence.rstrip()):
        return ""
    text = _SPACED.sub("", _BRACKETS.sub("", _LABEL.sub("", sentence))).rstrip("。． ")
    return "" if any(text.count(pair[0]) != text.count(pair[1]) for pair in _PAIRS) else text


def statements(sentence: str) -> Iterator[Statement]:
    """What a plain sentence states, one clause each: a clause without a topic takes that of the sentence."""
    text, words = _without_connective(sentence)
    if len(words) < 4 or not _is_sure(words):
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
    """The reason that a sentence of two clauses gives, with what it gives it for: AのためB, AのでB."""
    text, words = _without_connective(sentence)
    ends = list(_clause_ends(words))
    if len(ends) != 2 or not _is_sure(words):
        return None
    end = _cause_end(words, ends[0])
    head, own = _topic(words[: ends[0]]), _topic(words[ends[0] :])
    if end is None or not is_verbal(words[end - 1]):
        return None
    main = text[words[ends[0]].start :]
    if own is not None:
        made, begin = _stated(main), 0
    elif head is not None and words[head].surface == "は" and head + 1 < end:
        made, begin = _stated(f"{text[: words[head].end]}{main}"), head + 1
    else:
        return None
    return Cause(text[words[begin].start : words[ends[0] - 2].end].lstrip("、"), made) if made else None


def is_understood_alone(question: str) -> bool:
    """Whether no word of the question points out of it."""
    words = morphemes(question.replace("どのような", "ある"))  # a word that points nowhere
    return not any(_points(words, place) for place in range(len(words)))


def _stated(text: str) -> Statement | None:
    words = morphemes(text)
    topic = _topic(words)
    if topic is None or len(words) < topic + 3 or words[topic].end > _LONGEST_TOPIC:
        return None
    if words[0].pos[1] == "数詞" and not _is_counter(words[1]):
        return None  # the number of a note
    return Statement(text, tuple(words), topic)


def is_noun(word: Morpheme) -> bool:
    """Whether the word is a noun or a suffix that makes one."""
    return word.pos[0] == "名詞" or (word.pos[0] == "接尾辞" and word.pos[1] == "名詞的")


def is_verbal(word: Morpheme) -> bool:
    """Whether the word is conjugated."""
    return word.pos[0] in {"動詞", "形容詞", "助動詞"}


def is_particle(word: Morpheme, *surfaces: str) -> bool:
    """Whether the word is a particle, one of `surfaces` if any are given."""
    return word.pos[0] == "助詞" and (not surfaces or word.surface in surfaces)


def is_formal(word: Morpheme) -> bool:
    """Whether a noun says nothing without the words before it."""
    return word.surface in WORDS["formal"] or word.normalised in WORDS["formal"]


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


def _points(words: list[Morpheme], place: int) -> bool:
    """Whether the word points to something outside of the sentence."""
    word, following = words[place], words[place + 1].surface if place + 1 < len(words) else ""
    if word.pos[0] == "代名詞":
        return word.surface not in _ASKING
    if word.pos[0] == "連体詞":
        return word.surface not in WORDS["plain_adnominals"]
    if word.surface == "一方" and following in {"で", "の", "は"}:
        return True
    if word.surface in WORDS["pointing"]:
        return not (place and is_noun(words[place - 1]))
    if word.pos[0] == "接頭辞" and word.surface in WORDS["pointing_prefixes"]:
        return not (word.surface == "本" and following in WORDS["own"])
    return word.surface == "第" and place + 2 < len(words) and words[place + 2].surface in {"に", "の"}


def _is_sure(words: list[Morpheme]) -> bool:
    """Whether the sentence ends as a statement: not as a guess, a request, a question or a wish."""
    last = words[-3:]
    if any(word.surface in WORDS["unsure"] or word.normalised in WORDS["unsure"] for word in last):
        return False
    return words[-1].pos[5].startswith(("終止形", "連体形")) or is_noun(words[-1])


def _topic(words: list[Morpheme] | tuple[Morpheme, ...]) -> int | None:
    """The place of the は of the first topic, else of the が of the last subject; None if there is none to ask about."""
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
    if before.surface == "に" and words[place - 2].surface in {"後", "前"}:
        return None
    alone = place == 1 or words[place - 2].surface in {"、", "は"} or is_verbal(words[place - 2])
    if place > 2 and words[place - 2].surface == "の" and is_formal(before) and words[place - 3].pos[2] == "副詞可能":
        return None  # 当初の目的は
    if words[0].surface in {"唯一", "行"} or "行目" in {word.surface for word in words[:place]}:
        return None
    if (alone and is_formal(before)) or before.pos[1] in {"数詞", "準体助詞"} or before.surface in {"こと", "もの"}:
        return None
    return place


def _has_topic(words: list[Morpheme]) -> bool:
    return any(is_particle(word, "は") for word in words)


def _is_contrast(words: list[Morpheme], topic: int) -> bool:
    """Whether a later clause sets a circumstance against that of the one before, and has no subject: 冬には90人である."""
    return is_particle(words[topic - 1]) and not any(is_particle(word, "が", "も") for word in words[topic:])


def _clause_ends(words: list[Morpheme]) -> Iterator[int]:
    """The numbers of words after which a clause has ended with its comma; the last is the count of words."""
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
        or _is_counter(before)
        or (before.surface in {"で", "から"} and words[comma - 2].surface in {"の", "一方", "こと"})
    )


def _finished(text: str, words: list[Morpheme], begin: int, end: int, *, past: bool) -> str:
    """The clause [begin, end) as a sentence of its own; "" where it only goes with the next one (たら、 ため、)."""
    last = end - 2
    if words[last].surface == "で" and words[last - 1].surface == "一方":
        last -= 1
    if words[last].surface == "の" and words[last - 1].surface == "もの":
        return text[words[begin].start : words[last - 2].end]
    word = words[last]
    start = words[begin].start
    if word.surface in {"一方", "など"} or (word.surface == "が" and word.pos[1] == "接続助詞"):
        return text[start : words[last - 1].end]
    if _is_counter(word):
        return text[start : word.end]
    if not word.pos[5].startswith("連用形") or word.normalised in WORDS["leading"]:
        return ""
    if word.pos[0] == "助動詞" and word.normalised == "だ":
        return f"{text[start : words[last - 1].end]}である"
    if word.normalised == "有る" and words[last - 1].surface == "で":
        return f"{text[start : words[last - 1].end]}ある"
    if word.pos[0] != "動詞" and word.normalised not in {"れる", "られる", "せる", "させる"}:
        return ""
    return f"{text[start : word.start]}{_plain_form(word, past=past and word.normalised != '居る')}"


def _plain_form(word: Morpheme, *, past: bool) -> str:
    """A verb of the form that goes on (連用形) in the form that ends a sentence."""
    stem, kind = word.surface, word.pos[4]
    if word.surface == "おり" and word.normalised in {"居る", "おる"}:
        return "いた" if past else "いる"
    if kind.startswith("五段"):
        row = kind.partition("-")[2]
        endings = _FIVE_STEP.get(row)
        return f"{stem[:-1]}{endings[past]}" if endings else ""
    if kind.startswith("サ行変格"):
        return f"{stem}た" if past else f"{stem[:-1]}する"
    return f"{stem}{'た' if past else 'る'}"


def _cause_end(words: list[Morpheme], clause: int) -> int | None:
    """Where the words begin that make the clause a cause (ため、 ので、 ことから、); None if it is none."""
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


def amounts(words: tuple[Morpheme, ...]) -> Iterator[Amount]:
    """The amounts and dates that a sentence tells, in order; not the numbers of names, sections and sequences."""
    place = 0
    while place < len(words):
        if words[place].pos[1] != "数詞":
            place += 1
            continue
        begin = place
        quoted = sum((word.surface in "「『“") - (word.surface in "」』”") for word in words[:begin])
        place = _number_end(words, begin)
        unit_end = place
        while unit_end < len(words) and _is_counter(words[unit_end]):
            unit_end += 1
        unit = "".join(word.surface for word in words[place:unit_end])
        found = _date(words, begin, unit_end) if unit == "年" else None
        found = found or _amount(words, begin, place, unit_end, unit)
        if found and not quoted and _stands_free(words, found):
            yield found
        place = max(found.end if found else unit_end, place)


def _number_end(words: tuple[Morpheme, ...], begin: int) -> int:
    end = begin
    while end < len(words) and (
        words[end].pos[1] == "数詞"
        or (words[end].surface in {",", ".", "，", "．"} and end + 1 < len(words) and words[end + 1].pos[1] == "数詞")
    ):
        end += 1
    return end


def _is_counter(word: Morpheme) -> bool:
    return word.pos[2] == "助数詞可能" or word.pos[:2] == ("接尾辞", "名詞的") or word.surface in {"%", "％"}


def _date(words: tuple[Morpheme, ...], begin: int, end: int) -> Amount | None:
    """A date that begins with its year: 2025年2月7日, 令和6年."""
    number = "".join(word.surface for word in words[begin : end - 1])
    era = begin > 0 and words[begin - 1].pos[1] == "固有名詞" and len(words[begin - 1].surface) == 2
    if not (era or (number.isdigit() and len(number) == 4)):
        return None
    first, when = begin - era, "year"
    while end + 1 < len(words) and words[end].pos[1] == "数詞" and words[end + 1].surface in {"月", "日"}:
        end, when = end + 2, "date"
    return Amount(first, end, "年", "".join(word.surface for word in words[first:end]), when)


def _amount(words: tuple[Morpheme, ...], begin: int, number_end: int, end: int, unit: str) -> Amount | None:
    number = "".join(word.surface for word in words[begin:number_end])
    if not unit or unit in WORDS["no_units"] or unit[-1] in "等行" or unit[-1] in "目番代期" or (number in {"1", "１", "一"} and unit != "%"):
        return None
    while begin and (words[begin - 1].surface in WORDS["before_amount"]):
        begin -= 1
    after = end
    while after < len(words) and words[after].surface in WORDS["after_amount"]:
        after += 1
    value = "".join(word.surface for word in words[begin:after])
    return Amount(begin, after, {"％": "%", "パーセント": "%"}.get(unit, unit), value)


def _stands_free(words: tuple[Morpheme, ...], amount: Amount) -> bool:
    """Whether the amount is a phrase of its own, not a part of a name or of a compound."""
    before = words[amount.begin - 1] if amount.begin else None
    after = words[amount.end] if amount.end < len(words) else None
    if before and not (before.pos[0] in {"助詞", "副詞", "助動詞"} or before.surface == "、"):
        return False
    if before and before.surface == "の" and words[amount.begin - 2].surface[-1] in "率数額値価量":
        return False  # 不支持率の43%: what is counted is not what stands before
    if after and after.surface == "から" and any(word.pos[1] == "数詞" for word in words[amount.end + 1 : amount.end + 3]):
        return False  # a range
    if before and before.surface == "から" and is_noun(words[amount.begin - 2]) and _is_counter(words[amount.begin - 2]):
        return False
    if after is None or after.surface == "、" or is_verbal(after):
        return True
    return after.pos[0] == "助詞" and after.surface not in {"と", "や", "か"}
