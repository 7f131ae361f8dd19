"""Works to print: bibliographic data from .bib files, and works made up from parts of these and made-up names."""

import json
import random
import re
import subprocess
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

from faker import Faker

Work = dict[str, Any]  # as CSL-JSON has it

_NAME_LOCALES = tuple("en_US en_GB de_DE fr_FR es_ES it_IT pl_PL nl_NL sv_SE pt_BR cs_CZ tr_TR da_DK hu_HU".split())
_PARTICLES = ("van", "van der", "von", "de", "de la", "di", "del", "ten", "van den", "le")
_ORGANISATIONS = (
    "Ministry of {}|Department of {}|National {} Agency|World {} Organization|Institute for {}|{} Research Council"
    "|European {} Commission|International {} Association|U.S. {} Administration|Office of {}|{} Working Group"
    "|Royal Society of {}|Federal {} Office|United Nations {} Programme|{} Foundation|Bureau of {}|R Core Team"
    "|OECD|UNESCO|World Bank|European Union|NASA|IPCC|{} Software Consortium|The {} Collaboration|City of {}"
).split("|")
_FIELDS = (
    "Health|Energy|Education|Trade|Labour|Agriculture|Statistics|Transport|Fisheries|Water|Justice|Defence|Science"
    "|Climate|Migration|Finance|Foreign Affairs|Housing|Technology|Forestry|Oceans|Culture|Tourism|Standards"
).split("|")
_PUBLISHERS = (
    "Cambridge University Press|Oxford University Press|Springer|Springer-Verlag|Wiley|John Wiley & Sons|Elsevier"
    "|Routledge|MIT Press|University of Chicago Press|Harvard University Press|Sage|Palgrave Macmillan|McGraw-Hill"
    "|Addison-Wesley|Prentice Hall|Academic Press|De Gruyter|Suhrkamp|C.H. Beck|Mohr Siebeck|Gallimard|PUF|Penguin"
    "|Knopf|Norton|Harper & Row|Random House|Basic Books|Brill|Peter Lang|Hanser|Vieweg|North-Holland|Kluwer"
    "|CRC Press|Chapman and Hall|Edward Elgar|Polity|Verso|Duke University Press|Yale University Press|Dover"
    "|Transcript|Campus|Nomos|UTB|Reclam|Fischer|Rowohlt|Einaudi|Laterza|Alianza|Ariel|Flammarion|Seuil|Vrin"
    "|W. W. Norton & Company|Houghton Mifflin|Little, Brown|Farrar, Straus and Giroux|IEEE Press|ACM|SIAM|AMS|IOS Press"
).split("|")
_PLACES = (
    "New York|London|Cambridge|Oxford|Berlin|Boston|Paris|Chicago|Amsterdam|München|Wien|Frankfurt am Main|Leipzig"
    "|Cambridge, MA|New York, NY|Princeton, NJ|Washington, DC|Englewood Cliffs, New Jersey|Berkeley|Los Angeles|Madrid"
    "|Barcelona|Roma|Milano|Torino|Stuttgart|Tübingen|Göttingen|Basel|Zürich|Lyon|Bruxelles|Leiden|Dordrecht|Tokyo"
    "|Beijing|Sydney|Melbourne|Toronto|Edinburgh|Manchester|Philadelphia|San Francisco, CA|Reading, Mass.|Hamburg|Köln"
).split("|")
_NEWSPAPERS = (
    "The New York Times|The Guardian|Washington Post|Die Zeit|Le Monde|El País|Financial Times|The Economist|BBC News"
    "|Der Spiegel|Süddeutsche Zeitung|Wired|Time|Newsweek|The Times|Reuters|Bloomberg|La Repubblica|The Atlantic"
).split("|")
_GENRES = (
    "PhD thesis",
    "Ph.D. dissertation",
    "Master's thesis",
    "Doctoral dissertation",
    "Dissertation",
    "Diploma thesis",
)
_KINDS = {  # how often each kind is made up
    "article-journal": 9, "book": 6, "chapter": 4, "paper-conference": 4, "thesis": 1, "report": 2, "webpage": 2,
    "article-newspaper": 2, "article-magazine": 1, "manuscript": 1,
}  # fmt: skip


def compact(text: str) -> str:
    """The letters and digits of a text, without case and accents, to compare titles by."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if c.isalnum())


def read_works(folder: Path) -> list[Work]:
    """The works of all .bib files under a folder that pandoc can read, each title once."""
    works: dict[str, Work] = {}
    for path in sorted(folder.rglob("*.bib")):
        try:
            run = subprocess.run(
                ["pandoc", "-f", "biblatex", "-t", "csljson", path], capture_output=True, timeout=60, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            continue  # not in UTF-8, or no BibTeX
        for work in json.loads(run.stdout):
            title = re.sub(r"<[^>]+>", "", work.get("title", ""))
            if len(compact(title)) > 5 and len(title) < 250 and (work.get("author") or work.get("editor")):
                kept = {
                    name: value
                    for name, value in work.items()
                    if name not in {"abstract", "keyword", "id", "language", "title-short"}
                }
                if len(str(kept.get("note", ""))) > 80:
                    del kept["note"]
                works.setdefault(compact(title), kept | {"title": work["title"].strip()})
    return list(works.values())


class MadeUp:
    """Works made up of titles and venues of others, and of made-up names."""

    def __init__(self, works: list[Work], seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        Faker.seed(seed)
        fakers = [Faker(locale) for locale in _NAME_LOCALES]
        self.names = [(faker.last_name(), faker.first_name()) for faker in fakers for _ in range(1500)]
        self.titles = [work["title"] for work in works]
        self.venues: dict[str, list[str]] = defaultdict(list)
        self.real_names: list[dict[str, str]] = []
        for work in works:
            self.real_names.extend(name for name in work.get("author", ()) if "family" in name and "given" in name)
            if "container-title" in work:
                self.venues[work["type"]].append(work["container-title"])
        self.publishers = [*_PUBLISHERS, *(work["publisher"] for work in works if len(work.get("publisher", "")) > 3)]
        self.places = [
            *_PLACES,
            *(work["publisher-place"] for work in works if len(work.get("publisher-place", "")) > 3),
        ]

    def person(self) -> dict[str, str]:
        """A person with one to three given names, or initials alone."""
        chance = self.random
        if chance.random() < 0.3 and self.real_names:
            return dict(chance.choice(self.real_names))
        family, given = chance.choice(self.names)
        if chance.random() < 0.45:
            given += " " + chance.choice("ABCDEFGHJKLMNPRSTVW") + "."
        elif chance.random() < 0.15:
            given += " " + chance.choice(self.names)[1]
        if chance.random() < 0.25:
            given = " ".join(word[0] + "." for word in given.split())
        name = {"family": family, "given": given}
        if chance.random() < 0.06:
            name["non-dropping-particle"] = chance.choice(_PARTICLES)
        if chance.random() < 0.02:
            name["suffix"] = chance.choice(("Jr.", "III", "Sr.", "II"))
        return name

    def people(self) -> list[dict[str, str]]:
        """Mostly one to four persons, at times many, at times an organisation."""
        chance = self.random
        if chance.random() < 0.08:
            return [{"literal": chance.choice(_ORGANISATIONS).format(chance.choice(_FIELDS))}]
        count = chance.choices((1, 2, 3, 4, 5, 7, 10), (36, 26, 16, 9, 6, 4, 3))[0]
        return [self.person() for _ in range(count)]

    def work(self) -> Work:
        """A work of a random kind, with the fields of that kind."""
        chance = self.random
        kind = chance.choices(list(_KINDS), list(_KINDS.values()))[0]
        year = chance.choice((chance.randint(1990, 2026), chance.randint(1900, 2026), chance.randint(2005, 2025)))
        first = chance.randint(1, 990)
        pages = f"{first}-{first + chance.randint(1, 40)}"
        work: Work = {"type": kind, "title": chance.choice(self.titles), "issued": {"date-parts": [[year]]}}
        if chance.random() < 0.95 - 0.3 * (kind in {"webpage", "article-newspaper"}):
            work["author"] = self.people()
        day = [year, chance.randint(1, 12), chance.randint(1, 28)]

        def some(share: float) -> bool:
            return chance.random() < share

        if kind == "article-journal":
            work |= {"container-title": chance.choice(self.venues[kind]), "volume": str(chance.randint(1, 140))}
            work |= {"page": pages} if some(0.9) else {"number": f"e{first}"}
            work |= {"issue": str(chance.randint(1, 12))} if some(0.6) else {}
            work |= {"issued": {"date-parts": [day[:2]]}} if some(0.12) else {}
        elif kind in {"chapter", "paper-conference"}:
            venues = self.venues["paper-conference"] if kind == "paper-conference" else self.titles
            work |= {"container-title": chance.choice(venues)} | ({"page": pages} if some(0.85) else {})
            work |= {"editor": [self.person() for _ in range(chance.randint(1, 3))]} if some(0.7) else {}
            work |= {"collection-title": chance.choice(self.venues["article-journal"])} if some(0.15) else {}
            work |= {"event-title": work["container-title"]} if kind == "paper-conference" and some(0.2) else {}
        elif kind in {"article-newspaper", "article-magazine"}:
            work |= {"container-title": chance.choice(_NEWSPAPERS), "issued": {"date-parts": [day]}}
            work |= {"page": f"{chance.choice('ABCD')}{chance.randint(1, 30)}"} if some(0.3) else {}
        elif kind == "thesis":
            work |= {"genre": chance.choice(_GENRES), "publisher": f"University of {chance.choice(_PLACES)}"}
        elif kind == "report":
            work |= {"genre": chance.choice(("Technical report", "Working paper", "Report"))} if some(0.6) else {}
            work |= {"number": str(chance.randint(1, 2000))} if some(0.7) else {}
            work |= {"publisher": chance.choice(_ORGANISATIONS).format(chance.choice(_FIELDS))} if some(0.8) else {}
        if kind in {"book", "chapter", "paper-conference"} and some(0.93):
            work["publisher"] = chance.choice(self.publishers)
            work |= {"publisher-place": chance.choice(self.places)} if some(0.8) else {}
        if kind == "book":
            work |= {"edition": str(chance.randint(2, 9))} if some(0.15) else {}
            work |= {"volume": str(chance.randint(1, 9))} if some(0.08) else {}
            work |= {"translator": [self.person()]} if some(0.08) else {}
            work |= {"collection-title": chance.choice(self.venues["article-journal"])} if some(0.12) else {}
            work |= {"collection-number": str(chance.randint(1, 300))} if "collection-title" in work else {}
            if some(0.12) and "author" in work and "literal" not in work["author"][0]:
                work["editor"] = work.pop("author")
        if kind in {"webpage", "article-newspaper"} or some(0.08):
            work["URL"] = (
                f"https://www.{compact(chance.choice(self.names)[0])}.org/{compact(work['title'])[:12]}/{year}"
            )
            work |= (
                {"accessed": {"date-parts": [[2024, chance.randint(1, 12), chance.randint(1, 28)]]}}
                if some(0.7)
                else {}
            )
            work |= {"issued": {"date-parts": [day]}} if some(0.4) else {}
        elif kind in {"article-journal", "paper-conference"} and some(0.5):
            work["DOI"] = (
                f"10.{chance.randint(1000, 99999)}/{chance.choice(('j.', 's', ''))}{compact(work['title'])[:6]}.{first}"
            )
        if some(0.03):
            del work["issued"]
        return work
