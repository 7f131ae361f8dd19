"""Questions drafted from English sentences: grammatical, whole, and answered by the sentence."""

import pytest

from app.drafts.english.questions import questions


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "A maintainer is a person who looks after a package.",
            "What is a maintainer?",
            "a person who looks after a package",
        ),
        ("The council replaced 410 lamps in 2016.", "How many lamps did the council replace in 2016?", "410 lamps"),
        ("The lighthouse was built in 1862.", "When was the lighthouse built?", "in 1862"),
        ("In 1862 , the lighthouse was finished.", "When was the lighthouse finished?", "in 1862"),
        ("The tower is 41 metres high.", "How high is the tower?", "41 metres high"),
        (
            "In total, 702 learners were enrolled at the start.",
            "How many learners were enrolled at the start in total?",
            "702",
        ),
        ("There are 214 steps in the old tower.", "How many steps are there in the old tower?", "214"),
        (
            "The tower is closed in winter because the stairs freeze.",
            "Why is the tower closed in winter?",
            "because the stairs freeze",
        ),
        ("The lamp was replaced by Edith Calloway.", "By whom was the lamp replaced?", "Edith Calloway"),
        ("The watch file is used to find new releases.", "What is the watch file used for?", "to find new releases"),
        (
            "To build the package, run the debuild command in its folder.",
            "How can you build the package?",
            "run the debuild command in its folder",
        ),
        (
            "If you need a new key, ask the keeper at the gate.",
            "What should you do if you need a new key?",
            "ask the keeper at the gate",
        ),
        (
            "We recorded 9,417 visits by moths.",
            "How many visits by moths did the authors record?",
            "9,417 visits by moths",
        ),
        (
            "The trial was divided into four stages of equal length.",
            "What was the trial divided into?",
            "four stages of equal length",
        ),
        (
            "Laboratory studies show that recalling strengthens memory.",
            "What do laboratory studies show?",
            "that recalling strengthens memory",
        ),
    ],
)
def test_a_sentence_is_asked_for_what_it_tells(sentence: str, question: str, answer: str) -> None:
    asked = {one.text: one.answer for one in questions(sentence)}
    assert asked.get(question) == answer, asked


@pytest.mark.parametrize(
    "sentence",
    [
        "It was built in 1862.",
        "This lamp burned whale oil until 1901.",
        "The former was replaced in 1901.",
        "Table 1 shows the scores of both groups.",
        "The main problem is a lack of money.",
        "Is the tower closed in February?",
        "and the tower was closed in February",
    ],
)
def test_what_cannot_be_understood_alone_is_not_asked(sentence: str) -> None:
    assert list(questions(sentence)) == []
