"""Questions that an English sentence answers: its main clause is turned into a question (Heilman & Smith, 2010)."""

import re
from collections.abc import Iterator, Sequence

from app.drafts.english.clauses import PHRASE, WORDS, Clause, Word, clause, points, tagged, without_asides, written
from app.drafts.english.figures import counted_subject, figure, there_are
from app.drafts.question import DraftQuestion
from retriever.numerals import MONTHS

_LONGEST = 26  # words
_MONTHS = "|".join(MONTHS)
_DATE = re.compile(
    r"(?:in|on|since|until|between)(?: (?:early|late|mid|the))?"
    rf"(?: (?:{_MONTHS}|spring|summer|autumn|winter)(?: of)?)?(?: \d{{1,2}},?)? (?:1[5-9]|20)\d\d"
    rf"(?: and (?:(?:{_MONTHS}) )?(?:1[5-9]|20)\d\d)?$"
)
_WHY = re.compile(r",? (because(?: of)?|due to|in order to|so that) ")
_HOW_TO = re.compile(r"^(?:To|In order to) ([a-z]{2,} [^,.;:]{6,80}), (.{12,})$")
_IF_YOU = re.compile(r"^If (you [^,.;:]{10,80}), (.{12,})$")
_AUTHOR = re.compile(r"^([A-Z][\w’'-]+(?: and [A-Z][\w’'-]+| et al\.)?) \((?:19|20)\d\d[a-z]?\) ")


def questions(sentence: str) -> Iterator[DraftQuestion]:
    """The questions that the sentence answers, unless they refer to something outside of it."""
    text = without_asides(sentence)
    if not text:
        return
    for question in _all(text, sentence):
        words = question.text.rstrip("?").split()
        whole = question.text.count("(") == question.text.count(")")
        if whole and 4 <= len(words) <= _LONGEST and question.answer and not points(tagged(" ".join(words[1:]))):
            yield question


def _all(text: str, sentence: str) -> Iterator[DraftQuestion]:
    aim = _HOW_TO.match(text)
    if aim and not _is_advice(aim[2]) and not points(tagged(aim[1])):
        statement = clause(tagged(aim[2]))
        if statement and not statement.frame:
            yield DraftQuestion("reason", statement.asked("Why", statement.rest), f"to {aim[1]}")
    for pattern, asked in ((_HOW_TO, "How can you {}?"), (_IF_YOU, "What should you do if {}?")):
        match = pattern.match(text)
        if match and not any(points(tagged(match[part])) for part in (1, 2)) and _is_advice(match[2]):
            yield DraftQuestion("manner", asked.format(match[1]), match[2])
    yield from _reason(text)
    for words in _parts(tagged(text)):
        yield from counted_subject(words)
        yield from there_are(words)
        statement = clause(words)
        if statement:
            for make in _MAKERS:
                yield from make(statement)
    author, statement = _AUTHOR.match(sentence), clause(tagged(text))
    if author and statement and statement.verb.tag == "VVD" and len(statement.rest) > 4:
        yield DraftQuestion("agent", f"Who {statement.verb.text} {written(statement.rest)}?", author[1])


def _parts(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The words of a sentence, then those of each further clause: after a semicolon, ", and", "found that"."""
    yield words
    for at in range(2, len(words) - 3):
        before, word, after = words[at - 1], words[at], words[at + 1]
        is_reported = word.tag == "CJT" and before.tag.startswith("VV")
        is_coordinate = before.text == "," and (word.tag == "CJC" or word.text in {"while", "whereas"})
        if is_reported or is_coordinate or word.text in {";", ":"}:
            skipped = after.tag in {"CJC", "AV0"} or after.text == ","
            yield words[at + 1 + skipped :]


def _is_advice(text: str) -> bool:
    """Whether a clause tells its reader what to do."""
    words = tagged(text)
    return words[0].tag in {"VVB", "VVI"} or (words[0].text == "you" and words[1].tag in {"VM0", "VVB"})


def _definition(statement: Clause) -> Iterator[DraftQuestion]:
    """X is a Y that …: What is X?"""
    rest = statement.rest
    if (
        statement.verb.lemma in {"refer", "mean", "denote", "represent"}
        and statement.verb.tag in {"VVZ", "VVB"}
        and len(rest) > 2
    ):
        yield DraftQuestion(
            "definition", statement.asked("What", rest[:1] if rest[0].text == "to" else ()), written(rest)
        )
    if statement.verb.tag not in {"VBZ", "VBB"} or statement.frame or len(rest) < 4 or rest[0].tag != "AT0":
        return
    if any(word.is_number for word in statement.subject):
        return
    head = {word.lemma.lower() for word in rest[1:4]}
    plural_of = any(word.is_noun for word in rest[1:4]) and rest[1].tag not in {"AJS", "ORD"}
    if plural_of and not head & WORDS["judging"] and not any(word.is_number for word in rest):
        yield DraftQuestion("definition", statement.asked("What", ()), written(rest))


def _identity(statement: Clause) -> Iterator[DraftQuestion]:
    """The N was the M: What was the N?"""
    rest = statement.rest
    if (
        statement.verb.tag not in {"VBZ", "VBD"}
        or statement.subject[0].tag != "AT0"
        or len(statement.subject) < 3
        or statement.subject[0].text == "a"
        or statement.adverbs  # was enough to
    ):
        return
    judged = {word.lemma.lower() for word in rest[1:3]} & WORDS["judging"]
    is_thing = (rest[0].tag == "AT0" and statement.verb.tag == "VBD") or (len(rest) < 5 and rest[0].tag == "NN1")
    has_complement = rest[0].tag in {"CJT", "TO0"} or (
        rest[0].tag == "VVG" and any(word.tag == "PRF" for word in statement.subject)
    )
    if (is_thing and not judged and not any(word.is_number for word in rest)) or (has_complement and len(rest) > 3):
        yield DraftQuestion("identity", statement.asked("What", ()), written(rest))


def _agent(statement: Clause) -> Iterator[DraftQuestion]:
    """S was V-ed by a name: By whom was S V-ed?"""
    place = next((at for at, word in enumerate(statement.rest[:-1]) if word.text == "by"), 0)
    agent = statement.rest[place + 1 :]
    named = [word for word in agent if word.tag != "AT0"]
    if place and statement.verb.tag.startswith("VB") and statement.rest[0].tag == "VVN" and named:
        is_name = all(word.text[0].isupper() or word.text in {"of", "for", "and"} for word in named)
        if is_name or (named[-1].is_noun and named[-1].lemma in WORDS["persons"]):
            yield DraftQuestion("agent", statement.asked("By whom", statement.rest[:place]), written(agent))


def _complement(statement: Clause) -> Iterator[DraftQuestion]:
    """S is divided into N: What is S divided into? S depends on N: What does S depend on?"""
    rest = statement.rest
    at = 1 if statement.verb.tag.startswith("VB") and rest[0].tag == "VVN" else 0
    verb = rest[0] if at else statement.verb
    governed = at + 1 < len(rest) and f"{verb.lemma}-{rest[at].text}" in WORDS["governing"] and (at or statement.base)
    if governed and rest[at + 1].tag in PHRASE | {"VVG"} and (len(rest) > at + 2 or rest[-1].is_noun):
        yield DraftQuestion("object", statement.asked("What", rest[: at + 1], framed=False), written(rest[at + 1 :]))


def _plan(statement: Clause) -> Iterator[DraftQuestion]:
    """S plans to V: What does S plan to do?"""
    rest = statement.rest
    to = next((at for at, word in enumerate(rest) if word.tag == "TO0"), 0)
    if (
        statement.base in WORDS["asking"]
        and to
        and all(word.tag in PHRASE for word in rest[:to])
        and len(rest) > to + 3
    ):
        yield DraftQuestion(
            "object", statement.asked("What", [*rest[: to + 1], Word("do", "do", "VVI")]), written(rest[to:])
        )
    if statement.base in WORDS["planning"] and rest[0].tag == "TO0" and len(rest) > 3:
        yield DraftQuestion("object", statement.asked("What", [rest[0], Word("do", "do", "VVI")]), written(rest))


def _purpose(statement: Clause) -> Iterator[DraftQuestion]:
    """X is used to …: What is X used for?"""
    texts = [word.text for word in statement.rest[:2]]
    if statement.verb.tag in {"VBZ", "VBB"} and texts in (["used", "to"], ["used", "for"]):
        yield DraftQuestion(
            "purpose", statement.asked("What", statement.rest[:1]).rstrip("?") + " for?", written(statement.rest[1:])
        )


def _manner(statement: Clause) -> Iterator[DraftQuestion]:
    """S can V by doing …: How can S V?"""
    place = next(
        (
            at
            for at, word in enumerate(statement.rest[:-2])
            if word.text == "by" and statement.rest[at + 1].tag == "VVG"
        ),
        0,
    )
    if place > 1 or (place == 1 and statement.rest[0].tag == "VVN"):
        yield DraftQuestion("manner", statement.asked("How", statement.rest[:place]), written(statement.rest[place:]))


def _date(statement: Clause) -> Iterator[DraftQuestion]:
    """S did V in 2015: When did S V?"""
    frame = written(statement.frame)
    if statement.frame and _DATE.fullmatch(frame[0].lower() + frame[1:]):
        yield DraftQuestion("date", statement.asked("When", statement.rest, framed=False), frame)
    for at in range(len(statement.rest) - 1, 0, -1):
        phrase = written(statement.rest[at:])
        is_whole = statement.rest[at - 1].tag != "CJC" and statement.rest[at - 1].text != ","
        if statement.rest[at].tag == "PRP" and is_whole and _DATE.fullmatch(phrase):
            yield DraftQuestion("date", statement.asked("When", statement.rest[:at]), phrase)
            return


def _place(statement: Clause) -> Iterator[DraftQuestion]:
    """S did V in Paris: Where did S V?"""
    rest = statement.rest
    at = next((at for at in range(len(rest) - 1, 0, -1) if rest[at].tag == "PRP"), 0)
    names = rest[at + 1 + (rest[at + 1 : at + 2] != () and rest[at + 1].text == "the") :]
    if (
        at
        and statement.verb.tag in {"VVD", "VBD"}
        and rest[at].text in {"in", "at"}
        and names
        and all(word.tag == "NP0" for word in names)
    ):
        yield DraftQuestion("place", statement.asked("Where", rest[:at]), written(rest[at:]))


def _reason(text: str) -> Iterator[DraftQuestion]:
    """S did V because …: Why did S V?"""
    match = _WHY.search(text)
    if not match:
        return
    before = text[: match.start()]
    words = tagged(before[max(before.rfind(mark) for mark in (";", ":")) + 1 :].strip())
    main = clause(words)
    if (
        main
        and words[-1].tag not in {"AV0", "XX0"}
        and not any(word.tag == "PNX" for word in words)
        and len(main.frame) + bool(main.frame) + len(main.subject) + 1 + len(main.rest) == len(words)
    ):
        yield DraftQuestion("reason", main.asked("Why", main.rest), text[match.start() :].strip(", "))


def _reported(statement: Clause) -> Iterator[DraftQuestion]:
    """Studies show that …: What do studies show? Not asked of the authors: what they show is their whole paper."""
    if (
        statement.base in WORDS["reporting"]
        and len(statement.rest) > 3
        and (statement.subject[0].lemma != "author" or statement.frame)
    ):
        yield DraftQuestion("object", statement.asked("What", ()), written(statement.rest))


def _object(statement: Clause) -> Iterator[DraftQuestion]:
    """S replaced the lamps in 2016: What did S replace in 2016?"""
    rest = statement.rest
    begin = int(statement.verb.tag == "VM0" and rest[0].tag == "VVI")
    lemma = rest[0].lemma if begin else statement.base
    if not lemma or lemma in WORDS["light"] | WORDS["reporting"] or statement.subject[0].tag == "CRD":
        return
    begin += rest[begin : begin + 1] != () and rest[begin].tag == "AVP"  # handed out
    end = begin
    while end < len(rest) and (rest[end].tag in PHRASE or (rest[end].tag == "CJC" and end > begin)):
        end += 1
    phrase, after = rest[begin:end], rest[end:]
    is_phrase = (
        len(phrase) > 1
        and phrase[-1].is_noun
        and not phrase[0].is_number
        and phrase[0].tag not in {"DPS", "PRF", "PRP"}
    )
    if not is_phrase or points(phrase[:1]) or (after and after[0].tag in {"TO0", "VVG", "VVN", "VVI"}):
        return
    if after and (after[0].tag not in {"PRP", "AVP"} or any(word.tag in {"DPS", "PNP", "PNX"} for word in after)):
        after = ()
    is_vague = len(statement.subject) == 1 or (len(statement.subject) == 2 and statement.subject[0].text == "the")
    if after or not is_vague:
        yield DraftQuestion("object", statement.asked("What", [*rest[:begin], *after]), written(phrase))


_MAKERS = (
    *(_definition, _identity, _purpose, _manner, _date, _place, figure),
    *(_agent, _complement, _plan, _reported, _object),
)
