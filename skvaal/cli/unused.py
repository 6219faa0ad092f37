"""Options that had no part in what a command did."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from skvaal._files.reading import shown


def note_unused_of_pool(kind: str, *, size: int | None, strict: bool, max_pixels: Any) -> list[str]:
    """Name the options of images, where there are none."""
    given = {"--size": size is not None, "--max-pixels": max_pixels is not None, "--strict": strict}
    named = [option for option, is_given in given.items() if is_given]
    return _noted(dict.fromkeys(named if kind != "images" else (), f"the pool has {kind}"))


def note_unused_of_choice(
    picks: Any, given: Mapping[str, Any], *, tools: Collection[str]
) -> list[str]:
    """Name the options of a choice that neither the strategy nor a file read.

    Parameters
    ----------
    picks : Picks
        What was chosen.
    given : mapping
        Values of the options, by name.
    tools : collection of str
        Tools that files were written for.
    """
    kind, features = picks.known.samples.kind, given.get("features")
    is_network = features is not None and picks.settings["features"] == f"features by {features}"
    is_network = is_network and features not in ("pixels", "tfidf")
    unused = {}
    if given.get("device", "auto") != "auto" and not is_network and not _is_trained(picks.strategy):
        unused["--device"] = "no network was computed"
    if given.get("model", "auto") != "auto" and given.get("predictions") is not None:
        unused["--model"] = "the predictions are your own"
    if given.get("prefix", "local-files") != "local-files":
        if kind != "images":
            unused["--prefix"] = f"the pool has {kind}"
        elif "label_studio" not in tools:
            unused["--prefix"] = "no file for Label Studio was written"
    if given.get("size") is not None and kind == "images" and features not in (None, "pixels"):
        unused["--size"] = "the choice did not see pixels"
    return _noted(unused)


def note_without_labels(
    label_column: str | None, labels: Sequence[str] | None, pool: str
) -> list[str]:
    """Say that a column of labels is not read, where neither the pool nor a file has one."""
    from skvaal.project.reading import is_table

    has_none = not labels and not is_table(pool)
    return note_unused({"--label-column": label_column is not None and has_none}, "no labels given")


def note_unused(options: Mapping[str, bool], why: str) -> list[str]:
    """Name the options that were given, and have no part for one reason."""
    return _noted(dict.fromkeys((name for name, is_given in options.items() if is_given), why))


def note_whose_copy(
    out: Path | None, tools: str | None, folder: Path, *, again: bool = False
) -> list[str]:
    """Say whose file a copy of a round is, if other tools were named, too."""
    from skvaal.project.labelling import FILES_OF, TOOLS, find_tools

    if tools is None or (out is None and not again):
        return []
    ending = "" if out is None else out.suffix.lower()
    fit = [each for each in TOOLS if ending and FILES_OF[each][0].endswith(ending)]
    if out is None or not fit:
        what = "nothing was copied" if out is None else f"{shown(out)} is of no tool"
        return note_unused({"--tools": again}, what)
    wanted = find_tools(tools)
    taken = next(each for each in wanted if each in fit)
    others = [each for each in wanted if each != taken]
    if not others:
        return []
    there = [folder / FILES_OF[each][0] for each in others]
    found = [shown(each) for each in there if each.exists()]
    more = f" For the other tools: {joined(found)}." if found else ""
    return [f"{shown(out)} is the file of {taken}, not of {joined(others)}.{more}"]


def note_prefix_of_copy(out: Path | None, prefix: str, folder: Path) -> list[str]:
    """Say that a prefix had no part in the copy of a file of an earlier round."""
    from skvaal._utils.files import read_file
    from skvaal.project.labelling import TASKS

    if prefix == "local-files":
        return []
    content = b"" if out is None or out.suffix.lower() != ".json" else read_file(out)
    if not content.startswith(b"["):  # tasks are a list, and COCO is none
        return note_unused({"--prefix": True}, "no file for Label Studio was written")
    is_copy = (folder / TASKS).exists() and content == read_file(folder / TASKS)
    why = f"{shown(out or '')} is a copy of {shown(folder / TASKS)}"
    return note_unused({"--prefix": is_copy}, why)


def joined(names: Sequence[str]) -> str:
    """List names in a sentence: 'a, b and c'."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _is_trained(strategy: Any) -> bool:
    return hasattr(strategy, "net_")


def _noted(unused: Mapping[str, str]) -> list[str]:
    if not unused:
        return []
    named = ", ".join(f"{option} ({why})" for option, why in unused.items())
    return [f"Without effect: {named}."]
