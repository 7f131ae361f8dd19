"""The references of the bundled corpus and of papers: one list, their states, the names by which they are meant."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import corpus
from app.cli import main
from app.references.works import chosen, references
from corpus.bundle import bundled_documents
from ingest.bibliography.labelled import Labelled
from ingest.bibliography.parser import parse_entry, with_references
from ingest.document import Block, Document, Reference
from ingest.pipeline import ingest, ingest_documents
from ingest.references.listing import cited_works
from ingest.references.store import ReferenceStore
from retriever.types import TenkyoError
from tests.ingest.loopback import answer, public_web, serving
from tests.ingest.references.played import article, changed, fetch_all
from tests.retriever.letters import LetterEncoder, NoProgress

FRONT = "<!doctype html><html><head><title>Council</title></head><body><nav>{}</nav><p>Welcome.</p></body></html>"


@pytest.fixture
def folder(tmp_path: Path, letters: LetterEncoder) -> Path:
    """An index of the bundled corpus."""
    assert letters.encoded == []
    ingest_documents(tmp_path / "index", bundled_documents(), progress=NoProgress())
    return tmp_path / "index"


def paper(*entries: str) -> Document:
    """A paper with a bibliography."""
    blocks = tuple(Block("entry", text) for text in entries)
    return with_references(Document("paper.pdf", "A Paper", "/paper.pdf", blocks, "en"))


def test_records_and_entries_of_the_same_works_are_one_list() -> None:
    bundled = bundled_documents()
    printed = [corpus.citation(record) for record in corpus.references() if record.listed]
    records = cited_works([*bundled, paper(*reversed(printed))])
    assert len(records) == 20
    assert {record.listed_in for record in records} == {"paper.pdf"}
    assert sorted(record.key for record in records) == sorted(record.key for record in corpus.references())
    assert [record.number for record in records] == list(range(1, 21))
    assert all(record.mentions is not None and record.also for record in records)


def test_a_paper_that_shares_a_few_works_keeps_its_own_list() -> None:
    printed = [corpus.citation(record) for record in corpus.references()][:3]
    records = cited_works([*bundled_documents(), paper(*printed, 'B. Other, "Another Work Altogether," 2001.')])
    assert [sum(one.listed_in == name for one in records) for name in ("references", "paper.pdf")] == [20, 4]


def test_keys_of_one_author_and_year_get_letters() -> None:
    entries = ["外務省「概要」2025年。", "外務省「共同声明」2025年。", "防衛省「白書」2025年。"]
    assert [one.key for one in cited_works([paper(*entries)])] == ["外務省 2025a", "外務省 2025b", "防衛省 2025"]


def test_an_entry_is_parsed_once_when_it_is_ingested_and_never_by_a_question(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def counted(
        text: str, italics: Sequence[str], authors_before: tuple[str, ...], fields: Labelled | None
    ) -> Reference:
        parsed.append(text)
        return parse_entry(text, italics, authors_before, fields)

    monkeypatch.setattr("ingest.bibliography.parser.parse_entry", counted)
    source = tmp_path / "paper.md"
    entries = ["A. Light. On Lamps. Harbour Press, 1990.", "B. Other. On Buoys. Harbour Press, 1991."]
    listed = "".join(f"- {entry}\n" for entry in entries)
    source.write_text(f"# A Paper\n\nLamps burn (Light 1990).\n\n# References\n\n{listed}", encoding="utf-8")
    ingest(folder, [str(source)], progress=NoProgress())
    assert sorted(parsed) == sorted(entries)
    index = ("--index", str(folder))
    for question in ("What does Light (1990) say of lamps?", "List the references", "参考文献1は何についての文献か"):
        assert main(["ask", question, *index]) == 0
    assert main(["references", *index]) == 0
    assert "On Buoys" in capsys.readouterr().out
    assert len(parsed) == len(entries)


def test_offline_each_of_the_twenty_says_so_and_the_run_ends_well(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(host: str, _port: int) -> list[str]:
        raise OSError(f"no such name: {host}")

    monkeypatch.setattr("ingest.fetching.connect.system_resolve", nowhere)
    assert main(["references", "fetch", "--index", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("0 of 20 readable: 14 unreachable, 6 no-address\n")
    assert main(["references", "--json", "--index", str(folder)]) == 0
    records = json.loads(capsys.readouterr().out)["references"]
    assert len(records) == 20
    assert all((one["state"] == "unreachable") == bool(one["url"]) for one in records)
    assert all(one["detail"] for one in records if one["url"])


def test_the_twenty_have_the_right_states_when_the_web_is_played(folder: Path) -> None:
    cited = [changed(one, url=one.entry.url.replace("https:", "http:")) for one in references(folder)]
    front = FRONT.format("<a href='/x'>Reports</a>" * 20).encode()
    with serving({"/": answer(front)}) as site:
        for one in cited:
            if one.url and urlsplit(one.url).path:
                parts = urlsplit(one.url)
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                site.pages[path] = answer(article(one.entry.title))
        site.pages["/usa/35229041.html"] = answer(b"", status=404)
        site.pages["/articles/20250210/k00/00m/030/208000c"] = answer(b"", status=403)
        wire, _ = public_web(site, *(host for one in cited if (host := urlsplit(one.entry.url).hostname)))
        held = fetch_all(folder, cited, wire=wire)
    states: dict[str, list[str]] = {}
    for key, holding in held.items():
        states.setdefault(holding.state, []).append(key)
    assert states.pop("not-the-document") == ["chicago-council-2024-12", "gallup-2024-02"]
    assert states.pop("dead") == ["cnn-2025-02-04"]
    assert states.pop("paywalled") == ["mainichi-2025-02-10"]
    assert len(states.pop("no-address")) == 6
    assert len(states.pop("fetched")) == 10
    assert states == {}
    assert sum(record.state == "fetched" for record in references(folder)) == 10


def test_texts_of_cited_works_list_nothing_of_their_own(folder: Path, tmp_path: Path) -> None:
    found = tmp_path / "found.md"
    found.write_text("# Social theory\n\nStates.\n\n# References\n\n- A. Other. Not Ours. 1990.\n", encoding="utf-8")
    assert main(["ingest", str(found), "--as", "wendt-1999", "--index", str(folder)]) == 0
    records = references(folder)
    assert len(records) == 20
    assert (records[-1].state, records[-1].fetched.supplied) == ("fetched", True)
    assert records[-1].document_id


def test_a_reference_is_meant_by_key_number_or_full_name(folder: Path) -> None:
    records = references(folder)
    for name in ("allison-1971", "ALLISON-1971", "6", "references/allison-1971"):
        assert chosen(records, name).key == "allison-1971"
    with pytest.raises(TenkyoError, match="did you mean 'allison-1971'"):
        chosen(records, "alison-1971")
    with pytest.raises(TenkyoError, match="may be several"):
        chosen([*records, replace(records[5], listed_in="other")], "allison-1971")


def test_what_was_held_under_the_bundle_is_held_under_the_paper(folder: Path, tmp_path: Path) -> None:
    found = tmp_path / "found.txt"
    found.write_text("Social theory of international politics\n\nStates are people too.\n", encoding="utf-8")
    assert main(["ingest", str(found), "--as", "20", "--index", str(folder)]) == 0
    source = tmp_path / "paper.md"
    printed = "".join(f"- {corpus.citation(record)}\n" for record in corpus.references() if record.listed)
    source.write_text(f"# A Paper\n\nText of it.\n\n# 参考文献\n\n{printed}", encoding="utf-8")
    ingest(folder, [str(source)], progress=NoProgress())
    record = chosen(references(folder), "wendt-1999")
    assert (record.listed_in, record.state, record.fetched.supplied) == ("paper.md", "fetched", True)


def test_an_index_of_another_version_is_made_anew_if_it_is_the_bundle_and_refused_otherwise(
    tmp_path: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    bundle, own = tmp_path / "tenkyo" / "index", tmp_path / "own"
    monkeypatch.setattr("retriever.text.RULES", "an older one")
    ingest_documents(bundle, bundled_documents(), progress=NoProgress())
    ingest_documents(own, [paper("A. Light. On Lamps. Harbour Press, 1990.")], progress=NoProgress())
    assert letters.encoded
    monkeypatch.setattr("retriever.text.RULES", "today's")
    assert main(["references"]) == 0
    assert capsys.readouterr().out.endswith("0 of 20 readable: 14 not-tried, 6 no-address\n")
    assert main(["references", "--index", str(own)]) == 1
    assert "made by another version" in capsys.readouterr().err


def test_a_damaged_record_is_named_with_the_remedy_and_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.md"
    found.write_text("# Social theory\n\nStates are people too.\n", encoding="utf-8")
    give = ["ingest", str(found), "--as", "wendt-1999", "--index", str(folder)]
    assert main(give) == 0
    (path,) = (folder / "references" / "holdings").glob("*.json")
    path.write_text('{"state": "fetched"', encoding="utf-8")
    capsys.readouterr()
    for arguments in (["references"], ["references", "--json"]):
        assert main([*arguments, "--index", str(folder)]) == 0
        warning = capsys.readouterr().err
        assert warning.startswith(f"warning: {path} is not JSON")
        assert "tenkyo ingest FILE --as KEY" in warning
    assert main(give) == 0
    assert path.with_name(f"{path.name}.damaged").read_text(encoding="utf-8") == '{"state": "fetched"'
    assert chosen(references(folder), "wendt-1999").state == "fetched"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["references", "list", "--only", "1"], 2, "go with fetch"),
        (["references", "fetch", "--only", "nobody"], 1, "error: no reference is called 'nobody'"),
        (["ingest", "a.pdf", "b.pdf", "--as", "1"], 1, "error: --as takes one file"),
        (["ingest", "https://example.org/a.pdf", "--as", "1"], 1, "error: --as takes one file"),
        (["ingest", "nowhere.pdf", "--as", "1"], 1, "error: source 'nowhere.pdf': no such file"),
        (["ingest", "tests", "--as", "1"], 1, "error: source 'tests': a folder; --as takes one file"),
        (["references", "fetch", "--allow-host", "*"], 2, "'*' is not a host; give HOST or HOST:PORT"),
        (["references", "fetch", "--allow-host", ""], 2, "'' is not a host"),
        (["references", "fetch", "--allow-host", "http://intra.example/"], 2, "'http://intra.example/' is not a host"),
        (["references", "fetch", "--allow-host", "a@intra.example"], 2, "is not a host"),
        (["references", "fetch", "--allow-host", "intra.example:many"], 2, "is not a host"),
        (["ingest", "a.pdf", "--allow-host", "0x7f.1"], 2, "is not a host"),
    ],
)
def test_wrong_usage_is_explained(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    try:
        found: Any = main([*arguments, "--index", str(folder)])
    except SystemExit as ended:
        found = ended.code
    assert found == code
    assert said in capsys.readouterr().err.splitlines()[-1]


def fetched(folder: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> list[str]:
    """The lines of one run of `references fetch` in which no name leads anywhere."""
    capsys.readouterr()
    assert main(["references", "fetch", *flags, "--index", str(folder)]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_run_says_why_a_work_was_not_asked_for(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line, _) = fetched(folder, capsys, "--only", "6")
    assert line.startswith(
        "allison-1971: not fetched, as its entry gives no address; get the work, then: tenkyo ingest "
    )
    found = tmp_path / "found.md"
    found.write_text("# Essence of decision\n\nStates decide.\n", encoding="utf-8")
    assert main(["ingest", str(found), "--as", "6", "--index", str(folder)]) == 0
    (line, _) = fetched(folder, capsys, "--only", "6")
    assert line.startswith("allison-1971: not fetched, as its text is a file that you gave")
    store = ReferenceStore(folder)
    for one in references(folder):
        if one.url:
            store.keep(replace(one.fetched, state="unreachable", retry_at="2999-01-01T00:00:00+00:00"))
    for flags in ([], ["--retry"], ["--only", "1"]):
        (line, _) = fetched(folder, capsys, *flags)
        assert line.startswith("not fetched, as the site asks programs to wait until 2999-01-01T00:00:00+00:00: ")
        assert line.count("bloomberg-2025-01-07") == 1


@pytest.mark.parametrize("flag", ["--ocr", "--sync"])
def test_flags_that_say_nothing_of_a_single_file_are_refused(
    flag: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "found.md").write_text("# Essence of decision\n\nStates decide.\n", encoding="utf-8")
    command = ["ingest", flag, str(tmp_path / "found.md"), "--as", "6", "--index", str(folder)]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith(f"error: {flag} does not go with --as;")


def test_a_file_that_looks_like_another_work_is_said_to_where_it_is_given(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "soup.md"
    found.write_text("# Soups of the kitchen\n\nCarrots are cut and boiled with leeks.\n", encoding="utf-8")
    assert main(["ingest", str(found), "--as", "wendt-1999", "--index", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "it looks like another work (its title: “Soups of the kitchen”); check that it is the right one" in said
    assert said.count("\n") == 1


def test_documents_without_references_are_said_to_have_none(
    tmp_path: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert letters.encoded == []
    ingest_documents(tmp_path / "index", [paper()], progress=NoProgress())
    said = ["no references: no document lists any; ingest the paper with its bibliography"]
    assert fetched(tmp_path / "index", capsys) == said
    assert main(["references", "--index", str(tmp_path / "index")]) == 0
    assert capsys.readouterr().out.splitlines() == said


def test_a_report_is_written_whole(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "health.html"
    assert main(["references", "--html", str(page), "--index", str(folder)]) == 0
    assert "wendt-1999" in page.read_text(encoding="utf-8")
    assert list(tmp_path.glob("*.part")) == []
    capsys.readouterr()
    assert main(["references", "--html", str(tmp_path / "no" / "x.html"), "--index", str(folder)]) == 1
    assert capsys.readouterr().err.startswith("error: report ")
