"""Works printed in styles drawn by chance: orders, marks and words that BibTeX's and biblatex's styles use.

CSL has no styles such as biblatex's "Title. Subtitle. Trans. by A. Reed. 2nd ed. 3 vols. Series 4. London: Tern, 1990".
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.training.citations.printed import Letter, one_space
from app.training.citations.works import Work

# for each language: and, et al., editor, editors, edited by, translated by, edition, volume, number, page, pages,
# volumes, thesis, report, accessed, review of
_WORDS = {
    "en": "and|et al.|ed.|eds.|Ed. by|Trans. by|{} ed.|vol. |no. |p. |pp. |vols.|PhD thesis|Tech. rep.|visited on|Review of",
    "en2": "and|et al|editor|editors|edited by|translated by|{} edition|volume |number |page |pages |volumes|Ph.D. thesis"
    "|Technical report|accessed|review of",
    "en3": "&|and others|Ed.|Eds.|ed. and trans. |trans. |{} edn.|Vol. |No. |p. |pp. |vols|Doctoral dissertation|Report"
    "|last accessed|Rev. of",
    "de": "und|u. a.|Hrsg.|Hrsg.|Hrsg. von|Übers. von|{} Aufl.|Bd. |Nr. |S. |S. |Bde.|Diss.|Techn. Ber.|besucht am"
    "|Rezension zu",
    "de2": "und|et al.|Hg.|Hgg.|hg. v. |übers. v. |{} Auflage|Band |Heft |S. |S. |Bände|Dissertation|Bericht"
    "|abgerufen am|Rez. von",
    "fr": "et|et al.|éd.|éds.|sous la dir. de|trad. par|{} éd.|t. |nº |p. |p. |vol.|thèse de doct.|rapp. tech."
    "|visité le|Compte rendu de",
    "es": "y|y col.|ed.|eds.|Ed. por|Trad. por|{} ed.|vol. |núm. |pág. |págs. |vols.|Tesis doctoral|Inf. téc."
    "|visitado el|Reseña de",
    "pt": "e|et al.|Org.|Orgs.|Ed. por|Trad. por|{} ed.|v. |n. |p. |p. |v.|Tese de Doutorado|Rel. técn.|acesso em"
    "|Resenha de",
    "it": "e|e altri|a cura di|a cura di|a cura di|trad. da|{} ed.|vol. |n. |p. |pp. |voll.|tesi di dott.|rapp. tecn."
    "|visitato il|recensione di",
}
_NAMES = (
    *(
        "and",
        "others",
        "editor",
        "editors",
        "edited by",
        "translated by",
        "edition",
        "volume",
        "number",
        "page",
        "pages",
    ),
    *("volumes", "thesis", "report", "accessed", "review"),
)
_LANGUAGES = ("en", "en", "en", "en2", "en2", "en3", "de", "de2", "fr", "es", "pt", "it")
_MONTHS = "Jan.|Feb.|Mar.|Apr.|May|June|July|Aug.|Sept.|Oct.|Nov.|Dec.".split("|")
_WHOLE_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December".split("|"),
    "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember".split("|"),
)
_ADDED = (
    *(
        "With an introd. by {}",
        "Foreword by {}",
        "With a comment. by {}",
        "Illus. by {}",
        "Trans. from the Latin by {}",
    ),
    *("Mit einem Vorw. von {}", "unter Mitarb. von {}", "With a forew. by {}", "Contribution by {}"),
)
_STATES = ("Forthcoming", "In press", "Unpublished manuscript", "Preprint", "Submitted for publication", "Reprint")
_MEDIUMS = ("DVD", "Film", "LP", "Map", "Letter", "Patent", "Speech", "Software", "Podcast", "Blog post", "Interview")


@dataclass(slots=True)
class _Line:
    """Letters of an entry as they are put down: words of a field, marks between fields."""

    letters: list[Letter] = field(default_factory=list)

    def add(self, words: str, name: str = "", italic: bool = False) -> None:
        self.letters.extend(Letter(c, name, italic) for c in words)

    def mark(self, mark: str) -> None:
        """A mark between two fields: no second one after a mark, none at the start."""
        last = next((letter.text for letter in reversed(self.letters) if letter.text not in " ”’"), "")
        self.add(mark.lstrip(".,:;–/ ").rjust(1) if not last or last in ".?!,:;–/" else mark)


class DrawnLists:
    """Lists of works, each in a style of its own."""

    def __init__(self, works: Sequence[Work], seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.works = works
        self.people = [
            name for work in works for name in work.get("author", ()) if "family" in name and "given" in name
        ]

    def printed(self, longest: int) -> list[list[Letter]]:
        """The entries of one list in one style."""
        style = _Style(self.random, self.people)
        works = self.random.sample(self.works, self.random.randint(3, longest))
        return [one_space(letters) for work in works if (letters := style.entry(work))]


class _Style:
    """One style: its choices are drawn when it is made."""

    def __init__(self, chance: random.Random, people: Sequence[dict[str, str]]) -> None:
        self.chance, self.people = chance, people
        draw: Callable[[Sequence[str]], str] = chance.choice
        language = draw(_LANGUAGES)
        self.words = dict(zip(_NAMES, _WORDS[language].split("|"), strict=True))
        self.months = draw((_MONTHS, _WHOLE_MONTHS[language.startswith("de")]))  # type: ignore[arg-type]
        self.orders = chance.choice((("direct", "direct"), ("inverted", "inverted"), ("inverted", "direct")))
        self.given = draw(("full", "full", "full", "initials", "initials", "tight", "bare"))
        self.inverts = draw((", ", ", ", ", ", " ")) if self.given in {"tight", "bare"} else ", "
        self.capitals = chance.random() < 0.15
        self.between = draw((", ", ", ", ", ", "; ", "; ", " / ", "/", " – ", f" {self.words['and']} "))
        final = (f" {self.words['and']} ", f", {self.words['and']} ", " & ", ", & ", self.between)
        self.final = draw(final)
        self.most = chance.choice((2, 3, 4, 20, 20))
        self.year = draw(("bracketed", "pointed", "comma", "bare", "end", "end", "end", "journal"))
        self.after_names = (
            draw((". ", ". ", ", ", ": ", ": ", " ", "; ", ". – ")) if self.year in {"end", "journal"} else ""
        )
        self.after_year = draw((". ", ", ", ": ", " ", ". "))
        self.point = draw((". ", ". ", ", ", ", ", "; ", ". – "))
        self.after_title = draw((". ", ". ", ". ", ", ", ", ", " ", ". – ", " // "))
        self.quotes = chance.choice(
            (("“", "”"), ("“", "”"), ("‘", "’"), ("„", "“"), ("«", "»"), ("", ""), ("", ""), ("", ""))
        )
        self.stop_inside = chance.random() < 0.5
        self.article_italic = not self.quotes[0] and chance.random() < 0.3
        self.book_italic = chance.random() < 0.7
        self.container_italic = chance.random() < 0.8
        self.subtitle = draw((". ", ". ", ": ", ": ", " – "))
        self.into = draw(("In: ", "In: ", "In ", "in ", "in: ", ""))
        self.into_journal = draw(("In: ", "in: ", "in ", "", "", ""))
        self.numbers = draw(
            ("{v}.{n}", "{v} ({n})", "{v}({n})", "{v}, {w}{n}", "{vol}{v}, {w}{n}", "{v}", "{v}/{n}", "{v}:{n}")
        )
        self.before_pages = draw((", ", ", ", ": ", ":", ". ", ", "))
        self.page_word = chance.random() < 0.6
        self.publisher = draw(
            (
                "{place}: {publisher}",
                "{place}: {publisher}",
                "{publisher}, {place}",
                "{place}, {publisher}",
                "{publisher}: {place}",
            )
            + ("{place}", "{publisher}", "{publisher}. {place}")
        )
        self.in_brackets = chance.random() < 0.25
        self.edited_after = chance.random() < 0.6
        self.editors = draw((" ({})", " ({})", ", {}", " {}", " [{}]"))
        self.doi = draw(("doi: ", "DOI: ", "doi:", "https://doi.org/", "http://dx.doi.org/", "", ""))
        self.url = draw(("url: ", "URL: ", "", "", "Available from: ", "<"))
        self.dashes = draw(("", "", "—", "———", "– "))
        self.cited = chance.random() < 0.06
        self.series = draw((" ({})", ". {}", ", {}", " ({})"))
        self.before: object = None

    def entry(self, work: Work) -> list[Letter]:
        """The letters of the entry of a work; none for a work without a year."""
        year = str((work.get("issued", {}).get("date-parts") or [[""]])[0][0])
        if not year:
            return []
        line = _Line()
        names = work.get("author") or work.get("editor")
        is_edited = "author" not in work and "editor" in work
        leads = not is_edited or not self.edited_after
        if names and leads:
            self._head(line, names, is_edited, year)
            line.mark(self.after_year if self.year not in {"end", "journal"} else self.after_names)
        is_book = "container-title" not in work
        self._title(line, work, is_book)
        if names and not leads:
            line.mark(self.after_title)
            self._editors(line, names, "name")
        at_end = self.year in {"end", "journal"} or not (names and leads)
        if not is_book and work["type"].startswith("article"):
            self._journal(line, work, year if at_end else "")
        else:
            self._book(line, work, year if at_end else "", is_book)
        self._end(line, work)
        return line.letters

    def _head(self, line: _Line, names: Sequence[dict[str, str]], is_edited: bool, year: str) -> None:
        if names == self.before and self.dashes and len(self.before) < 3:  # type: ignore[arg-type]
            line.add(self.dashes, "between")
        else:
            self._people(line, names, "name")
        self.before = names
        if is_edited:
            line.add(self.editors.format(self.words["editor" if len(names) == 1 else "editors"]))
        opening, closing = {
            "bracketed": (" (", ")"),
            "pointed": (". ", ""),
            "comma": (", ", ""),
            "bare": (" ", ""),
        }.get(self.year, ("", ""))
        if opening:
            line.mark(opening)
            line.add(year + self.chance.choice(("", "", "", "", "a", "b")), "date")
            line.add(closing)

    def _people(self, line: _Line, names: Sequence[dict[str, str]], name: str) -> None:
        shown = names[: self.most] if len(names) <= self.most + 1 else names[:1]
        joins = "between" if name == "name" else name
        for place, person in enumerate(shown):
            if place:
                is_last = place == len(shown) - 1 and len(shown) == len(names)
                line.add(self.final if is_last else self.between, joins)
            line.add(self._name(person, self.orders[place > 0]), name)
        if len(shown) < len(names):
            line.add(self.chance.choice((" ", ", ")) + self.words["others"], joins)

    def _name(self, person: dict[str, str], order: str) -> str:
        if "literal" in person or not person.get("given"):
            return person.get("literal") or person.get("family", "")
        family, given = person.get("family", ""), person["given"]
        family = f"{person.get('non-dropping-particle', '')} {family}".strip()
        family = family.upper() if self.capitals else family
        if self.given != "full":
            initials = [f"{word[0]}." for word in re.split(r"[\s.-]+", given) if word]
            given = {"initials": " ".join(initials), "tight": "".join(initials)}.get(
                self.given, "".join(initials).replace(".", "")
            )
        suffix = person.get("suffix", "")
        if order == "direct":
            return f"{given} {family}" + (f", {suffix}" if suffix else "")
        return f"{family}{self.inverts}{given}" + (f", {suffix}" if suffix else "")

    def _title(self, line: _Line, work: Work, is_book: bool) -> None:
        title = re.sub(r"<[^>]+>", "", work["title"]).strip().rstrip(".")
        title = title.replace(": ", self.subtitle)
        chance = self.chance
        if not is_book and chance.random() < 0.02:
            line.add(f"{self.words['review']} ", "title")
        italic = self.book_italic if is_book else self.article_italic
        opening, closing = ("", "") if is_book else self.quotes
        line.add(opening)
        line.add(title, "title", italic)
        mark = self.after_title
        if closing and self.stop_inside and mark[0] in ".,":
            line.mark(mark[0])
            line.add(closing + mark[1:])
        else:
            line.add(closing)
            if chance.random() < 0.04:
                line.add(f" [{chance.choice(_MEDIUMS)}]", "note")
            line.mark(mark)

    def _journal(self, line: _Line, work: Work, year: str) -> None:
        line.add(self.into_journal)
        line.add(re.sub(r"<[^>]+>", "", work["container-title"]), "container", self.container_italic)
        volume, issue = str(work.get("volume", "")), str(work.get("issue", ""))
        if volume:
            line.add(self.chance.choice((" ", " ", ", ")))
            pattern = (
                self.numbers
                if issue
                else self.numbers.split("n}")[0]
                .rstrip("{ (./:,")
                .removesuffix(", {w}")
                .removesuffix("{w}")
                .rstrip(", ")
            )
            words = {"v": volume, "n": issue, "w": self.words["number"], "vol": self.words["volume"]}
            line.add(pattern.format(**words), "volume")
        if year and (self.year == "journal" or self.chance.random() < 0.5):
            line.add(" (")
            self._date(line, work, year)
            line.add(")")
            year = ""
        self._pages(line, work)
        if year:
            line.mark(self.point if self.point[0] in ".,;" else ", ")
            self._date(line, work, year)

    def _book(self, line: _Line, work: Work, year: str, is_book: bool) -> None:
        chance = self.chance
        if not is_book:
            line.add(self.into)
            editors = work.get("editor") if work.get("author") else None
            if editors and not self.edited_after:
                self._people(line, editors, "other-person")
                line.add(self.editors.format(self.words["editor" if len(editors) == 1 else "editors"]))
                line.mark(chance.choice((", ", ": ", ". ")))
            line.add(
                re.sub(r"<[^>]+>", "", work["container-title"]).replace(": ", self.subtitle),
                "container",
                self.container_italic,
            )
            if editors and self.edited_after:
                line.mark(self.point)
                self._editors(line, editors, "other-person")
        if work.get("translator"):
            line.mark(self.point)
            line.add(f"{self.words['translated by']} ")
            self._people(line, work["translator"], "other-person")
        if is_book and chance.random() < 0.06:
            line.mark(self.point)
            before, after = chance.choice(_ADDED).split("{}")
            line.add(before, "note")
            self._people(line, [chance.choice(self.people)], "other-person")
            line.add(after)
        if edition := work.get("edition"):
            line.mark(self.point)
            ordinal = (
                f"{edition}{'nd' if edition == '2' else 'rd' if edition == '3' else 'th'}"
                if self.words["and"] in {"and", "&"}
                else f"{edition}."
            )
            line.add(self.words["edition"].format(ordinal), "volume")
        if is_book and chance.random() < 0.05:
            line.mark(self.point)
            line.add(f"{chance.randint(2, 9)} {self.words['volumes']}", "volume")
        elif work.get("volume"):
            line.mark(self.point)
            line.add(f"{self.words['volume']}{work['volume']}", "volume")
        if work["type"] in {"thesis", "report"}:
            line.mark(self.point)
            line.add(self.words[work["type"]], "note")
            line.add(" ")
            line.add(str(work.get("number", "")), "volume")
        elif series := work.get("collection-title"):
            before, after = self.series.split("{}")
            line.mark(before)
            line.add(re.sub(r"<[^>]+>", "", series), "series")
            if number := work.get("collection-number"):
                line.add(chance.choice((" ", ", ", " ; ")))
                line.add(str(number), "volume")
            line.add(after)
        self._imprint(line, work, year)
        if not is_book:
            self._pages(line, work)

    def _imprint(self, line: _Line, work: Work, year: str) -> None:
        place, publisher = work.get("publisher-place", ""), work.get("publisher", "")
        pattern = self.publisher if place and publisher else "{publisher}" if publisher else "{place}" if place else ""
        if not pattern and not year:
            return
        line.mark(" (" if self.in_brackets else self.point)
        for piece in re.split(r"(\{\w+\})", pattern):
            if piece == "{place}":
                line.add(place, "place")
            elif piece == "{publisher}":
                line.add(publisher, "publisher")
            else:
                line.add(piece)
        if year:
            line.add(self.chance.choice((", ", ", ", ", ", " ")) if pattern else "")
            self._date(line, work, year)
        line.add(")" if self.in_brackets else "")

    def _editors(self, line: _Line, names: Sequence[dict[str, str]], name: str) -> None:
        """The editors after the title: "Ed. by A. Reed", "A. Reed, ed."."""
        if self.chance.random() < 0.7:
            line.add(f"{self.words['edited by'].strip()} ")
            self._people(line, names, name)
        else:
            self._people(line, names, name)
            line.add(self.editors.format(self.words["editor" if len(names) == 1 else "editors"]))

    def _date(self, line: _Line, work: Work, year: str) -> None:
        parts = work["issued"]["date-parts"][0]
        month = self.months[int(parts[1]) - 1] if len(parts) > 1 and 1 <= int(parts[1]) <= 12 else ""
        words = (
            f"{month} {parts[2]}, {year}"
            if len(parts) > 2 and month.endswith((".", "y", "e", "h"))
            else f"{month} {year}"
        )
        line.add(words.strip(), "date")

    def _pages(self, line: _Line, work: Work) -> None:
        if pages := str(work.get("page", "")):
            line.add(self.before_pages)
            word = self.words["pages" if "-" in pages else "page"] if self.page_word else ""
            line.add(word + re.sub("-+", "–", pages), "pages")

    def _end(self, line: _Line, work: Work) -> None:
        chance = self.chance
        if chance.random() < 0.03:
            line.mark(". ")
            line.add(chance.choice(_STATES), "note")
        if "DOI" in work and chance.random() < 0.8:
            line.mark(chance.choice((". ", ", ", ". ")))
            line.add(self.doi + str(work["DOI"]), "address")
        if "URL" in work:
            line.mark(chance.choice((". ", ", ", " ")))
            line.add(self.url)
            line.add(str(work["URL"]), "address")
            line.add(">" if self.url == "<" else "")
            if "accessed" in work:
                line.add(" (")
                line.add(
                    f"{self.words['accessed']} {chance.randint(1, 28):02}/{chance.randint(1, 12):02}/2024", "access"
                )
                line.add(")")
        if self.cited:
            line.add(f" (cit. on p. {chance.randint(1, 90)})", "note")
        line.mark("." if chance.random() < 0.9 else "")
