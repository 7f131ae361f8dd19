"""EPUB → Document: the chapters in reading order, each under its heading or its name in the contents."""

import posixpath
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.document import Block
from ingest.loaders.contained import check_archive
from ingest.loaders.html import drop_hidden, main_element, parse, read_blocks, text_of
from ingest.loaders.source import Limits, Loaded, Reason, Skipped, SourceError
from ingest.structure.compose import compose
from retriever.text import language_of

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def load(path: Path, limits: Limits) -> Loaded:
    """Reads an EPUB; chapters that cannot be read are listed in `skipped`, all of them raise SourceError."""
    check_archive(path, limits, _CONTAINER, "EPUB")
    with zipfile.ZipFile(path) as archive:
        package_path = _package_path(archive)
        package = _xml(archive, package_path)
        items = _items(package, posixpath.dirname(package_path))
        names = _contents(archive, items)
        encrypted = _encrypted(archive)
        blocks: list[Block] = []
        skipped: list[Skipped] = []
        for reference in package.iter("{*}itemref"):
            item = items.get(reference.get("idref", ""))
            if item is None or item["type"] not in _PAGES or "nav" in item["properties"].split():
                continue
            try:
                blocks += _chapter(archive, item["href"], names, encrypted)
            except SourceError as error:
                if error.reason != "empty":
                    skipped.append(Skipped(f"{path.name} {item['href']}", error.reason, str(error)))
            if sum(len(block.text) for block in blocks) > limits.max_characters:
                raise SourceError("too-large", f"{path.name} has over {limits.max_characters:,} characters; split it")
    return _loaded(path, blocks, skipped, " ".join((package.findtext(".//{*}title") or "").split()))


def _loaded(path: Path, blocks: list[Block], skipped: list[Skipped], title: str) -> Loaded:
    if not blocks:
        reason: Reason = skipped[0].reason if skipped else "empty"
        why = skipped[0].detail if skipped else "there is nothing to ingest"
        raise SourceError(reason, f"{path.name} has no chapter that can be read: {why}")
    language = language_of("".join(block.text for block in blocks[:500]), "ja")
    return Loaded((compose(path, blocks, language, title, by_typography=True),), tuple(skipped))


def _chapter(archive: zipfile.ZipFile, name: str, names: Mapping[str, str], encrypted: set[str]) -> list[Block]:
    """The blocks of a chapter; without a heading, its name in the contents comes first."""
    if name in encrypted:
        raise SourceError("encrypted", f"{name} is protected against copying; get an edition without protection")
    try:
        data = archive.read(name)
    except KeyError as error:
        raise SourceError("damaged", f"{name} is listed and not there; get the file anew") from error
    root = parse(text_of(data, name), name)
    drop_hidden(root)
    blocks = read_blocks(main_element(root))
    if blocks and blocks[0].kind != "heading" and names.get(name):
        return [Block("heading", names[name], level=1), *blocks]
    return blocks


def _package_path(archive: zipfile.ZipFile) -> str:
    """The path of the package document, which lists the files and their order."""
    for root in _xml(archive, _CONTAINER).iter("{*}rootfile"):
        if root.get("full-path") in archive.namelist():
            return str(root.get("full-path"))
    raise SourceError("damaged", f"{_CONTAINER} names no package that is there; get the file anew")


def _items(package: Any, folder: str) -> dict[str, dict[str, str]]:
    """The files of the book by their ids: path in the archive, type, properties."""
    return {
        item.get("id", ""): {
            "href": _path(folder, item.get("href", "")),
            "type": item.get("media-type", ""),
            "properties": item.get("properties", ""),
        }
        for item in package.iter("{*}item")
    }


def _contents(archive: zipfile.ZipFile, items: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The names of chapters in the table of contents (EPUB 3: nav, EPUB 2: ncx), by their paths; the first of each."""
    names: dict[str, str] = {}
    for item in items.values():
        if "nav" in item["properties"].split():
            entries = [(link.get("href", ""), "".join(link.itertext())) for link in _links(archive, item["href"])]
        elif item["type"] == "application/x-dtbncx+xml":
            points = _xml(archive, item["href"]).iter("{*}navPoint")
            entries = [(_target(point), point.findtext("{*}navLabel/{*}text") or "") for point in points]
        else:
            continue
        for target, name in entries:
            path = _path(posixpath.dirname(item["href"]), target.partition("#")[0])
            names.setdefault(path, " ".join(name.split()))
    return names


def _links(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return list(_xml(archive, name).iter("{*}a"))


def _target(point: Any) -> str:
    content = point.find("{*}content")
    return "" if content is None else str(content.get("src", ""))


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    """The files that are encrypted; fonts often are, in books whose text is not."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    return {unquote(one.get("URI", "")) for one in _xml(archive, _ENCRYPTION).iter("{*}CipherReference")}


def _path(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href)))


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    """The root of an XML file; entities are not resolved. Raises SourceError where it is missing or damaged."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(archive.read(name), parser)
    except (KeyError, etree.LxmlError) as error:
        raise SourceError("damaged", f"{name} cannot be read ({error}); get the file anew") from error
    if root is None:
        raise SourceError("damaged", f"{name} holds no XML; get the file anew")
    return root
