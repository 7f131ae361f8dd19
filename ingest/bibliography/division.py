"""Divide a bibliography entry into the text before its title, the title, and the text after it.

Evidence, in this order: quotation marks, italics, the form of the names or a year between names and title, full stops.
"""

import re

from ingest.bibliography.fields import BARE_NAME, ITALIC, PUBLISHER, is_organisation, without_italics
from ingest.bibliography.societies import divide_by_colon, divide_by_commas, until_journal

YEARS = r"(?:1[5-9]|20)\d\d[a-z]?(?:\s?[–/-]\s?\d{2,4}[a-z]?)?"
NO_YEAR = r"n\.\s?d\.|in press|forthcoming|近刊|刊行年不明|日付なし[\w-]*"
_YEAR_IN_BRACKETS = re.compile(
    rf"^(.{{1,300}}?)\s*[(（\[]({YEARS}(?:[,，][^()（）]*)?|{NO_YEAR})"
    r"[)）\]](?:\s(?:1[5-9]|20)\d\d[a-z]?(?=\.))?\s*[.．:：,，、]?\s*(.+)$"
)
_YEAR_BETWEEN_COMMAS = re.compile(r"^((?:(?![^\sA-Z.]{2}\.\s)[^,\[。]){2,80}),\s*((?:1[5-9]|20)\d\d[a-z]?),\s*(.{6,})$")
_YEAR_BETWEEN_POINTS = re.compile(
    r"^([^\d]{2,200}?)[.．]\s+((?:1[5-9]|20)\d\d[a-z]?|n\.d|[Ff]orthcoming|[Ii]n press|日付なし[\w-]*)年?[.．]\s+"
    r"(.{4,})$"
)
# "Nye, Joseph S., Jr. Soft Power: …": after a full given name, the full stop of an initial ends the names
_INVERTED_NAME = re.compile(
    r"^([A-Z][\w’'-]+, [A-Z][a-zà-ÿ]+(?:[ -][A-Z]\.)*(?:,? (?:Jr\.|Sr\.|III?))?)\.?\s+(?=[A-Z0-9])(.{6,})$"
)
_PERSON = (
    r"(?:[A-ZÀ-Þ]\.[\s-]?){1,5}(?:(?:van|von|de|der|den|di|da|la|le)\s)*(?:[Dd]['’])?[A-ZÀ-Þ][\w’'-]+"
    r"(?:,? (?:Jr\.|II|III|IV))?"
)
_INITIALS_FIRST = re.compile(
    rf"^({_PERSON}(?:(?:,\s*(?:and\s+|&\s+)?|\s+(?:and|&)\s+){_PERSON})*(?:,?\s+et al\.?)?)[,.:]\s+(?!in\b)(.{{6,}})$"
)
# "Peter J. Rousseeuw and Annick M. Leroy. Robust Regression. …": full given names, as BibTeX's style plain has them
_FULL_NAME = (
    r"(?:[A-ZÀ-ÞŠŽ][\w’'-]{1,30}+|(?:[A-ZÀ-Þ]\.[ -]?){1,5}+[A-ZÀ-Þ]?)"
    r"(?: (?:[A-ZÀ-Þ]\.-?|[A-ZÀ-ÞŠŽ][\w’'-]{1,30}+|van|von|de|der|den|di|da|la|le)){1,5}"
)
_BETWEEN = r"(?:, (?:and |& )?| (?:and|&) )"
_FULL_NAMES_FIRST = re.compile(
    rf"^((?>{_FULL_NAME}(?:{_BETWEEN}(?:{_FULL_NAME}|others|et al))*+))(?<!\bNo)\. ([^\s\d].{{5,}})$"
)
_NAMES_ONLY = re.compile(rf"(?>{_FULL_NAME}(?:{_BETWEEN}{_FULL_NAME})*+)(?:,? (?:eds?|trans)\.?)?[.,]?$")
_INITIAL = re.compile(r"\b[A-ZÀ-Þ]\.")
# "Gibson, T. A. and Tucker, M. A., 2008, The Big Book, …": inverted names, then the year
_INVERTED_THEN_YEAR = re.compile(
    r"^([^\d「『“\"]{3,300}?[A-Z]\.[^\d「『“\"]{0,20}?),\s+((?:1[5-9]|20)\d\d[a-z]?),\s+(.{6,})$"
)
# "Phys. Rev. B 53, 7227 (1996).": a periodical with volume and page, without a title before it
_PERIODICAL = re.compile(
    r"^([A-Z][^\d,;]{1,60}?)[,\s]\s*(?:[Vv]ol\.?\s*)?\d+[A-Z]?,\s*[A-Z]?\d+(?:[–-]\d+)?\s*\((?:1[5-9]|20)\d\d\)"
)
_POINT = re.compile(
    r"(?<=[^\sA-Z.][^\s.])[.．](?:\s+|(?=[^\x00-\x7f]))|(?<=[一-鿿ぁ-ヿ])(?:[.．]\s+|．)|(?<=\b[A-Z])\.\s+(?=[A-Z][a-z]+\s+[a-z])|(?<=\])[.．]\s*"
)
_VOLUME_FIRST = re.compile(r"[\s.,]*(?:\*?\d++(?!st|nd|rd|th)|[Vv]ol|[Nn]o\.|第)")  # follows the name of a journal
_QUOTES = (("「", "」"), ("“", "”"), ("『", "』"), ("《", "》"), ('"', '"'), ("‘", "’"), ("”", "”"))
# "Moreau A, Silva BC. Title.": names in Vancouver style, which is used in medicine
_VANCOUVER = re.compile(
    r"^((?:[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3},\s+){0,30}[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3}(?:,? et al)?)\.\s+(.{6,})$"
)
_TYPED_QUOTES = re.compile(r"'([^']{4,300})'[,.]\s")
_LINKS = frozenset("of the for and in on at de van von der den di da la le du".split())  # in names as well
_PLACE = re.compile(r", [A-Z][\w. ]{1,30}(?:, [A-Z][\w. ]{1,20})?:$")
_WORDED = re.compile(r"(?:[^\W\d_][\W\d_]*){4}|[ぁ-んァ-ヶ一-鿿]{2}")
_CONTINUES_TITLE = re.compile(
    r"[\]’]|(?!(?:[Vv]ols?|[Nn]os?|[Ee]d(?:s|ited)?|[Tt]rans|pp?|[Ii]n|[Bb]y|[Pp]art|[Ss]er|Ph|[Mm]aster|[Dd]oct)\b)[^\W\d_]{2}"
)
# "Reed J T and Moor P 1996 Beam lamps *Atomic Lamps* …": names and year without punctuation, as in physics
_YEAR_BETWEEN_SPACES = re.compile(
    rf"^({BARE_NAME}(?:(?:, | and |, and ){BARE_NAME}){{0,20}}(?:,? et al)?(?: \(eds?\))?)"
    r" ((?:1[5-9]|20)\d\d[a-z]?) ([^\W\d_].{5,})$"
)
_GOES_ON = re.compile(r"[のをがにはとへでや][^.．。，、,『「（(]{1,60}(?=[.．。，、,])")
# 『灯台の保守』北野進著、…; 『灯台の保守』（北野進、灯台書店、…）
_NAMES_AFTER = re.compile(r"([^、，,\d]{2,40}?(?:編著|共著|著|編))(?=[、，,])|[（(]([^、，,（）()\d]{2,30})[、，,]")
_ENDS_TITLE = (*".,:;?!。，、”’)", "")
_JAPANESE_VENUE = re.compile(
    r"(?<=[一-鿿ぁ-ヿ」])[，、](?=[^，、「]*(?:研究|雑誌|学会|紀要|論集|年報|ジャーナル|評論|新聞)[^，、]*[，、])"
)
LEAST_LETTERS = 4  # minimum letters of a title
_ENDS_WITH_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d[a-z]?[)）\]]?[.,:]?$")


def divide(body: str) -> tuple[str, str, str]:
    """Divide an entry into (text before the title, title, text after the title)."""
    if parts := divide_by_colon(body):
        return parts
    names = _INITIALS_FIRST.match(body)
    quoted = _quoted(body)
    if quoted and _is_inside_title(body, quoted[0]):
        quoted = None
    if quoted and not (names and body[names.end(1)] == "." and names.end(1) + 2 < quoted[0]):
        start, end, title, host = quoted
        if not host and (more := _GOES_ON.match(body, end)):  # 「灯台」の保守
            title, end = body[start : more.end()], more.end()
        head, rest = body[:start].strip(), f"{host}{body[end:]}".strip()
        if not head and (after := _NAMES_AFTER.match(rest)):
            head = after.group(1) or after.group(2)
        return head, title.strip(" ,.，、"), rest
    if match := ITALIC.search(body):
        return _divide_by_italics(body, match)
    return _divide_by_points(body)


def _is_title(head: str) -> bool:
    """Whether the text before the year is a title, as in entries of works without an author."""
    words = without_italics(head).strip(" .?!").split()
    is_phrase = sum(word[:1].islower() and word not in _LINKS for word in words) >= 2
    return words == ["Editorial"] or (is_phrase and not re.search("[,;&(]", head) and not is_organisation(head))


def _divide_by_italics(body: str, italic: re.Match[str]) -> tuple[str, str, str]:
    """Divide an entry with italics but without quotation marks. Italics mark the title of a book or journal.

    That is the work's own title, unless another title comes between the authors (or the year) and the italics.
    """
    before, after = body[: italic.start()].strip(), body[italic.end() :].strip()
    if _ENDS_WITH_YEAR.search(before):
        title, rest = _continued(italic.group(1), after)
        return before, title.strip(" ,."), rest
    if _YEAR_BETWEEN_SPACES.match(before):
        return _divide_by_points(body)
    if _NAMES_ONLY.match(before):
        return before, italic.group(1).strip(" ,."), after
    parts = _divide_by_head(before)
    if (
        parts and not parts[2] and before[-1:] not in _ENDS_TITLE and not _VOLUME_FIRST.match(after)
    ):  # "Review of *The Last Keeper*"
        title, rest = _continued(italic.group(1), after)
        return parts[0], f"{parts[1]} {title}".strip(" ,."), rest
    if parts is None and _VOLUME_FIRST.match(after):
        pieces = _POINT.split(before, maxsplit=1)
        parts = (pieces[0], *_first_sentence(pieces[1])) if len(pieces) == 2 else None
    if parts and len(re.findall(r"[^\W\d_]", parts[1])) >= LEAST_LETTERS:
        head, title, rest = parts
        return head, title, f"{rest} {body[italic.start() :]}"
    return before, italic.group(1).strip(" ,."), after


def _continued(title: str, after: str) -> tuple[str, str]:
    """(title, rest) where words of the title are in upright letters: "*Lamps in* Tectona *forests*"."""
    is_ended = title.endswith(_ENDS_TITLE[:-1]) and not title.endswith(":")
    if is_ended or not _CONTINUES_TITLE.match(after):
        return title, after
    more, rest = _first_sentence(without_italics(after))
    return f"{title}{'' if more[0] in '’]:' else ' '}{more}", rest


def _quoted(body: str) -> tuple[int, int, str, str] | None:
    """(start, end, title, host) of the title in quotation marks; `host` is the containing work, in 『』.

    If a part is quoted after its work, the part is the title: 「白書」資料編の「資料1」, 『新聞』5月3日「記事」. Two
    quotations with only a word between them are one title: 「灯台」と「霧笛」.
    """
    places = [(body.find(opening), opening, closing) for opening, closing in _QUOTES if opening in body]
    if not places:
        return None
    start, opening, closing = min(places)
    end = _closing(body, start, opening, closing)
    if end is None:
        return None
    words = body[start + 1 : end - 1]
    inner = body.find("「", end)
    if inner >= 0 and opening in "「『" and (inner_end := _closing(body, inner, "「", "」")):
        between, within = body[end:inner], body[inner + 1 : inner_end - 1]
        if match := re.fullmatch(r"([^、。，,.\d\s]{0,12})の", between):
            return start, inner_end, within, f"『{words} {match.group(1)}』".replace(" 』", "』")
        if start == 0 and opening == "『":
            return start, inner_end, within, f"『{words}』{between}"
    following = re.match(rf"[^、。，,.\d\s]{{1,12}}(?={re.escape(opening)})", body[end:])
    if following:  # 「灯台」と「霧笛」
        second = _closing(body, end + following.end(), opening, closing)
        if second is not None:
            return start, second, body[start + 1 : second - 1], ""
    return start, end, words, ""


def _closing(body: str, start: int, opening: str, closing: str) -> int | None:
    """Index after the bracket that closes the bracket at `start`; None if it is never closed."""
    depth = 0
    for index in range(start, len(body)):
        if body[index] == closing and (opening != closing or index > start):
            depth -= 1
            if depth == 0 or opening == closing:
                return index + 1
        elif body[index] == opening:
            depth += 1
    return None


def _divide_by_points(body: str) -> tuple[str, str, str]:
    """Divide an entry without quotation marks: "Authors (year). Title. Rest", "Authors. Title. Rest", "著者：題、…"."""
    if parts := _divide_by_head(body) or divide_by_commas(body):
        return parts
    pieces = _POINT.split(body, maxsplit=2)
    if len(pieces) >= 2 and len(pieces[0]) <= 200:
        return pieces[0], pieces[1].strip(" ."), pieces[2] if len(pieces) > 2 else ""
    if match := re.match(r"^([^：:、，,]{2,40})[：:、，,]\s*([^、，,。]{4,})(.*)$", body):
        return match.group(1), match.group(2), match.group(3)
    return "", "", body


def _divide_by_head(body: str) -> tuple[str, str, str] | None:
    """Divide an entry after its head: full names, names and a year, or names; else None."""
    return _divide_by_full_names(body) or _divide_by_year(body) or _divide_by_names(body)


def _is_inside_title(body: str, start: int) -> bool:
    """Whether the quotation mark at `start` is inside the title: in its italics, or in the words after the year."""
    italic = ITALIC.search(body)
    if italic and italic.start() < start < italic.end():
        return True
    match = next(filter(None, (pattern.match(body) for pattern in (_YEAR_IN_BRACKETS, _YEAR_BETWEEN_POINTS))), None)
    between = body[match.start(3) : start] if match else ""
    return bool(_WORDED.search(between)) and not re.search("[『「《]|^in$", between.strip().lower())


def _divide_by_year(body: str) -> tuple[str, str, str] | None:
    """Divide an entry with a year between authors and title ("A (2019). …", "A. 2019. …", "A, 2019, …"); else None."""
    match = _YEAR_IN_BRACKETS.match(body)
    if match and _is_title(match.group(1)):
        return f"({match.group(2)})", match.group(1).strip(" ."), match.group(3)
    if match and len(re.findall(r"[^\W\d_]", match.group(3))) >= LEAST_LETTERS:
        title, rest = _until_publisher(*_first_sentence(match.group(3)))
    elif match := _YEAR_BETWEEN_POINTS.match(body):
        title, rest = _first_sentence(match.group(3))
    elif match := _YEAR_BETWEEN_SPACES.match(body):
        title, rest = _until_italics_or_bracket(match.group(3))
    elif (match := _INVERTED_THEN_YEAR.match(body)) or (match := _YEAR_BETWEEN_COMMAS.match(body)):
        title, _, rest = match.group(3).partition(", ")
        title = title.strip(" .")
    else:
        return None
    if apart := _TYPED_QUOTES.match(match.group(3)):
        title, rest = apart.group(1), match.group(3)[apart.end() :]
    title, rest = until_journal(title, rest)
    year = f" ({match.group(2)})" if re.search(r"\d", match.group(2)) else ""
    if _JAPANESE_VENUE.search(title):  # 灯台の「光」について，灯台研究，12
        title, after = _JAPANESE_VENUE.split(title, maxsplit=1)
        rest = f"{after} {rest}".strip()
    return match.group(1) + year, title, rest


def _divide_by_full_names(body: str) -> tuple[str, str, str] | None:
    """Divide an entry after full names, one of them with an initial, whose full stop does not end them; else None."""
    match = _FULL_NAMES_FIRST.match(body)
    return (match.group(1), *_first_sentence(match.group(2))) if match and _INITIAL.search(match.group(1)) else None


def _divide_by_names(body: str) -> tuple[str, str, str] | None:
    """Divide an entry after authors that are recognised by the form of their names; else None."""
    names_end_sentence = _VANCOUVER.match(body)
    if match := names_end_sentence or _INITIALS_FIRST.match(body):
        after = match.group(2)
        if names_end_sentence or body[match.end(1)] == ".":
            return match.group(1), *_first_sentence(after)
        if periodical := _PERIODICAL.match(after):
            return match.group(1), after[: periodical.end()].rpartition("(")[0].strip(), after
        titled = re.match(r"([^,]*(?:, [^,]{1,80}){0,3}?), (?=[A-Z])", after)
        if titled and _PERIODICAL.match(after[titled.end() :]):
            return match.group(1), titled.group(1), after[titled.end() :]
        return match.group(1), *_until_edition(after)
    if match := _INVERTED_NAME.match(body):
        title, rest = _first_sentence(match.group(2))
        return (match.group(1), title, rest) if rest else None
    return None


def _until_italics_or_bracket(text: str) -> tuple[str, str]:
    """Divide "Title *Journal* …" or "Title (Preprint)" into (title, rest); the title itself may be in italics."""
    match = re.compile(r"(?<=\S)\s+(?=\*\S|\(|vol \d)|(?<=\S)\*\s").search(text, 1)
    return (text[: match.start()].strip(" *"), text[match.start() :].strip()) if match else (text, "")


def _first_sentence(text: str) -> tuple[str, str]:
    match = re.search(r"(?<=[^\s.][^\s.])[.?!。．？](?:\s+|$|(?=[^\x00-\x7f]))", text)
    if not match:
        return text.strip(), ""
    end = match.start() if match.group()[0] in ".。．" else match.start() + 1
    return text[:end].strip(), text[match.end() :].strip()


def _until_publisher(title: str, rest: str) -> tuple[str, str]:
    """Correct (title, rest) if only commas separate title and publisher: "Title, OECD Publishing", "Title, Rome: …"."""
    publisher = PUBLISHER.search(title)
    if not publisher:
        return title, rest
    before = title[: publisher.start()].rstrip()
    place = _PLACE.search(before)
    if not place and not before.endswith(","):
        return title, rest
    end = place.start() if place else publisher.start()
    return title[:end].strip(" ,"), f"{title[end:].strip(' ,')} {rest}"


def _until_edition(text: str) -> tuple[str, str]:
    """Divide "Title, 2nd ed. City: Publisher" or "Title. City: Publisher" into (title, rest)."""
    match = re.search(r",\s*(?=\d+(?:st|nd|rd|th) ed)|(?<=[^\s.][^\s.])\.\s+(?=[A-Z])|\s\((?=[A-Z][^()]*\d{4}\))", text)
    return (text[: match.start()], text[match.end() :]) if match else (text, "")
