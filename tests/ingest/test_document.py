"""Documents come back from the JSON that the index stores."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.document import Author, Block, CitedIn, Document, FrontMatter, Publication
from retriever.types import Cites

text = st.text(max_size=8)
pair = st.tuples(text, text)
place = st.integers(0, 99)
blocks = st.builds(
    Block,
    kind=st.sampled_from(["heading", "paragraph", "table_row", "entry"]),
    text=text,
    level=st.integers(0, 6),
    page_starts=st.lists(st.tuples(place, place), max_size=2).map(tuple),
    cells=st.lists(pair, max_size=2).map(tuple),
    caption=text,
    url=st.none() | text.filter(bool),
)
front_matter = st.builds(
    FrontMatter,
    block_count=place,
    title=text,
    subtitle=text,
    authors=st.lists(st.builds(Author, text, text, text), max_size=2).map(tuple),
    affiliations=st.lists(text, max_size=2).map(tuple),
    dates=st.lists(pair, max_size=2).map(tuple),
    abstract=text,
)
documents = st.builds(
    Document,
    id=text,
    title=text,
    source=text,
    blocks=st.lists(blocks, max_size=3).map(tuple),
    language=st.sampled_from(["ja", "en"]),
    page_count=st.none() | place,
    url=st.none() | text,
    kind=st.sampled_from(["document", "digest", "references", "reference"]),
    digest_of=text,
    cites=st.none() | st.lists(st.builds(Cites, place, place, st.tuples(place), st.booleans()), max_size=2).map(tuple),
    front_matter=front_matter,
    publication=st.builds(Publication, text, st.lists(text, max_size=2).map(tuple), text),
    cited_in=st.lists(st.builds(CitedIn, text, text), max_size=2).map(tuple),
)


@given(documents)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_document_comes_back_from_json(document: Document) -> None:
    assert Document.from_json(json.loads(json.dumps(document.to_json()))) == document
