"""The log of a batch: what was done, and by which versions."""

from __future__ import annotations

import json
import platform
from contextlib import suppress
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from skvaal._files.reading import shown
from skvaal._utils.files import read_file
from skvaal._version import __version__
from skvaal.project.picks import Picks

LOG = "log.json"
_MADE_BY = "skvaal query"
_PACKAGES = ("numpy", "scikit-learn", "torch", "skorch", "pillow")


def make_log(picks: Picks, command: str) -> dict[str, Any]:
    """What was done, and by which versions."""
    packages = {name: _version_of(name) for name in _PACKAGES}
    return {
        "made by": _MADE_BY,
        "command": command,
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "summary": picks.summary,
        "notes": list(picks.notes),
        "settings": {key: _json_able(value) for key, value in picks.settings.items()},
        "left out": {shown(name): why for name, why in picks.known.samples.left_out.items()},
        "versions": {"skvaal": __version__, "python": platform.python_version(), **packages},
    }


def read_log(folder: Path) -> dict[str, Any] | None:
    """Read the log of a folder; None if it holds no batch of ours."""
    log = None
    with suppress(OSError, ValueError, RecursionError):
        log = json.loads(read_file(folder / LOG))
    return log if isinstance(log, dict) and log.get("made by") == _MADE_BY else None


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _json_able(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
