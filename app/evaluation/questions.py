"""A starter set of questions drafted from documents, for a teacher to edit."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from app.evaluation.question_tables import LIST_SEPARATOR
from ingest.document import Block, Document
from ingest.structure.sentences import split
from retriever.text import KANJI_TO_99, ROMAN_LETTERS

Row = dict[str, Any]
COLUMNS = ("id", "question", "lang", "type", "answers", "evidence", "document_id")

_SHORTEST_QUOTE, _LONGEST_QUOTE = 12, 240  # characters of evidence: a passage holds it whole
_LONGEST_TOPIC = 40
# 「Xとは…である」, but not 「…することは」, 「これは…とは異なり」 nor 「とは以下の…」;
# in English "X is a …", "X refers to …", "X is defined as …" at the head of a sentence
_JA_DEFINITION = re.compile(
    r"^(?!これ|それ|この|その|また)(?P<term>[^、。「」（）は]{2,30}?)(?<!こ)とは、?"
    r"(?!以下|次の|[^、。]{0,8}(?:異な|違[いうっ]|別[のにな]|限ら|無関係))(?P<meaning>[^。]{6,}?)(?:である|であり|のことで|を指す|をいう|という|です|だ)"
)
_EN_DEFINITION = re.compile(
    r"^(?:The |An? )?(?P<term>[A-Z][\w -]{2,40}?) (?:is|are|means|refers to|is defined as|are defined as) "
    r"(?P<meaning>(?:an?|the|any) [^.]{10,})"
)
_UNIT = (
    r"%|％|パーセント|年|円|ドル|人|件|か国|カ国|ヶ国|倍|歳|度|日|か月|カ月|ヶ月|時間|分|秒|キロ|メートル|トン|回|社|校|点|位|名|台|本|冊"
    r"|ポイント|km|kg|m"
)
# "X is/was N units" statements: "…の支持率は46%であり"; not a date that tells when (2024年2月に…)
_JA_FIGURE = re.compile(
    rf"(?:^|[、。）」])(?!これ|それ|その|この|同)(?P<topic>[^、。「」（）\dは]{{2,40}}?)(?<![でにとへも])[はが](?:約|およそ|平均|合計)?"
    rf"(?P<value>[\d.,]++(?:(?:兆|億|万|千)++[\d.,]*+)?(?P<unit>{_UNIT}))"
    r"(?:ほど|程度|以上|以下|前後)?(?:である|であり|であった|で、|だ|です|と|に(?:達|上|のぼ|なっ|な[りる]|設定|定め)|を(?:超|上回|下回|占)|。|、)"
)
# other numbers, for questions with a gap; of dates only a year in which something was done
_JA_NUMBER = re.compile(
    rf"(?<!\d)\d{{4}}年(?=に)|(?<![\d.,])[\d.,]++(?:(?:兆|億|万|千)++[\d.,]*+)?(?!年|日|時|分|秒)(?:{_UNIT})"
)
_EN_NUMBER = re.compile(
    r"(?<![\w.])[$€£¥]?\d[\d,]*(?:\.\d+)?(?:%| (?:percent|per cent|million|billion|trillion|years|people))?(?!\w)"
)
_CLAUSE_END = re.compile(r"[、。，,;；：:「」]\s*|[.!?](?:\s|$)")
_HEADING_NUMBER = re.compile(
    rf"^\s*(?:第?[\d０-９{KANJI_TO_99}]+(?:[.．][\d０-９]+)*[章節項]?|[{ROMAN_LETTERS}]+)[.．、:：\s]+"
)
GAP = "＿＿"


def draft(documents: Iterable[Document], limit: int) -> list[Row]:
    """At most `limit` questions with answers and verbatim evidence, taking turns among documents and kinds.

    Definitions, figures and cells of tables are asked with their answers; a heading is asked for what it is about,
    with its section's first sentence for evidence and the answers left to the teacher.
    """
    rows: list[Row] = []
    seen: set[tuple[str, str]] = set()
    sources = [_turns([_definitions(one), _figures(one), _cells(one), _headings(one)]) for one in documents]
    for row in _turns(sources):
        if len(rows) == limit:
            break
        key = (row["question"], row["document_id"])
        items = [*row["evidence"], *row.get("answers", ())]
        if key not in seen and not any(LIST_SEPARATOR in one for one in items):  # which a CSV would take for two
            seen.add(key)
            rows.append({"id": f"draft-{len(rows) + 1:03d}", **row})
    return rows


def to_jsonl(rows: Iterable[Row]) -> str:
    """The rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV with lists joined by " | ", as evaluate reads them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: LIST_SEPARATOR.join(value) if isinstance(value, list) else value for name, value in row.items()}
        )
    return text.getvalue()


def _turns(sources: Iterable[Iterable[Row]]) -> Iterator[Row]:
    """One row of each source in turn, until all are used up."""
    for rows in zip_longest(*sources):
        yield from (row for row in rows if row is not None)


def _row(document: Document, question: str, kind: str, answers: list[str] | None, evidence: str) -> Row:
    gold = {} if answers is None else {"answers": answers}
    return {
        "question": question, "lang": document.language, "type": kind, **gold,
        "evidence": [evidence], "document_id": document.id,
    }  # fmt: skip


def _is_japanese(document: Document) -> bool:
    return document.language == "ja"


def _sentences(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if block.kind in {"paragraph", "list_item"}:
            yield from (one for one in split(block.text) if _SHORTEST_QUOTE <= len(one) <= _LONGEST_QUOTE)


def _definitions(document: Document) -> Iterator[Row]:
    japanese = _is_japanese(document)
    for sentence in _sentences(document):
        match = (_JA_DEFINITION if japanese else _EN_DEFINITION).match(sentence)
        if match:
            term = match["term"].strip()
            question = f"{term}とは何ですか" if japanese else f"What is meant by “{term}”?"
            yield _row(document, question, "explain", [match["meaning"].strip()], sentence)


def _figures(document: Document) -> Iterator[Row]:
    """Questions for a stated amount, where a sentence states one; then clauses with a gap for their number."""
    left = []
    for sentence in _sentences(document):
        match = _JA_FIGURE.search(sentence) if _is_japanese(document) else None
        if match is None:
            left.append(sentence)
            continue
        unit = {"％": "%", "パーセント": "%"}.get(match["unit"], match["unit"])
        yield _row(document, f"{match['topic'].strip()}は何{unit}ですか", "factoid", [match["value"]], sentence)
    for sentence in left:
        match = (_JA_NUMBER if _is_japanese(document) else _EN_NUMBER).search(sentence)
        if match:
            before, after = sentence[: match.start()], sentence[match.end() :]
            starts = [end.end() for end in _CLAUSE_END.finditer(before)]
            stop = _CLAUSE_END.search(after)
            clause = before[starts[-1] if starts else 0 :] + GAP + after[: stop.start() if stop else None]
            if len(clause) < _SHORTEST_QUOTE:
                continue  # too little to tell what is asked
            asked = (
                f"「{clause}」の{GAP}に入るのは何ですか" if _is_japanese(document) else f"What is missing: “{clause}”?"
            )
            yield _row(document, asked, "factoid", [match.group()], sentence)


def _cells(document: Document) -> Iterator[Row]:
    japanese = _is_japanese(document)
    for block in document.blocks:
        if block.kind != "table_row" or len(block.cells) < 2:
            continue
        (_, key), *others = block.cells
        evidence = block.text.split("\n", 1)[0].strip()
        for column, value in others:
            if not (column and key and value) or max(len(column), len(key)) > _LONGEST_TOPIC:
                continue
            where = (
                f"（{block.caption}）" if japanese and block.caption else f" ({block.caption})" if block.caption else ""
            )
            asked = f"{key}の{column}は何ですか" if japanese else f"What is the {column} of {key}?"
            yield _row(document, f"{asked}{where}", "table", [value], evidence)


def _headings(document: Document) -> Iterator[Row]:
    heading: Block | None = None
    for block in document.blocks:
        if block.kind == "heading":
            heading = block
        elif heading is not None and block.kind == "paragraph":
            title, first = _bare_title(heading.text), next(iter(split(block.text)), "")
            heading = None
            if title and _SHORTEST_QUOTE <= len(first) <= _LONGEST_QUOTE:
                asked = (
                    f"「{title}」では何が述べられていますか" if _is_japanese(document) else f"What does “{title}” say?"
                )
                yield _row(document, asked, "explain", None, first)


def _bare_title(text: str) -> str:
    """A heading without its number."""
    return _HEADING_NUMBER.sub("", text).strip()
