"""Which formats there are, and which of them a file is in."""

from pathlib import PurePath

from annotations.domain.errors import Refused
from annotations.formats.contract import Importer
from annotations.formats.exporters import Exporter
from annotations.formats.exporters.fixture import FixtureExporter
from annotations.formats.exporters.jsonl import JsonlExporter
from annotations.formats.importers.html import HtmlImporter
from annotations.formats.importers.jsonl import JsonlImporter
from annotations.formats.importers.text import TextImporter

IMPORTERS: dict[str, Importer] = {
    importer.name: importer for importer in (HtmlImporter(), JsonlImporter(), TextImporter())
}
EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter for exporter in (FixtureExporter(), JsonlExporter())
}

_SNIFFED = 1_024
_PAGE_STARTS = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<body", b"<article", b"<!--")


def importer(name: str) -> Importer:
    """Return the importer called ``name``; refuses an unknown name with the known ones."""
    try:
        return IMPORTERS[name]
    except KeyError:
        known = ", ".join(sorted(IMPORTERS))
        raise Refused(
            f'Unknown format "{name}". Formats: {known}.', code="unknown_format"
        ) from None


def importer_for(name: str, data: bytes) -> Importer:
    """Return the importer for a file, by the ending of its ``name``, else by how it begins.

    What is neither a web page nor lines of JSON is taken as plain text, which refuses binary.
    """
    suffix = PurePath(name).suffix.lower()
    for candidate in IMPORTERS.values():
        if suffix in candidate.suffixes:
            return candidate
    start = data[:_SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_PAGE_STARTS):
        return IMPORTERS["html"]
    if start.startswith(b"{") and b'"' in start:
        return IMPORTERS["jsonl"]
    return IMPORTERS["text"]


def exporter(name: str) -> Exporter:
    """Return the exporter called ``name``; refuses an unknown name with the known ones."""
    try:
        return EXPORTERS[name]
    except KeyError:
        known = ", ".join(sorted(EXPORTERS))
        raise Refused(
            f'Unknown format "{name}". Formats: {known}.', code="unknown_format"
        ) from None
