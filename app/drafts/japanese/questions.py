"""Questions that a Japanese sentence answers, in its own words and its own order.

As in Heilman & Smith (2010), the sentence is first cut into simple statements, and each is turned into a question. In
Japanese the question word takes the place of the answer, so that hardly anything has to be moved.
"""

import re
from collections.abc import Iterator

from app.drafts.japanese.amounts import SHORTEST_REST, amounts, figure
from app.drafts.japanese.statements import Statement, cause, statements, without_brackets
from app.drafts.japanese.words import (
    WORDS,
    copula_place,
    is_formal,
    is_noun,
    is_particle,
    is_phrase,
    is_relative,
    is_slip,
    is_understood_alone,
    is_vague,
    is_verbal,
    joins_nouns,
    titles,
)
from app.drafts.question import DraftQuestion
from retriever.numerals import KANJI_DIGITS
from retriever.text import Morpheme, morphemes

LONGEST = 75  # characters of a question, so that it is easy to read
_SHORTEST_OBJECT = 15  # characters of a question for an object
_ADVICE = (
    "ください",
    "必要がある",
    "必要があります",
    "べきである",
    "べきです",
    "ましょう",
    "下さい",
    "よい",
    "いいです",
    "よいです",
    "できます",
)
# words for something elsewhere on the page, or in the sentence before
_ELSEWHERE = re.compile(
    rf"(?:以下|(?<![目年一二])次|下記|上記|左記|右記)の|[上下]の(?:[0-9０-９{KANJI_DIGITS[2:]}]|いくつ|何)|^(?:[、。，．：]|他に|ほかに|その他|また)|https?"
)
_TOLD_OF = re.compile(r"(?:何|いくつ)[^、]{0,20}という")  # a question word inside a clause that only names something
_SHORTEST_REASON = 8  # characters
_STATES = ("である", "です", "ある", "ない", "いる", "います", "あります", "られる", "れる")  # no way to do something
_LONGEST_TERM, _SHORTEST_MEANING = 24, 8  # characters


def questions(sentence: str) -> Iterator[DraftQuestion]:
    """The questions that the sentence answers and that can be understood alone."""
    text = without_brackets(sentence)
    if not text or is_slip(morphemes(text)):
        return
    for question in _all(text):
        is_elsewhere = any(_ELSEWHERE.search(part) for part in (question.text, question.answer))
        is_clear = not (is_elsewhere or _TOLD_OF.search(question.text)) and is_understood_alone(question.text)
        if len(question.text) <= LONGEST and question.answer and is_clear:
            yield question


def _all(text: str) -> Iterator[DraftQuestion]:
    yield from _reason(text)
    yield from _way(text)
    yield from _named(text)
    for statement in statements(text):
        for make in (_definition, _identity, _agent, _listing, _quoted, _purpose, _place, _object):
            yield from make(statement)
        for amount in amounts(statement.words):
            yield from figure(statement, amount)


def _reason(text: str) -> Iterator[DraftQuestion]:
    because = cause(text)
    if because is None or len(because.reason) < _SHORTEST_REASON or {"何", "誰"} & set(because.statement.text):
        return
    statement, topic = because.statement, because.statement.topic
    if any(is_particle(word, "は") for word in statement.words[topic + 1 :]):
        return
    if statement.has_topic:
        yield DraftQuestion(
            "reason", f"{statement.between(0, topic + 1)}なぜ{statement.ending(topic + 1)}", because.reason
        )
    else:
        yield DraftQuestion("reason", f"なぜ{statement.ending(0)}", because.reason)


def _way(text: str) -> Iterator[DraftQuestion]:
    """Vするには、…: Vするにはどうすればよいですか; Vする場合は、…してください: Vする場合はどうすればよいですか."""
    for mark, advice in (("には、", ()), ("場合は、", _ADVICE), ("場合には、", _ADVICE)):
        aim, mark_found, way = text.partition(mark)
        aim = aim.removeprefix("もし").lstrip("、")
        if (
            not mark_found
            or "、" in aim
            or len(aim) < 6
            or len(way) < SHORTEST_REST
            or (advice and not way.endswith(advice))
        ):
            continue
        last = morphemes(aim)[-1]
        states = way.endswith(_STATES) and not way.endswith(_ADVICE)
        if is_verbal(last) and last.pos[5].startswith(("終止形", "連体形")) and not states and is_understood_alone(way):
            yield DraftQuestion("manner", f"{aim}{mark.rstrip('、')}どうすればよいですか", way)


def _named(text: str) -> Iterator[DraftQuestion]:
    """XとはYである: Xとは何ですか."""
    term, mark, meaning = text.partition("とは")
    if mark and 2 <= len(term) <= _LONGEST_TERM and not set(term) & set("、は") and len(meaning) >= _SHORTEST_MEANING:
        statement = next(statements(f"{term}は{meaning.lstrip('、')}"), None)
        if (
            statement
            and _is_term(statement.words[: statement.topic])
            and statement.words[0].pos[0] != "代名詞"
            and _tells(statement)
        ):
            yield DraftQuestion("definition", f"{term}とは何ですか", meaning.lstrip("、"))


def _tells(statement: Statement) -> bool:
    """Whether the sentence says what something is, not what it is not or what it is like."""
    last = statement.words[-1]
    return copula_place(statement.words) < len(statement.words) or last.normalised in {"言う", "指す", "呼ぶ", "意味"}


def _definition(statement: Statement) -> Iterator[DraftQuestion]:
    """XはYする何々である, for a term of its own: Xとは何ですか."""
    words, topic, end = statement.words, statement.topic, copula_place(statement.words)
    if not (statement.has_topic and end < len(words) and _is_term(words[:topic]) and _is_thing(words[end - 1])):
        return
    meaning = statement.between(topic + 1, end).lstrip("、")
    if is_relative(words[:topic]) or any(word.pos[1] == "数詞" for word in words[topic + 1 : end]):
        return
    if any(is_verbal(word) for word in words[topic + 1 : end - 1]) and len(meaning) >= _SHORTEST_MEANING:
        yield DraftQuestion("definition", f"{statement.between(0, topic)}とは何ですか", meaning)


def _is_thing(head: Morpheme) -> bool:
    """Whether a noun as predicate tells what something is (a tool, a place), and does not judge it (a problem)."""
    if not is_noun(head) or head.pos[1] == "数詞" or head.pos[2] in {"助数詞可能", "形状詞可能"}:
        return False
    return not (head.surface in WORDS["judging"] or head.normalised in WORDS["judging"])


def _identity(statement: Statement) -> Iterator[DraftQuestion]:
    """AのBはCである: AのBは何ですか."""
    words, topic, end = statement.words, statement.topic, copula_place(statement.words)
    marked = any(is_particle(word, "の") for word in words[:topic]) and is_noun(words[topic - 1])
    if not (statement.has_topic and marked and end < len(words)) or any(is_verbal(word) for word in words[:topic]):
        return
    is_fact = words[end - 1].surface in {"こと", "点"} and is_verbal(words[end - 2])
    is_slight = words[end - 2].surface == "な" and end - topic <= 4  # 些細なこと
    if is_slight or is_relative(words[:topic]) or any(word.pos[1] == "数詞" for word in words[:topic]):
        return
    counts = any(word.pos[1] == "数詞" or word.surface == "次" for word in words[topic + 1 : end])
    if is_fact or (_is_thing(words[end - 1]) and not counts):
        yield DraftQuestion(
            "identity", f"{statement.between(0, topic)}は何ですか", statement.between(topic + 1, end).lstrip("、")
        )


def _agent(statement: Statement) -> Iterator[DraftQuestion]:
    """人名がVした: Vしたのは誰ですか."""
    words, topic = statement.words, statement.topic
    name, before = words[topic - 1], words[topic - 2] if topic > 1 else None
    is_person = name.pos[2] == "人名" or (name.surface in titles() and before and before.pos[1] == "固有名詞")
    rest = statement.between(topic + 1, len(words)).lstrip("、")
    if words[topic + 1].pos[0] == "接続詞" or words[topic + 2].pos[0] == "接続詞":
        return  # a conjunction follows the topic: トランプ大統領はまた、
    if not is_person or words[-1].surface != "た" or len(rest) < 2 * SHORTEST_REST or not is_phrase(words[:topic]):
        return
    if any(is_particle(word, "は", "が") for word in words[topic + 1 :]):
        return
    if any(is_particle(word, "を", "に", "と") for word in words[topic + 1 :]):
        yield DraftQuestion("agent", f"{rest}のは誰ですか", statement.between(0, topic))


def _listing(statement: Statement) -> Iterator[DraftQuestion]:
    """XにはA、Bがある: Xには何がありますか."""
    words, topic = statement.words, statement.topic
    if not statement.has_topic or topic < 2 or words[topic - 1].surface != "に" or is_formal(words[topic - 2]):
        return
    if is_vague(words[topic + 1 :]):
        return
    last = len(words) - 1 - (words[-1].surface == "ます")
    is_there = words[last].normalised == "有る" and words[last - 1].surface == "が" and _is_thing(words[last - 2])
    if is_there and is_noun(words[topic - 2]) and not is_formal(words[last - 2]) and last - topic > 4:
        asked = f"{statement.between(0, topic + 1)}何がありますか"
        yield DraftQuestion("list", asked, statement.between(topic + 1, last - 1).lstrip("、"))


def _quoted(statement: Statement) -> Iterator[DraftQuestion]:
    """SはOを「…」とVする: SはOを何とVするのですか."""
    words = statement.words
    close = next((at for at in range(len(words) - 2, statement.topic, -1) if words[at].surface == "」"), 0)
    if not close or words[close + 1].surface != "と" or any(is_noun(word) for word in words[close + 3 :]):
        return
    opened = next((at for at in range(close, statement.topic, -1) if words[at].surface == "「"), 0)
    if (
        opened
        and "「" not in statement.between(0, opened)
        and close - opened > 1
        and len(statement.between(0, opened)) >= SHORTEST_REST
        and statement.has_topic
    ):
        yield DraftQuestion(
            "quotation",
            f"{statement.between(0, opened)}何{statement.ending(close + 1)}",
            statement.between(opened + 1, close),
        )


def _purpose(statement: Statement) -> Iterator[DraftQuestion]:
    """XはYするために使う: Xは何のために使うのですか."""
    words, topic = statement.words, statement.topic
    at = next((at for at in range(len(words) - 3, topic + 1, -1) if words[at].normalised == "為"), 0)
    if not at or not statement.has_topic or words[at + 1].surface != "に" or not is_verbal(words[at - 1]):
        return
    if any(is_noun(word) and word.pos[2] != "サ変可能" for word in words[at + 2 :]) or len(words) - at < 4:
        return
    yield DraftQuestion(
        "purpose",
        f"{statement.between(0, topic + 1)}何のために{statement.ending(at + 2)}",
        statement.between(topic + 1, at + 1),
    )


def _place(statement: Statement) -> Iterator[DraftQuestion]:
    """XはYに保存される: Xはどこに保存されるのですか; XはYに分けられる: Xは何に分けられるのですか."""
    words, topic = statement.words, statement.topic
    at = next((at for at in range(len(words) - 1, topic, -1) if is_particle(words[at], "に", "から", "と")), 0)
    if not at or not statement.has_topic or at + 1 >= len(words) or not _is_thing(words[at - 1]):
        return
    verb = words[at + 1].normalised
    asked = "どこ" if verb in WORDS["placing"] else "何" if f"{words[at].surface}{verb}" in WORDS["governing"] else ""
    begin = at
    while begin > topic + 1 and joins_nouns(words[begin - 1]):
        begin -= 1
    before = words[begin - 1].surface
    if (
        not asked
        or (before == "、" and _lists(words[begin - 2]))  # the last one of a list is no answer by itself
        or before not in {"は", "を", "、", "で"}
        or not is_verbal(words[-1])
        or any(map(is_noun, words[at + 2 :]))
    ):
        return
    if not (is_particle(words[topic - 1]) and before == "は"):
        yield DraftQuestion(
            "place", f"{statement.between(0, begin)}{asked}{statement.ending(at)}", statement.between(begin, at)
        )


def _object(statement: Statement) -> Iterator[DraftQuestion]:
    """SはOをVする: Sは何をVするのですか; if a clause before O describes it: どのようなOを."""
    words, topic = statement.words, statement.topic
    place = next((at for at in range(len(words) - 1, topic, -1) if is_particle(words[at], "を", "が")), 0)
    if is_formal(words[topic - 1]) or not statement.has_topic:
        return
    if not place or not is_noun(words[place - 1]) or _is_light(words[place + 1 :]):
        return
    head = place - 1
    while head > topic + 1 and is_noun(words[head - 1]):
        head -= 1
    asked = "何"
    begin = head
    if is_verbal(words[head - 1]) and words[head - 1].pos[5].startswith(("連体形", "終止形")):
        is_deed = words[place + 1].pos[0] == "動詞" or words[place + 1].pos[2] == "サ変可能"
        begin = max((at + 1 for at in range(topic + 1, head) if words[at].surface == "、"), default=topic + 1)
        in_list = begin > topic + 2 and _lists(words[begin - 2])
        is_slight = words[head - 1].pos[4] == "助動詞-ダ" and place - begin < 5  # 色々な国
        tells_where = statement.between(begin, head).endswith("における")
        if in_list or is_slight or tells_where or not is_deed:  # 可能性が高い tells nothing of the thing
            return
        if words[head - 1].pos[0] == "形容詞":  # ファイルに新しい名前を: what stands before に belongs to the verb
            places = (at for at in range(begin, head) if is_particle(words[at], *"にをでへ"))
            cases = (at + 1 for at in places if not is_particle(words[at + 1], "は", "も"))
            begin = max(cases, default=begin)
        asked = f"どのような{statement.between(head, place)}"
    else:
        while begin > topic + 1 and joins_nouns(words[begin - 1]):
            begin -= 1
        in_list = words[begin - 1].surface == "、" and _lists(words[begin - 2])
        if (
            in_list
            or words[begin].surface == "の"
            or words[begin - 1].surface not in {"は", "、", "に", "で", "から", "へ"}
        ):
            return
    answer, lead = statement.between(begin, place), statement.between(0, begin)
    if is_particle(words[topic - 1]) and len(lead) < SHORTEST_REST:
        return  # 国内では何が
    if is_formal(words[place - 1]) or len(answer) < 5 or len(lead) < SHORTEST_REST // 2:
        return
    question = f"{lead}{asked}{statement.ending(place)}"
    if len(question) >= _SHORTEST_OBJECT:
        yield DraftQuestion("object", question, answer)


def _lists(word: Morpheme) -> bool:
    """Whether a word before a comma is one of a list: a noun, and no time or amount (現在、)."""
    return is_noun(word) and word.pos[2] != "副詞可能"


def _is_light(predicate: tuple[Morpheme, ...]) -> bool:
    """Whether a predicate says too little of its object to ask for it, or is more than a verb."""
    if not predicate or any(not is_verbal(word) and not is_noun(word) and word.surface != "て" for word in predicate):
        return True
    if predicate[0].normalised in WORDS["light"]:
        return True
    return not (is_verbal(predicate[0]) or predicate[0].pos[2] == "サ変可能") or any(map(is_noun, predicate[1:]))


def _is_term(words: tuple[Morpheme, ...]) -> bool:
    """Whether the words are a term that can be asked for: not several things, not a formal noun."""
    if not words or not is_phrase(words) or any(is_particle(word, "と", "や") for word in words):
        return False
    return not is_formal(words[-1]) and 2 <= sum(len(word.surface) for word in words) <= _LONGEST_TERM
