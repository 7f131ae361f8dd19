"""Names at the head of a bibliography entry → authors: persons or organisations, and the surnames of persons."""

import re

_ROLES = re.compile(
    r"(?:(?<!\s)\s++)?(?:編著|共著|共編|監修|監訳|編集|編者|編|著|訳|作|主编|编著|编|译)(?=$|[・、，,\s])"
    r"|(?:(?<!\s)\s++)?[(（][^()（）]*(?:訳|編|eds?\.?|trans\.?|translator)[^()（）]*[)）]"
    r"|(?:,\s*+|(?<!\s)\s++)?\b(?:eds?|trans)\.(?=$|[\s,])|,\s*(?:eds?|editors?|translators?)$",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"(?:(?<![,，、\s])[,，、\s]++)?(?:\bet\s+al\b\.?|ほか|他(?:\d*名)?$|等$|外$)", re.IGNORECASE)
_EASTERN = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_WESTERN = re.compile("[A-Za-z\u00c0-\u024fァ-ヺ]")  # names that begin with these put the surname last
_KANJI_OR_KATAKANA = re.compile("[一-鿿々ァ-ヺ]")
_ALL_INITIALS = re.compile(r"[A-Z.]{1,4}")
_INITIALS = re.compile(r"^(?:[A-Z]\.?[\s-]?){1,4}(?:,?\s*(?:Jr|Sr|II|III)\.?)?$")
_ORGANISATION_JA = re.compile(
    r"省|庁|官房|新聞|通信|機関|社$|協会|学会|委員会|会議|銀行|機構|大学|研究所|政府|連合|連盟|組合|財団|センター|内閣|裁判所|国会|放送|事務局|本部|"
    r"日报|晚报|정부|신문|일보|방송|연구원|연구소|협회|학회|위원회|은행|공사|대학교|재단|센터|[가-힣]{2}[부청]$|"
    r"総局|府$|都$|道$|県$|市$|町$|村$|国$|会$|局$|院$|団$|部$|室$"
)
_ORGANISATION_EN = re.compile(
    r"\b(?:Council|Service|Agency|House|Department|Ministry|Institut\w*|University|Bank|Association|Organi[sz]ation"
    r"|Office|Committee|Cent(?:er|re)|Corporation|Inc|Ltd|News|Times|Post|Bloomberg|CNN|BBC|NHK|Reuters|Gallup|Foundation"
    r"|Federation|Union|Nations|Government|Commission|Bureau|Court|Congress\w*|Senate|Parliament|Board|Society|Group|Fund"
    r"|Forum|Press|Research|Administration|Japan|Team|Network|Company|Authority|Initiative|Alliance|Secretariat"
    r"|Program(?:me)?)\b"
)


def is_organisation(name: str) -> bool:
    """Whether a name is that of an organisation: by the words in such names, or one ASCII word alone."""
    bare = name.strip()
    if _EASTERN.search(bare):
        return bool(_ORGANISATION_JA.search(bare) or (_ORGANISATION_EN.search(bare)))
    return bool(_ORGANISATION_EN.search(bare)) or (bare.isascii() and bare.isalnum())


def surname_of(author: str) -> str:
    """The surname where its place shows ("Smith, J.", "J. Smith", "Smith J.", 北野 進), else the whole name."""
    if is_organisation(author):
        return author
    if "," in author:
        return author.split(",", 1)[0].strip()
    words = author.split()
    if len(words) < 2 or not _WESTERN.match(author):
        return words[0] if words else author
    return words[0] if _ALL_INITIALS.fullmatch(words[-1]) else words[-1]


def possible_surnames(author: str) -> tuple[str, ...]:
    """Possible surnames of a person, as 北野進 does not show where the surname ends. Empty for an organisation."""
    name = author.strip()
    if is_organisation(name):
        return ()
    if (surname := surname_of(name)) != name:
        return (surname,)
    parts = re.split("[・＝=]+", name)
    if len(parts) > 1:
        return (parts[-1] if _WESTERN.match(name) else parts[0],)
    return tuple(name[:end] for end in range(1, len(name))) if _KANJI_OR_KATAKANA.match(name) else ()


def split_authors(head: str) -> tuple[str, ...]:
    """The authors that the head of an entry names, in order: persons as written, an organisation whole."""
    text = _OTHERS.sub("", _ROLES.sub("", head)).strip(" .,:：;，、。・")
    if not text or len(text) > 600:
        return ()
    is_suffix = re.search(r"[A-Z]\.,\s+(?:I{2,3}|I?V)$", text)  # J. H. Lienhard, the fifth
    if not is_suffix and re.search(r"(?:^|[\s.-])[A-Z]$", text) and not re.search(r"[a-z] [A-Z]{1,3},", text):
        text += "."  # the full stop of an initial
    if _EASTERN.search(text):
        return _eastern(text)
    return (
        tuple(name for part in re.split(r"(?:(?<!\s)\s++)?(?:;|&|\band\b)\s*", text) for name in _western(part))
        if _persons(text)
        else (text,)
    )


def _eastern(text: str) -> tuple[str, ...]:
    """Names separated by 、 ， ; and, between names in ideographs or Hangul, by the middle dot."""
    names: list[str] = []
    for part in re.split(r"(?:(?<!\s)\s++)?[、，,;；／/]\s*", text):
        if re.fullmatch(
            r"[一-鿿々ぁ-ん가-힣\s\u3000]{2,12}(?:[・·][一-鿿々ぁ-ん가-힣\s\u3000]{2,12})+", part
        ) and not is_organisation(part):
            names.extend(re.split("[・·]", part))
        else:
            names.append(part)
    return tuple(name.strip(" \u3000.") for name in names if name.strip(" \u3000."))


def _persons(text: str) -> bool:
    """Whether a Western head lists persons; an organisation's name may hold commas and "and" too."""
    return not _ORGANISATION_EN.search(text) or bool(re.search(r",\s*(?:[A-Z]\.[\s-]?)+(?:,|&|and|$)", text))


def _western(part: str) -> list[str]:
    """Names separated by commas, where "Surname, Given" and "Surname, J." stay together."""
    part = re.sub(r",\s*(Jr|Sr)\b\.?", r" \1.", part)
    part = re.sub(r",\s*(I{2,3}|I?V)(?=,|$)", r" \1", part)
    pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
    names: list[str] = []
    index = 0
    while index < len(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        inverted = _INITIALS.match(following) or (
            index == 0 and " " not in pieces[0] and len(pieces) == 2 and following
        )
        if inverted and not _INITIALS.match(pieces[index]):
            names.append(f"{pieces[index]}, {following}")
            index += 2
        else:
            names.append(pieces[index])
            index += 1
    return names
