"""Options that had no part in what a command did."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


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


def note_without_labels(kind: str, label_column: str | None, labels: str | None) -> list[str]:
    """Name the option of labels, where there are none; of a table of features, it is no feature."""
    is_unused = label_column is not None and labels is None and kind != "features"
    return note_unused({"--label-column": is_unused}, "there are no --labels")


def note_unused(options: Mapping[str, bool], why: str) -> list[str]:
    """Name the options that were given, and have no part for one reason."""
    return _noted(dict.fromkeys((name for name, is_given in options.items() if is_given), why))


def _is_trained(strategy: Any) -> bool:
    return hasattr(strategy, "net_")


def _noted(unused: Mapping[str, str]) -> list[str]:
    if not unused:
        return []
    named = ", ".join(f"{option} ({why})" for option, why in unused.items())
    return [f"Without effect: {named}."]
