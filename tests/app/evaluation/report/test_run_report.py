"""report.html: self-contained, escaped, complete; and in a browser, with and without JavaScript."""

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from app.answering.types import Answer
from app.evaluation.measures.metric_labels import METRIC_GROUPS, METRIC_LABELS, Label
from app.evaluation.measures.metrics import RunMetrics
from app.evaluation.question_files.question_file import QuestionRow
from app.evaluation.report.labels import TRANSLATIONS, VERDICT_LABELS
from app.evaluation.report.page import _environment, render
from app.evaluation.report.plots import group_plot
from app.evaluation.report.run_report import made_of, report_html
from app.evaluation.run import evaluate, score_predictions
from tests.app.evaluation.fake_library import PairLibrary, passage
from tests.app.evaluation.fake_progress import NotedProgress

HOSTILE = '<script>alert("東京")</script><img src=x onerror=alert(1)>'
LIBRARY = PairLibrary([passage("<b>d1</b>", "東京は日本の首都である。"), passage("d2", f"大阪は都市である。{HOSTILE}")])
ROWS: list[dict[str, Any]] = [
    {
        "id": "right",
        "question": "日本の首都はどこか",
        "answers": ["東京"],
        "evidence": ["東京は日本"],
        "lang": "ja",
        "type": "factoid",
    },
    {
        "id": "wrong",
        "question": "日本の首都である都市は",
        "answers": ["京都"],
        "evidence": ["京都"],
        "lang": "ja",
        "type": "list",
    },
    {"id": "none", "question": "xyz", "lang": "en", "type": "unanswerable"},
    {"id": "answered", "question": "大阪は都市であるか", "lang": '"><script>', "type": "unanswerable"},
    {"id": "broken", "question": f"エラー{HOSTILE}", "answers": ["a"]},
    {"id": "hostile", "question": f"alert(1)は何か{HOSTILE}", "answers": [HOSTILE], "type": HOSTILE},
]


def ask(row: QuestionRow) -> Answer:
    """The fake library's answer; a question about errors meets one."""
    if row.text.startswith("エラー"):
        raise ValueError(HOSTILE)
    return LIBRARY.ask(row.text, k=10)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    questions = folder / "q.jsonl"
    questions.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    evaluate(questions, folder / "out", ask=ask, settings={"k": 10, "index": {"encoder": "multilingual-x"}},
             report=report_html, minimums={"hit@5": 0.99}, workers=2, progress=NotedProgress())  # fmt: skip
    return folder / "out" / "report.html"


class Elements(HTMLParser):
    """Every element with its attributes, and that each is closed."""

    VOID = ("meta", "input", "br", "path", "rect", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Every end closes what was opened last."""
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_report_is_well_formed_and_fetches_nothing(report: Path) -> None:
    elements = Elements(report.read_text(encoding="utf-8"))
    assert elements.open == []
    assert sum(tag == "script" for tag, _ in elements.found) == 1
    assert not [
        attributes for _, attributes in elements.found if {"src", "href", "onerror", "onload"} & attributes.keys()
    ]
    assert not [tag for tag, _ in elements.found if tag in {"link", "img", "iframe", "object"}]


def test_every_question_stands_in_it_once_failures_first(report: Path) -> None:
    articles = re.findall(r"<article.*?</article>", report.read_text(encoding="utf-8"), re.DOTALL)
    ids = [re.search(r'class="meta">(\w+)', match) for match in articles]
    assert [match.group(1) for match in ids if match] == ["broken", "answered", "wrong", "right", "hostile", "none"]
    assert "&lt;script&gt;" in articles[0]
    assert "東京は日本の首都である" in articles[3]
    assert "evidence at rank 1" in articles[3]


def test_an_abstention_shows_what_is_near_and_the_predictions_carry_it(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": "大阪の人口", "type": "unanswerable"}), encoding="utf-8")
    evaluate(tmp_path / "q.jsonl", tmp_path / "out", ask=ask, settings={}, report=report_html, minimums={}, workers=1,
             progress=NotedProgress())  # fmt: skip
    [prediction] = (tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    [near] = json.loads(prediction)["answer"]["near"]
    assert near["quote"] == "大阪は都市である。"
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "近い箇所（答えではありません）" in text
    assert re.search(r'<ul class="tenkyo-near"><li>.*?<span [^>]*>大阪は都市である。</span>.*?</li></ul>', text)


def test_failures_stand_above_plots_and_metrics_and_the_other_questions_below(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    places = [text.index(part) for part in ("Questions that failed: 3", ">broken", ">Plots<", ">Metrics<")]
    places += [text.index(part, places[-1]) for part in (">The other questions<", ">right")]
    assert places == sorted(places)


def test_plots_without_data_are_left_out(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "エラーは何か"}\n', encoding="utf-8")  # no gold, no answer
    evaluate(
        questions,
        tmp_path / "out",
        ask=ask,
        settings={"k": 10},
        report=report_html,
        minimums={},
        workers=1,
        progress=NotedProgress(),
    )
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<svg" not in text
    assert ">Plots<" not in text


def test_chinese_and_korean_have_the_words_of_every_english_text_with_its_values() -> None:
    labels = (*METRIC_LABELS.values(), *VERDICT_LABELS.values())
    texts = {text for label in labels for text in (label.en, label.en_note) if text} | {en for _, en in METRIC_GROUPS}
    for path in (Path(render.__code__.co_filename).parent / "templates").glob("*.html"):
        markup = path.read_text(encoding="utf-8")
        texts |= {en for _, en in re.findall(r'both\("([^"]+)", "([^"]+)"', markup)}
        texts |= set(re.findall(r'{% set en = "([^"]+)"', markup))
    assert len(texts) > 90
    for language, words in TRANSLATIONS.items():
        assert texts <= words.keys(), language
        assert words.keys() == TRANSLATIONS["zh"].keys()
        for english, text in words.items():
            assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english)), text


@pytest.mark.parametrize("language", ["zh", "ko"])
def test_the_report_is_in_chinese_and_korean_too(report: Path, language: str) -> None:
    text = unescape(report.read_text(encoding="utf-8"))
    said = re.findall(rf'<i class="." lang="{language}">(.*?)</i>', text, re.DOTALL)
    assert len(said) == len(re.findall(r'<i class="e" lang="en">', text)) > 50
    words = TRANSLATIONS[language]
    assert {words["Accuracy"], words["The other questions"], words["wrong"]} <= set(said)
    assert f'lang="{language}">{words["Failures"]} (' in text


def test_texts_in_plots_are_escaped() -> None:
    figures = {metric: {"value": 0.5, "low": 0.4, "high": 0.6, "n": 3} for metric in ("accuracy", "hit@5")}
    plot = group_plot({"<b>&'": figures}, "accuracy", "hit@5", Label('"><script>', "Plots"))
    drawn = str(
        _environment().from_string('{% from "plots.html" import figure %}{{ figure(plot, 360) }}').render(plot=plot)
    )
    assert "<b>" not in drawn
    assert "<script>" not in drawn
    assert "&lt;b&gt;&amp;&#39;" in drawn
    assert drawn.count("<circle") == 4


def test_it_names_what_made_it_and_what_fell_short(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "multilingual-x" in text
    assert "version.python" in text
    assert re.search(r"hit@5 is 0\.5, less than 0\.99", text)
    assert text.count("<svg") >= 4


def test_the_checksums_of_the_index_are_folded_away() -> None:
    index = {"encoder": "e5", "files": {"a.npy": {"bytes": 7, "crc32": 99}}}
    entries = made_of(cast("RunMetrics", {"run": {}, "settings": {"index": index}, "versions": {}}))
    assert entries["shown"] == {"index.encoder": "e5"}
    assert entries["folded"] == {"index.files.a.npy.bytes": 7, "index.files.a.npy.crc32": 99}


def test_metrics_come_with_their_definitions(report: Path) -> None:
    metrics = json.loads((report.parent / "metrics.json").read_text(encoding="utf-8"))
    assert "SQuAD" in metrics["definitions"]["char_f1"]
    assert "ALCE" in metrics["definitions"]["citation_precision"]
    assert metrics["definitions"].keys() <= metrics["overall"].keys()


def test_only_a_long_list_is_laid_out_as_it_is_scrolled_to(report: Path) -> None:
    assert '<div class="list">' in report.read_text(encoding="utf-8")
    metrics = json.loads((report.parent / "metrics.json").read_text(encoding="utf-8"))
    predictions = report.parent / "predictions.jsonl"
    long = "".join(report_html(metrics | {"questions": 10_000}, score_predictions(predictions), predictions))
    assert '<div class="list long">' in long


needs_browser = pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")


@needs_browser
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_filters_work_in_a_browser(report: Path, tmp_path: Path, script: bool) -> None:
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    options = webdriver.ChromeOptions()
    flags = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-sync"
    for flag in [*flags.split(), "disable-component-update", f"user-data-dir={tmp_path}", "window-size=390,800"]:
        options.add_argument(f"--{flag}")
    if not script:
        preferences = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", preferences)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.get(report.as_uri())

        def shown() -> int:
            return sum(match.is_displayed() for match in driver.find_elements("css selector", ".q"))

        assert shown() == 6
        driver.find_element("css selector", "#filter-verdict option[value=failure]").click()
        assert shown() == 3
        driver.find_element("css selector", '#filter-language option[value="l2"]').click()
        assert shown() == 1
        assert driver.find_element("id", "filter-text").is_displayed() == script
        if script:
            assert driver.find_element("id", "shown").text == "1 / 6"
        driver.find_element("id", "show-en").click()
        assert driver.find_element("tag name", "h1").text == "Evaluation report"
        driver.find_element("id", "show-ja").click()
        assert driver.find_element("tag name", "h1").text == "評価レポート"
        width = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"]
        assert width <= driver.get_window_size()["width"]
        if script:
            driver.get(f"{report.as_uri()}?lang=ko")
            assert driver.find_element("tag name", "h1").text == "평가 보고서"
            assert driver.execute_script("return document.documentElement.lang") == "ko"
    finally:
        driver.quit()


@needs_browser
def test_it_prints(report: Path, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'report.pdf'}", report.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with (tmp_path / "report.pdf").open("rb") as file:
        text = "".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    assert all(row["id"] in text for row in ROWS)
