"""Decide what a question asks of the bibliographies: it names a work, or the model classifies it as such."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.answering.statements.statement import figures
from app.answering.understand.classifier import intent_model, source_words
from app.answering.understand.message.question_parts import parts_of, patterns
from app.answering.understand.sources.lookup import Lookup, at_number, by_date, by_number
from app.answering.understand.sources.selection import Filters, filtered, filters, with_words
from app.answering.understand.sources.source_questions import (
    LEAST_ABOUT_SOURCES,
    SOURCE_LABELS,
    Content,
    SourceRequest,
    about_sources,
    content,
    made_by_named,
    makers,
    placed,
    plain,
    titled,
)
from app.answering.works import Sources
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.text import fold, language_of
from retriever.types import Encoder, Query

# The least chance that a question is about sources: if words of entries confirm it or the whole list is asked for; if
# nothing confirms it.
_LIKELY, _SURE = 0.3, 0.7
_SURE_OF_CITING = 0.5  # that a question naming a work by number or year asks where it is cited
_SURE_OF_ABSENT = 0.7  # that a question for yes or no (is Marlowe cited?) asks for a work that the list does not have
_MOST_OF_NAME = 3  # words of a name
_LEAST_OF_LABEL = 0.05
_MOST_UNEXPLAINED = 2  # words of a question about the whole list that are neither its frame nor in an entry
_CLAIMS = {"claim_source": False, "topic_source": True}  # label → whether it asks about a topic
_STATES = {
    "works_read": SourceRequest("read"),
    "works_unread": SourceRequest("unread"),
    "works_uncited": SourceRequest("uncited"),
}
_KNOWN_NAME = {"ja": "田中", "en": "Smith", "zh": "田中", "ko": "다나카"}  # of the examples, as the claims
_KNOWN_CLAIM = {
    "ja": "利用者の多くは高校生である",
    "en": "most users are pupils",
    "zh": "大多数使用者是高中生",
    "ko": "이용자의 대부분은 고등학생이다",
}
_Confirmed = tuple[SourceRequest, Sequence[CitedWork]] | None


def asked_by_signs(text: str, request: SourceRequest | None, sources: Sources) -> tuple[SourceRequest | None, Lookup]:
    """What a question asks of works that it names by number (`request`), or by author and year; None for others."""
    if request:
        lookup = by_number(request.numbers, sources.listings_meant(text), sources)
        if request.asks == "text" and not lookup.works:
            request = replace(request, asks="entry", words="")  # no text to ask: the answer is that no work has it
        return request, lookup
    return by_date(text, sources.listings_meant(text), sources)


def asks_where_cited(query: Query, encoder: str) -> bool:
    """Whether a question that names a work asks where, or for what, the text cites it; False with another encoder."""
    model = intent_model()
    if not model.fits(encoder, query.vector):
        return False
    chances = model.chances(query.text, query.vector, names_work=True)
    return chances["work_citing"] >= _SURE_OF_CITING


def asked_by_vector(
    text: str, chances: Mapping[str, float] | None, listings: list[str], sources: Sources, encoder: Encoder
) -> tuple[SourceRequest | None, Lookup]:
    """The likeliest request that the bibliographies `listings` can answer; None where there is none.

    `chances` are those of `chances_about_sources`. That a work is not in the list is an answer, too.
    """
    works = [work for name in listings for work in sources.works(name).values()]
    subject = content(plain(text))
    request, lookup = _asked_of_listed(plain(text), subject, chances, works, sources.index) if chances else (None, ())
    # what is looked for in the text instead; a claim that the question states by a figure is no name of a work
    is_open = request is None or (request.asks == "claim" and not figures(request.words))
    names_maker = subject.names and request is not None and request.asks == "list" and not request.some
    if (is_open or names_maker) and listings and _asks_whether_listed(text, subject, encoder):
        works = with_words(works, subject.text, subject.words, sources.index)
        request, lookup = SourceRequest("list", some=True), works
    return request, Lookup(tuple(listings), tuple(lookup)) if request else Lookup()


def _asked_of_listed(
    text: str, subject: Content, chances: Mapping[str, float], works: Sequence[CitedWork], index: Index
) -> tuple[SourceRequest | None, Sequence[CitedWork]]:
    """The likeliest request that works of the bibliographies confirm, and these works."""
    likely = about_sources(chances)
    if not works:
        return (SourceRequest("list") if likely >= _SURE and not subject.words else None), ()
    if likely < LEAST_ABOUT_SOURCES and not _is_filtered(text):
        return None, ()
    if re.search(r"\d", text) and source_words(text)[0] and (at_place := _at_place(text, works, 0)):
        return at_place  # "number 8 in the bibliography" asks for no count, whatever its vector is like
    of_claims = sum(chances[label] for label in _CLAIMS)
    weights = {label: (of_claims if label in _CLAIMS else chances[label], chances[label]) for label in SOURCE_LABELS}
    for label in sorted(SOURCE_LABELS, key=lambda label: weights[label], reverse=True):
        if chances[label] < (_SURE_OF_CITING if label == "work_citing" else _LEAST_OF_LABEL):
            continue
        if label in _CLAIMS and _is_maker(subject.text, works):
            continue  # the name of an author is no claim
        if confirmed := _confirmed(label, text, subject, works, likely, index):
            return confirmed
    return None, ()


def asked_of_claim(text: str, claim: re.Match[str], encoder: Encoder) -> SourceRequest | None:
    """A request for what backs a claim that the question states as one; None where it asks something else of it.

    `claim` is what `stated_claim` found. The claim makes up most of the question's vector, so the rest is classified
    with a short known one in its place.
    """
    bare = plain(text)
    known = bare[: claim.start(1)] + _KNOWN_CLAIM[language_of(text)] + bare[claim.end(1) :]
    chances = intent_model().chances(known, encoder.encode_queries([known])[0])
    is_asked = chances["claim_source"] >= _SURE
    return SourceRequest("claim", words=claim[1], sure=any(source_words(text))) if is_asked else None


def _is_filtered(text: str) -> bool:
    """Whether a question has a certain word for sources and restricts them by year, language, kind or age."""
    return source_words(text)[0] and bool(filters(text))


def _is_maker(text: str, works: Iterable[CitedWork]) -> bool:
    """Whether a text is the name of someone who made one of the works."""
    return any(fold(text) == fold(name) for work in works for name in makers(work))


def _confirmed(
    label: str, text: str, subject: Content, works: Sequence[CitedWork], likely: float, index: Index
) -> _Confirmed:
    """The request for a label, and the works it refers to; None if the bibliography has no such works."""
    chosen = filters(text)
    if label in _CLAIMS:
        return _claim(text, subject, chosen, likely, on_topic=_CLAIMS[label])
    if label in _STATES:
        says_source, says_more = any(source_words(text)), len(subject.words) > 1
        is_asked = likely >= _LIKELY and says_source and not (says_more or chosen)
        return (_STATES[label], ()) if is_asked else None
    if label == "work_citing":
        cited = titled(works, text) or made_by_named(text, works)
        return (SourceRequest("citing"), cited) if cited and likely >= _LIKELY else None
    left = filtered(works, chosen)
    wanted = content(chosen.rest)
    named = titled(works, text) or (with_words(left, wanted.text, wanted.words, index) if wanted.words else [])
    named = named or (made_by_named(text, left) if likely >= _LIKELY else [])
    if label == "work_entry":
        return _at_place(text, works, _MOST_UNEXPLAINED - 1) or _entry(
            text, named or (left if chosen.newest or chosen.oldest else []), likely
        )
    is_explained = likely >= _LIKELY and not wanted.names and len(wanted.words) <= _MOST_UNEXPLAINED
    if not (named or is_explained or _is_filtered(text)):
        return None
    some = bool(named or chosen)
    return SourceRequest("count" if label == "works_count" else "list", some=some), named or left if some else ()


def _asks_whether_listed(text: str, subject: Content, encoder: Encoder) -> bool:
    """Whether a question for yes or no asks if a work is in the list; the work itself need not be there.

    The name in it, its `subject`, is replaced by one of the examples, as the vector of the question is mostly that of
    the name.
    """
    bare, language = plain(text), language_of(text)
    if not source_words(text)[0] or patterns(language)["asks"].search(text):
        return False
    is_part = language == "ja" and re.search(rf"[\u4e00-\u9fff]{re.escape(subject.text)}", bare)  # 文献調査
    tells = language != "zh" and parts_of(subject.text, language).predicate  # Chinese predicates show by length alone
    is_name = 0 < len(subject.words) <= _MOST_OF_NAME and not is_part and not tells
    if not is_name:
        return False
    known = bare.replace(subject.text, _KNOWN_NAME[language], 1)
    chances = intent_model().chances(known, encoder.encode_queries([known])[0], names_work=True)
    return chances["works_list"] >= _SURE_OF_ABSENT


def _entry(text: str, meant: Sequence[CitedWork], likely: float) -> _Confirmed:
    """A request for the entries of the works `meant`."""
    return (SourceRequest("entry"), meant) if meant and (likely >= _LIKELY or titled(meant, text)) else None


def _claim(text: str, subject: Content, chosen: Filters, likely: float, *, on_topic: bool) -> _Confirmed:
    """A request for what backs a claim; if the claim is only pointed at (この主張), the model must be sure."""
    is_sure, says_source = likely >= _SURE, any(source_words(text))
    if not is_sure and not says_source:
        return None
    if subject.words and (not chosen or content(chosen.rest).words):
        return SourceRequest("claim", words=subject.text, on_topic=on_topic, sure=is_sure and says_source), ()
    return (SourceRequest("pointing"), ()) if is_sure and not chosen else None


def _at_place(text: str, works: Sequence[CitedWork], most: int) -> _Confirmed:
    """A request for the work at a place of the list (the fourth one), if at most `most` words say something else."""
    place = placed(text)
    if not place or titled(works, text) or len(content(place[1]).words) > most:
        return None
    by_list = [[work for work in works if work.listed_in == name] for name in dict.fromkeys(w.listed_in for w in works)]
    meant = [work for listed in by_list if (work := at_number(listed, place[0]))]
    return (SourceRequest("entry", (place[0],)), meant) if meant else None
