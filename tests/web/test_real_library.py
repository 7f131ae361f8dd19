"""The server over a real index: what is cited opens at the very words."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.library import Library
from app.web.server.server import create_app
from ingest.pipeline import ingest_documents
from tests.retriever.letters import NoProgress
from tests.web.conftest import HOST, wait_until
from tests.web.fake_library import NOODLES, TEA
from tests.web.pages.test_pages import marked


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client over the two books, indexed as `tenkyo ingest` does."""
    folder = tmp_path_factory.mktemp("index")
    ingest_documents(folder, [NOODLES, TEA], encoder_name=None, progress=NoProgress())
    app = create_app(lambda: Library.open(folder))
    app.service.start()
    wait_until(lambda: app.service.ready, seconds=30)
    yield TestClient(app, base_url=HOST)
    app.service.close()


def test_each_citation_of_an_answer_opens_at_its_words(real: TestClient) -> None:
    answer = real.post("/api/ask", json={"question": "ラーメンが各地へ広まったのはいつですか"}).json()
    assert answer["citations"]
    for one in answer["citations"]:
        query = {key: one[key] for key in ("quote_start", "quote_end")} | {"passage": one["passage_id"]}
        html = real.get(f"/documents/{one['document_id']}", params=query).text
        assert "".join(marked(html).split()) == "".join(one["quote"].split())
        panel = real.get("/api/passage", params=query | {"document": one["document_id"]}).json()
        assert panel["document_title"] == one["document_title"]


def test_every_hit_is_an_element_of_its_source(real: TestClient) -> None:
    hits = real.post("/api/search", json={"query": "麺の値段 tea"}).json()["hits"]
    assert hits
    for hit in hits:
        assert real.get(f"/documents/{hit['document_id']}").text.count(f' id="{hit["passage_id"]}"') == 1


def test_the_index_is_named_when_it_is_ready(real: TestClient) -> None:
    assert real.get("/readyz").json()["generation"]
