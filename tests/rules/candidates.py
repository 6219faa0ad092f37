"""Candidates, and a choice from arrays, as the tests of the rules need them."""

from __future__ import annotations

import numpy as np

from skvaal._rules.rule import Candidates, Choice, Rule


def choose(
    rule: Rule,
    n: int,
    *,
    seed: int | np.random.RandomState = 0,
    keep_utilities: bool = False,
    Z: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    missing_share: float = 0.05,
    **given,
) -> Choice:
    """What a rule chooses from a pool given by arrays; scores that it lacks are 0."""
    if scores is None:
        scores = np.zeros(len(Z))
    candidates = Candidates(
        len(scores), scores=scores, coordinates=Z, missing_share=missing_share, **given
    )
    random_state = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    return rule.choose(candidates, n, random_state, keep_utilities=keep_utilities)


def select(rule: Rule, n: int, **given) -> np.ndarray:
    """Indices alone."""
    return choose(rule, n, **given).indices
