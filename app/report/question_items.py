"""The questions of a report: each with its answer, citations and verdict."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.matching import squeeze
from app.evaluation.predictions import parse_prediction
from app.evaluation.score_table import Tally
from app.evaluation.scores import FAILURES, SUCCESSES, VERDICTS, Prediction
from app.report.filters import numbered
from app.report.labels import VERDICT_LABELS, both

_EXCERPT = 90  # characters of a hit that is shown where the evidence was not found first
_HITS_SHOWN = 3


def question_items(tally: Tally, path: Path) -> Iterator[str]:
    """Every question as markup, failures first, in the order of the file within a verdict; one is held at a time."""
    ranks = tally.columns().first_rank
    languages, types = tally.groups["language"], tally.groups["type"]
    language_numbers, type_numbers = numbered(languages), numbered(types)
    order = sorted(range(len(tally.verdicts)), key=lambda number: (tally.verdicts[number], number))
    with path.open("rb") as file:
        for number in order:
            file.seek(tally.offsets[number])
            prediction = parse_prediction(file.readline(), number + 1, path)
            verdict = VERDICTS[tally.verdicts[number]]
            rank = None if np.isnan(ranks[number]) else int(ranks[number])
            groups = f"l{language_numbers[languages[number]]} t{type_numbers[types[number]]}"
            failure = " failure" if verdict in FAILURES else ""
            classes = f"v{tally.verdicts[number]} {tone(verdict)} {groups}{failure}"
            yield question_item(prediction, verdict, rank, classes)


def question_item(prediction: Prediction, verdict: str, rank: int | None, classes: str) -> str:
    """One question as markup; `rank` is that of the first hit with evidence."""
    question, answer = prediction.question, prediction.answer
    meta = [escape(word) for word in (question.id, question.language, question.type, question.document_id) if word]
    if answer is not None:
        meta.append(f"{both('確信度', 'confidence')} {answer['confidence']:.2f}")
        if "total" in answer["timings_ms"]:
            meta.append(f"{answer['timings_ms']['total']:.0f} ms")
    if question.answerable and (question.evidence or question.document_id):
        found = (
            both(f"根拠は{rank}位", f"evidence at rank {rank}")
            if rank
            else both("根拠は見つからず", "evidence not found")
        )
        meta.append(found)
    parts = [_expected(prediction), _answer(prediction)]
    if answer is not None and rank != 1 and verdict in FAILURES:
        parts.append(_hits(answer["hits"]))
    return (
        f'<article class="q {classes}"{lang(question.language)}><h3><span class="verdict">'
        f"{verdict_name(verdict)}</span>{escape(question.text)}</h3>"
        f'<p class="meta">{" · ".join(meta)}</p><dl>{"".join(parts)}</dl></article>\n'
    )


def verdict_name(verdict: str) -> str:
    """A verdict's name as markup."""
    return both(VERDICT_LABELS[verdict].ja, VERDICT_LABELS[verdict].en)


def tone(verdict: str) -> str:
    """The class of the style sheet that colours a verdict: amber where the answer is short of right, not false."""
    if verdict in SUCCESSES:
        return "good"
    return {"refused": "middling", "partial": "middling", "unjudged": "neutral"}.get(verdict, "bad")


def answer_markup(answer: Mapping[str, Any]) -> str:
    """An answer's sentences with their [n], and its citations with the quotes that the sentences do not repeat."""
    sentences = " ".join(
        escape(one["text"]) + "".join(f" [{number}]" for number in one["citations"] if f"[{number}]" not in one["text"])
        for one in answer["sentences"]
    )
    said = squeeze(answer["text"])
    items = []
    for one in answer["citations"]:
        quote = "" if squeeze(one["quote"]) in said else f"<blockquote>{escape(one['quote'])}</blockquote>"
        items.append(f'<li value="{int(one["number"])}">{place_of(one)}{quote}</li>')
    listed = f"<ol>{''.join(items)}</ol>" if items else ""
    return f"{sentences or escape(answer['text'])}{listed}"


def place_of(source: Mapping[str, Any]) -> str:
    """Document, section and page of a citation or hit as markup."""
    page = f"p. {source['page']}" if source["page"] else ""
    return escape(" · ".join(part for part in (source["document_title"], source["section"], page) if part))


def _expected(prediction: Prediction) -> str:
    question = prediction.question
    if question.unanswerable:
        return _entry("正解", "Expected", both("文書に答えはない", "the documents hold no answer"))
    parts = ""
    if question.answers:
        parts += _entry("正解", "Expected", escape(" | ".join(question.answers)))
    if question.evidence:
        cited = [squeeze(one["text"]) for one in (prediction.answer or {}).get("citations", ())]
        items = []
        for quote in question.evidence:
            is_cited = any(squeeze(quote) in text for text in cited)
            items.append(
                f"{escape(quote)} {both('✓ 引用', '✓ cited') if is_cited else both('✗ 引用なし', '✗ not cited')}"
            )
        parts += _entry("根拠", "Evidence", "<br>".join(items))
    return parts


def _answer(prediction: Prediction) -> str:
    if prediction.answer is None:
        return _entry("エラー", "Error", escape(prediction.error or ""))
    return _entry("回答", "Answer", answer_markup(prediction.answer))


def _hits(hits: Sequence[Mapping[str, Any]]) -> str:
    items = []
    for hit in hits[:_HITS_SHOWN]:
        text = hit["text"]
        excerpt = text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
        items.append(f'<li>{place_of(hit)}<br><span class="soft">{escape(excerpt)}</span></li>')
    return _entry("検索結果", "Hits", f"<ol>{''.join(items)}</ol>" if items else "–")


def _entry(ja: str, en: str, markup: str) -> str:
    return f"<dt>{both(ja, en)}</dt><dd>{markup}</dd>"


def lang(language: str | None) -> str:
    """The attribute that names the language of a question, where it is a language tag."""
    return f' lang="{language}"' if language and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", language) else ""
