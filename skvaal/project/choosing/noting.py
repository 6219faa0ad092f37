"""Notes on a choice: what was warned of, files left out, a bad diagnosis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted, shown
from skvaal._utils.exceptions import (
    EmptyPoolWarning,
    PosteriorCollapseWarning,
    UninformativeDiscriminatorWarning,
)
from skvaal.project.choosing.deciding import LEAST_EXPONENT

# What the summary, or a note of its own, says.
_SAID = (EmptyPoolWarning, PosteriorCollapseWarning, UninformativeDiscriminatorWarning)


@contextmanager
def warnings_as_notes() -> Iterator[list[str]]:
    """Collect what is warned of, as sentences, each once.

    Examples
    --------
    >>> with warnings_as_notes() as notes:
    ...     warnings.warn("it is late", UserWarning)
    >>> notes
    ['It is late.']
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Of Python and of libraries to their developers.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield notes
    for each in caught:
        text = str(each.message).strip().splitlines()[0].rstrip(".;:") + "."
        text = text[0].upper() + text[1:]
        if not isinstance(each.message, _SAID) and text not in notes:
            notes.append(text)


def note_left_out(known: LabeledSamples, noun: str) -> list[str]:
    """Count the files that cannot be read, and name the first."""
    left_out = known.samples.left_out
    if not left_out:
        return []
    first, why = next(iter(left_out.items()))
    n = counted(len(left_out), noun)
    verb = "was" if len(left_out) == 1 else "were"
    return [f"{n} cannot be read and {verb} left out, first {shown(first)} ({shown(why)})."]


def note_diagnosis(strategy: Any, *, reads_model: bool) -> list[str]:
    """Say what the user should know of VAAL's networks, and what they did to the choice."""
    found = getattr(strategy, "diagnostics_", None)
    if found is None:
        return []
    notes = []
    if found.has_collapsed:
        notes.append(
            "The auto-encoder's latent means hardly vary, so that they say little of the samples; "
            "take the strategy 'herding', or other features."
        )
    is_noise = found.is_uninformative and not found.finds_missing_regions
    if is_noise and (found.score_exponent is None or found.score_exponent >= LEAST_EXPONENT):
        notes.append(
            "The discriminator cannot tell held-out labelled from unlabelled samples (AUC "
            f"{found.auc_cross_fitted:.2f}): its scores are noise here."
        )
    if found.score_exponent is not None and found.score_exponent >= LEAST_EXPONENT:
        notes.append(
            "The discriminator had a part in the choice, since its scores were raised to the power "
            f"{found.score_exponent:.2g}: {found.score_exponent_reason}."
        )
    elif found.score_exponent is not None:
        part = "next to no part" if found.score_exponent else "no part"
        notes.append(f"The discriminator had {part} in the choice: {found.score_exponent_reason}.")
    if reads_model and found.missing_share and found.uncertainty_exponent is not None:
        notes.append(
            "The power of the model's uncertainty was "
            f"{found.uncertainty_exponent:.2g}: {found.uncertainty_exponent_reason}."
        )
    return notes
