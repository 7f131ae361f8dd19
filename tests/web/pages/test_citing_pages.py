"""Pages that lead from a mention to the entry to the text of the work, over a source that holds markup and orders."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.library import Library
from app.web.server.server import create_app
from tests.app.cited_documents import EVIL, HOSTILE
from tests.web.conftest import HOST, wait_until


@pytest.fixture(scope="module")
def real(cited_folder: Path) -> Iterator[TestClient]:
    """A client over the paper and its reference."""
    app = create_app(lambda: Library.open(cited_folder))
    app.service.start()
    wait_until(lambda: app.service.ready, seconds=30)
    yield TestClient(app, base_url=HOST)
    app.service.close()


def test_a_mention_leads_to_the_entry_and_the_entry_to_the_text(real: TestClient) -> None:
    html = real.get("/documents/paper").text
    mention = re.search(r'<a class="mention" href="([^"]*)">(.*?)</a>', html)
    assert mention
    assert mention.group(2).startswith("Lamp Council")
    passage = mention.group(1).rpartition("#")[2].replace("%3A", ":")
    entry = re.search(rf'<p id="{passage}".*?</p>', html)
    assert entry
    assert "Support for Keeping the Lighthouse Grows" in entry.group()
    assert 'class="text" href="../documents/survey?lang=en"' in entry.group()
    assert html.count('class="text"') == 1, "the other works were not read"


def test_the_links_of_a_source_page_keep_the_chosen_language(real: TestClient) -> None:
    html = real.get("/documents/paper", params={"lang": "ko"}, headers={"Accept-Language": "en"}).text
    ours = [address for address in re.findall(r'href="([^"]*)"', html) if re.search(r"documents/|chat", address)]
    assert len(ours) > 2
    assert all(re.search(r"(?:\?|&amp;)lang=ko(?:#|$)", address) for address in ours), ours


def test_the_source_page_of_a_hostile_reference_runs_nothing(real: TestClient) -> None:
    html = real.get("/documents/survey").text
    assert "<script" not in html
    assert "<img" not in html
    assert EVIL in html
    assert "javascript:" not in "".join(re.findall(r'(?:href|src)="([^"]*)"', html))
    assert "data:" not in "".join(re.findall(r'(?:href|src)="([^"]*)"', html))


def test_the_answer_as_json_links_to_the_web_alone(real: TestClient) -> None:
    answer = real.post("/api/ask", json={"question": "灯台の保存に賛成した住民は何%か"}).json()
    cited = answer["citations"][0]["cites"][0]
    assert cited["url"] == "https://lamps.example/survey"
    assert cited["passage"]["document_title"].endswith(HOSTILE), "data stays data; pages escape it"
    nearest = cited["passage"]
    query = {key: nearest[key] for key in ("quote_start", "quote_end")} | {"passage": nearest["passage_id"]}
    shown = real.get(f"/documents/{nearest['document_id']}", params=query).text
    assert "83%" in "".join(re.findall(r"<mark>(.*?)</mark>", shown))
    panel = real.get("/api/passage", params=query | {"document": "survey"}).json()
    assert "83%" in json.dumps(panel, ensure_ascii=False)


def test_a_stream_tells_whose_each_sentence_is(real: TestClient) -> None:
    headers = {"Accept": "text/event-stream"}
    text = real.post("/api/ask", json={"question": "83%の出典は？"}, headers=headers).text
    sentences = [json.loads(one) for one in re.findall(r"event: sentence\ndata: (.*)", text)]
    assert [one["origin"] for one in sentences] == ["paper", "record", "reference"]
