"""Libraries over one made-up paper each."""

import pytest

from app.library import Library
from app.training.data import FITTING
from tests.conftest import IndexOf

PAPERS = {paper.name: paper.path for paper in FITTING}


@pytest.fixture(scope="module")
def trail(index_of: IndexOf) -> Library:
    """A Japanese paper with an abstract, numbered sections and a table."""
    return Library.open(index_of(PAPERS["rail_trail"]))


@pytest.fixture(scope="module")
def quizzes(index_of: IndexOf) -> Library:
    """An English paper with an abstract and numbered sections."""
    return Library.open(index_of(PAPERS["evening_quizzes"]))
