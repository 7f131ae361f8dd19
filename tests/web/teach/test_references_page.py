"""The references at the desk: fetched with progress, and a file that a teacher gives for one of them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from app.references.works import references
from app.web.teach.desk import Crawling
from ingest.references.cited_work import CitedWork
from tests.ingest.loopback import Site, answer, serving
from tests.ingest.references.played import article
from tests.web.conftest import wait_until
from tests.web.teach.conftest import Teacher

FOUND = b"Buoys of the Harbour\n\nThe ninth buoy was painted green by Magnus Ferrow in 1911.\n"


class Harbour:
    """A site with one of the two works; it answers when the test lets it go."""

    def __init__(self, site: Site) -> None:
        self.site, self.go_on, self.asked = site, threading.Event(), threading.Event()
        send = answer(article("Lamps of the Harbour"))

        def page(handler: BaseHTTPRequestHandler) -> None:
            self.asked.set()
            self.go_on.wait(30)
            send(handler)

        site.pages["/lamps"] = page


@pytest.fixture
def harbour() -> Iterator[Harbour]:
    with serving({}) as site:
        made = Harbour(site)
        yield made
        made.go_on.set()


def with_paper(teacher: Teacher, site: Site) -> None:
    """Puts in a paper that cites both works."""
    entries = (
        f"- A. Light. Lamps of the Harbour. Harbour Press, 1990. {site.url('/lamps')}",
        f"- B. Other. Buoys of the Harbour. Harbour Press, 1991. {site.url('/buoys')}",
    )
    listed = "\n".join(entries)
    paper = f"# A Paper\n\nLamps burn (Light 1990; Other 1991).\n\n# References\n\n{listed}\n"
    teacher.upload("documents/upload", ("paper.md", paper.encode()))
    assert teacher.job()["state"] == "done"
    teacher.desk.crawling = Crawling(site.allowed)


def work(teacher: Teacher, title: str) -> CitedWork:
    [found] = [one for one in references(teacher.desk.index) if title in one.line]
    return found


def test_references_are_fetched_with_progress_and_a_file_takes_the_place_of_one_that_is_gone(
    teacher: Teacher, harbour: Harbour
) -> None:
    with_paper(teacher, harbour.site)
    assert teacher.post("references/fetch").status_code == 303
    assert harbour.asked.wait(30)
    wait_until(lambda: int(teacher.desk.jobs.all()[0]["total"]) == 2, seconds=30)
    shown = teacher.get("references", lang="en").text
    assert '<progress value="' in shown, "after a reload, too"
    assert 'max="2"' in shown
    harbour.go_on.set()
    job = teacher.job()
    assert (job["kind"], job["state"]) == ("fetch", "done")
    assert {result["name"][:3]: result["state"] for result in job["results"]} == {"[1]": "added", "[2]": "skipped"}
    assert work(teacher, "Lamps").state == "fetched"
    assert "1 of 2" in teacher.get("references", lang="en").text
    asked = {"question": "What did the keeper of the Lamps of the Harbour write down?"}
    assert teacher.client.post("/api/ask", json=asked).json()["citations"]

    gone = work(teacher, "Buoys")
    key = f"{gone.listed_in}/{gone.key}"
    assert teacher.upload("references/attach", ("buoys.txt", FOUND), work=key).status_code == 303
    job = teacher.job()
    assert (job["kind"], job["state"]) == ("attach", "done")
    assert [result["state"] for result in job["results"]] == ["added"]
    held = work(teacher, "Buoys")
    assert (held.state, held.fetched.supplied) == ("fetched", True)
    assert [path.read_bytes() for path in teacher.desk.uploads.glob("*buoys.txt")] == [FOUND]
    answered = teacher.client.post("/api/ask", json={"question": "Who painted the ninth buoy green?"}).json()
    assert "Magnus Ferrow" in answered["text"]
    assert "2 of 2" in teacher.get("references", lang="en").text
