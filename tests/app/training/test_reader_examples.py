"""What the reader is trained on: sets cut as Tenkyo cuts them, negatives that do not answer, a repeatable order."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.training.reader.course.corpus import Corpus, answer_span, read_corpus
from app.training.reader.course.examples import ExampleStream
from app.training.reader.course.facts import changed
from app.training.reader.course.glosses import Glosses, glosses, japanese_passage, japanese_question
from app.training.reader.course.mine import near_by_words, read_near, write_near
from app.training.reader.pairs import pair
from app.training.reader.train import Schedule, TrainingPosition, train
from app.training.reader.weights import trained_state
from tests.app.training.tiny import tiny_reader, write_sets


@pytest.fixture(name="corpus")
def _corpus(tmp_path: Path) -> Corpus:
    write_sets(tmp_path)
    return read_corpus(tmp_path, ["jaquad", "squad2_dev"])


def _stream(corpus: Corpus) -> ExampleStream:
    river = Glosses({("川",): (("river", 1.0),)}, {})
    return ExampleStream(corpus, near_by_words(corpus, corpus.questions), river, 1, {}, pool_size=8)


def test_a_question_knows_the_passages_that_hold_its_answer(corpus: Corpus) -> None:
    by_id = {question.id: question for question in corpus.questions}
    answered = by_id["jaquad-q2"]
    assert answered.passages
    assert all("ラファエレ" in corpus.texts[name].text for name in answered.passages)
    assert by_id["squad2_dev-e1"].passages == ()
    assert by_id["squad2_dev-e1"].near


def test_the_dev_part_of_jaquad_is_not_for_fitting(corpus: Corpus) -> None:
    assert {one.id: one.fitting for one in corpus.questions if one.source == "jaquad"} == {
        "jaquad-q0": True, "jaquad-q1": True, "jaquad-q2": True, "jaquad-q3": False,
    }  # fmt: skip


def test_the_answer_stands_where_the_sentence_is_likest_the_question() -> None:
    text = "1966年に生まれた。橋は川に1966年に架かった。"
    assert answer_span(text, "川に橋が架かったのは何年か", ["1966年"]) == (15, 20)
    assert answer_span(text, "誰か", ["王"]) is None


def test_tokens_of_a_pair_point_at_the_words_of_the_passage() -> None:
    text = "  アルノ川は 1966年に氾濫し、ｶﾙﾛ市長が当たった。"
    read = pair("何年か", "川", text)
    first, last = read.tokens_of(text.index("1966"), text.index("年") + 1) or (0, 0)
    covered = text[read.offsets[first - read.first][0] : read.offsets[last - read.first][1]]
    assert covered.startswith("1966")
    assert len(covered) <= 6
    assert read.tokens_of(0, len(text) + 5) is None


def test_near_passages_hold_no_answer_and_come_back_from_disk(corpus: Corpus, tmp_path: Path) -> None:
    near = near_by_words(corpus, corpus.questions)
    for question in corpus.questions:
        for name in near[question.id]:
            assert name not in question.passages
            assert not any(answer in corpus.texts[name].text for answer in question.answers if len(answer) > 1)
    assert near["jaquad-q0"]
    write_near(tmp_path / "near.jsonl", iter(near.items()))
    assert read_near(tmp_path / "near.jsonl") == near


def test_a_changed_fact_is_one_that_the_passage_does_not_hold() -> None:
    passage = "アルノ川は1966年に氾濫した。"
    question = changed("1966年に氾濫した川は何か", passage, [], "ja", Random(1))
    assert question is not None
    assert "1966年" not in question
    assert question.endswith("年に氾濫した川は何か")
    renamed = changed("アルノの氾濫はいつか", "アルノは氾濫した。", ["テベレは静かだ。"], "ja", Random(1))
    assert renamed == "テベレの氾濫はいつか"
    assert (
        changed("紫の光を見た蛾は?", "蛾と光。紫色。", ["電球がある。"], "ja", Random(1)) is None
    )  # 蛾: one character
    lamps = "Lamps for moths, and lamps for beetles."
    assert changed("Which lamp is good for moths?", "It is for moths.", [lamps], "en", Random(1)) == (
        "Which lamp is good for beetles?"
    )
    assert changed("なぜか", passage, ["1876年"], "ja", Random(1)) is None


def test_a_gloss_puts_the_words_of_a_question_into_the_order_of_english() -> None:
    table = Glosses({("川",): (("river", 1.0),), ("市長",): (("mayor", 1.0),)}, {"アルノ": "Arno"})
    glossed = table.question("アルノの川の市長は誰ですか", Random(3))
    assert glossed.startswith("who")
    assert glossed.rstrip("?").endswith("mayor of river of Arno")


def test_names_are_spelled_as_texts_spell_them_in_brackets() -> None:
    table = glosses([], ["フランツ・カフカ(FranzKafka)は作家。テスト(SFX)"])
    assert table.names["カフカ"] == "Kafka"
    assert "テスト" not in table.names


def test_an_english_question_becomes_japanese_words() -> None:
    question = japanese_question("Who opened the Severn bridge?", Random(1))
    assert "Severn" in question
    assert "誰" in question
    assert "bridge" not in question


def test_the_answer_is_found_again_in_a_passage_put_into_japanese() -> None:
    text = "The Severn bridge was opened in 1966 by the Queen."
    words, place = japanese_passage(text, (text.index("1966"), text.index("1966") + 4), Random(1))
    assert place is not None
    assert words[slice(*place)] == "1966"
    assert "bridge" not in words


def test_batches_are_the_same_each_time_and_hold_one_answering_passage_a_question(corpus: Corpus) -> None:
    stream = _stream(corpus)
    batches = stream.batches(3)
    assert batches == stream.batches(3)
    assert batches != stream.batches(4)
    groups = [group for batch in batches for group in batch]
    assert all(sum(example.answers for example in group) <= 1 for group in groups)
    assert any(example.span for group in groups for example in group)
    assert any(not example.answers for group in groups for example in group)


def test_a_set_of_a_smaller_weight_comes_less_often_in_every_pool(corpus: Corpus) -> None:
    """Also in the pools behind the first epoch, which is as long as the weights together."""
    questions = tuple(
        replace(question, id=f"{question.id} {copy}", fitting=True)
        for question in corpus.questions
        for copy in range(20)
    )
    stream = replace(_stream(replace(corpus, questions=questions)), weights={"jaquad": 0.2})
    pools = [[question.id for question in stream._questions(pool)] for pool in range(12)]
    assert all(len(pool) == 8 for pool in pools)
    assert len({tuple(pool) for pool in pools}) == 12
    first = [name for pool in pools[:5] for name in pool]
    assert len(set(first)) == len(first)  # an epoch asks each of its questions once
    japanese = sum(name.startswith("jaquad") for pool in pools for name in pool)
    assert 0 < japanese < 0.5 * 12 * 8  # of 80 questions of JaQuAD and 20 of SQuAD, 16 and 20 an epoch


def test_a_question_has_one_passage_that_answers_and_up_to_two_that_were_retrieved(corpus: Corpus) -> None:
    question = next(item for item in corpus.questions if item.id == "jaquad-q0")
    others = tuple(name for name in corpus.texts if name not in question.passages)
    stream = replace(_stream(corpus), near={question.id: others})
    counts = {len(list(stream._retrieved(question, question.text, Random(seed)))) for seed in range(20)}
    assert counts == {1, 2}
    assert not any(item.answers for item in stream._retrieved(question, question.text, Random(1)))
    assert not list(replace(stream, near={})._retrieved(question, question.text, Random(1)))


def test_training_that_is_broken_off_goes_on_as_if_it_had_not_been(corpus: Corpus, tmp_path: Path) -> None:
    course = _stream(corpus)

    def run(name: str, last: int) -> tuple[TrainingPosition, dict[str, float]]:
        reader = tiny_reader()
        place = train(reader, course, Schedule(tmp_path / name, 60.0, last, 1))
        return place, {key: tensor.sum().item() for key, tensor in trained_state(reader).items()}

    whole = run("whole", 2)
    assert whole[0].step == 2
    run("halves", 1)
    assert run("halves", 2) == whole
