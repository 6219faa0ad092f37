"""Labelling rounds in a folder: ask for samples, tell their labels, see where it stands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

from skvaal._files.alike import note_alike
from skvaal._files.labels import LabeledSamples, read_labels
from skvaal._files.reading import counted, shown
from skvaal._utils.files import told
from skvaal._utils.params import PATH, WHOLE, checked
from skvaal.project.choosing.choosing import choose
from skvaal.project.labelling import address_of, check_tools, find_tools, make_again
from skvaal.project.picks import Picks
from skvaal.project.rounds.beginning import as_json, begin
from skvaal.project.rounds.checks import EVENTS, check_asked, note_other_features
from skvaal.project.rounds.copies import (
    check_copy,
    copy_file,
    make_table_again,
    tools_for,
)
from skvaal.project.rounds.events import EventFile
from skvaal.project.rounds.folders import RoundFolders
from skvaal.project.rounds.pool_again import (
    check_told,
    labels_by_name,
    look_over,
    new_names,
    outside_of,
    read_pool_again,
    rows_of,
)
from skvaal.project.rounds.state import Answer, Round, State
from skvaal.project.rounds.status import Status, report_status
from skvaal.project.writing import TABLE, write_batch


@dataclass(frozen=True)
class AskedRound:
    """A round, and what was chosen in it.

    Parameters
    ----------
    round : Round
    picks : Picks
    folder : Path
        Where its page, tables and strategy lie.
    """

    round: Round
    picks: Picks
    folder: Path


class Project:
    r"""A pool, the labels so far, and every question that was asked.

    A project is a folder. It holds ``project.db``, with all that happened, and a folder for each
    round. The pool stays where it is. What a method returns is on the disk.

    Parameters
    ----------
    folder : str or Path
        A folder that :meth:`start` made.

    Raises
    ------
    FileNotFoundError
        If there is no project.
    ValueError
        If it is damaged, or of another version.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skvaal.project import Project
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/pool.npy", np.random.RandomState(0).normal(size=(100, 4)))
    ...     project = Project.start(f"{folder}/project", f"{folder}/pool.npy")
    ...     asked = project.ask(5, strategy="herding")
    ...     table = "row,label\n" + "".join(f"{name},cat\n" for name in asked.round.names)
    ...     _ = Path(folder, "labels.csv").write_text(table)
    ...     answer = project.tell(f"{folder}/labels.csv")
    ...     state = project.read_state()
    >>> len(asked.round.names), answer.n_new, state.waiting, len(state.left)
    (5, 5, [], 95)
    """

    @checked(folder=PATH)
    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / EVENTS).exists():
            raise FileNotFoundError(
                f"{shown(folder)} is no project: there is no {EVENTS} in it; begin one by "
                "skvaal round start, or Project.start"
            )
        self._events = EventFile(self.folder / EVENTS)
        self._folders = RoundFolders(self.folder, self.read_state)
        self.read_state()

    @classmethod
    @checked(
        folder=PATH,
        pool=PATH,
        labels=[*PATH, list, tuple, None],
        path_column=[str, None],
        label_column=[str, None],
        n_jobs=WHOLE,
    )
    def start(
        cls,
        folder: str | Path,
        pool: str | Path,
        *,
        labels: str | Path | Sequence[str | Path] | None = None,
        path_column: str | None = None,
        label_column: str | None = None,
        n_jobs: int = 1,
        progress: bool = False,
        **reading: Any,
    ) -> Project:
        """Begin a project.

        Parameters
        ----------
        folder : str or Path
            It is made; if it exists, it must be empty.
        pool : str or Path
            Samples to choose from, as :func:`skvaal.project.read_pool` reads them.
        labels : str, Path or sequence of these, optional
            Labels that are there already, as :func:`skvaal.project.read_labels` reads them. If the
            pool is a table with a column of labels, those count, too.
        path_column, label_column : str, optional
            Columns of tables.
        n_jobs : int, default=1
            Processes that look over images.
        progress : bool, default=False
            Show a progress bar on a terminal.
        **reading
            Other parameters of ``read_pool``: `kind`, `text_column`, `image_size`, `max_pixels`,
            `strict`.

        Returns
        -------
        Project
        """
        begin(
            Path(folder),
            pool,
            labels,
            reading={**reading, "path_column": path_column},
            label_column=label_column,
            n_jobs=n_jobs,
            progress=progress,
        )
        return cls(folder)

    def read_state(self) -> State:
        """Read where the project stands.

        Raises
        ------
        ValueError
            If the project is damaged, or of another version.
        """
        return State.replay(self._events.read())

    @checked(
        n=WHOLE,
        out=[*PATH, None],
        prefix=[str, None],
        tools=[str, list, tuple, None],
        pool=[*PATH, None],
        seed=[Integral, None],
        n_jobs=WHOLE,
    )
    def ask(
        self,
        n: int = 1,
        *,
        out: str | Path | None = None,
        prefix: str | None = None,
        tools: str | Sequence[str] | None = None,
        pool: str | Path | None = None,
        seed: int | None = None,
        n_jobs: int = 1,
        progress: bool = False,
        **settings: Any,
    ) -> AskedRound:
        """Choose samples to label next; none that was asked for before.

        Files that joined the pool since the last time may be chosen, too. Files that are gone are
        passed over.

        Parameters
        ----------
        n : int, default=1
            How many.
        out : str or Path, optional
            File for a copy of the table (.csv), of what a labelling tool imports (.json of Label
            Studio or COCO, .xml of CVAT) or of the page (.html).
        prefix : str, optional
            What Label Studio finds paths by: a URL, or 'local-files'.
        tools : str or sequence of str, optional
            As of :func:`skvaal.project.write_folder`. By default Label Studio, and the tool that
            `out` is for by its ending.
        pool : str or Path, optional
            Where the pool is now, if it was moved.
        seed : int, optional
            Seeds the choice. By default it is the number of rounds before.
        n_jobs : int, default=1
            Processes that look over and decode images.
        progress : bool, default=False
            Show progress bars on a terminal.
        **settings
            Other parameters of :func:`skvaal.project.choose`.

        Returns
        -------
        AskedRound

        Raises
        ------
        ValueError
            If fewer than `n` samples are left, a parameter is wrong, the pool is another one, or
            its own table has labels that the project was not told. Also if rows of features, or
            of predictions, were taken for other samples in an earlier round.
        ProjectInUseError
            If another process asked or told meanwhile.
        OSError
            If something cannot be written; then nothing was asked.
        """
        named = None if tools is None else find_tools(tools)
        if out is not None:
            check_copy(out, named)
        wanted = tools_for(out, named)
        address_of(prefix)
        state = self.read_state()
        self._folders.settle(state)
        known = read_pool_again(self.folder, state, pool, n_jobs=n_jobs, progress=progress)
        check_told(known.samples, state)
        check_tools(wanted, known)
        number = len(state.rounds) + 1
        started = time.perf_counter()
        picks = choose(
            known,
            n,
            exclude=list(state.asked),
            positions_before=[one.positions for one in state.rounds],
            seed=number - 1 if seed is None else seed,
            n_jobs=n_jobs,
            progress=progress,
            **settings,
        )
        picks = picks.noted(*note_other_features(picks, state))
        content = {
            "names": picks.names,
            "joined": new_names(known, state),
            "settings": as_json(picks.settings),
            "summary": picks.summary,
            "seconds": time.perf_counter() - started,
            "rows": rows_of(known.samples, state),
        }
        with self._folders.new(number) as (part, token):
            content["files"] = write_batch(picks, part, prefix=prefix, tools=wanted)
            content["token"] = token
            event = self._events.append("ask", content, after=state.n_events - 1)
        state = state.after(event)
        self._folders.settle(state)
        if out is not None:
            try:
                self.copy_round(out, tools=wanted)
            except OSError as error:
                raise OSError(
                    f"round {number} is recorded, but not its copy: {told(error)}; copy it by "
                    "skvaal round ask --again --out FILE, or Project.copy_round"
                ) from error
        return AskedRound(state.rounds[-1], picks, self._folders.path_of(state.rounds[-1]))

    @checked(
        file=PATH,
        path_column=[str, None],
        label_column=[str, None],
        pool=[*PATH, None],
        unasked=["boolean"],
        n_jobs=WHOLE,
    )
    def tell(
        self,
        file: str | Path,
        *,
        path_column: str | None = None,
        label_column: str | None = None,
        pool: str | Path | None = None,
        unasked: bool = False,
        n_jobs: int = 1,
        progress: bool = False,
    ) -> Answer:
        """Take labels in. A label that differs from the one before corrects it.

        Parameters
        ----------
        file : str or Path
            Labels, as :func:`skvaal.project.read_labels` reads them. Rows without a label are
            passed over, so that a half-filled table may be told, and told again. Labels of images
            that are gone or damaged are kept, with a note.
        path_column, label_column : str, optional
            Columns of a table.
        pool : str or Path, optional
            Where the pool is now, if it was moved.
        unasked : bool, default=False
            Take labels of samples that no round asked for.
        n_jobs, progress
            As of :meth:`ask`.

        Returns
        -------
        Answer
            What was new, corrected, and the same.

        Raises
        ------
        ValueError
            If the file is damaged, holds no label, names samples that are not in the pool, has two
            labels for one sample, or labels samples that were not asked for.
        ProjectInUseError
            If another process asked or told meanwhile.
        OSError
            If something cannot be read or written; then nothing was told.
        """
        state = self.read_state()
        self._folders.settle(state)
        known = read_pool_again(self.folder, state, pool, looks=False)
        told = read_labels(file, known.samples, path_column=path_column, label_column=label_column)
        told = look_over(told, n_jobs=n_jobs, progress=progress)
        labels = labels_by_name(told)
        if not labels:
            raise ValueError(f"{shown(file)} holds no label yet; fill in its labels first")
        changed = {name: one for name, one in labels.items() if state.labels.get(name) != one}
        if not unasked:
            check_asked(changed, state, file)
        alike = note_alike(changed.values(), set(state.labels.values()))
        content = {
            "file": shown(file),
            "labels": changed,
            "outside": outside_of(told, len(known.samples)),
            "joined": [name for name in new_names(known, state) if name in labels],
            "n_same": len(labels) - len(changed),
            "notes": list(dict.fromkeys([*told.notes, *alike])),
            "rows": rows_of(known.samples, state),
        }
        return state.after(self._events.append("tell", content, after=state.n_events - 1)).answers[
            -1
        ]

    @checked(
        out=[*PATH, None],
        number=[Integral, None],
        tools=[str, list, tuple, None],
        prefix=[str, None],
        pool=[*PATH, None],
    )
    def copy_round(
        self,
        out: str | Path | None,
        number: int | None = None,
        *,
        tools: str | Sequence[str] | None = None,
        prefix: str | None = None,
        pool: str | Path | None = None,
    ) -> Round:
        """Copy a file of a round, as :meth:`ask` does.

        Parameters
        ----------
        out : str or Path or None
            File for a copy, as of :meth:`ask`; None copies nothing.
        number : int, optional
            Of the round; by default the last one.
        tools : str or sequence of str, optional
            Whose file is copied: one that `out` may be by its ending; by default the first
            there is. A file that the round lacks, or that was changed, is made now, with ranks
            and no reasons.
        prefix, pool : optional
            As of :meth:`ask`.

        Returns
        -------
        Round
            Its notes say whether the file had to be made again.

        Raises
        ------
        ValueError
            If there is no such round, or no such kind of file, or the page was changed or is gone.
        OSError
            If the file cannot be written.
        """
        state = self.read_state()
        self._folders.settle(state)
        number = len(state.rounds) if number is None else number
        if not 1 <= number <= len(state.rounds):
            raise ValueError(
                f"{shown(self.folder)} has {counted(len(state.rounds), 'round')}, none of the "
                f"number {number}; ask first"
            )
        one = state.rounds[number - 1]
        if out is not None:
            wanted = None if tools is None else find_tools(tools)

            def make(what: str) -> bytes:
                if what == TABLE:
                    return make_table_again(one.names, state.facts["column"])
                known = read_pool_again(self.folder, state, pool, looks=False)
                return make_again(what, one.names, known, prefix)

            notes = copy_file(self._folders.path_of(one), out, wanted, one.files, make)
            return replace(one, notes=notes)
        return one

    @checked(curve=["boolean"], pool=[*PATH, None], n_jobs=WHOLE)
    def report_status(
        self,
        *,
        curve: bool = True,
        pool: str | Path | None = None,
        n_jobs: int = 1,
        progress: bool = False,
    ) -> Status:
        """Report labels, rounds, the learning curve so far, and what asking has saved.

        Parameters
        ----------
        curve : bool, default=True
            Compute the curve and the saving, which takes the longest.
        pool, n_jobs, progress
            As of :meth:`ask`.

        Returns
        -------
        Status

        Raises
        ------
        ValueError, OSError
            As of :meth:`ask`.
        """
        state = self.read_state()
        known = self.read_known(pool=pool, n_jobs=n_jobs, progress=progress) if curve else None
        return report_status(state, known, n_jobs=n_jobs, progress=progress)

    @checked(pool=[*PATH, None], n_jobs=WHOLE)
    def read_known(
        self, *, pool: str | Path | None = None, n_jobs: int = 1, progress: bool = False
    ) -> LabeledSamples:
        """Read the pool with the labels so far.

        Parameters
        ----------
        pool, n_jobs, progress
            As of :meth:`ask`.

        Returns
        -------
        LabeledSamples

        Raises
        ------
        ValueError, OSError
            As of :meth:`ask`.
        """
        return read_pool_again(
            self.folder, self.read_state(), pool, n_jobs=n_jobs, progress=progress
        )
