"""A starter set of questions drafted from documents, for a teacher to edit."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from app.evaluation.question_file import LIST_SEPARATOR
from ingest.document import Block, Document
from ingest.sentences import split

Row = dict[str, Any]
COLUMNS = ("id", "question", "lang", "type", "answers", "evidence", "document_id")

_SHORTEST_QUOTE, _LONGEST_QUOTE = 12, 240  # characters of evidence: a passage holds it whole
_LONGEST_TOPIC = 40
# 「Xとは…である」; in English "X is a …", "X refers to …", "X is defined as …" at the head of a sentence
_JA_DEFINITION = re.compile(
    r"^(?P<term>[^、。「」（）]{2,30}?)とは、?(?P<meaning>[^。]{6,}?)(?:である|であり|のことで|を指す|をいう|という|です|だ)"
)
_EN_DEFINITION = re.compile(
    r"^(?:The |An? )?(?P<term>[A-Z][\w -]{2,40}?) (?:is|are|means|refers to|is defined as|are defined as) "
    r"(?P<meaning>(?:an?|the|any) [^.]{10,})"
)
# a number with its unit, right after the topic particle of its clause: "…の支持率は46%"
_JA_FIGURE = re.compile(
    r"(?:^|[、。）」])(?P<topic>[^、。「」（）\d]{2,40}?)[はが](?:、|約|およそ|平均|合計|およそ)?"
    r"(?P<value>[\d.,]+(?:兆|億|万|千)*[\d.,]*(?P<unit>%|％|パーセント|年|円|ドル|人|件|か国|カ国|ヶ国|倍|歳|日|か月|カ月|ヶ月|"
    r"時間|分|秒|キロ|メートル|トン|回|社|校|点|位|名|台|本|冊|ポイント|km|kg|m))"
)
_EN_FIGURE = re.compile(
    r"(?<![\w.])(?P<value>[$€£¥]?\d[\d,]*(?:\.\d+)?"
    r"(?:%| (?:percent|per cent|million|billion|trillion|years|people))?)(?![\w])"
)
_BLANK = "＿＿"


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
        if key not in seen:
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
    japanese = _is_japanese(document)
    for sentence in _sentences(document):
        if japanese:
            match = _JA_FIGURE.search(sentence)
            if match:
                question = f"{match['topic'].strip()}は何{_asked_unit(match['unit'])}ですか"
                yield _row(document, question, "factoid", [match["value"]], sentence)
        elif match := _EN_FIGURE.search(sentence):
            cloze = sentence[: match.start()] + _BLANK + sentence[match.end() :]
            yield _row(document, f"Which figure is missing: {cloze}", "factoid", [match["value"]], sentence)


def _asked_unit(unit: str) -> str:
    return {"％": "%", "パーセント": "%", "日": "日", "年": "年"}.get(unit, unit)


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
    return re.sub(
        r"^\s*(?:第?[\d０-９一二三四五六七八九十]+(?:[.．][\d０-９]+)*[章節項]?|[IVX]+)[.．、:：\s]+", "", text
    ).strip()
