"""How far a question stands alone: its own words, its question words, and words that point to something said before."""

import re

from app.answering.understand.message.question_parts import Parts, Span, is_verb, parts_of, patterns, trim
from retriever.numerals import KANJI_TO_99
from retriever.text import content_words, is_asking

_NOUN = re.compile(r"\s?([\u4e00-\u9fff\u30a1-\u30ff]{2}|[가-힣]{2}|[A-Za-z]{3,})")
ORDINAL = re.compile(
    rf"\b(?:first|second|third|fourth|fifth|last)\b|[0-9{KANJI_TO_99}]++(?:つ目|番目|点目)|第[0-9{KANJI_TO_99}][个個]"
    r"|最後の(?:もの|やつ|項目)?|最后一?[个個]|(?:첫|두|세|네|다섯) ?번째|마지막 ?(?:것|거)?",
    re.IGNORECASE,
)


def outside(parts: Parts) -> str:
    """The question without its question words."""
    return parts.replaced(parts.asking, " ") if parts.asking else parts.text


def only_asks(parts: Parts) -> bool:
    """Whether a question consists of question words (いつ？, for how many days?), apart from pointing words."""
    if not parts.asking:
        return False
    words = patterns(parts.language)
    if words["points_not"].search(parts.text):
        return False
    rest = words["points"].sub("", words["ending"].sub("", trim(outside(parts))))
    if parts.language == "en":
        return not trim(re.sub(r"^(?:\s*\b(?:is|are|was|were|exactly|then)\b)*", "", rest))
    rest = re.sub(r"[はがもに年是た]", "", rest)
    return not trim(rest) and not parts.predicate


def leans_on_a_question(text: str) -> bool:
    """Whether a message asks nothing without a question before it: question words alone, or for more (もっと詳しく)."""
    parts = parts_of(text)
    return only_asks(parts) or bool(patterns(parts.language)["more"].fullmatch(trim(text)))


def pointing(parts: Parts, before: str = "") -> Span | None:
    """The words that point to something said before, unless the question itself says what they point to.

    If `before`, the text of the question before, is given, words that may also mean the document (この制度) count only
    if the noun after them occurs in it.
    """
    words = patterns(parts.language)
    not_pointing = [match.span() for match in words["points_not"].finditer(parts.text)]
    for match in words["points"].finditer(parts.text):
        if any(start <= match.start() < end for start, end in not_pointing):
            continue
        earlier = [slot for slot in parts.slots if slot[1] <= match.start()]
        if parts.language == "en" and earlier and match.end() < len(parts.text):
            continue  # "How did the council change its lamps?"
        if parts.language in {"ja", "zh"} and earlier and match.group() in {"その", "其", "この"}:
            continue  # 砂見線の開業とその目的は
        if (
            before
            and words["points_here"].fullmatch(match.group())
            and not _was_said(parts.text[match.end() :], before)
        ):
            continue  # この実験 with a new noun: the document's experiment
        return match.span()
    return None


def _was_said(rest: str, before: str) -> bool:
    """Whether the noun behind a pointing word stood in the question before, or there is no noun."""
    noun = _NOUN.match(rest)
    if not noun or is_verb(noun.group(1)) or is_asking(noun.group(1)):
        return True
    return noun.group(1).lower() in before.lower()


def own_words(parts: Parts) -> int:
    """How many words tell a question's subject, without pointing words; in Japanese, noun runs and the predicate."""
    words = patterns(parts.language)
    if parts.language == "ja":
        pointing = [match.span() for match in words["points"].finditer(parts.text)]
        runs = [slot for slot in parts.slots if not any(start <= slot[0] < end for start, end in pointing)]
        return len(runs) + parts.predicate
    return len(requested(words["points"].sub(" ", parts.text), parts.language))


def requested(text: str, language: str) -> list[str]:
    """The content words of a question without its request: tell me more about the last one."""
    words = patterns(language)
    return content_words(ORDINAL.sub(" ", words["request_form"].sub(" ", words["in_detail"].sub(" ", text))))
