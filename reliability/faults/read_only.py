"""A folder that cannot be written: what is there can be read, and the error says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reliability.commands import benchmark_command, last_words, play, said, skvaal_command
from reliability.samples import choice, fitted
from reliability.small_disk import REASON, small_disk
from reliability.tally import LOST, NAMED, OTHER, UNNAMED, Fault, Tally
from reliability.undisturbed import Undisturbed

_KIB = 8192


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Save, play, resume and report in a read-only folder, `trials` times."""
    for _ in range(trials):
        with small_disk(folder, kib=_KIB) as disk:
            if disk is None:
                tally.skip(REASON)
                return
            model, log = disk.path / "model.safetensors", folder / "log"
            strategy = fitted("vaal", seed=seed)
            strategy.save(model)
            results = disk.path / "undisturbed"
            Undisturbed.play(disk.path)
            disk.make_read_only()
            tally.judge(_save(strategy, model), NAMED, "save")
            tally.judge(_load(strategy, model), "read", "load")
            for title, command in {
                "benchmark in a new folder": benchmark_command(disk.path / "new"),
                "benchmark that goes on": benchmark_command(results),
                "report into the folder": skvaal_command("report", str(results)),
            }.items():
                tally.judge(_refused(command, log, disk.path), NAMED, title)
            command = skvaal_command("report", str(results), "--out", str(folder / "page"))
            fault = (OTHER, last_words(log)) if play(command, log)[0] else None
            tally.judge(fault, "read", "report into another folder")


def _save(strategy: Any, path: Path) -> Fault | None:
    try:
        strategy.save(path)
    except OSError as error:
        return None if str(path) in str(error) else (UNNAMED, f"{type(error).__name__}: {error}")
    except Exception as error:
        return OTHER, f"{type(error).__name__}: {error}"
    return LOST, "nothing was raised"


def _load(strategy: Any, path: Path) -> Fault | None:
    is_equal = choice(type(strategy).load(path)) == choice(strategy)
    return None if is_equal else (LOST, "another model is there")


def _refused(command: list[str], log: Path, disk: Path) -> Fault | None:
    status, _ = play(command, log)
    words = said(log)
    if not status:
        return LOST, "exit status 0"
    if "Traceback" in words:
        return OTHER, last_words(log)
    # Typer breaks the lines of its box anywhere.
    joined = "".join(words.replace("│", "").split())
    is_named = "read-only" in words.lower() and str(disk) in joined
    return None if is_named else (UNNAMED, " ".join(words.split())[-300:])
