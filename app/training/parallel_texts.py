"""Sentences in one language about passages in another, from translated manuals and about the made-up papers.

The manuals are Debian's, whose English and translated pages have the same paragraphs in the same order:
`apt-get download maint-guide maint-guide-ja debian-reference-en debian-reference-ja debian-reference-zh-cn
developers-reference developers-reference-ja installation-guide-amd64 aptitude-doc-en aptitude-doc-ja gimp-help-en
gimp-help-ja debian-handbook`, then `dpkg-deb -x FILE.deb DIR` for each. They are under the GPL, GIMP's manual under
the GFDL, the handbook under the GPL and CC BY-SA; nothing of them is stored or shipped.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.training.data import PAPERS
from app.training.reader.course.corpus import CorpusText
from ingest.loaders import load
from ingest.loaders.source import Limits
from ingest.passages import cut
from ingest.text import sentence_spans

_SENTENCES = Path(__file__).parent / "data" / "composed_sentences.toml"
_SHARE, _REFERENCE = "usr/share", "debian-reference"
# (name, whether it is held out, language, folder of the English pages, folder and ending of the translated pages)
_MANUALS = (
    ("maint-guide", False, "ja", "doc/maint-guide/html", "doc/maint-guide-ja/html", ".ja"),
    ("debian-reference-ja", False, "ja", _REFERENCE, _REFERENCE, ".ja"),
    ("debian-reference-zh", False, "zh", _REFERENCE, _REFERENCE, ".zh-cn"),
    ("installation-guide", False, "ja", "doc/installation-guide-amd64/en", "doc/installation-guide-amd64/ja", ""),
    ("aptitude", False, "ja", "doc/aptitude/html/en", "doc/aptitude/html/ja", ""),
    ("gimp-help", False, "ja", "gimp/2.0/help/en", "gimp/2.0/help/ja", ""),
    ("debian-handbook", True, "ja", "doc/debian-handbook/html/en-US", "doc/debian-handbook/html/ja-JP", ""),
    ("developers-reference", True, "ja", "developers-reference", "developers-reference/ja", ""),
)
_WHOLE = {"index.html", "index.en.html", "search.html", "developers-reference.html"}  # pages that repeat the others
_LONGEST = {"ja": 350, "zh": 300, "en": 900}  # characters of a passage


@dataclass(frozen=True, slots=True)
class Parallel:
    """A sentence in `language`, its `own` text, and the `texts` in another language that say the same."""

    sentence: str
    language: str
    own: CorpusText
    texts: tuple[CorpusText, ...]
    held_out: bool


def parallel_sentences(manuals: Path) -> list[Parallel]:
    """Sentences of the manuals unpacked in a folder: English ones with their translations, and the reverse."""
    sentences: list[Parallel] = []
    for name, held_out, language, english, translated, ending in _MANUALS:
        for page, pairs in _pages(manuals / _SHARE, english, translated, ending):
            for number, group in enumerate(_passages(pairs, language)):
                sentences += _aligned(f"{name}-{page}-{number}", name, group, language, held_out=held_out)
    return sentences


def sentences_on_papers() -> list[Parallel]:
    """The sentences of composed_sentences.toml, each with all passages of its paper except the bibliography."""
    written = tomllib.loads(_SENTENCES.read_text(encoding="utf-8"))
    parallels: list[Parallel] = []
    for paper in PAPERS:
        [document] = load(paper.path, limits=Limits()).documents
        passages = [passage for passage in cut(document) if passage.kind not in {"entry", "bibliographic"}]
        texts = tuple(
            CorpusText(passage.id, paper.name, passage.context, passage.text, passage.language) for passage in passages
        )
        for language, sentences in written.get(paper.name, {}).items():
            own = CorpusText(f"{paper.name}-{language}", paper.name, "", " ".join(sentences), language)
            parallels += [Parallel(sentence, language, own, texts, paper.held_out) for sentence in sentences]
    return parallels


def _pages(share: Path, english: str, translated: str, ending: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each page with its paragraphs in English and translated; pages with unequal numbers of them are left out."""
    for page in sorted((share / english).glob("*.en.html" if ending else "*.html")):
        other = share / translated / page.name.replace(".en.", f"{ending}.")
        if page.name not in _WHOLE and other.exists():
            first, second = _paragraphs(page), _paragraphs(other)
            if len(first) == len(second):
                yield page.stem, list(zip(first, second, strict=True))


def _paragraphs(page: Path) -> list[str]:
    from lxml import html

    elements = html.parse(str(page)).getroot().iter("p", "li", "dd")
    innermost = [element for element in elements if element.tag == "p" or element.find(".//p") is None]
    return [" ".join(element.text_content().split()) for element in innermost]


def _passages(pairs: Sequence[tuple[str, str]], language: str) -> Iterator[list[tuple[str, str]]]:
    """Group consecutive paragraphs to the length of a passage; untranslated paragraphs are left out."""
    group: list[tuple[str, str]] = []
    for pair in pairs:
        if pair[0] == pair[1] or not all(pair):
            continue
        if group and sum(len(translated) for _, translated in (*group, pair)) > _LONGEST[language]:
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def _aligned(
    key: str, name: str, group: Sequence[tuple[str, str]], language: str, *, held_out: bool
) -> Iterator[Parallel]:
    """Sentence pairs of those paragraphs that have the same number of sentences in both languages."""
    english = CorpusText(f"{key}-en", name, "", "\n".join(pair[0] for pair in group), "en")
    other = CorpusText(f"{key}-{language}", name, "", "\n".join(pair[1] for pair in group), language)
    for pair in group:
        first, second = (_sentences(text) for text in pair)
        if len(first) == len(second):
            for sentence, translation in zip(first, second, strict=True):
                yield Parallel(sentence, "en", english, (other,), held_out)
                yield Parallel(translation, language, other, (english,), held_out)


def _sentences(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_spans(text)]
