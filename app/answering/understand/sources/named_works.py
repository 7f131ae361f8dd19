"""The works of a bibliography that a question names: by title, author, publisher or what they appeared in."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from app.answering.understand.sources.signs import plain
from ingest.bibliography.fields import surname_of
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import cross_lingual_names
from retriever.cross_lingual.tokens import KATAKANA, tokens
from retriever.text import fold, is_named, language_of, letters, morphemes

_SHORTEST_TITLE = 6  # least letters of a title that is recognised anywhere
_SHORTEST_KEY = 3  # sounds of a name that is recognised in another script


def titled(works: Sequence[CitedWork], question: str) -> list[CitedWork]:
    """The works whose whole titles the question gives."""
    given = letters(question)
    return [work for work in works if any(name in given for name in _letters_of_title(work.entry.title))]


@lru_cache(maxsize=4096)
def _letters_of_title(title: str) -> tuple[str, ...]:
    """The letters of a title with and without its subtitle, if they are enough to recognise it by."""
    main = title
    for mark in (": ", "：", "――", "──", " — ", "? "):
        main = main.partition(mark)[0]
    return tuple(name for name in map(letters, (title, main)) if len(name) >= _SHORTEST_TITLE)


def made_by_named(question: str, works: Iterable[CitedWork]) -> list[CitedWork]:
    """The works of which a question names an author, the publisher or what they appeared in, in any script."""
    folded, heard = fold(plain(question)), _heard(plain(question))
    return [
        work
        for work in works
        if any(len(name) > 1 and is_named(name, folded) for name in makers(work))
        or any(not heard.isdisjoint(_sounds(_surname(author))) for author in work.entry.authors if heard)
    ]


def makers(work: CitedWork) -> Iterator[str]:
    """What the authors, the publisher and the container of a work are called."""
    for author in work.entry.authors:
        yield author
        yield _surname(author)
    yield from filter(None, (work.entry.container, work.entry.publisher))


_surname = lru_cache(maxsize=4096)(surname_of)  # needed of each author for each question


def _heard(text: str) -> frozenset[str]:
    """The phonetic keys of the names that a Japanese or Korean question does not write in Latin letters."""
    if text.isascii() or not _may_name(text):
        return frozenset()
    named = cross_lingual_names(text, language_of(text))
    return frozenset(token for term in named for spelling in term.spellings for token in spelling if _is_key(token))


def _may_name(text: str) -> bool:
    """Whether a question may hold a name: in Japanese, a proper noun or katakana."""
    return (
        language_of(text) != "ja"
        or bool(KATAKANA.search(text))
        or any(morpheme.pos[1] == "固有名詞" for morpheme in morphemes(fold(text), short=True))
    )


@lru_cache(maxsize=4096)
def _sounds(surname: str) -> frozenset[str]:
    """The phonetic keys of a person's name in Latin letters."""
    is_one_word = surname.isascii() and " " not in surname  # the words of an institution's name are ordinary ones
    return frozenset(filter(_is_key, tokens(surname))) if is_one_word else frozenset()


def _is_key(token: str) -> bool:
    """Whether a cross-lingual token is a phonetic key, and one that few names share."""
    kind, _, key = token.partition(":")
    return kind in {"s", "c"} and len(key) >= _SHORTEST_KEY
