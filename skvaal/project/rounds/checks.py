"""What is refused, or noted, before a project is changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skvaal._files.reading import counted, listed, shown
from skvaal._utils.parts import forget_parts, names_of_parts
from skvaal.project.picks import Picks
from skvaal.project.rounds.state import State

EVENTS = "project.db"


def check_empty(folder: Path) -> None:
    """Raise if a project cannot begin in the folder."""
    if (folder / EVENTS).exists():
        raise FileExistsError(
            f"{shown(folder)} holds a project already; go on by skvaal round ask "
            f"{shown(folder)}, or name another folder"
        )
    forget_parts(folder, names_of_parts(EVENTS))  # of a start that was killed
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{shown(folder)} is a file; name another folder")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{shown(folder)} exists and is not empty; name another folder")


def note_other_features(picks: Picks, state: State) -> list[str]:
    """Note if the choice saw other features than in the round before."""
    before = state.rounds[-1].features if state.rounds else ""
    now = picks.settings["features"]
    if before in ("", now):
        return []
    return [f"The round before chose from {before}, this one from {now}."]


def check_asked(labels: Mapping[str, str], state: State, file: str | Path) -> None:
    """Raise if labels are new, and no round asked for them."""
    asked = state.asked
    strange = [name for name in labels if name not in asked and name not in state.labels]
    if strange:
        raise ValueError(
            f"{counted(len(strange), 'label')} of {len(labels):,} in {shown(file)} "
            f"for samples that this project did not ask for: {listed(strange, len(strange))}; "
            "is it another project's? To take them all the same, say unasked=True"
        )
