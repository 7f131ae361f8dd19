"""Definitions in Chinese and Korean sentences: what a sentence says that its subject is."""

import re
from collections.abc import Iterator

from app.drafts.question import Question

_CHINESE = re.compile(r"^(?!这|该|此|它|其|本)([^，。；：、“”（）是]{2,16})(?:（[^（）]{1,40}）)?(?:是指|指的是|是一种|是一个|是)([^。]{8,120})。$")
_KOREAN = re.compile(
    r"^(?!이|그|저|본|해당)([^,.\s]{1,12}(?: [^,.\s]{1,12}){0,2}?)(?:\([^()]{1,40}\))?(이란|란|은|는) ([^.]{8,120}(?:이다|입니다|한다|말한다|뜻한다))\.$"
)


def definition(sentence: str, language: str) -> Iterator[Question]:
    """X是一种Y: X是什么？ X란 Y이다: X란 무엇입니까?"""
    if language == "zh":
        match = _CHINESE.match(sentence.strip())
        if match:
            yield Question("definition", f"{match[1]}是什么？", match[2])
    elif language == "ko":
        match = _KOREAN.match(sentence.strip())
        if match and (match[2] in {"이란", "란"} or match[3].endswith(("이다", "입니다"))):
            yield Question("definition", f"{match[1]}{match[2]} 무엇입니까?", match[3])
