"""Decide what a question asks of the bibliographies: it names a work, or the model classifies it as such."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.answering.understand.classifier import is_signed
from app.answering.understand.intent_model import SOURCE_LABELS, intent_model
from app.answering.understand.message.question_parts import parts_of, patterns
from app.answering.understand.sources.lookup import Lookup, at_number, by_date, by_number
from app.answering.understand.sources.named_works import made_by_named, makers, titled
from app.answering.understand.sources.selection import filtered, with_words
from app.answering.understand.sources.signs import filters, placed, plain, source_words, stated_claim
from app.answering.understand.sources.source_questions import Content, SourceRequest, content
from app.answering.works import Sources
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.text import fold, language_of
from retriever.types import Encoder, Query

_LEAST = 0.4  # the least chance that a question is about sources
_SURE = 0.7  # the least chance of a question that no work of the list and no sentence that cites one confirms
_LEAST_OF_LABEL = 0.05
_SURE_OF_CITING = 0.5  # that a question naming a work by number or year asks where it is cited
_MOST_OF_NAME = 3  # words of a name
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
WHETHER = CLAIM = WITHIN = True
_SURE_OF_ABSENT = 0.7
_LEAST_WITHIN = 0.6
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


def about_sources(chances: Mapping[str, float]) -> float:
    """The chance in [0, 1] that a question is about sources."""
    return sum(chances[label] for label in SOURCE_LABELS)


def asked_of_sources(
    text: str, untitled: Query, chances: Mapping[str, float], sources: Sources, encoder: Encoder
) -> tuple[SourceRequest | None, Lookup]:
    """What a question asks of the bibliographies that it means; None for other questions.

    `chances` are those of the question without document titles, `untitled`, as long as it names no work.
    """
    asked, vector = untitled.text, untitled.vector
    naming = intent_model().chances(asked, vector, names_work=True)
    claim = stated_claim(asked)
    if WITHIN:
        from app.answering.understand.sources.signs import patterns_for
        if any(p.search(plain(asked)) for p in patterns_for("within")) and about_sources(chances) < _LEAST_WITHIN: return None, Lookup()
    listings = sources.listings_meant(text)
    works = [work for name in listings for work in sources.works(name).values()]
    gives_title = bool(titled(works, plain(asked)))
    if max(about_sources(chances), about_sources(naming)) < _LEAST and not (claim and CLAIM) and not gives_title:
        return None, Lookup()
    if not is_signed(asked):
        if gives_title or made_by_named(asked, works):
            chances = intent_model().chances(asked, vector, names_work=True, gives_title=gives_title)
        subject = content(plain(asked))
        request, meant = _asked_of_listed(plain(asked), subject, chances, works, sources.index)
        is_open = request is None or (request.asks == "claim")
        names_maker = subject.names and request is not None and request.asks == "list" and not request.some
        if WHETHER and (is_open or names_maker) and listings and _asks_whether_listed(asked, subject, encoder):
            meant = with_words(works, subject.text, subject.words, sources.index)
            request = SourceRequest("list", some=True)
        if request:
            return request, Lookup(tuple(listings), tuple(meant))
    if CLAIM and listings and claim and (request := asked_of_claim(asked, claim, encoder)):
        return request, Lookup(tuple(listings))
    return None, Lookup()


def _asked_of_listed(
    text: str, subject: Content, chances: Mapping[str, float], works: Sequence[CitedWork], index: Index
) -> tuple[SourceRequest | None, Sequence[CitedWork]]:
    """The likeliest request that works of the bibliographies confirm, and these works."""
    likely = about_sources(chances)
    if not works:
        return (SourceRequest("list") if likely >= _SURE and not subject.words else None), ()
    if likely < _LEAST:
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


def _is_maker(text: str, works: Iterable[CitedWork]) -> bool:
    """Whether a text is the name of someone who made one of the works."""
    return any(fold(text) == fold(name) for work in works for name in makers(work))


def _confirmed(
    label: str, text: str, subject: Content, works: Sequence[CitedWork], likely: float, index: Index
) -> _Confirmed:
    """The request for a label, and the works it refers to; None if the bibliography has no such works."""
    chosen = filters(text)
    if label in _CLAIMS:
        words = content(chosen.rest).words if chosen else subject.words
        if words:
            return SourceRequest("claim", words=subject.text, on_topic=_CLAIMS[label], sure=likely >= _SURE and any(source_words(text))), ()
        return (SourceRequest("pointing"), ()) if likely >= _SURE and not chosen else None
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
    is_explained = not wanted.names and len(wanted.words) <= _MOST_UNEXPLAINED
    if not (named or is_explained or chosen):
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


def _at_place(text: str, works: Sequence[CitedWork], most: int) -> _Confirmed:
    """A request for the work at a place of the list (the fourth one), if at most `most` words say something else."""
    place = placed(text)
    if not place or titled(works, text) or len(content(place[1]).words) > most:
        return None
    by_list = [[work for work in works if work.listed_in == name] for name in dict.fromkeys(w.listed_in for w in works)]
    meant = [work for listed in by_list if (work := at_number(listed, place[0]))]
    return (SourceRequest("entry", (place[0],)), meant) if meant else None
