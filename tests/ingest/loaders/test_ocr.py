"""Scanned PDFs: programs of the test's own stand in for ocrmypdf and Tesseract."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from app.cli import main
from ingest.loaders import Limits, SourceError, ocr
from ingest.loaders.ocr import Ocr, find_ocr, load_scanned
from ingest.pipeline import ingest
from tests.ingest import made_pdfs
from tests.retriever.letters import LetterEncoder, NoProgress

OPTIONS = ["--skip-text", "--language", "jpn+jpn_vert+eng", "--output-type", "pdf", "--quiet"]


def program(folder: Path, name: str, script: str) -> Path:
    """An executable Python script."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, alone on the PATH, with a Tesseract that has Japanese and an ocrmypdf that gives an essay for any scan.

    Its arguments are noted in the file `calls`.
    """
    made_pdfs.essay(tmp_path / "essay.pdf")
    folder = tmp_path / "programs"
    program(
        folder, "tesseract", "print('List of available languages (4):', 'eng', 'jpn', 'jpn_vert', 'osd', sep='\\n')"
    )
    program(
        folder,
        "ocrmypdf",
        "import shutil, sys\n"
        f"open({str(tmp_path / 'calls')!r}, 'a').write(' '.join(sys.argv[1:-2]) + '\\n')\n"
        f"shutil.copy({str(tmp_path / 'essay.pdf')!r}, sys.argv[-1])\n",
    )
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.usefixtures("programs")
def test_a_scanned_pdf_is_recognised_and_read_again_only_when_it_changes(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    scan = made_pdfs.scanned(tmp_path / "scan.pdf", 2)

    def take(recognition: Ocr | None) -> list[tuple[str, str]]:
        outcomes = ingest(tmp_path / "index", [str(scan)], ocr=recognition, progress=NoProgress())
        return [(one.state, one.reason) for one in outcomes]

    assert take(None) == [("skipped", "scanned")]
    assert not letters.encoded
    assert take(find_ocr()) == [("added", "")]
    assert take(find_ocr()) == [("unchanged", "")]
    assert take(None) == [("unchanged", "")]  # the recognised text is not given up
    assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == [" ".join(OPTIONS)]


def test_an_encrypted_scan_is_recognised_with_its_password(programs: Path, tmp_path: Path) -> None:
    scan = made_pdfs.scanned(tmp_path / "scan.pdf", 1)
    writer = PdfWriter(clone_from=PdfReader(scan))
    writer.encrypt("kagi", algorithm="AES-256")
    writer.write(scan)
    copies_essay = (programs / "ocrmypdf").read_text(encoding="utf-8").partition("\n")[2]
    refuses = "import sys\nif b'/Encrypt' in open(sys.argv[-2], 'rb').read(): sys.exit('EncryptedPdfError')\n"
    program(programs, "ocrmypdf", refuses + copies_essay)
    assert load_scanned(scan, Limits(), "kagi", find_ocr()).documents[0].blocks


@pytest.mark.usefixtures("programs")
def test_a_pdf_with_text_is_left_alone(tmp_path: Path) -> None:
    load_scanned(tmp_path / "essay.pdf", Limits(), None, find_ocr())
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('PriorOcrFoundError: page has text')", "(PriorOcrFoundError: page has text)"),
        ("", "(it does not say why)"),
    ],
)
def test_a_recognition_that_fails_is_named(script: str, said: str, programs: Path, tmp_path: Path) -> None:
    program(programs, "ocrmypdf", script)
    with pytest.raises(SourceError) as failed:
        load_scanned(made_pdfs.scanned(tmp_path / "scan.pdf", 1), Limits(), None, find_ocr())
    assert failed.value.reason == "scanned"
    assert str(failed.value) == f"scan.pdf: ocrmypdf cannot recognise its text {said}; scan it again"


def test_a_recognition_that_takes_too_long_is_stopped_with_all_that_it_started(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        f"import subprocess, sys\nchild = subprocess.Popen(['/bin/sleep', '60'])\nopen({str(tmp_path / 'pid')!r}, 'w')"
    )
    program(programs, "ocrmypdf", f"{script}.write(str(child.pid))\nchild.wait()")
    monkeypatch.setattr("ingest.loaders.ocr._SECONDS_PER_PAGE", 0.0)
    monkeypatch.setattr("ingest.loaders.ocr._SECONDS", 0.0)
    scan = made_pdfs.scanned(tmp_path / "scan.pdf", 1)
    limits = Limits(max_seconds=20)
    command = [str(programs / "ocrmypdf"), str(tmp_path)]
    assert ocr._run(command, 3.0) is None
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    deadline = time.monotonic() + 10
    while _is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(pid)
    monkeypatch.setattr("ingest.loaders.ocr._run", lambda *_: None)
    with pytest.raises(SourceError, match="ocrmypdf takes over 20 seconds; split the file") as slow:
        load_scanned(scan, limits, None, find_ocr())
    assert slow.value.reason == "too-slow"


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_without_the_programs_the_command_names_them(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = made_pdfs.scanned(tmp_path / "scan.pdf", 1)
    command = ["ingest", "--ocr", str(scan), "--index", str(tmp_path / "index")]
    program(programs, "tesseract", "print('eng')")
    assert main(command) == 1
    assert "Tesseract lacks its Japanese data" in capsys.readouterr().err
    (programs / "tesseract").unlink()
    assert main(command) == 1
    assert "--ocr needs Tesseract, which is not installed; run: apt install ocrmypdf" in capsys.readouterr().err
    (programs / "ocrmypdf").unlink()
    assert main(command) == 1
    assert "--ocr needs ocrmypdf" in capsys.readouterr().err
    assert not (tmp_path / "index").exists()


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ("ocrmypdf", "tesseract"))), reason="ocrmypdf or Tesseract is missing")
def test_where_the_real_programs_are_installed_they_take_these_options(tmp_path: Path) -> None:
    scan = made_pdfs.scanned(tmp_path / "scan.pdf", 1)
    done = subprocess.run(
        [find_ocr().program, *OPTIONS, str(scan), str(tmp_path / "out.pdf")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
