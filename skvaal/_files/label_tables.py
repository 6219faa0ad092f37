"""Tables of labels: a name and a label in each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import find_column, naming, those_there
from skvaal._files.tables import read_table
from skvaal._files.tools.annotations import Annotation, parse_json
from skvaal._files.tools.label_studio import LABEL_KEYS
from skvaal._files.tools.votes import Vote, decide

PATH_COLUMNS = ("path", "image", "file", "filename", "file_name")
LABEL_COLUMNS = tuple(dict.fromkeys([*LABEL_KEYS, "labels", "target", "y", "annotation"]))
# What the CSV of Label Studio always has, a row for each annotation.
_TOOL_COLUMNS = ("annotation_id", "annotator", "created_at")


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
        usual = PATH_COLUMNS if samples.column == "path" else ("row",)
        name = find_column(columns, path_column, usual, "path_column")
        text = None
        if name is None and samples.kind == "texts" and not is_pool:
            text = find_column(columns, None, ("text",), "path_column")
        if name is None and text is None and not (is_pool and samples.column == "row"):
            raise ValueError(
                f"no column is called {' or '.join(usual)}; {those_there(columns)}; say by "
                "path_column which one names the samples"
            )
        named_by = text if name is None else name
        label = _find_label(columns, label_column, named_by)
        lowered = [column.strip().lower() for column in columns]
        is_tool = all(each in lowered for each in _TOOL_COLUMNS)
        extra = [lowered.index(each) for each in _TOOL_COLUMNS[1:]] if is_tool else []
        places = [label if named_by is None else named_by, label, *extra]
        names, labels, *about = table.strings(places)
        if named_by is None:
            names = [str(row) for row in range(len(labels))]
        if not is_tool:
            return list(_annotations(names, labels, is_text=name is None and text is not None))
        is_text = name is None and text is not None
        return decide(
            Vote(own or "", _choices(cell), is_text, annotator or "", when or "")
            for own, cell, annotator, when in zip(names, labels, *about, strict=True)
        )


def _annotations(
    names: Sequence[str | None], labels: Sequence[str | None], *, is_text: bool
) -> Iterator[Annotation]:
    for row, (name, label) in enumerate(zip(names, labels, strict=True)):
        if label is not None and label.strip() and (name is None or not name.strip()):
            raise ValueError(f"row {row} has the label {label[:40]!r} and no name; fill it")
        yield Annotation(name or "", label, is_text)


def _find_label(columns: Sequence[str], named: str | None, name: int | None) -> int:
    place = find_column(columns, named, LABEL_COLUMNS, "label_column")
    others = [i for i in range(len(columns)) if i != name]
    if place is None and len(others) == 1:
        place = others[0]
    if place is None or place == name:
        raise ValueError(
            f"no column is called {' or '.join(LABEL_COLUMNS[:3])}; {those_there(columns)}; say "
            "by label_column which one holds the labels"
        )
    return place


def _choices(cell: str | None) -> tuple[str, ...]:
    """Labels of a cell of Label Studio, which writes several as JSON."""
    if cell is None or not cell.strip():
        return ()
    if not cell.startswith('{"choices":'):
        return (cell,)
    choices = parse_json(cell.encode()).get("choices")
    if not isinstance(choices, list) or not all(isinstance(each, str) for each in choices):
        raise ValueError(f"the cell {cell[:40]!r} is no list of choices")
    return tuple(choices)
