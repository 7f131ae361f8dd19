"""Decide what a question asks of the bibliographies: it names a work, or the model classifies it as such."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.answering.understand.classifier import LEAST_ABOUT_SOURCES, SOURCE_LABELS, about_sources, intent_model
from app.answering.understand.source_signs import (
    Content,
    Filters,
    SourceRequest,
    content,
    filters,
    made_by_named,
    makers,
    placed,
    plain,
    source_words,
    titled,
)
from app.answering.understand.sources.lookup import Lookup, at_number, by_date, by_number
from app.answering.understand.sources.selection import filtered, with_words
from app.answering.works import Sources
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.text import fold
from retriever.types import Query

_LEAST_WITHOUT_SIGN = 0.5  # LEAST_ABOUT_SOURCES of a question that names no work, nor has a word that may mean a source
_SURE = 0.7  # the least chance of a question that no work of the list and no sentence that cites one confirms
_SURE_OF_ABSENT = 0.6  # the least chance of a question for a named work that the list does not have
_LEAST_OF_LABEL = 0.05
_SURE_OF_CITING = 0.5  # that a question naming a work by number or year asks where it is cited
_MOST_UNEXPLAINED = 2  # words of a question about the whole list that are neither its frame nor in an entry
_CLAIMS = {"claim_source": False, "topic_source": True}  # label → whether it asks about a topic
_STATES = {
    "works_read": SourceRequest("read"),
    "works_unread": SourceRequest("unread"),
    "works_uncited": SourceRequest("uncited"),
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


def asked_of_sources(
    text: str, untitled: Query, chances: Mapping[str, float], sources: Sources
) -> tuple[SourceRequest | None, Lookup]:
    """What a question asks of the bibliographies that it means; None for other questions.

    `chances` are those of the question without document titles, `untitled`, as long as it names no work.
    """
    asked = untitled.text
    listings = sources.listings_meant(text)
    works = [work for name in listings for work in sources.works(name).values()]
    gives_title = bool(titled(works, plain(asked)))
    names_work = gives_title or bool(made_by_named(asked, works))
    if names_work:
        chances = intent_model().chances(asked, untitled.vector, names_work=True, gives_title=gives_title)
    likely = about_sources(chances)
    least = LEAST_ABOUT_SOURCES if names_work or any(source_words(asked)) else _LEAST_WITHOUT_SIGN
    # less likely than what is asked of a document as a whole, and small talk: no question about sources
    if likely < max(least, 1 - likely - chances["passage"]):
        return None, Lookup()
    request, meant = _asked_of_listed(plain(asked), chances, works, sources.index)
    return (request, Lookup(tuple(listings), tuple(meant))) if request else (None, Lookup())


def _asked_of_listed(
    text: str, chances: Mapping[str, float], works: Sequence[CitedWork], index: Index
) -> tuple[SourceRequest | None, Sequence[CitedWork]]:
    """The likeliest request that works of the bibliographies confirm, and these works."""
    likely, subject = about_sources(chances), content(text)
    if not works:
        return (SourceRequest("list") if likely >= _SURE and not subject.words else None), ()
    if re.search(r"\d", text) and source_words(text)[0] and (at_place := _at_place(text, works, 0)):
        return at_place  # "number 8 in the bibliography" asks for no count, whatever its vector is like
    of_claims = sum(chances[label] for label in _CLAIMS)
    weights = {label: (of_claims if label in _CLAIMS else chances[label], chances[label]) for label in SOURCE_LABELS}
    ranked = sorted(SOURCE_LABELS, key=lambda label: weights[label], reverse=True)
    for label in ranked:
        if chances[label] < (_SURE_OF_CITING if label == "work_citing" else _LEAST_OF_LABEL):
            continue
        if label in _CLAIMS and _is_maker(subject.text, works):
            continue  # the name of an author is no claim
        if confirmed := _confirmed(label, text, subject, works, likely, index):
            return confirmed
        if label == "works_list" == ranked[0] and subject.names and likely >= _SURE_OF_ABSENT:
            return SourceRequest("list", some=True), ()  # a work that the list does not have
    return None, ()


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
        return (_STATES[label], ()) if len(subject.words) <= 1 and not chosen else None
    if label == "work_citing":
        cited = titled(works, text) or made_by_named(text, works)
        return (SourceRequest("citing"), cited) if cited else None
    left = filtered(works, chosen)
    wanted = content(chosen.rest)
    named = titled(works, text) or (with_words(left, wanted.text, wanted.words, index) if wanted.words else [])
    named = named or made_by_named(text, left)
    if label == "work_entry":
        meant = named or (left if chosen.newest or chosen.oldest else [])
        return _at_place(text, works, _MOST_UNEXPLAINED - 1) or ((SourceRequest("entry"), meant) if meant else None)
    is_sure = likely >= _SURE or source_words(text)[0]
    names = wanted.names if chosen else subject.names  # a year that restricts the works looks like a name
    is_explained = is_sure and not names and len(wanted.words) <= _MOST_UNEXPLAINED
    if not (named or is_explained or chosen):
        return None
    some = bool(named or chosen)
    return SourceRequest("count" if label == "works_count" else "list", some=some), named or left if some else ()


def _claim(text: str, subject: Content, chosen: Filters, likely: float, *, on_topic: bool) -> _Confirmed:
    """A request for what backs a claim; if the claim is only pointed at (この主張), the model must be sure."""
    is_sure, says_source = likely >= _SURE, any(source_words(text))
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
