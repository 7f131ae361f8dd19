"""EPUB → Document: chapters in reading order, each under its own heading or its title in the table of contents."""

import posixpath
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.document import Block
from ingest.loaders.contained import check_archive
from ingest.loaders.html import decoded_html, drop_hidden, main_element, parse, read_blocks
from ingest.loaders.source import Limits, Loaded, Reason, Skipped, SourceError
from ingest.structure.compose import compose
from retriever.text import language_of

_LONGEST_NAME = 100  # characters of a name in a message
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def load(path: Path, limits: Limits) -> Loaded:
    """Read an EPUB file. Unreadable chapters are listed in `skipped`; raises SourceError if no chapter is readable."""
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
                    skipped.append(Skipped(f"{path.name} {_short(item['href'])}", error.reason, str(error)))
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
    """The blocks of a chapter. If it has no heading, its title from the table of contents comes first."""
    if name in encrypted:
        said = f"{_short(name)} is protected against copying; get an edition without protection"
        raise SourceError("encrypted", said)
    try:
        data = archive.read(name)
    except KeyError as error:
        said = f"{_short(name)} is listed, but missing from the file; download the file again"
        raise SourceError("damaged", said) from error
    root = parse(decoded_html(data, _short(name)), _short(name))
    drop_hidden(root)
    blocks = read_blocks(main_element(root))
    if blocks and blocks[0].kind != "heading" and names.get(name):
        return [Block("heading", names[name], level=1), *blocks]
    return blocks


def _package_path(archive: zipfile.ZipFile) -> str:
    """The path of the package document, which lists all files and the reading order."""
    for root in _xml(archive, _CONTAINER).iter("{*}rootfile"):
        if root.get("full-path") in archive.namelist():
            return str(root.get("full-path"))
    raise SourceError("damaged", f"{_CONTAINER} does not name an existing package document; download the file again")


def _items(package: Any, folder: str) -> dict[str, dict[str, str]]:
    """The files of the book by id, each with its path in the archive, media type and properties."""
    return {
        item.get("id", ""): {
            "href": _path(folder, item.get("href", "")),
            "type": item.get("media-type", ""),
            "properties": item.get("properties", ""),
        }
        for item in package.iter("{*}item")
    }


def _contents(archive: zipfile.ZipFile, items: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Chapter titles by path, from the table of contents (EPUB 3: nav, EPUB 2: ncx); the first title of each path."""
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
    """The encrypted files. Often only fonts are encrypted, and the text is readable."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    return {unquote(element.get("URI", "")) for element in _xml(archive, _ENCRYPTION).iter("{*}CipherReference")}


def _short(name: str) -> str:
    """The path of a file in the archive, cut for a message: a damaged archive may state a path of any length."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _path(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href)))


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    """Parse an XML file of the archive without resolving entities. Raises SourceError if it is missing or damaged."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(archive.read(name), parser)
    except (KeyError, etree.LxmlError) as error:
        raise SourceError("damaged", f"{_short(name)} cannot be read ({error}); download the file again") from error
    if root is None:
        raise SourceError("damaged", f"{_short(name)} is not XML; download the file again")
    return root
