"""Whether a graph of vectors (HNSW, as a Milvus server has it) ranks like exact search, over the encoder's own vectors.

    python -m tests.benchmarks.graph_ranking INDEX FOLDER [QUESTIONS]          (1000; and all development sets)

INDEX is one in FAISS files that `tests.benchmarks.same_ranking` made (FOLDER/files there). The opening of each passage
is encoded (40 Japanese characters, or 120 others: whole passages would take hours) and kept in FOLDER, so that a second
run goes on. The graph has the parameters of `retriever.index.milvus_client`; that of Milvus Lite is this class of
FAISS, too. Prints for two breadths of search how many questions have the same 50 nearest passages, and the same top
ten of the whole search.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from retriever.encoder import open_encoder
from retriever.fusion import background_of
from retriever.index.milvus_client import _BUILD_BREADTH, _LINKS, _SEARCH_BREADTH
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.lexical.bm25 import Rows
from retriever.store import StoredRows
from retriever.text import language_of
from retriever.types import Encoder, Query, Vectors
from tests.benchmarks.same_ranking import corpus, development_questions

_DEPTH = 50  # candidates of each retriever (retriever.fusion)
_PART, _BATCH = 1000, 8  # passages of a file of vectors, and of one call of the encoder
_OPENING = {"en": 120}  # characters of a passage that are encoded, by language
_USUAL_OPENING = 40
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


def encoded(index: Index, encoder: Encoder, folder: Path) -> Vectors:
    """The vectors of the openings of all passages, shape (rows, dimension)."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, index.row_count, _PART):
        path = folder / f"part-{start:06d}.npy"
        if not path.exists():
            records = index.stored.passages(range(start, min(start + _PART, index.row_count)))
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


def top_ten(index: Index, query: Query) -> set[str]:
    """The ids of the first ten passages."""
    return {hit.passage.id for hit in index.search(query, 10)}


def main(index_folder: Path, folder: Path, questions: int) -> None:
    """Print how alike both are."""
    index, encoder = open_index(index_folder), open_encoder()
    matrix = encoded(index, encoder, folder)
    flat = faiss.IndexFlatIP(matrix.shape[1])
    graph = faiss.IndexHNSWFlat(matrix.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _BUILD_BREADTH
    for engine in (flat, graph):
        engine.add(matrix)
    _, of_jsquad = corpus(_PASSAGES)
    asked = of_jsquad[:: max(1, len(of_jsquad) // questions)][:questions]
    exact, nearly = (with_vectors(index, Encoded(matrix, engine)) for engine in (flat, graph))
    print(f"{len(matrix):,} passages")
    for name, questions_of_set in {"JSQuAD": asked, "development": development_questions()}.items():
        queries = [index.query(question.text, encoder) for question in questions_of_set]
        for breadth in (_SEARCH_BREADTH // 4, _SEARCH_BREADTH):
            graph.hnsw.efSearch = breadth
            report(f"{name}, ef {breadth}", queries, exact, nearly)


def report(title: str, queries: Sequence[Query], exact: Index, nearly: Index) -> None:
    """Print for how many queries the nearest, and the top ten, are the same; the same nearest give the same top ten."""
    begun = time.process_time()
    found = [nearly.fusion.stored.nearest(query.vector, _DEPTH) for query in queries]
    seconds = time.process_time() - begun
    others = [
        query
        for query, rows in zip(queries, found, strict=True)
        if {*rows.tolist()} != {*exact.fusion.stored.nearest(query.vector, _DEPTH).tolist()}
    ]
    differing = [query for query in others if top_ten(exact, query) != top_ten(nearly, query)]
    print(
        f"{title}: {len(queries)} questions, the same nearest {_DEPTH} {len(queries) - len(others)}, the same top ten "
        f"{len(queries) - len(differing)}, CPU a search of the graph {1000 * seconds / len(queries):.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int((*sys.argv[3:], "1000")[0]))
