"""What a stranger needs to know: how the picks were chosen, and what the page's phrases mean."""

from __future__ import annotations

from skvaal.project.choosing.deciding import LEAST_EXPONENT
from skvaal.project.picks import Picks

NOUNS = {"images": "image", "texts": "text", "features": "row"}
# Phrases of reasons, and what they mean.
_PHRASES = {
    "unlike any label": "It lies farther than usual from all samples that have a label.",
    "the model wavers": (
        "The model, which learned from your labels or is your own, finds these two classes about "
        "equally likely."
    ),
    "the model is unsure": "The model finds several classes about equally likely.",
    "the discriminator takes it": (
        "A network that tells labelled from unlabelled samples is surer than usual that this one "
        "has no label: it is unlike those that have one."
    ),
    "like it in the pool": (
        "So many samples without a label are near it: what you say of it helps with them, too."
    ),
    "covers a region": "The picks above it stand for other samples than this one does.",
    "drawn at random": "Chance chose it.",
}
_NAMES = {
    "the model wavers": "the model wavers between A and B",
    "the model is unsure": "the model is unsure of it",
    "the discriminator takes it": "the discriminator takes it for unlabelled",
    "like it in the pool": "43 like it in the pool",
    "covers a region": "covers a region that no pick above it covers",
}


def explain_phrases(picks: Picks) -> list[tuple[str, str]]:
    """Phrases that the reasons of these picks hold, and what they mean."""
    return [
        (_NAMES.get(phrase, phrase), meaning)
        for phrase, meaning in _PHRASES.items()
        if any(phrase in reason for reason in picks.reasons)
    ]


def explain_choice(picks: Picks) -> str:
    """What the picks have in common, in a sentence."""
    noun = NOUNS[picks.known.samples.kind]
    if picks.strategy is None:
        if "uncertainty" in picks.columns:
            return f"These are the {noun}s whose class the model is least sure of."
        return f"Chance chose these {noun}s. They show what the pool is like as a whole."
    if "gain" not in picks.columns:
        return (
            "A network, the discriminator, learned to tell what has a label from what has none. "
            f"These are the {noun}s that it finds least like the labelled ones."
        )
    wanted = ["that stand for many others of the pool"]
    if "uncertainty" in picks.columns:
        wanted.append("whose class the model is unsure of")
    if "score" in picks.columns and _counts(picks):
        wanted.append("that are unlike what has a label")
    *first, last = wanted
    what = f"{', '.join(first)} and {last}" if first else last
    return f"Most wanted are {noun}s {what}. What is much like a pick above it is passed over."


def explain_space(picks: Picks) -> str:
    """What the distances between samples are taken from."""
    noun = NOUNS[picks.known.samples.kind]
    return (
        f"The {noun}s are compared along the directions in which those of this pool differ most, "
        "their principal components."
    )


def _counts(picks: Picks) -> bool:
    """Whether the discriminator's scores had more than next to no part."""
    found = getattr(picks.strategy, "diagnostics_", None)
    exponent = getattr(found, "score_exponent", None)
    return exponent is None or exponent >= LEAST_EXPONENT
