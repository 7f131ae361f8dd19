"""The rows of one index in Milvus, over pymilvus; every failure to answer is one error with its remedy."""

import logging
import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from retriever.store import LEXICAL, StoreAwayError
from retriever.types import TenkyoError

MOST = 16_384  # rows that Milvus returns for one query
LONGEST_TEXT = 65_535  # bytes of a field
_SECONDS, _CONNECT_SECONDS = 10.0, 3.0  # timeouts of a call and of an attempt to connect
# Malkov & Yashunin (2016), as in retriever.index.segment_files. With this search breadth, 996 of 1,000
# questions have the top ten of exact search over 101,268 passages (1,024: 994; tests/benchmarks/LOG.md).
_LINKS, _BUILD_BREADTH, _SEARCH_BREADTH = 32, 200, 2048
_LITE_REMEDY = (
    "close the other process that uses it; if there is none, it is damaged: ingest the sources into a new folder"
)
# Milvus Lite's messages for other causes; when memory has run out, the message is mostly empty.
_LITE_REMEDIES = (
    (re.compile("No space left on device"), "free some space on its disk and run this again"),
    (re.compile("^$|Unable to allocate|malloc|bad_alloc"), "memory ran out: free some, or keep this index in faiss"),
    (re.compile("Permission denied|Read-only"), "name a place that you may write to with --store"),
    (re.compile("Deadline|DEADLINE"), "the machine is too slow or too busy: try again, or keep this index in faiss"),
)
# Milvus Lite does not say why it could not be opened; with less than this left, the disk was full.
_FULL_BYTES = 64 << 10
_SERVER_REMEDY = "start it, or wait until it is back; if it asks for a token, check MILVUS_TOKEN"
_TOKEN = "MILVUS_TOKEN"  # noqa: S105 - the name of the environment variable that holds it

Returned = TypeVar("Returned")

_open: dict[str, "Client"] = {}
_opening = threading.Lock()


def connect(address: str) -> "Client":
    """The rows at an address that ends with #COLLECTION/COURSE; one connection for all of a process."""
    with _opening:
        if address not in _open:
            _open[address] = Client(address)
        return _open[address]


@dataclass(slots=True)
class Client:
    """The rows of one course in a collection. Connects at the first call, and again after the engine was away."""

    address: str
    _engine: Any = None

    @property
    def is_lite(self) -> bool:
        """Whether the engine runs in this process."""
        return self.address.startswith("milvus-lite:")

    @property
    def collection(self) -> str:
        """The name of the collection."""
        return self.address.partition("#")[2].partition("/")[0]

    @property
    def course(self) -> str:
        """The partition key, which all rows of one index have."""
        return self.address.partition("#")[2].partition("/")[2]

    @property
    def shown(self) -> str:
        """The address of the engine, as users write it."""
        return self.address.partition("#")[0]

    def exists(self) -> bool:
        """Whether the collection was made."""
        return self._call(lambda engine: bool(engine.has_collection(self.collection, timeout=_SECONDS)))

    def make(self, dimension: int) -> None:
        """Make the collection, unless it is there, or another machine makes it at this moment."""
        if self.exists():
            return
        try:
            self._call(lambda engine: self._make(engine, dimension))
        except StoreAwayError:
            if not self.exists():
                raise

    def insert(self, entities: Sequence[dict[str, Any]]) -> None:
        """Insert rows, or replace those of the same ids.

        Milvus Lite replaces rows in an insert, too; its upsert reads each old row first, in time that grows with all
        rows that were ever deleted.
        """
        name = "insert" if self.is_lite else "upsert"
        self._call(lambda engine: getattr(engine, name)(self.collection, list(entities), timeout=6 * _SECONDS))

    def settle(self) -> None:
        """Write what was inserted to disk; a server does so by itself."""
        if self.is_lite:
            self._call(lambda engine: engine.flush(self.collection, timeout=6 * _SECONDS))

    def delete(self, rows: str) -> None:
        """Delete the rows of the course that a filter names."""
        self._call(lambda engine: engine.delete(self.collection, filter=self._own(rows), timeout=6 * _SECONDS))

    def query(self, places: Sequence[int], fields: Sequence[str]) -> list[dict[str, Any]]:
        """These fields of the rows at these places, in no order."""
        wanted, names = self._own(f"place in {list(places)}"), list(fields)
        return self._call(
            lambda engine: list(engine.query(self.collection, filter=wanted, output_fields=names, timeout=_SECONDS))
        )

    def search(self, name: str, vectors: Sequence[Any], k: int, rows: str) -> list[list[tuple[int, float]]]:
        """For each vector at most `k` of the rows that the filter names: (place, inner product), best first."""
        parameters = {"metric_type": "IP", "params": {"ef": max(k, _SEARCH_BREADTH)} if name == "vector" else {}}
        of_vectors = self._call(
            lambda engine: engine.search(
                self.collection,
                list(vectors),
                filter=self._own(rows),
                limit=k,
                anns_field=name,
                output_fields=["place"],
                search_params=parameters,
                timeout=_SECONDS,
            )
        )
        return [[(int(hit["entity"]["place"]), float(hit["distance"])) for hit in hits] for hits in of_vectors]

    def _own(self, rows: str) -> str:
        """The filter `rows`, limited to the rows of the course."""
        return f'course == "{self.course}" and ({rows})'

    def _call(self, call: Callable[[Any], Returned]) -> Returned:
        """The result of `call`, which is tried once more over a new connection: a server may have restarted.

        Milvus Lite gets no second try: it would seem to work, but lose rows that could not be written to a full disk.
        """
        from grpc import RpcError  # a call that took too long; pymilvus passes it on as it is
        from pymilvus.exceptions import MilvusException

        try:
            engine = self._connected()
            try:
                return call(engine)
            except MilvusException:
                if self.is_lite:
                    raise
                self._engine = None
                return call(self._connected())
        except (MilvusException, RpcError, OSError) as error:
            self._engine = None
            reason = " ".join(str(getattr(error, "message", error)).split())[:200]
            remedy = self._lite_remedy(reason) if self.is_lite else _SERVER_REMEDY
            said = reason or "no reason given"
            raise StoreAwayError(f"store {self.shown} does not answer ({said}); {remedy}") from error

    def _lite_remedy(self, reason: str) -> str:
        folder = _path_of(self.shown).parent
        if folder.exists() and shutil.disk_usage(folder).free < _FULL_BYTES:
            reason = "No space left on device"
        return next((remedy for said, remedy in _LITE_REMEDIES if said.search(reason)), _LITE_REMEDY)

    def _connected(self) -> Any:
        with _opening:
            if self._engine is None:
                engine = _connection(self.shown)
                if engine.has_collection(self.collection, timeout=_SECONDS):
                    engine.load_collection(self.collection, timeout=6 * _SECONDS)
                self._engine = engine
            return self._engine

    def _make(self, engine: Any, dimension: int) -> None:
        from pymilvus import DataType

        schema = engine.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, max_length=32, is_primary=True)
        schema.add_field("course", DataType.VARCHAR, max_length=64, is_partition_key=True)
        schema.add_field("place", DataType.INT64)
        schema.add_field("passage", DataType.VARCHAR, max_length=LONGEST_TEXT)
        schema.add_field("words_in_order", DataType.VARCHAR, max_length=LONGEST_TEXT)
        schema.add_field(
            "sentences", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=4096, max_length=16_384
        )
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        indexes = engine.prepare_index_params()
        graph = {"M": _LINKS, "efConstruction": _BUILD_BREADTH}
        dense = ("FLAT", {}) if self.is_lite else ("HNSW", graph)
        indexes.add_index("vector", index_type=dense[0], metric_type="IP", params=dense[1])
        for name in LEXICAL:
            schema.add_field(name, DataType.SPARSE_FLOAT_VECTOR)
            indexes.add_index(name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        engine.create_collection(
            self.collection, schema=schema, index_params=indexes, consistency_level="Strong", timeout=6 * _SECONDS
        )


def _connection(shown: str) -> Any:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its log lines tell users nothing new: a failed call is an error
    from pymilvus import MilvusClient

    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    options = {
        "grpc.keepalive_time_ms": 300_000,  # servers refuse clients that ping more often, as pymilvus does
        "grpc.keepalive_permit_without_calls": 0,  # servers refuse clients that ping while no call is open
        "grpc.max_reconnect_backoff_ms": 1000,  # a server that is back is found within seconds
        "grpc.use_local_subchannel_pool": 1,
    }
    if shown.startswith("milvus-lite:"):
        path = _path_of(shown)
        path.parent.mkdir(parents=True, exist_ok=True)
        return MilvusClient(str(path), timeout=_CONNECT_SECONDS, grpc_options=options)
    host, _, database = shown.removeprefix("milvus://").partition("/")
    token = os.environ.get(_TOKEN, "")
    return MilvusClient(f"http://{host}", db_name=database, token=token, timeout=_CONNECT_SECONDS, grpc_options=options)


def _path_of(shown: str) -> Path:
    """Where the file of Milvus Lite lies."""
    return Path(shown.removeprefix("milvus-lite://"))


def check_installed() -> None:
    """Raise TenkyoError where the client library is not installed."""
    try:
        import pymilvus  # noqa: F401
    except ImportError as error:
        raise TenkyoError(
            "a Milvus store needs pymilvus, which is not installed; install it with: pip install 'tenkyo[milvus]'"
        ) from error
