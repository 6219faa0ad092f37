"""Exports of labelling tools: which tool wrote a file is found out from its content."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple
from zipfile import ZipFile

from skvaal._files.decoding import open_regular
from skvaal._files.reading import MOST_BYTES, listed, naming, read_bounded
from skvaal._files.tools import coco, cvat, label_studio
from skvaal._files.tools.annotations import Annotation, parse_json

Format = Literal["table", "json", "xml", "zip"]
Tool = Literal["Label Studio", "COCO", "CVAT"]
_SPACE = b" \t\r\n\xef\xbb\xbf"  # and the mark of UTF-8


class Export(NamedTuple):
    """What a file of a labelling tool says, and which tool wrote it."""

    annotations: list[Annotation]
    tool: Tool


def sniff(path: str | Path) -> Format:
    """Tell what a file is: its content decides, but for tables of text."""
    with open_regular(path) as file:
        start = file.read(1024)
    if os.fspath(path).lower().endswith((".csv", ".tsv")) or start.startswith(b"PAR1"):
        return "table"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    first = start.lstrip(_SPACE)[:1]
    is_json = first in (b"[", b"{") or os.fspath(path).lower().endswith(".json")
    return "json" if is_json else "xml" if first == b"<" else "table"


def read_export(
    path: str | Path,
    kind: Format,
    *,
    column: Literal["path", "row"],
    key: str | None = None,
    label_column: str | None = None,
) -> Export:
    """Read an export of Label Studio, COCO or CVAT; errors name the file."""
    data = b"" if kind == "zip" else read_bounded(path)
    with naming(path):
        if kind == "zip":
            data, kind = _unpack(path)
        if kind == "xml":
            return Export(cvat.read_annotations(data), "CVAT")
        if _is_coco(data):
            return Export(coco.read_annotations(data), "COCO")
        annotations = label_studio.read_annotations(
            data, column=column, key=key, label_column=label_column
        )
        return Export(annotations, "Label Studio")


def _is_coco(data: bytes) -> bool:
    if data.lstrip(_SPACE)[:1] != b"{":
        return False
    content = parse_json(data)
    return "data" not in content


def _unpack(path: str | Path) -> tuple[bytes, Format]:
    """Annotations in a zip file, as CVAT and Label Studio pack them beside the images."""
    try:
        with open_regular(path) as file, ZipFile(file) as archive:
            members = archive.infolist()
            found = [each for each in members if each.filename.lower().endswith((".xml", ".json"))]
            if len(found) == 1 and found[0].file_size <= MOST_BYTES:
                kind: Format = "xml" if found[0].filename.lower().endswith(".xml") else "json"
                with archive.open(found[0]) as member:
                    return member.read(MOST_BYTES), kind
    except Exception as error:  # zipfile and zlib raise all kinds
        raise ValueError(f"it is no zip file, or is damaged ({error})") from error
    if len(found) == 1:
        raise ValueError(f"{found[0].filename!r} in it unpacks to more than is read (1 GiB)")
    names = listed([info.filename for info in found], len(found))
    raise ValueError(
        f"it holds {names or 'no .xml or .json file'}, and must hold one file of annotations; "
        "unpack it, and name that file"
    )
