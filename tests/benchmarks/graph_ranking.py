"""Whether a graph of vectors (HNSW, as a Milvus server has it) ranks like exact search, over the encoder's own vectors.

    python -m tests.benchmarks.graph_ranking INDEX FOLDER [QUESTIONS]          (1000; and all development sets)

INDEX is one in FAISS files that `tests.benchmarks.same_ranking` made (FOLDER/files there). The opening of each passage
is encoded (40 Japanese characters, or 120 others: whole passages would take hours) and kept in FOLDER, so that a second
run goes on. The graph has the parameters of `retriever.index.milvus_client`. Prints for FAISS with two breadths of
search, and for Milvus Lite where it is installed, with exact search (FLAT) and with a graph: how many questions have
the same 50 nearest passages as exact search has, how many the same top ten of the whole search, and how many of
JSQuAD's find their paragraph among five.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from retriever.encoder import open_encoder
from retriever.fusion import background_of
from retriever.index import milvus_client
from retriever.index.milvus_client import _BUILD_BREADTH, _LINKS, _SEARCH_BREADTH
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.lexical.bm25 import Rows
from retriever.store import LEXICAL, StoredRows
from retriever.text import language_of
from retriever.types import Encoder, Hit, Query, Vectors
from tests.benchmarks.same_ranking import Asked, corpus, development_questions, is_found, use_graph

_DEPTH = 50  # candidates of each retriever (retriever.fusion)
_PART, _BATCH = 1000, 8  # passages of a file of vectors, and of one call of the encoder
_OPENING = {"en": 120}  # characters of a passage that are encoded, by language
_USUAL_OPENING = 40
_INSERTED, _ASKED = 500, 50  # rows and questions of one call of Milvus Lite
_PASSAGES = 20_000  # blocks of the corpus that questions are taken from: all of JSQuAD is among the first


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows whose passages, and the one sentence of each, have these vectors; the nearest are found in `engine`."""

    matrix: Vectors
    engine: Any

    def nearest(self, vector: Vectors, k: int) -> Rows:
        """The nearest rows, as the engine finds them."""
        return np.asarray(self.engine.search(vector.reshape(1, -1), k)[1][0], dtype=np.int64)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of rows."""
        return self.matrix[rows]

    def sentences(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """The same, as those of one sentence each."""
        return self.matrix[rows], np.ones(len(rows), np.int64)


class LiteVectors:
    """The same vectors in Milvus Lite, in a collection and under a filter like an index's; no tokens, no texts."""

    def __init__(self, matrix: Vectors, folder: Path) -> None:
        self._client = milvus_client.connect(f"milvus-lite://{folder}/graph.db#graph/openings")
        self._client.make(matrix.shape[1])
        without: dict[str, Any] = {name: {0: 1.0} for name in LEXICAL}
        without |= {"course": self._client.course, "passage": "", "words_in_order": "", "sentences": []}
        for start in range(0, len(matrix), _INSERTED):
            rows = enumerate(matrix[start : start + _INSERTED].tolist(), start)
            self._client.insert([{**without, "id": str(row), "place": row, "vector": vector} for row, vector in rows])
        self._client.settle()

    def use_graph(self) -> None:
        """Index the vectors by a graph; before, search is exact."""
        use_graph(self._client)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and rows, best first, shape (vectors, k) each, as an index of FAISS gives them."""
        found: list[list[tuple[int, float]]] = []
        for start in range(0, len(vectors), _ASKED):
            found += self._client.search("vector", vectors[start : start + _ASKED].tolist(), k, "place >= 0")
        scores, rows = (np.array([[hit[part] for hit in hits] for hits in found]) for part in (1, 0))
        return scores, rows


def encoded(index: Index, encoder: Encoder, folder: Path) -> Vectors:
    """The vectors of the openings of all passages, shape (rows, dimension)."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, index.row_count, _PART):
        path, rows = folder / f"part-{start:06d}.npy", range(start, min(start + _PART, index.row_count))
        if not path.exists() or len(np.load(path)) < len(rows):
            records = index.stored.passages(rows)
            texts = [record["text"] for record in records]
            openings = [text[: _OPENING.get(language_of(text), _USUAL_OPENING)] for text in texts]
            of_part = [
                encoder.encode_passages(openings[first : first + _BATCH]) for first in range(0, len(texts), _BATCH)
            ]
            np.save(path, np.concatenate(of_part))
            print(
                f"{start + len(texts):,} passages encoded, {time.process_time():.0f} CPU s", file=sys.stderr, flush=True
            )
        parts.append(np.load(path))
    return np.concatenate(parts)[: index.row_count]


def with_vectors(index: Index, rows: Encoded) -> Index:
    """The index with other vectors."""
    stored, names = cast("StoredRows", rows), [(of, kind) for of, kind in index.manifest["groups"]]
    live = np.ones(index.row_count, dtype=bool)
    background = background_of(stored, names, index.fusion.background.groups, live)
    return replace(index, fusion=replace(index.fusion, stored=stored, background=background))


def main(index_folder: Path, folder: Path, questions: int) -> None:
    """Print how alike they are."""
    milvus_client._SECONDS = 600.0  # a call takes Milvus Lite long on a busy machine
    index, encoder = open_index(index_folder), open_encoder()
    matrix = encoded(index, encoder, folder)
    flat = faiss.IndexFlatIP(matrix.shape[1])
    graph = faiss.IndexHNSWFlat(matrix.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _BUILD_BREADTH
    for engine in (flat, graph):
        engine.add(matrix)
    _, of_jsquad = corpus(_PASSAGES)
    asked = of_jsquad[:: max(1, len(of_jsquad) // questions)][:questions]
    print(f"{len(matrix):,} passages")
    exact = with_vectors(index, Encoded(matrix, flat))
    rankings = {
        name: Ranking(of_set, [index.query(question.text, encoder) for question in of_set], exact)
        for name, of_set in {"JSQuAD": asked, "development": development_questions()}.items()
    }
    for breadth in (_SEARCH_BREADTH // 2, _SEARCH_BREADTH):
        graph.hnsw.efSearch = breadth
        for name, ranking in rankings.items():
            ranking.report(f"{name}, FAISS, ef {breadth}", with_vectors(index, Encoded(matrix, graph)))
    if find_spec("milvus_lite"):
        report_lite(index, rankings, matrix)


def report_lite(index: Index, rankings: "dict[str, Ranking]", matrix: Vectors) -> None:
    """Print how alike Milvus Lite ranks, with exact search and with a graph."""
    with tempfile.TemporaryDirectory() as folder:
        lite = LiteVectors(matrix, Path(folder))
        for title in ("exact", f"ef {_SEARCH_BREADTH}"):
            if title != "exact":
                lite.use_graph()
            for name, ranking in rankings.items():
                ranking.report(f"{name}, Milvus Lite, {title}", with_vectors(index, Encoded(matrix, lite)))


class Ranking:
    """What exact search finds for a set of questions."""

    def __init__(self, asked: Sequence[Asked], queries: Sequence[Query], exact: Index) -> None:
        self._asked, self._queries = asked, queries
        self._vectors = np.stack([query.vector for query in queries])
        self._nearest = self._nearest_of(exact)
        self._hits = [exact.search(query, 10) for query in queries]

    def _nearest_of(self, index: Index) -> list[set[int]]:
        engine = cast("Encoded", index.fusion.stored).engine
        return [set(rows) for rows in engine.search(self._vectors, _DEPTH)[1].tolist()]

    def report(self, title: str, nearly: Index) -> None:
        """Print how alike what `nearly` finds is; the same nearest give the same top ten."""
        begun = time.process_time()
        nearest = self._nearest_of(nearly)
        seconds = time.process_time() - begun
        hits = [
            exact if rows == of_exact else nearly.search(query, 10)
            for query, exact, rows, of_exact in zip(self._queries, self._hits, nearest, self._nearest, strict=True)
        ]
        same_ten = sum(ids_of(found) == ids_of(exact) for found, exact in zip(hits, self._hits, strict=True))
        same_nearest = sum(rows == of_exact for rows, of_exact in zip(nearest, self._nearest, strict=True))
        print(
            f"{title}: {len(hits)} questions, the same nearest {_DEPTH} {same_nearest}, the same top ten {same_ten}, "
            f"found among five {self._found(self._hits)} exactly, {self._found(hits)} so, "
            f"CPU a search of the graph {1000 * seconds / len(hits):.1f} ms",
            flush=True,
        )

    def _found(self, hits: Sequence[Sequence[Hit]]) -> int:
        return sum(bool(asked.document_id) and is_found(asked, of) for asked, of in zip(self._asked, hits, strict=True))


def ids_of(hits: Sequence[Hit]) -> set[str]:
    """The ids of the passages."""
    return {hit.passage.id for hit in hits}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int((*sys.argv[3:], "1000")[0]))
