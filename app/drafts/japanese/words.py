"""Japanese morphemes: what kind of words they are, how they end a sentence or a question."""

import tomllib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from app.answering.understand.answer_forms import person_titles
from retriever.text import Morpheme, morphemes

WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).parents[1].joinpath("words.toml").read_text(encoding="utf-8"))[
        "ja"
    ].items()
}

_ASKING = frozenset({"何", "誰", "いつ", "どこ", "どう"})
# How verbs of the five-step conjugation end a sentence, present and past, by their row.
_FIVE_STEP = {
    "カ行": ("く", "いた"), "ガ行": ("ぐ", "いだ"), "サ行": ("す", "した"), "タ行": ("つ", "った"),
    "ナ行": ("ぬ", "んだ"), "バ行": ("ぶ", "んだ"), "マ行": ("む", "んだ"),
    "ラ行": ("る", "った"), "ワア行": ("う", "った"),
}  # fmt: skip


@cache
def titles() -> frozenset[str]:
    """Titles and offices after a name, which show that it is a person's."""
    return WORDS["titles"].union(*(person_titles(name).split("|") for name in ("offices", "others")))


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
    """Whether a noun is formal (こと, もの): it says nothing without the words before it."""
    return word.surface in WORDS["formal"] or word.normalised in WORDS["formal"]


def is_counter(word: Morpheme) -> bool:
    return word.pos[2] == "助数詞可能" or word.pos[:2] == ("接尾辞", "名詞的") or word.surface in {"%", "％"}


def joins_nouns(word: Morpheme) -> bool:
    return (
        is_noun(word) or word.pos[0] == "接頭辞" or is_particle(word, "の", "と", "や") or word.surface in "・「」『』"
    )


def is_phrase(words: tuple[Morpheme, ...]) -> bool:
    return all(joins_nouns(word) for word in words)


def copula_place(words: tuple[Morpheme, ...]) -> int:
    """Where the copula at the end of the sentence begins (だ, です, である, であった); its length if there is none."""
    return next((len(words) - size for size in (3, 2, 1) if _is_copula(words[-size:])), len(words))


def _is_copula(words: tuple[Morpheme, ...]) -> bool:
    forms = {"だ", "です", "である", "であった", "だった", "でした"}
    return (
        bool(words)
        and words[0].pos[4] in {"助動詞-ダ", "助動詞-デス"}
        and "".join(word.surface for word in words) in forms
    )


def plain_form(word: Morpheme, *, past: bool) -> str:
    """A verb in continuative form (連用形), turned into the form that ends a sentence."""
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


def is_sure(words: list[Morpheme]) -> bool:
    """Whether the sentence ends as a statement: not as a guess, a request, a question or a wish."""
    last = words[-3:]
    if any(word.surface in WORDS["unsure"] or word.normalised in WORDS["unsure"] for word in last):
        return False
    return words[-1].pos[5].startswith(("終止形", "連体形")) or is_noun(words[-1])


def is_relative(words: Sequence[Morpheme]) -> bool:
    """Whether a name gives only a place in an order or a layout: 最初の質問, 第2段階, 右側の名称."""
    return any(word.surface in WORDS["in_order"] for word in words)


def is_vague(words: Sequence[Morpheme]) -> bool:
    """Whether words begin with a vague amount or an adverb: いくつか制限, ほとんど常に互換性."""
    first = next((word for word in words if word.surface != "、"), None)
    return first is None or first.pos[0] == "副詞" or first.surface in WORDS["vague"]


def is_slip(words: Sequence[Morpheme]) -> bool:
    """Whether a verb in its final form stands before を, which is a mistake: 高くなるをえない; not やむをえない."""
    return any(
        word.pos[0] == "動詞" and word.pos[5].startswith(("終止形", "連体形")) and word.normalised != "止む"
        and is_particle(following, "を")
        for word, following in pairwise(words)
    )  # fmt: skip


def is_understood_alone(question: str) -> bool:
    """Whether no word of the question refers to something outside of it."""
    words = morphemes(question.replace("どのような", "大きな"))  # a word that points nowhere
    return not any(_points(words, place) for place in range(len(words)))


def _points(words: list[Morpheme], place: int) -> bool:
    """Whether the word at `place` refers to something outside of the sentence."""
    word, following = words[place], words[place + 1].surface if place + 1 < len(words) else ""
    if word.pos[0] == "代名詞" or word.surface in _ASKING:
        return word.surface not in _ASKING
    if word.pos[0] == "連体詞":
        return word.surface not in WORDS["plain_adnominals"]
    if word.pos[0] == "接頭辞" and word.surface in WORDS["pointing_prefixes"]:
        return not (word.surface == "本" and following in WORDS["own"])
    if word.surface in WORDS["pointing"]:
        return not (place and is_noun(words[place - 1]))
    in_turn = word.surface == "第" and place + 2 < len(words) and words[place + 2].surface in {"に", "の"}
    return in_turn or (word.surface == "一方" and following in {"で", "の", "は"})
