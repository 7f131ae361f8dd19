"""Passages → drafts, spread over documents, sections and kinds of questions."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, zip_longest

from app.drafts.english import questions as english_questions
from app.drafts.japanese import questions as japanese_questions
from app.drafts.question import KINDS, Draft, DraftQuestion
from app.drafts.structure import cell_questions, definition, glossary_entry, section_question
from ingest.text import sentence_spans
from retriever.text import letters
from retriever.types import Passage

_SHORTEST, _LONGEST = 12, 260  # characters of evidence
_PROSE = frozenset({"paragraph", "list_item", "footnote"})
_CODE = re.compile(r"[{}<>|\\$=]|--\w|/\w+/|\b\w+\(\)")


def drafts(documents: Iterable[Sequence[Passage]], before_each: Callable[[], None] = lambda: None) -> list[Draft]:
    """The drafts from documents, given as their passages; documents, kinds of questions and sections take turns.

    A question that two sentences answer is ambiguous and left out. The first round has one draft for each piece of
    evidence; further drafts from the same evidence come last. `before_each` is called before each passage is read.
    """
    return list(chain.from_iterable(_turns([_document_rounds(passages, before_each) for passages in documents])))


def _turns(documents: Sequence[Sequence[list[Draft]]]) -> Iterator[list[Draft]]:
    for rounds in zip_longest(*documents, fillvalue=[]):
        yield [draft for turn in zip_longest(*rounds) for draft in turn if draft is not None]


def _document_rounds(passages: Sequence[Passage], before_each: Callable[[], None]) -> list[list[Draft]]:
    """Two rounds of drafts of one document: one draft for each piece of evidence, then the others."""
    drafts: list[Draft] = []
    for passage in passages:
        before_each()
        drafts += _of_passage(passage)
    made = _unambiguous(drafts)
    made += _sections(passages)
    first: list[Draft] = []
    later: list[Draft] = []
    seen: set[str] = set()
    for draft in sorted(made, key=lambda draft: KINDS.index(draft.question.kind)):
        (later if draft.evidence in seen else first).append(draft)
        seen.add(draft.evidence)
    return [_spread(first), _spread(later)]


def _unambiguous(drafts: Sequence[Draft]) -> list[Draft]:
    counts = Counter(letters(draft.question.text) for draft in drafts)
    return [draft for draft in drafts if counts[letters(draft.question.text)] == 1]


def _spread(drafts: Sequence[Draft]) -> list[Draft]:
    """The same drafts, in turns among the kinds, and among the sections of a kind."""
    by_kind: dict[str, dict[str, list[Draft]]] = defaultdict(lambda: defaultdict(list))
    for draft in drafts:
        by_kind[draft.question.kind][draft.section].append(draft)
    in_turns = [list(_in_turns(list(sections.values()))) for sections in by_kind.values()]
    return list(_in_turns(in_turns))


def _in_turns(lists: Sequence[Sequence[Draft]]) -> Iterator[Draft]:
    for turn in zip_longest(*lists):
        yield from (draft for draft in turn if draft is not None)


def _of_passage(passage: Passage) -> Iterator[Draft]:
    if passage.kind == "table_row":
        yield from (
            _draft(passage, question, passage.text.split("\n", 1)[0].strip()) for question in cell_questions(passage)
        )
        return
    if passage.kind not in _PROSE:
        return
    for start, end in sentence_spans(passage.text):
        sentence = passage.text[start:end]
        if _SHORTEST <= len(sentence) <= _LONGEST and not _is_code(sentence):
            yield from (_draft(passage, question, sentence) for question in _of_sentence(sentence, passage.language))


def _of_sentence(sentence: str, language: str) -> Iterator[DraftQuestion]:
    if language == "ja":
        yield from japanese_questions.questions(sentence)
    elif language == "en":
        yield from english_questions.questions(sentence)
    else:
        yield from definition(sentence, language)
    yield from glossary_entry(sentence, language)


def _is_code(sentence: str) -> bool:
    """Whether a sentence is a line of a program or of a terminal."""
    return len(_CODE.findall(sentence)) > 1 + len(sentence) // 60


def _sections(passages: Sequence[Passage]) -> list[Draft]:
    """For each section, the question what it describes; the evidence is its first sentence."""
    firsts: dict[str, Passage] = {}
    for passage in passages:
        if passage.kind == "paragraph" and passage.section:
            firsts.setdefault(passage.section, passage)
    drafts = []
    for passage in firsts.values():
        start, end = passage.quotable[0]
        question = section_question(passage)
        if question and _SHORTEST <= end - start <= _LONGEST:
            drafts.append(_draft(passage, question, passage.text[start:end]))
    return drafts


def _draft(passage: Passage, question: DraftQuestion, evidence: str) -> Draft:
    return Draft(question, passage.language, passage.document_id, passage.id, passage.section, evidence)
