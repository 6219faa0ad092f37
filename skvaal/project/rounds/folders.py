"""Folders of rounds: hidden while they are written, and under their names once recorded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skvaal._utils.parts import forget_parts, new_part
from skvaal.project.rounds.state import Round, State

_PARTS = re.compile(r"\.round_[0-9]+\.[0-9a-f]{16}\.part")


class RoundFolders:
    """The folders of a project's rounds.

    A folder is written under a hidden name, which holds a token. The record of the round has the
    token, too: so a stop between the record and the folder's name can be mended.

    Parameters
    ----------
    folder : Path
        The project.
    read_state : callable
        Reads where it stands now, as another process may have left it.
    """

    def __init__(self, folder: Path, read_state: Callable[[], State]) -> None:
        self._folder = folder
        self._read_state = read_state

    def path_of(self, one: Round) -> Path:
        """Where the page, the tables and the strategy of a recorded round lie."""
        return self._folder / one.folder

    @contextmanager
    def new(self, number: int) -> Iterator[tuple[Path, str]]:
        """An empty folder for a round, and its token; it goes after an error, unless recorded."""
        forget_parts(self._folder, _PARTS, spare=self._is_recorded)
        target = self._folder / f"round_{number}"
        with new_part(target, is_folder=True, spare=self._is_recorded) as part:
            yield part, _token_of(part.name)

    def settle(self, state: State) -> None:
        """Give the folder of the last round its name, if a stop came in between; tidy up."""
        if not state.rounds:
            return
        last = state.rounds[-1]
        part = self._folder / f".round_{last.number}.{last.token}.part"
        if part.is_dir():
            target = self.path_of(last)
            if os.path.lexists(target):  # of a state that a backup has undone
                target.rename(self._folder / f"{last.folder}.before_{last.token}")
            with suppress(FileNotFoundError):  # another process was faster
                part.rename(target)

    def _is_recorded(self, part: str) -> bool:
        """Whether a folder is that of a round that was asked, so that it must stay."""
        try:
            return _token_of(part) in {one.token for one in self._read_state().rounds}
        except Exception:  # who knows
            return True


def _token_of(part: str) -> str:
    return part.split(".")[-2]
