"""Questions for the numbers of an English sentence: how many, what percentage, how old."""

from collections.abc import Iterator, Sequence

from app.drafts.english.clauses import PHRASE, WORDS, Clause, Word, clause_end, points, written
from app.drafts.question import DraftQuestion

_OF_NOUNS = frozenset({"of", "by", "between", "about", "per"})  # prepositions of phrases that belong to the noun before


def figure(statement: Clause) -> Iterator[DraftQuestion]:
    """S was N units; S did V N things: What was S? How many things did S V?"""
    rest = statement.rest
    place = next((at for at, word in enumerate(rest) if word.is_number), None)
    if place is None:
        return
    begin = place
    while begin and rest[begin - 1].text.lower() in WORDS["approximate"]:
        begin -= 1
    if statement.verb.tag.startswith("VB") and not begin:
        yield from _measure(statement, place)
    elif rest[place].text.endswith("%"):
        yield from _percentage(statement, begin, place)
    else:
        yield from _count(statement, begin, place)


def _percentage(statement: Clause, begin: int, place: int) -> Iterator[DraftQuestion]:
    """Visits fell by N%: By what percentage did visits fall? S lost N% of the things: What percentage of the things?"""
    rest, before, after = statement.rest, statement.rest[:begin], statement.rest[place + 1 :]
    if any(word.is_number for word in after):
        return
    if before and before[-1].text == "by":
        yield DraftQuestion("figure", statement.asked("By what percentage", [*before[:-1], *after]), rest[place].text)
    elif after and after[0].text == "of" and (not before or before[-1].tag.startswith("VV")):
        things = _things(after, 0)
        asked = statement.asked(f"What percentage {written(things)}", [*before, *after[len(things) :]])
        yield DraftQuestion("figure", asked, rest[place].text)


def _count(statement: Clause, begin: int, place: int) -> Iterator[DraftQuestion]:
    """S did V N things, or on N days: How many things did S V? On how many days did S V?"""
    rest, before = statement.rest, statement.rest[:begin]
    things = _things(rest, place + 1)
    is_year = rest[place].text[:2] in {"19", "20"} and len(rest[place].text) == 4
    lead, after = f"how many {written(things)}", rest[place + 1 + len(things) :]
    if not things or is_year or (after and after[0].tag == "CJC"):
        return
    answer = written([rest[place], *things])
    if before and before[-1].tag == "PRP":
        if len(before) < 2 or not before[-2].is_noun or before[-1].text == "for":  # else it belongs to the noun
            preposition = before[-1].text.capitalize()
            yield DraftQuestion("figure", statement.asked(f"{preposition} {lead}", [*before[:-1], *after]), answer)
    elif (statement.base or before) and all(word.tag[:2] in {"VV", "AV", "VB"} for word in before):
        yield DraftQuestion("figure", statement.asked(f"H{lead[1:]}", [*before, *after]), answer)


def _things(words: Sequence[Word], begin: int) -> Sequence[Word]:
    """The words for what the number before `begin` counts; empty if it counts nothing."""
    end = begin
    if begin < len(words) and words[begin].text == "of":
        end += 1
        while end < len(words) and words[end].tag in PHRASE - {"PRF"}:
            end += 1
        return words[begin:end] if end > begin + 1 and words[end - 1].is_noun else ()
    while end < len(words) and words[end].tag in {"AJ0", "AJC", "NN0", "NN1", "NN2", "NP0", "VVN", "VVG"}:
        end += 1
    while end > begin and words[end - 1].tag in {"VVN", "VVG", "AJ0"}:
        end -= 1
    if end == begin or words[end - 1].tag not in {"NN2", "NN0"}:
        return ()
    while end + 1 < len(words) and words[end].text in _OF_NOUNS and words[end + 1].tag in PHRASE:
        end += 2
        while end < len(words) and words[end].tag in PHRASE - {"PRF"}:
            end += 1
    return words[begin:end]


def _measure(statement: Clause, place: int) -> Iterator[DraftQuestion]:
    """The height was 5 metres: What was the height? It was 5 metres high: How high was it?"""
    tail = [word.text.lower() for word in statement.rest[place + 1 :]]
    dimension = next((word for word in tail[:2] if word in WORDS["dimensions"]), "")
    answer = written(statement.rest)
    if dimension:
        asked = {"apart": "How far apart", "away": "How far away"}.get(dimension, f"How {dimension}")
        yield DraftQuestion("figure", statement.asked(asked, ()), answer)
    elif len(tail) <= 2 and statement.subject[-1].tag != "NN2" and statement.subject[0].tag in {"AT0", "AJ0", "NN1"}:
        yield DraftQuestion("figure", statement.asked("What", ()), answer)


def counted_subject(words: Sequence[Word]) -> Iterator[DraftQuestion]:
    """N things did V: How many things did V? N% of the things did: What percentage of the things did?"""
    begin = next((at + 1 for at, word in enumerate(words[:4]) if word.text == "," and words[0].text == "in"), 0)
    frame = words[: max(begin - 1, 0)]
    while begin < len(words) and words[begin].text.lower() in WORDS["approximate"]:
        begin += 1
    if begin + 4 > len(words) or not words[begin].is_number:
        return
    things = _things(words, begin + 1)
    verb = begin + 1 + len(things)
    if not things or verb >= len(words) or points(things):
        return
    end = clause_end(words, verb + 1)
    if not (words[verb].tag in {"VVD", "VVZ", "VVB", "VM0"} or words[verb].tag[:2] in {"VB", "VH"}) or end - verb < 3:
        return
    lead = "What percentage" if words[begin].text.endswith("%") else "How many"
    if lead == "What percentage" and things[0].text != "of":
        return
    tail = written([*words[begin + 1 : end], *frame]).rstrip(" ,")
    yield DraftQuestion("figure", f"{lead} {tail}?", words[begin].text)


def there_are(words: Sequence[Word]) -> Iterator[DraftQuestion]:
    """There are N things in X: How many things are there in X?"""
    if len(words) < 6 or words[0].text != "there" or not words[1].tag.startswith("VB"):
        return
    place = 2 + (words[2].text.lower() in WORDS["approximate"])
    things = _things(words, place + 1)
    end = clause_end(words, place)
    if words[place].is_number and things and end - place - len(things) > 2:
        tail = written(words[place + 1 + len(things) : end])
        yield DraftQuestion("figure", f"How many {written(things)} {words[1].text} there {tail}?", words[place].text)
