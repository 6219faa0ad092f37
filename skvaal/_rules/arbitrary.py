"""What the rules warn of: samples that add nothing to a batch, and a choice that chance made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.exceptions import ArbitraryChoiceWarning, warn_user


def warn_of_no_gain(n_without: int, n: int) -> None:
    """Warn if some of the `n` chosen samples add nothing to what is labelled or chosen already."""
    if n_without:
        warn_user(
            f"{n_without} of the {n} chosen samples add nothing to the coverage: labelled "
            "samples, or others chosen before, cover them wholly; make sure that X_labeled and "
            "X_unlabeled are not swapped, else drop copies, or label fewer samples",
            ArbitraryChoiceWarning,
        )


def warn_of_equal_scores(scores: NDArray[np.floating], n: int) -> None:
    """Warn if scores alone decide, and are all equal."""
    if n < len(scores) and (scores == scores[0]).all():
        warn_user(
            f"all {len(scores)} scores are {scores[0]:.6g}, so that the {n} chosen samples were "
            "drawn at random; make sure that samples differ and that the training did not diverge "
            "(diagnose)",
            ArbitraryChoiceWarning,
        )
