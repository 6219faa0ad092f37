"""Tables of labels: a name and a label in each row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import find_column, naming, those_there
from skvaal._files.tables import read_table
from skvaal._files.tools.annotations import Annotation, choices_of, parse_json, single
from skvaal._files.tools.label_studio import LABEL_KEYS
from skvaal._files.tools.votes import Vote, decide

PATH_COLUMNS = ("path", "image", "file", "filename", "file_name")
LABEL_COLUMNS = tuple(dict.fromkeys([*LABEL_KEYS, "labels", "target", "y", "annotation"]))
# What the CSV of Label Studio always has, a row for each annotation.
_TOOL_COLUMNS = ("annotation_id", "annotator", "created_at")
_ONE = "a sample needs one: keep one"
# An object of choices as JSON, or a list of them.
_IS_CHOICES = re.compile(r"""\s*(\[\s*)?\{.*"choices"\s*:""", re.DOTALL)


def columns_of(source: str) -> tuple[str, ...]:
    """Names of the columns of a table of labels."""
    return read_table(source).columns


def find_labels(samples: NamedSamples, named: str | None) -> str | None:
    """Return the column of a pool's own table that holds labels, or None.

    Several that may hold them are a ValueError.
    """
    columns = columns_of(samples.source)
    others = [each for each in columns if each not in samples.columns]
    if named not in others:
        named = None
        if not {each.strip().lower() for each in others} & {*LABEL_COLUMNS}:
            return None
    return columns[_find_label(columns, named, _places(columns, samples.columns))]


def read_rows(
    source: str,
    samples: NamedSamples,
    path_column: str | None,
    label_column: str | None,
    *,
    is_pool: bool,
) -> list[Annotation]:
    """Read a table of labels; of the pool's own table, rows need no name. Errors name the file."""
    table = read_table(source)
    with naming(source):
        columns = table.columns
        own = tuple(each.strip().lower() for each in samples.columns)
        usual = (*PATH_COLUMNS, *own) if samples.column == "path" else ("row",)
        of_texts = ("text", *own) if samples.kind == "texts" else ()
        name = find_column(columns, path_column, usual, "path_column")
        text = None
        if name is None and not is_pool:
            text = find_column(columns, None, of_texts, "path_column")
        if name is None and text is None and not (is_pool and samples.column == "row"):
            raise ValueError(_no_names(columns, usual))
        named_by = text if name is None else name
        taken = {named_by} if named_by is not None else set()
        if is_pool:
            taken |= _places(columns, samples.columns)
        label = _find_label(columns, label_column, taken)
        lowered = [column.strip().lower() for column in columns]
        is_tool = all(each in lowered for each in _TOOL_COLUMNS)
        extra = [lowered.index(each) for each in _TOOL_COLUMNS[1:]] if is_tool else []
        is_text = name is None and text is not None
        beside = None
        if name is not None and not is_pool:
            # A row's number may be that of another order of the pool; its text tells.
            beside = find_column(columns, None, of_texts, "path_column")
        has_texts = beside not in (None, name, label)
        places = [label if named_by is None else named_by, label, *extra]
        names, labels, *about = table.strings(places)
        texts: list[str | None] = [None] * len(labels)
        if beside is not None and has_texts:
            (texts,) = table.strings([beside])
        if named_by is None:
            names = [str(row) for row in range(len(labels))]
        if not is_tool:
            return list(_annotations(names, labels, texts, is_text=is_text))
        return decide(
            Vote(own or "", _choices(cell), is_text, annotator or "", when or "", text=own_text)
            for own, cell, own_text, annotator, when in zip(
                names, labels, texts, *about, strict=True
            )
        )


def _no_names(columns: Sequence[str], usual: Sequence[str]) -> str:
    way_out = "say by path_column which one names the samples"
    if usual == ("row",):
        way_out = (
            "the samples are named by the numbers of their rows, from 0: give the labels a column "
            "row with them"
        )
    return f"no column is called {' or '.join(usual)}; {those_there(columns)}; {way_out}"


def _annotations(
    names: Sequence[str | None],
    labels: Sequence[str | None],
    texts: Sequence[str | None],
    *,
    is_text: bool,
) -> Iterator[Annotation]:
    for row, (name, label, text) in enumerate(zip(names, labels, texts, strict=True)):
        if label is None or not label.strip():
            yield Annotation(name or "", label, is_text, text)
        elif name is None or not name.strip():
            raise ValueError(f"row {row} has the label {label[:40]!r} and no name; fill it")
        else:
            yield Annotation(name, single(_choices(label), name, _ONE), is_text, text)


def _places(columns: Sequence[str], names: Collection[str]) -> set[int]:
    return {i for i, each in enumerate(columns) if each in names}


def _find_label(columns: Sequence[str], named: str | None, taken: Collection[int]) -> int:
    """Place of the labels' column, which is none of those that name or make the samples."""
    free = [column for i, column in enumerate(columns) if i not in taken]
    looked_at = columns if named is not None else free
    found = find_column(looked_at, named, LABEL_COLUMNS, "label_column")
    place = None if found is None else columns.index(looked_at[found])
    usual = [i for i, each in enumerate(columns) if each.strip().lower() in LABEL_COLUMNS]
    usual = [i for i in usual if i not in taken]
    if named is None and len(usual) > 1:
        raise ValueError(
            f"several columns may hold the labels ({', '.join(repr(columns[i]) for i in usual)}); "
            "say which by label_column"
        )
    if place is None and len(free) == 1:
        place = columns.index(free[0])
    if place is not None and place in taken:
        raise ValueError(
            f"the column {columns[place]!r} cannot hold the samples, or their names, and labels; "
            f"{those_there(columns)}; say by path_column and label_column which ones do"
        )
    if place is None:
        raise ValueError(
            f"no column is called {', '.join(LABEL_COLUMNS[:-1])} or {LABEL_COLUMNS[-1]}; "
            f"{those_there(columns)}; say by label_column which one holds the labels"
        )
    return place


def _choices(cell: str | None) -> tuple[str, ...]:
    """Labels of a cell of Label Studio, which writes several as JSON."""
    if cell is None or not cell.strip():
        return ()
    if not _IS_CHOICES.match(cell):
        return (cell,)
    where = f"the cell {cell[:40]!r}"
    with naming(where):
        content = parse_json(cell.encode())
    return tuple(choices_of(content, where))
