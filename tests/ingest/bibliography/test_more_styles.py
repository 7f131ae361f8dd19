"""Names, years and titles in the forms of many bibliographies; all entries are made up."""

import pytest

from ingest.bibliography.parser import parse_bibliography, parse_entry
from ingest.document import Block, Document
from ingest.pdf.layout.tables import with_unruled_tables
from ingest.pdf.page import TextLine

# Each entry, then = its authors | title | date; italics are between asterisks.
ENTRIES = """
Reed, Joan, Tom P. Brown, and Paula Light. 2012. Lamps at Sea. Harbor: Harbor Press.
= Reed, Joan ; Tom P. Brown ; Paula Light | Lamps at Sea | 2012

Reed, Joan S., Tom Brown, and Paula Light (2012) “Lamps at Sea,” Coastal Review, 9 (4), 55–71.
= Reed, Joan S. ; Tom Brown ; Paula Light | Lamps at Sea | 2012

Harbor Public Library. 2000. “Plan for the Lamps.” Harbor Times, June 12, 2000.
= Harbor Public Library | Plan for the Lamps | 2000-06-12

Brown, Tom, and Paula Light. 1996. “The Last Lamp.” Lamps, season 3. Burbank: Lamp Video, 2003. DVD.
= Brown, Tom ; Paula Light | The Last Lamp | 1996

Van Lampen, Arnold (1909). Les lampes. Paris: Nourry.
= Van Lampen, Arnold | Les lampes | 1909

Brown, Thomas and Karl Razin eds. (1991) Lamps and Trade, Cambridge, MA: MIT Press.
= Brown, Thomas ; Karl Razin | Lamps and Trade | 1991

Brown, Thomas, dir. 1959. “Night Watch.” Lamp Films.
= Brown, Thomas | Night Watch | 1959

Light, John [Peter Dark, pseud.]. 1966. Death of a Keeper. New York: Macmillan.
= Light, John | Death of a Keeper | 1966

Swan, J., Adam, W., Haneman, M., . . . Tour, R. (2002). Choice of lamps. Marketing Lamps, 13, 195–205.
= Swan, J. ; Adam, W. ; Haneman, M. ; Tour, R. | Choice of lamps | 2002

Hall, B. (Writer), & Bender, J. (Director). (1991). The rules of the light [Television series episode]. Lamp Television.
= Hall, B. ; Bender, J. | The rules of the light | 1991

Brown, L. S. (1993, Spring). Lamps as a part of towers. The Keeper, 46, 83–87.
= Brown, L. S. | Lamps as a part of towers | 1993

Moor, P. (1997, January 16). Two lamps on the bench. Paper presented at the Symposium on Lamps.
= Moor, P. | Two lamps on the bench | 1997-01-16

Koch, S. (Ed.). (1959–1963). Lamps: A study of glass (Vols. 1–6). New York: McGraw-Hill.
= Koch, S. | Lamps: A study of glass | 1959

Knut, Donald E. (1984–1986a). Lamps & Lenses. 5 vols. Reading, Mass.: Addison-Wesley.
= Knut, Donald E. | Lamps & Lenses | 1984

Study finds free lamps used more. (1982, April). Lamp Monitor, 14.
=  | Study finds free lamps used more | 1982-04

Editorial. (2002, March 3). The Lamp Newspaper, p. 2.
=  | Editorial | 2002-03-03

Moor, K. (2000). Lamps in the fog [Letter to the editor]. The Lamp Chronicle, p. B20.
= Moor, K. | Lamps in the fog | 2000

Piage, J. (1988). Extracts from a theory of lamps (G. Geller & J. Langer, Trans.). In K. Rich & S. Shell (Eds.), Lamps
and light (pp. 3–18). Hillsdale: Erlbaum.
= Piage, J. | Extracts from a theory of lamps | 1988

Miller, M. E. (1993). The Lamp Tester (Version 4.0) [Computer software]. Westminster, CA: Lamp Services.
= Miller, M. E. | The Lamp Tester | 1993

Barcot, Bruce. 2000. Review of *The Last Keeper*, by Fred Wait. *Lamp Review*, April 16, 2000, 7.
= Barcot, Bruce | Review of The Last Keeper | 2000-04-16

Nusser, Martha (1978). *Keeper’s “De Lampis.”* Princeton: Princeton University Press.
= Nusser, Martha | Keeper’s “De Lampis” | 1978

Pirum, N. M. 1977a. The Lamp Movement: Its Social Roots. Moscow: Izdatel’stvo “Nauka.”
= Pirum, N. M. | The Lamp Movement: Its Social Roots | 1977

[17] V. Jacob. “Lamps and congestion.” (1990-04), [Online]. Available: ftp://ftp.example.org/lamps.mail.
= V. Jacob | Lamps and congestion | 1990-04

[18] R. Jain and D. M. Chi, “Congestion of lamps,” Lamp Corporation, MA, Tech. Rep. LAMP-TR-506, 1987-08.
= R. Jain ; D. M. Chi | Congestion of lamps | 1987-08

[26] S. M. Metev and V. P. Veik, *Laser Assisted Lamps*, 2nd ed. Berlin, Germany: Springer-Verlag, 1998.
= S. M. Metev ; V. P. Veik | Laser Assisted Lamps | 1998

Loom, C. C., Jr. 1960. “Structure of a Lamp.” Lamps 75:149–51.
= Loom, C. C. Jr. | Structure of a Lamp | 1960

d’Aspre, Claude, Jacques Crem, and Louis-André Gér-Var (2003) “Independence of Lamps,” Lamps and
Welfare, 21 (2), 281–310.
= d’Aspre, Claude ; Jacques Crem ; Louis-André Gér-Var | Independence of Lamps | 2003

Moha JA, Green CB, Taka JS (2012) Lamps and clocks in mammals. Annu Rev Lamps 35: 445–462
= Moha JA ; Green CB ; Taka JS | Lamps and clocks in mammals | 2012

[Hors, Samuel]. 1796. On the Lamps of the Greek Islands.
= Hors, Samuel | On the Lamps of the Greek Islands | 1796

Weber, M., H. M. de Burlet, and O. Abel. 1928. Die Lampen. 2nd ed. 2 vols. Jena: Gustav Fischer.
= Weber, M. ; H. M. de Burlet ; O. Abel | Die Lampen | 1928

Dink, Joseph. n.d. Description of a lamp written at the request of a keeper. Lamp Papers. Harbor University.
= Dink, Joseph | Description of a lamp written at the request of a keeper |

Maitl, Frederic W. (1898) 1998. Lamp Law in the Church. Reprint, Union, NJ: Lampbook Exchange.
= Maitl, Frederic W. | Lamp Law in the Church | 1898

Young MW (2018) Time travels: a journey from *Drosophila*’s clock to human lamps. *Angewandte Lampen* 57: 115–120.
= Young MW | Time travels: a journey from Drosophila’s clock to human lamps | 2018

Barl, D. H. (Ed.). (1991). *Lamps, lenses, and* FOG *in the science of light*. Harbor Press.
= Barl, D. H. | Lamps, lenses, and FOG in the science of light | 1991

Murph, Ryan, dir. 2016. *Lamp Story: The People v. O. J. Keeper*. Episode 6, “Light, Light.” Aired March 8, 2016.
= Murph, Ryan | Lamp Story: The People v. O. J. Keeper | 2016-03-08

[8] Nors M A and Gil P 1996 Beam lamps *Atomic Lamps* 29 12–19
= Nors M A ; Gil P | Beam lamps | 1996

[9] Harri M 1999 Invariant lamps (Preprint hep-th/9909196)
= Harri M | Invariant lamps | 1999

[10] Bo A and Mott B R 1998 *Lamp Structure* vol 2 *Lamp Deformations* (Singapore: World Lamps)
= Bo A ; Mott B R | Lamp Structure | 1998

[Knu84] Donald E. Knut. *Lamps & Lenses*. 5 vols. Reading, Mass.: Addison-Wesley, 1984.
= Donald E. Knut | Lamps & Lenses | 1984

佐藤花子（2001）灯台の「光」について，灯台研究，12，3–9.
= 佐藤花子 | 灯台の「光」について | 2001

Harley, J. B., and David Wood, eds. The History of Lamps. 3 vols. Chicago: University of Chicago Press, 1987–.
= Harley, J. B. ; David Wood | The History of Lamps | 1987

Brown, Colin, ed. New Dictionary of Lamps. 4 vols. Grand Rapids: Tern Press, 1975–1985.
= Brown, Colin | New Dictionary of Lamps | 1975
"""


def _rows() -> list[tuple[str, str]]:
    rows = (block.partition("\n=") for block in ENTRIES.strip().split("\n\n"))
    return [(entry.replace("\n", " "), fields.strip()) for entry, _, fields in rows]


@pytest.mark.parametrize(("entry", "fields"), _rows())
def test_authors_title_and_date_of_an_entry_are_read(entry: str, fields: str) -> None:
    """Of each style: no name is divided, no year is left in a name, and the title ends where it ends."""
    work = parse_entry(entry)
    assert " | ".join([" ; ".join(work.authors), work.title, work.date]).strip() == fields.removeprefix("=").strip()


@pytest.mark.parametrize(
    "entry",
    [
        "Reed, J. (2019). Lamps. Coastal Review, 3 (1), 5–9, 10.1016/j.lamp.2019.05.002.",
        "Reed, J. 2019. “Lamps.” Coastal Review 3. https : //doi.org/10.1016/j.lamp.2019.05.002.",
        "Reed J. Lamps. Coastal Review. 2019;3:5–9. DOI:10.1016/j.lamp.2019.05.002",
    ],
)
def test_a_doi_is_found_without_a_label_and_with_spaces(entry: str) -> None:
    """Some styles print the bare identifier, and a stretched line has spaces around its colon."""
    assert parse_entry(entry).url == "https://doi.org/10.1016/j.lamp.2019.05.002"


@pytest.mark.parametrize("dash", ["— (2001).", "———. 2001.", "---. 2001.", "______ (2001).", "――（2001）", ". 2001."])
def test_a_dash_in_place_of_the_author_stands_for_the_author_before(dash: str) -> None:
    """A rule that is drawn on the page leaves only the full stop after it."""
    entries = ("Reed, Joan (1999). Lamps at Sea. Harbor Press.", f"{dash} Lamps on Land. Harbor Press.")
    blocks = tuple(Block("entry", text) for text in entries)
    document = Document(id="d", title="d", source="d", blocks=blocks, language="en")
    first, second = parse_bibliography(document)
    assert (second.authors, second.title, second.date) == (first.authors, "Lamps on Land", "2001")
    assert second.key == "Reed 2001"


def test_italics_are_kept_where_a_label_and_its_text_become_one_line() -> None:
    """A label that stands apart from its entry is a piece of its own at first."""
    label = TextLine("[Knu84]", 1, 50.0, 90.0, 100.0, 10.0)
    text = TextLine("Donald E. Knut. Lamps", 1, 110.0, 300.0, 100.0, 10.0, italics=("Lamps",))
    (line,) = with_unruled_tables([label, text])
    assert isinstance(line, TextLine)
    assert (line.text, line.italics) == ("[Knu84] Donald E. Knut. Lamps", ("Lamps",))
