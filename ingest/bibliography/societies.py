"""Divide entries in styles of Japanese learned societies: commas or spaces between names, title and journal.

"北野進，南野恵：灯台の保守，灯台学会論文誌，Vol. 3, No. 2, pp. 1–9 (2019)" (a colon after the names), the same with a
comma in its place, "北野進・南野恵 2019 灯台の保守 灯台研究, 3, 1–9", and "北野進 (2019). 灯台の保守 灯台研究, 3, 1–9".
"""

import re

from ingest.bibliography.fields import PUBLISHER, is_organisation

_EASTERN = "一-鿿々〆ぁ-ゖァ-ヺー가-힣"
_COLON = re.compile(r"：|(?<=\S):(?![/／])")
_LONGEST_NAMES = 400  # characters
_WESTERN_NAME = re.compile(
    r"[A-ZÀ-Þ][\w’'-]{1,30}(?:,? (?:[A-ZÀ-Þ]\.[ -]?){1,4})?|(?:[A-ZÀ-Þ]\.[ -]?){1,5}(?:[A-ZÀ-Þ][\w’'-]{1,30})?"
)
_EASTERN_NAME = re.compile(rf"[{_EASTERN}][{_EASTERN}・＝\s\u3000]{{0,29}}")
_ROLE = re.compile(r"[(（][^()（）]{0,8}[編訳著][^()（）]{0,3}[)）]$|(?:編著?|[^\W\d_]著|監修|他|ほか)$")
_AND = re.compile(r"(?<=\S) (?:and|&) |^(?:and |& ?)")
_NAMES_AND_YEAR = re.compile(rf"([{_EASTERN}・，、, \u3000]{{2,120}}?) ((?:1[5-9]|20)\d\d[a-z]?) (?=[^\W\d_])")
_BETWEEN = re.compile(r"[，、,；;]\s?(?![^(（，、,；;]{0,60}[)）])")  # no comma in brackets
# what follows a journal: its volume, number or pages
_NUMBERS = re.compile(
    r"(?:[Vv]ol|[Nn]o|[Nn]um|pp?|[Aa]rt)\b\.?|第\s?\S{1,12}[巻号回輯集]|\d+\s?(?:[(（]|[巻号頁輯]|$|[-–—‒―~〜～－])|[A-Z]{2,4}-"
)
_VENUE = re.compile(
    r"(?:誌|集|報告|紀要|年報|論叢|研究|評論|雑誌|学報|会報|大会|研究会|シンポジウム|ワークショップ|ジャーナル|ニュース)"
    r"(?:\s?[A-ZＡ-Ｚ]|\s?[(（][^()（）]*[)）])?$"
    r"|\b(?:Journal|Transactions|Trans\.|Proceedings|Proc\.|Conference|Review|Letters|Bulletin|Annals)\b"
)
_VENUE_AND_NUMBER = re.compile(r"(?:誌|集|報告|紀要|年報|論叢|研究|評論|雑誌)\s?(?:第\s?)?\d")
_YEAR = re.compile(r"[(（]?(?:1[5-9]|20)\d\d年?[)）.．]*$")
_LEAST_LETTERS = 4
_LONGEST_NAME = 8  # letters of a person's name
_PARTICLE = re.compile("[のをにはが]")
_CLOSING = {"「": "」", "『": "』", "“": "”", "”": "”", '"': '"', "‘": "’", "《": "》"}
_STOP = re.compile(rf"(?<=[{_EASTERN})）」』―？！])(?:[．。]\s*|\.\s+)(?=\S)")
_EDITORS = re.compile(rf" (?=[{_EASTERN}]{{1,8}}[{_EASTERN}・,，、 \u3000]{{0,40}}[(（]編)")
# the space between a title and a journal: "灯台の保守 灯台研究", "灯台の保守 Journal of Lamps"
_LAST_SPACE = re.compile(
    rf"(?<=[{_EASTERN})）」』―！？!?\d]) "
    rf"(?=\S{{0,40}}[{_EASTERN}]\S{{0,40}}(?: \S{{1,2}})?$|[A-Z][^{_EASTERN}]{{0,80}}$)"
)


def divide_by_colon(body: str) -> tuple[str, str, str] | None:
    """Divide an entry whose names end at a colon into (names, title, rest); else None."""
    colon = _COLON.search(body[:_LONGEST_NAMES])
    if not colon or not re.search(f"[{_EASTERN}]", body):
        return None
    names, after = body[: colon.start()], body[colon.end() :].strip()
    if len(after) < _LEAST_LETTERS or _is_quoted(after) or not _are_names(_AND.sub("，", names)):
        return None
    return names, *_until_venue(after)


def divide_by_commas(body: str) -> tuple[str, str, str] | None:
    """Divide an entry whose fields are all between commas, or which has its year between spaces; else None."""
    if (match := _NAMES_AND_YEAR.match(body)) and _are_names(match.group(1)):
        title, rest = until_journal(body[match.end() :], "")
        if rest:
            return f"{match.group(1)} ({match.group(2)})", title, rest
    fields = _BETWEEN.split(body)
    names = 0
    while names < len(fields) and _is_person(fields[names], fields[0]):
        names += 1
    if not 0 < names < len(fields) - 1 or _is_quoted(fields[names]):
        return None
    name, stop, _ = re.split("([.．]|$)", fields[names], maxsplit=1)
    if stop and _is_person(name, fields[0]):  # the names end at a full stop
        return None
    if names > 1 and _is_venue(fields[names]):
        names -= 1  # the title is as short as a name
    after = body[body.index(fields[names], len("".join(fields[:names]))) :]
    return "，".join(fields[:names]), *_until_venue(after)


def until_journal(title: str, rest: str) -> tuple[str, str]:
    """(title, rest) of an entry without a full stop after the title: the journal, editors or publisher follow it."""
    if not re.search(f"[{_EASTERN}]", title):
        return title, rest
    fields = _BETWEEN.split(title)
    numbers = next((n for n, field in enumerate(fields) if n and _NUMBERS.match(field)), 0)
    publisher = PUBLISHER.search(title)
    end = 0
    if numbers > 1 or any(map(_VENUE_AND_NUMBER.search, fields[1:])):
        end = len(_until_venue(title)[0])
    elif editors := _EDITORS.search(title):
        end = editors.start()
    elif numbers and (space := _LAST_SPACE.search(fields[0])):
        end = space.start()
    elif publisher and publisher.end() == len(title) and title[: publisher.start()].endswith((" ", "\u3000")):
        end = publisher.start()
    return (title[:end].strip(), f"{title[end:].strip(' ，、,')} {rest}".strip()) if end else (title, rest)


def _is_quoted(words: str) -> bool:
    """Whether words are in quotation marks, and the phrase does not go on behind these."""
    closing = _CLOSING.get(words[:1])
    return bool(closing and re.search(rf"{closing}(?:$|\W)", words[1:]))


def _are_names(words: str) -> bool:
    """Whether words between commas can be names: each Western, of an organisation, short, or without a particle."""
    bare = [_ROLE.sub("", name.strip(" \u3000")) for name in re.split("[，、,；;]", words) if name.strip()]
    pairs = [", ".join(bare[n : n + 2]) for n in range(len(bare))]  # "Reed, A."
    place = 0
    while place < len(bare):
        name = bare[place]
        if place + 1 < len(bare) and _WESTERN_NAME.fullmatch(pairs[place]) and not bare[place + 1][:2].isalpha():
            place += 2
        elif _WESTERN_NAME.fullmatch(name) or (_EASTERN_NAME.fullmatch(name) and _can_be_name(name)):
            place += 1
        else:
            return False
    return True


def _can_be_name(words: str) -> bool:
    letters = re.sub(r"\s", "", words)
    return is_organisation(letters) or len(letters) <= _LONGEST_NAME or not _PARTICLE.search(letters)


def _is_person(words: str, first: str) -> bool:
    """Whether words are a person's name in ideographs or kana, with a space inside if the `first` name has one."""
    if "・" in words:
        return all(_is_person(name, first.split("・", maxsplit=1)[0]) for name in words.split("・"))
    bare = re.sub(r"(?:他|ほか)$", "", words).strip()
    letters = re.sub(r"\s", "", bare)
    return (
        bool(re.fullmatch(f"[{_EASTERN}]{{2,{_LONGEST_NAME}}}", letters))
        and not _PARTICLE.search(letters)
        and (" " in bare or "\u3000" in bare or not re.search(r"\s", first.strip()))
        and not _is_venue(bare)
    )


def _is_venue(words: str) -> bool:
    """Whether words are a journal, a publisher, an organisation, numbers of a volume or pages, or a year."""
    return bool(
        _NUMBERS.match(words)
        or _YEAR.match(words)
        or _VENUE.search(words)
        or PUBLISHER.fullmatch(words)
        or is_organisation(words)
    )


def _until_venue(after: str) -> tuple[str, str]:
    """Divide "title，journal，Vol. 3, …" into (title, rest).

    A full stop ends the title. Else the journal is the first field that has the form of one before the volume or
    pages, or the one before these.
    """
    fields = _BETWEEN.split(after)
    numbers = next((n for n, field in enumerate(fields) if n and _NUMBERS.match(field)), 0)
    stop = _STOP.search(after)
    if stop and stop.start() <= len("，".join(fields[: numbers or 1])):
        return after[: stop.start()].strip(), after[stop.end() :]
    between = range(1, numbers or len(fields))
    is_venue = [bool(_VENUE.search(field) or _VENUE_AND_NUMBER.search(field)) for field in fields]
    venue = next((n for n in between if is_venue[n]), numbers - 1 if numbers > 1 else 1)
    end = 0
    for field in fields[:venue]:
        end = after.index(field, end) + len(field)
    return after[:end].strip(" .．。"), after[end:].strip(" ，、,")
