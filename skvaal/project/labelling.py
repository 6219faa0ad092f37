"""What labelling tools import: files of a batch, by tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from skvaal._files.images import LazyImages
from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import naming, shown
from skvaal._files.tools import coco, cvat
from skvaal._files.tools.annotations import check_xml
from skvaal._files.tools.label_studio import LOCAL_FILES, write_interface, write_tasks
from skvaal._version import __version__
from skvaal.project.picks import Picks

LABEL_STUDIO, COCO, CVAT = TOOLS = ("label_studio", "coco", "cvat")
DEFAULT_TOOLS = (LABEL_STUDIO,)
TASKS, INTERFACE = "label_studio.json", "label_studio.xml"
IMAGES, TAGS = "coco.json", "cvat.xml"
FILES_OF = {LABEL_STUDIO: (TASKS, INTERFACE), COCO: (IMAGES,), CVAT: (TAGS,)}
# Numbers and words about a pick, beside its rank and why.
COLUMNS = ("gain", "uncertainty", "score", "covers", "nearest_labeled", "predicted")
# What a labelling tool calls local files.
_LOCAL = "local-files"
_CLASSES_IN = {
    LABEL_STUDIO: f"the <Choices> of {INTERFACE}",
    COCO: f"the categories of {IMAGES}",
    CVAT: f"the <labels> of {TAGS}",
}
_HOLDS_XML = (LABEL_STUDIO, CVAT)


def find_tools(tools: Any) -> tuple[str, ...]:
    """Return the tools that are named, each once; a ValueError for one that is not known.

    Examples
    --------
    >>> find_tools("COCO, cvat"), find_tools(["coco"])
    (('coco', 'cvat'), ('coco',))
    """
    names = tools.split(",") if isinstance(tools, str) else list(tools)
    found = tuple(
        dict.fromkeys(each.strip().lower() if isinstance(each, str) else each for each in names)
    )
    for name in found:
        if name not in TOOLS:
            raise ValueError(f"tools={tools!r}: {name!r} is none of {', '.join(TOOLS)}")
    return found


def offered_classes(known: LabeledSamples) -> tuple[str, ...]:
    """Classes that a tool's file names, sorted: those of images that are gone or damaged, too."""
    return tuple(sorted({*known.classes, *known.unseen.values()}))


def check_tools(tools: Iterable[str], known: LabeledSamples) -> None:
    """Raise if files for these tools cannot be made of such samples, or of their classes."""
    samples = known.samples
    for name in tools:
        if name != LABEL_STUDIO and samples.kind != "images":
            raise ValueError(
                f"tools={name!r} holds images, and {shown(samples.source)} has {samples.kind}; "
                f"take tools={LABEL_STUDIO!r}, or fill in the table"
            )
        if name in _HOLDS_XML:
            with naming(f"tools={name!r}: the class"):
                for label in offered_classes(known):
                    check_xml(label)


def note_without_classes(classes: Sequence[str], tools: Iterable[str]) -> list[str]:
    """Say where classes are to be added, if none is known that a tool's file could name.

    Examples
    --------
    >>> note_without_classes([], ["coco"])
    ['No class is known yet: add yours to the categories of coco.json, or in the tool.']
    """
    places = [_CLASSES_IN[each] for each in tools]
    if classes or not places:
        return []
    return [f"No class is known yet: add yours to {' and to '.join(places)}, or in the tool."]


def make_files(picks: Picks, tools: Iterable[str], prefix: str | None = None) -> dict[str, bytes]:
    """Make the files for some tools, by name; the most wanted picks come first in each."""
    files: dict[str, bytes] = {}
    for name in tools:
        with naming(f"tools={name!r}"):
            content = _make_file(
                name, picks.names, picks.rows.tolist(), picks.known, _values(picks), prefix
            )
            files[FILES_OF[name][0]] = content
            if name == LABEL_STUDIO:
                interface = write_interface(picks.known.samples.kind, offered_classes(picks.known))
                files[INTERFACE] = f"{interface}\n".encode()
    return files


def make_again(
    tool: str, names: Sequence[str], known: LabeledSamples, prefix: str | None = None
) -> bytes:
    """Make what a tool imports of samples that were chosen before: names, sizes and ranks.

    Samples that are gone stay in it, images without a size.
    """
    check_tools([tool], known)
    row_of = {name: row for row, name in enumerate(known.samples.names)}
    rows = [row_of.get(name) for name in names]
    return _make_file(tool, names, rows, known, {"rank": range(1, len(names) + 1)}, prefix)


def _make_file(
    tool: str,
    names: Sequence[str],
    rows: Sequence[int | None],
    known: LabeledSamples,
    values: Mapping[str, Sequence[Any]],
    prefix: str | None,
) -> bytes:
    """What a tool imports of some samples, the most wanted first; None is a row that is gone."""
    samples, classes = known.samples, offered_classes(known)
    if tool == LABEL_STUDIO:
        texts = None
        if samples.kind == "texts":
            texts = ["" if row is None else str(samples.X[row]) for row in rows]
        return write_tasks(
            names,
            samples.kind,
            {name: each for name, each in values.items() if name != "predicted"},
            prefix=address_of(prefix),
            texts=texts,
            labels=values.get("predicted"),
            model_version=f"skvaal {__version__}",
        )
    sizes = _sizes(samples.X, rows)
    if tool == CVAT:
        return cvat.write_annotations(names, sizes=sizes, classes=classes)
    return coco.write_annotations(names, sizes=sizes, classes=classes, values=values)


def address_of(prefix: str | None) -> str:
    """What stands before a path in a labelling tool.

    Examples
    --------
    >>> address_of(None), address_of("local-files/photos"), address_of("https://host/photos")
    ('/data/local-files/?d=', '/data/local-files/?d=photos/', 'https://host/photos/')
    """
    if prefix is None or prefix == _LOCAL:
        return LOCAL_FILES
    if prefix.startswith(f"{_LOCAL}/"):
        prefix = LOCAL_FILES + prefix.removeprefix(f"{_LOCAL}/")
    elif "://" not in prefix and not prefix.startswith("/"):
        raise ValueError(
            f"prefix={prefix!r} must be a URL, or 'local-files', or 'local-files/FOLDER'"
        )
    return prefix if prefix.endswith(("/", "=")) else f"{prefix}/"


def _values(picks: Picks) -> dict[str, Sequence[Any]]:
    """What a tool may show of each pick, or sort by."""
    columns = [name for name in COLUMNS if name in picks.columns]
    values: dict[str, Sequence[Any]] = {"rank": range(1, len(picks.rows) + 1)}
    values |= {name: _plain(picks.columns[name]) for name in columns}
    return values | {"why": picks.reasons}


def _sizes(images: Any, rows: Sequence[int | None]) -> list[tuple[int, int] | None] | None:
    """Heights and widths of the files of images; None for all where there are no files."""
    if not isinstance(images, LazyImages):
        return None
    there = [row for row in rows if row is not None]
    found = dict(zip(there, images.take(there).file_sizes() if there else [], strict=True))
    return [None if row is None else found[row] for row in rows]


def _plain(values: Any) -> list[Any]:
    listed: list[Any] = np.asarray(values).tolist()
    return [float(f"{each:.6g}") if isinstance(each, float) else each for each in listed]
