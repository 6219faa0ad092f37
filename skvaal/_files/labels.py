"""Labels of a user's files: from tables, folders and the exports of labelling tools."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.alike import note_alike, note_decimals, note_marks
from skvaal._files.class_folders import Match, list_labeled, match_files
from skvaal._files.label_tables import columns_of, read_rows
from skvaal._files.loading import find_problems
from skvaal._files.matching import Names, check_from_zero
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pool_files import files_of, with_files
from skvaal._files.reading import check_there, counted, listed, naming, shown, those_there
from skvaal._files.tools.annotations import Annotation
from skvaal._files.tools.exports import read_export, sniff
from skvaal._files.tools.votes import note_newer
from skvaal._utils.params import PATH, checked


@dataclass(frozen=True)
class LabeledSamples:
    """Samples, some of which have a label.

    Parameters
    ----------
    samples : NamedSamples
        The pool; behind it, labelled files that lie outside it.
    rows : array of int, shape (n_labeled,)
        Which of them have a label; different, ascending.
    labels : array of str, shape (n_labeled,)
        Their labels.
    notes : tuple of str
        What the user should know of how the labels were read, a sentence each.
    unseen : mapping of str to str
        Labels of images that are known by name but gone or damaged, by name; they have no row.
    """

    samples: NamedSamples
    rows: NDArray[np.intp]
    labels: NDArray[np.object_]
    notes: tuple[str, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Different labels, sorted."""
        return tuple(sorted(set(self.labels)))

    @classmethod
    def without_labels(cls, samples: NamedSamples) -> LabeledSamples:
        """Samples of which none has a label."""
        return cls(samples, np.empty(0, dtype=np.intp), np.empty(0, dtype=object))

    def noted(self, *notes: str) -> LabeledSamples:
        """Return the same with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def on(self, samples: NamedSamples) -> LabeledSamples:
        """Return the labels on other rows: of samples some of which turned out to be damaged."""
        row_of = {name: row for row, name in enumerate(samples.names)}
        rows = [row_of.get(name) for name in self.samples.names[self.rows]]
        kept = [i for i, row in enumerate(rows) if row is not None]
        found = np.array([rows[i] for i in kept], dtype=np.intp)
        order = np.argsort(found)
        return replace(self, samples=samples, rows=found[order], labels=self.labels[kept][order])


@checked(
    source=[*PATH, list, tuple],
    samples=[NamedSamples],
    path_column=[str, None],
    label_column=[str, None],
)
def read_labels(
    source: str | Path | Sequence[str | Path],
    samples: NamedSamples,
    *,
    path_column: str | None = None,
    label_column: str | None = None,
) -> LabeledSamples:
    r"""Read labels, and find the samples that they belong to.

    Parameters
    ----------
    source : str, Path or sequence of these
        A CSV or Parquet table of names (column `path`, or `row`) and labels; a folder with a
        folder for each class; or an export of Label Studio (JSON, JSON-MIN, CSV), CVAT (XML of
        images, or its zip) or COCO (JSON). Of several, all labels count.
    samples : NamedSamples
        The pool.
    path_column, label_column : str or None, default=None
        Columns of a table; of Label Studio's JSON, the key of the name and the control tag. None
        finds them by their usual names. Of several tables, one at least must have such a column;
        in the others, the usual names count.

    Returns
    -------
    LabeledSamples
        Labels are strings as they stand in the file. Labelled files of a folder that are not in
        the pool, nor equal to one there, come behind it.

    Raises
    ------
    ValueError
        If names are not in the pool, a sample has two labels, or the file is damaged or holds
        something else; the message names the file.
    OSError
        If the source is not there, or may not be read.

    Examples
    --------
    >>> import tempfile
    >>> from skvaal._files.pools import read_pool
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pool, labels = Path(folder) / "pool.npy", Path(folder) / "labels.csv"
    ...     np.save(pool, np.zeros((5, 2)))
    ...     _ = labels.write_text("row,label\n3,01\n0,NA\n4,\n")
    ...     known = read_labels(labels, read_pool(pool))
    >>> known.rows.tolist(), known.labels.tolist(), known.notes[0]
    ([0, 3], ['NA', '01'], '1 row of the labels has no label yet.')
    """
    sources = _different([source] if isinstance(source, str | Path) else source)
    if len(sources) == 1:
        return _noted(_read_one(sources[0], samples, path_column, label_column))
    found = LabeledSamples.without_labels(samples)
    read_in: dict[str, str] = {}
    for each, columns in zip(sources, _shared(sources, path_column, label_column), strict=True):
        more = _read_one(each, found.samples, *columns)
        found = _joined(found, more, read_in, each)
        read_in |= dict.fromkeys({*more.samples.names[more.rows], *more.unseen}, each)
    return _noted(found)


def _read_one(
    source: str, samples: NamedSamples, path_column: str | None, label_column: str | None
) -> LabeledSamples:
    named = {"path_column": path_column, "label_column": label_column}
    if os.path.isdir(source):
        return _read_folder(source, samples, _without_part(named, f"{shown(source)} is a folder"))
    check_there(source)
    kind = sniff(source)
    if kind == "table":
        is_pool = os.path.realpath(source) == os.path.realpath(samples.source)
        annotations = read_rows(source, samples, path_column, label_column, is_pool=is_pool)
        notes = []
    else:
        annotations, tool = read_export(
            source, kind, column=samples.column, key=path_column, label_column=label_column
        )
        notes = _without_part(named, f"{tool} has no columns") if tool != "Label Studio" else []
    with naming(source):
        if samples.column == "row" and path_column is not None and not notes:
            check_from_zero(annotations, path_column)
        return _assign(annotations, samples, [*notes, *note_newer(annotations)])


def _different(sources: Iterable[Any]) -> list[str]:
    """Names of files of labels, each of them once."""
    names: dict[str, str] = {}
    for each in sources:
        if not isinstance(each, str | Path):
            raise TypeError(f"{each!r} in source is no name of a file or folder")
        names.setdefault(os.path.realpath(each), os.fspath(each))
    if not names:
        raise ValueError("source names no file of labels")
    # Folders first: what they add to the pool, a table may name.
    return sorted(names.values(), key=lambda name: not os.path.isdir(name))


def _shared(
    sources: Sequence[str], path_column: str | None, label_column: str | None
) -> list[list[str | None]]:
    """Which of the named columns is meant in each of several files: only one may have it."""
    tables: dict[str, Sequence[str]] = {}
    exports = set()
    for source in sources:
        check_there(source)
        if not os.path.isdir(source):
            kind = sniff(source)
            if kind == "table":
                tables[source] = columns_of(source)
            elif kind == "json":  # of Label Studio it has keys and tags
                exports.add(source)
    meant: list[list[str | None]] = [[] for _ in sources]
    for argument, name in (("path_column", path_column), ("label_column", label_column)):
        is_there = any(name in columns for columns in tables.values())
        if name is not None and tables and not exports and not is_there:
            all_of_them = list(dict.fromkeys(chain.from_iterable(tables.values())))
            raise ValueError(
                f"no file of labels has a column {argument}={name!r}; {those_there(all_of_them)}"
            )
        for source, each in zip(sources, meant, strict=True):
            is_one = name in tables[source] if source in tables else not tables or source in exports
            each.append(name if is_one else None)
    return meant


def _joined(
    first: LabeledSamples, more: LabeledSamples, read_in: Mapping[str, str], source: str
) -> LabeledSamples:
    """Return the labels of both; `more` has the samples of `first`, and perhaps others behind."""
    labels = _by_name(first)
    for name, label in _by_name(more).items():
        if labels.setdefault(name, label) != label:
            raise ValueError(
                f"{name!r} has the label {labels[name]!r} in {shown(read_in[name])} and {label!r} "
                f"in {shown(source)}; a sample needs one: keep one"
            )
    notes = (f"{shown(source)}: {note}" for note in more.notes)
    rows = np.union1d(first.rows, more.rows).astype(np.intp)
    values = np.array([*(labels[name] for name in more.samples.names[rows]), None], dtype=object)
    unseen = {**first.unseen, **more.unseen}
    return LabeledSamples(more.samples, rows, values[:-1], (*first.notes, *notes), unseen)


def _by_name(known: LabeledSamples) -> dict[str, str]:
    return dict(zip(known.samples.names[known.rows], known.labels, strict=True)) | {**known.unseen}


def _noted(known: LabeledSamples) -> LabeledSamples:
    """Return labels with notes on what they look like."""
    labels = [*known.labels, *known.unseen.values()]
    return known.noted(*note_alike(labels), *note_decimals(labels), *note_marks(labels))


def _without_part(named: dict[str, str | None], why: str) -> list[str]:
    """Note names of columns that nothing reads."""
    return [f"{argument}={name!r} had no part: {why}." for argument, name in named.items() if name]


def _assign(
    annotations: Iterable[Annotation], samples: NamedSamples, notes: list[str]
) -> LabeledSamples:
    """Give each sample its label; names that are not there are an error."""
    names = Names(samples)
    labels: dict[int, str] = {}
    missing: list[str] = []
    n_labels = n_without = n_twice = 0
    known = [*samples.names, *samples.left_out]
    for each in annotations:
        if each.label is None or not each.label.strip():
            n_without += 1
            continue
        _check_text(each)
        n_labels += 1
        row = names.row_of(each)
        if row is None:
            missing.append(each.name)
        elif labels.setdefault(row, each.label) != each.label:
            raise ValueError(_two_labels(str(known[row]), labels[row], each.label))
        else:
            n_twice += 1
    n_twice -= len(labels)
    if missing:
        is_one = n_labels == 1
        raise ValueError(
            f"{len(missing):,} of {counted(n_labels, 'label')} {'is' if is_one else 'are'} for "
            f"samples that are not in {shown(samples.source)}: {listed(missing, len(missing))}; "
            f"{names.way_out}"
        )
    notes += names.notes
    if not labels and not n_without:
        notes.append("The file of the labels holds none.")
    if n_without:
        verb = "has" if n_without == 1 else "have"
        notes.append(f"{counted(n_without, 'row')} of the labels {verb} no label yet.")
    if n_twice:
        notes.append(f"{counted(n_twice, 'label')} stood there twice, and agreed.")
    seen, unseen = _split(labels, samples)
    if unseen:
        notes.append(note_unseen(unseen))
    return _labeled(samples, seen, notes, unseen)


def _read_folder(folder: str, samples: NamedSamples, notes: list[str]) -> LabeledSamples:
    """Labels by class folders; files from outside the pool come behind it."""
    if samples.column != "path":
        raise ValueError(
            f"{shown(folder)} is a folder, and the samples of {shown(samples.source)} are no "
            "files; name a table with the columns row and label"
        )
    labeled = list_labeled(folder)
    known = files_of(samples)
    matches = match_files([path for path, _ in labeled], known)
    with naming(folder):
        labels, n_same = _of_known(labeled, matches)
        outside = _of_others(labeled, matches)
    problems = find_problems(list(outside))
    added = [path for i, path in enumerate(outside) if i not in problems]
    broken = [path for i, path in enumerate(outside) if i in problems]
    labels |= {len(known) + i: outside[path] for i, path in enumerate(added)}
    if n_same:
        verb = "is" if n_same == 1 else "are"
        notes.append(
            f"{counted(n_same, 'picture')} of the pool {verb} byte by byte the same as others that "
            "have a label, and count as labelled."
        )
    if added:
        notes.append(f"{counted(len(added), 'labelled image')} from outside the pool added to it.")
    if not labels:
        n = counted(len(labeled), "image")
        raise ValueError(f"{shown(folder)}: none of its {n} can be read")
    seen, unseen = _split(labels, samples)
    if names := [*unseen, *map(shown, broken)]:
        notes.append(note_unseen(names))
    return _labeled(with_files(samples, added), seen, notes, unseen)


def _of_known(
    labeled: Sequence[tuple[str, str]], matches: Sequence[Match]
) -> tuple[dict[int, str], int]:
    """Labels of known files by place: of each by its own folder, else by files of the same bytes.

    Besides, how many have the label of another known file.
    """
    labels: dict[int, str] = {}
    for (path, label), match in zip(labeled, matches, strict=True):
        if match.own is not None:
            _agree(labels, match.own, path, label)
    by_folder, n_same = {*labels}, 0
    for (path, label), match in zip(labeled, matches, strict=True):
        equal = [place for place in match.equal if place not in by_folder]
        new = [place for place in equal if place not in labels]
        for place in equal:
            _agree(labels, place, path, label)
        n_same += len(new) - (match.own is None and bool(new))
    return labels, n_same


def _of_others(labeled: Sequence[tuple[str, str]], matches: Sequence[Match]) -> dict[str, str]:
    """Labels of files that are not known, by path; of some with the same bytes, the first."""
    labels: dict[bytes | str, str] = {}
    firsts: dict[bytes | str, str] = {}
    for (path, label), match in zip(labeled, matches, strict=True):
        if match.own is None and not match.equal:
            content = match.digest or path
            _agree(labels, content, path, label)
            firsts.setdefault(content, path)
    return {path: labels[content] for content, path in firsts.items()}


def _agree(labels: dict[Any, str], key: Any, path: str, label: str) -> None:
    if labels.setdefault(key, label) != label:
        raise ValueError(_two_labels(path, labels[key], label))


def note_unseen(names: Collection[str]) -> str:
    """Note which labels do not count now, as nothing can be seen of their images."""
    do, their = ("does", "its image is") if len(names) == 1 else ("do", "their images are")
    return (
        f"{counted(len(names), 'label')} {do} not count now, since {their} gone or damaged: "
        f"{listed(names, len(names))}."
    )


def _split(
    labels: Mapping[int, str], samples: NamedSamples
) -> tuple[dict[int, str], dict[str, str]]:
    """Labels of samples by row, and by name those of files that were left out, which come next."""
    n, left_out = len(samples), list(samples.left_out)
    n_known = n + len(left_out)
    seen = {
        row if row < n else row - len(left_out): label
        for row, label in labels.items()
        if not n <= row < n_known
    }
    return seen, {left_out[row - n]: label for row, label in labels.items() if n <= row < n_known}


def _two_labels(name: str, first: str, second: str) -> str:
    return f"{name!r} has two labels, {first!r} and {second!r}; a sample needs one: keep one"


def _check_text(annotation: Annotation) -> None:
    """Refuse halves of a character, which JSON can spell and nothing can write."""
    for text in (annotation.name, annotation.label or ""):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{text[:40]!r} is no text that can be written") from None


def _labeled(
    samples: NamedSamples, labels: dict[int, str], notes: list[str], unseen: dict[str, str]
) -> LabeledSamples:
    rows = np.array(sorted(labels), dtype=np.intp)
    values = np.array([*(labels[row] for row in rows), None], dtype=object)[:-1]
    return LabeledSamples(samples, rows, values, tuple(notes), unseen)
