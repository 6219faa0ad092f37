"""What a health report of VAAL means for the picks, in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

from skvaal.project.choosing.deciding import LEAST_EXPONENT

_CLEAR_AUC = 0.65  # below it, two pools overlap far more than they differ


@dataclass(frozen=True)
class Diagnosis:
    """A health report in words.

    Parameters
    ----------
    verdict : str
        Whether the discriminator knows something.
    is_bad : bool
        Whether the picks suffer from what was found.
    sentences : list of str
        The findings behind it.
    rows : list of tuple (str, str)
        The numbers.
    """

    verdict: str
    is_bad: bool
    sentences: list[str]
    rows: list[tuple[str, str]]


def diagnose(strategy: Any) -> Diagnosis | None:
    """Say what the last ``diagnose`` of a strategy found; None if it has none."""
    found = getattr(strategy, "diagnostics_", None)
    if found is None:
        return None
    sentences = [_of_pools(found), _of_missing_regions(found), _of_exponent(found)]
    if found.uncertainty_exponent is not None:
        sentences.append(
            "The uncertainty of a model, if there is one, counts by the power "
            f"{found.uncertainty_exponent:.2g}: {found.uncertainty_exponent_reason}."
        )
    if found.active_units is not None:
        sentences += _of_vae(found)
    is_bad = found.has_collapsed or (found.is_uninformative and _counts(found.score_exponent))
    return Diagnosis(_judge(found), is_bad, sentences, found.list_rows())


def _counts(exponent: float | None) -> bool:
    """Whether the scores had more than next to no part in the choice."""
    return exponent is None or exponent >= LEAST_EXPONENT


def _judge(found: Any) -> str:
    if isnan(found.auc_cross_fitted):
        return (
            "Nobody can tell whether the discriminator knows something: there are too few labels."
        )
    if found.missing_share:
        return (
            "The discriminator finds a part of the pool with few labels, or none: some "
            f"{_percent(found.missing_share)} of the pool lie there."
        )
    if not found.is_uninformative and found.auc_cross_fitted < _CLEAR_AUC:
        return "The discriminator knows a little: it tells labelled from unlabelled samples weakly."
    if not found.is_uninformative:
        return "The discriminator knows something: it tells labelled from unlabelled samples."
    if found.finds_missing_regions:
        return (
            "The discriminator finds no difference between labelled and unlabelled samples. It "
            "would find a region without labels; there seems to be none."
        )
    return "The discriminator knows nothing here: its scores are noise."


def _of_pools(found: Any) -> str:
    if isnan(found.auc_cross_fitted):
        return "It could not be tested on samples that it was not trained on."
    where = "no better than chance" if found.is_like_chance else "better than chance"
    return (
        "On samples that it was not trained on, it ranks a labelled one above an unlabelled one in "
        f"{_percent(found.auc_cross_fitted)} of all pairs: {where}, which is 50 % +- "
        f"{_percent(2 * found.auc_error)}. In training it was {_percent(found.auc_training)}."
    )


def _of_missing_regions(found: Any) -> str:
    auc = found.auc_missing_region
    if isnan(auc):
        return "With fewer than 15 labels, nobody can tell whether it finds a region without any."
    would = "would find" if found.finds_missing_regions else "would not find"
    return (
        f"It {would} a region without labels: it ranks {_percent(auc)} of all pairs rightly where "
        "labels of a region are kept from it."
    )


def _of_exponent(found: Any) -> str:
    exponent = found.score_exponent
    if exponent is None:
        return "The picks are ranked by its scores alone."
    if exponent == 0:
        return f"Its scores had no part in the choice: {found.score_exponent_reason}."
    part = "a part" if _counts(exponent) else "next to no part"
    return (
        f"Its scores had {part} in the choice: they were raised to the power {exponent:.2g}, where "
        f"0 would mean no part and 1 all their weight ({found.score_exponent_reason})."
    )


def _of_vae(found: Any) -> list[str]:
    if found.has_collapsed:
        return [
            "The auto-encoder, which squeezes each sample into a few numbers, gives all samples "
            "the same numbers: its posterior has collapsed. So distances between samples say "
            "little. Take the strategy 'herding', or other features."
        ]
    return [
        "The auto-encoder squeezes each sample into a few numbers and makes it again from these. "
        f"It uses {found.active_units} of {len(found.unit_variances)} numbers, and what it makes "
        f"again holds {_percent(found.variance_explained)} of what differs between samples."
    ]


def _percent(share: float) -> str:
    return "an unknown share" if isnan(share) else f"{100 * share:.0f} %"
