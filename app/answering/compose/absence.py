"""Abstentions: what they say, the documents and words that were searched, and the nearest passages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answering.compose.extractive import citation_of, titles_of
from app.answering.compose.messages import listed_titles, say
from app.answering.decide.named_things import held_by_none
from app.answering.read.sentences import Reading
from app.answering.types import Answer, Citation
from app.answering.understand.message.question_parts import patterns
from app.answering.understand.question import Question
from app.answering.works import MOST_WORKS, Sources, texts_of
from retriever.index.search import Index
from retriever.text import content_words, morphemes, words
from retriever.types import Hit

_NEAR = 3  # passages
_TOO_FAR = 8.0  # log-odds that a sentence may score below the nearest one
_WORDS = 8  # of the question that are named
_BESIDE_TEXT = frozenset({"entry", "bibliographic"})
_NOUN_CLASSES = {"名詞", "接頭辞", "接尾辞"}
_LATIN = re.compile(r"[A-Za-zÀ-ɏ0-9]+(?:[.'’&-][A-Za-zÀ-ɏ0-9]+)*%?")
_KOREAN_WORD = re.compile(r"[가-힣]+|[A-Za-z0-9]+")
_KOREAN_ENDING = re.compile(r"[요까니나다오줘]$")  # of the predicate at the end of a question
_CHINESE_PARTICLES = re.compile(r"[的了吗呢吧是和与及或\W]|请问|一共|(?<=\w)对(?![象比策手话立])")
_CHINESE_OPENING, _CHINESE_CLOSING = "在有被把", "在有被把会能达到为"  # words stripped from a piece's ends
_POSSESSIVE = re.compile(r"[’']s$")


def refusal(
    question: Question,
    text: str,
    hits: Sequence[Hit],
    index: Index,
    *,
    method: str = "extractive",
    notes: Sequence[str] = (),
    suggestions: Sequence[str] = (),
) -> Answer:
    """An abstention: `text` says why; `suggestions` are questions that could be asked instead."""
    return Answer(
        question=question.text,
        language=question.language,
        abstained=True,
        confidence=0.0,
        method=method,
        text=text,
        sentences=(),
        citations=(),
        hits=tuple(hits),
        notes=tuple(notes),
        document_titles=titles_of(hits, index),
        suggestions=tuple(suggestions),
    )


def with_near(answer: Answer, reading: Reading, sources: Sources) -> Answer:
    """The abstention with the nearest passages and with what was searched.

    Where something was only looked up (a reference by its number), there are no near passages.
    """
    question = reading.terms.question
    searched = question.is_quoted or question.asks == "claim" or question.overview is not None
    if answer.near or not searched:
        return answer
    places = (_read_places(reading) or _found_places(answer.hits, reading, sources))[:_NEAR]
    if not places:
        return answer
    near = tuple(_cited(places, sources))
    search_notes = _searched(answer.language, reading, [hit for hit, _, _ in places], sources)
    text = "\n".join([answer.text, *search_notes])
    titles = answer.document_titles | {citation.document_id: citation.document_title for citation in near}
    return replace(answer, text=text, near=near, document_titles=titles)


def _cited(places: Sequence[tuple[Hit, int, int]], sources: Sources) -> Iterator[Citation]:
    """Citations of the places, numbered from 1."""
    titles = titles_of([hit for hit, _, _ in places], sources.index)
    for number, (hit, start, end) in enumerate(places, 1):
        passage = hit.passage
        title = titles[passage.document_id]
        citation = citation_of(passage, start, end, number=number, title=title, score=hit.score)
        works = sources.works_of(passage)
        yield replace(citation, origin=sources.origin(passage), reference=works[0].number if works else None)


def _read_places(reading: Reading) -> list[tuple[Hit, int, int]]:
    """The best sentence of each passage that was read, without those that score far below the first."""
    places: dict[str, tuple[Hit, int, int]] = {}
    for sentence in reading.sentences:
        if sentence.score < reading.sentences[0].score - _TOO_FAR:
            break
        places.setdefault(sentence.hit.passage.id, (sentence.hit, sentence.start, sentence.end))
    # bibliography entries and the title page help less
    return sorted(places.values(), key=lambda place: place[0].passage.kind in _BESIDE_TEXT)


def _found_places(hits: Sequence[Hit], reading: Reading, sources: Sources) -> list[tuple[Hit, int, int]]:
    """The sentence of each hit whose vector is nearest to the question's."""
    places = []
    for hit in hits:
        cosines = sources.index.sentences_of(hit.row) @ reading.terms.query.vector
        start, end = hit.passage.quotable[int(cosines.argmax())]
        places.append((hit, start, end))
    return places


def _searched(language: str, reading: Reading, near: Sequence[Hit], sources: Sources) -> Iterator[str]:
    """Lines on what was searched: the documents, the words, and the names that no near passage contains."""
    question = reading.terms.question
    texts = texts_of(question.lookup.works[:MOST_WORKS]) if question.asks == "text" else []
    titles = sources.searched_titles(texts)
    if titles:
        yield say(language, "searched", titles=listed_titles(language, titles))
    separator = say(language, "separator")
    looked_for = subject_words(question.searched, question.language)[:_WORDS]
    if looked_for:
        yield say(language, "looked_for", words=separator.join(looked_for))
    lacking = [thing.text for thing in held_by_none(reading.terms.query, near, sources.index)]
    if lacking:
        yield say(language, "lacking", words=separator.join(lacking))


def subject_words(text: str, language: str) -> list[str]:
    """The content words of a question, as written, without repetition, in order."""
    if language == "ja":
        written = _nouns(text)
    elif language == "ko":
        written = _korean_words(text)
    elif language == "zh":
        written = _chinese_words(text)
    else:
        written = _latin_words(text)
    return list(dict.fromkeys(written))


def _latin_words(text: str) -> Iterator[str]:
    wanted = set(content_words(text))
    for match in _LATIN.finditer(text):
        if set(words(match.group())) & wanted:
            yield _POSSESSIVE.sub("", match.group())


def _chinese_words(text: str) -> Iterator[str]:
    """The pieces between particles and question words; the Japanese dictionary would split Chinese wrongly."""
    for piece in _CHINESE_PARTICLES.split(patterns("zh")["asks"].sub(" ", text)):
        word = piece.lstrip(_CHINESE_OPENING).rstrip(_CHINESE_CLOSING)
        if len(word) > 1:
            yield word


def _korean_words(text: str) -> Iterator[str]:
    wanted = set(content_words(text))
    for written in _KOREAN_WORD.findall(text):
        for word in words(written):
            if len(word) > 1 and word in wanted and not _KOREAN_ENDING.search(word):
                yield word


def _nouns(text: str) -> Iterator[str]:
    """Runs of nouns in a Japanese question, without question words (何%, どれくらい)."""
    wanted, start, end = set(content_words(text)), 0, 0
    for morpheme in [*morphemes(text), None]:
        if morpheme and morpheme.pos[0] in _NOUN_CLASSES:
            start, end = (start if end == morpheme.start and end > start else morpheme.start), morpheme.end
            continue
        run = text[start:end]
        if run and not run.startswith(("何", "幾")) and set(words(run)) & wanted:
            yield run
        start = end = 0
