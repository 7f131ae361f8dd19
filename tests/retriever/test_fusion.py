"""Dense and lexical retrieval as one: what one side cannot see does not harm what the other finds."""

from pathlib import Path

import pytest

from ingest.pipeline import ingest
from retriever import fusion
from retriever.encoder import open_encoder
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import SCORE_PARTS, Encoder, Hit
from tests.retriever.letters import LetterEncoder, NoProgress, entry, write

TOWN = [
    "鳴砂博物館は1987年に旧製塩所を改装して開館した。",
    "初代館長は海洋学者の戸倉静江である。",
    "灯台の塔には214段の階段がある。",
    "町の特産品は鯨の竜田揚げである。",
    "毎年8月に花火大会が開かれる。",
    "図書館は月曜日に休館する。",
    "港には漁船が30隻つながれている。",
    "小学校の児童は96人である。",
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Eight Japanese documents of one sentence, with the embedded encoder."""
    source = tmp_path_factory.mktemp("town")
    for number, sentence in enumerate(TOWN):
        (source / f"{number}.txt").write_text(sentence, encoding="utf-8")
    ingest(source / "index", [str(source)], progress=NoProgress())
    return open_index(source / "index")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The embedded encoder."""
    return open_encoder()


def search(index: Index, question: str, encoder: Encoder, k: int = 10) -> list[Hit]:
    """The hits of a question."""
    return index.search(index.query(question, encoder), k)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did the museum open?", 0),
        ("Who was the first director?", 1),
        ("How many steps does the lighthouse have?", 2),
        ("On which day is the library closed?", 5),
        ("博物馆是哪一年开馆的？", 0),
        ("도서관은 무슨 요일에 쉬나요?", 5),
        ("館長は誰か", 1),
        ("小学校の児童は何人か", 7),
    ],
)
def test_a_question_finds_its_passage_whatever_its_language(
    town: Index, encoder: Encoder, question: str, expected: int
) -> None:
    assert search(town, question, encoder)[0].passage.text == TOWN[expected]


def test_an_english_question_over_japanese_text_keeps_the_order_of_the_dense_side(
    town: Index, encoder: Encoder
) -> None:
    query = town.query("Where are the fishing boats?", encoder)
    assert town.words.first(query.text, 10).tolist() == []
    dense = [town.passage(int(row)).id for row in town.stored.nearest(query.vector, 3)]
    assert town.search(query, 3)[0].passage.id == dense[0]


def test_what_a_question_means_counts_more_where_no_passage_holds_its_words(
    town: Index, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spread(question: str) -> float:
        scores = [hit.score for hit in search(town, question, encoder)]
        return scores[0] - scores[-1]

    in_its_words, in_others = TOWN[2], "船はどこに停泊するか"
    before = spread(in_its_words), spread(in_others)
    monkeypatch.setattr(fusion, "_IN_OTHER_WORDS", (0.0, 0.0))
    assert spread(in_its_words) == pytest.approx(before[0])
    assert spread(in_others) < before[1]


def test_a_rare_word_is_found_though_the_encoder_does_not_know_it(town: Index, encoder: Encoder) -> None:
    assert search(town, "戸倉静江", encoder)[0].passage.text == TOWN[1]
    assert search(town, "214", encoder)[0].passage.text == TOWN[2]


def test_hits_are_ranked_by_falling_score_and_never_more_than_asked(town: Index, encoder: Encoder) -> None:
    for k in (1, 3, 8, 100):
        hits = search(town, "町の特産品は何か", encoder, k)
        assert [hit.rank for hit in hits] == list(range(1, min(k, len(TOWN)) + 1))
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)


def test_fewer_hits_are_the_first_of_more(town: Index, encoder: Encoder) -> None:
    many = [hit.passage.id for hit in search(town, "開館した年", encoder, 8)]
    assert [hit.passage.id for hit in search(town, "開館した年", encoder, 3)] == many[:3]


def test_equal_scores_come_by_the_id_of_the_passage(tmp_path: Path) -> None:
    index = write(tmp_path, entry("z", "salt and sand"), entry("a", "salt and sand"), entry("m", "salt and sand"))
    hits = search(index, "salt", LetterEncoder())
    assert [hit.passage.id for hit in hits] == ["a:1", "m:1", "z:1"]
    assert len({hit.score for hit in hits}) == 1


def test_one_passage_alone_is_found(tmp_path: Path) -> None:
    index = write(tmp_path, entry("a", "salt and sand"))
    assert [hit.passage.id for hit in search(index, "unicorn", LetterEncoder())] == ["a:1"]


def test_the_only_passage_in_the_questions_language_is_not_held_against_itself(
    tmp_path: Path, encoder: Encoder
) -> None:
    for number, sentence in enumerate([*TOWN[:4], "월명 시장은 매주 목요일에 열리며 가게가 삼백 개 있다."]):
        (tmp_path / f"{number}.txt").write_text(sentence, encoding="utf-8")
    ingest(tmp_path / "index", [str(tmp_path)], progress=NoProgress())
    index = open_index(tmp_path / "index")
    assert search(index, "월명 시장은 언제 열리나요?", encoder)[0].passage.language == "ko"


def test_the_parts_of_a_score_add_up_to_it(town: Index, encoder: Encoder) -> None:
    for question in ("初代館長は誰か", "Who was the first director?"):
        hits = search(town, question, encoder)
        assert hits
        for hit in hits:
            assert len(hit.parts) == len(SCORE_PARTS)
            assert sum(hit.parts) == pytest.approx(hit.score, abs=1e-5)
