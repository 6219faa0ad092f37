"""Seeds, and a random start that holds every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state


def draw_seed(random_state: Any) -> int:
    """One seed for everything that a fit draws."""
    rng = np.random.RandomState() if random_state is None else check_random_state(random_state)
    return int(rng.randint(np.iinfo(np.int32).max))


def draw_with_every_class(y: NDArray, n: int, rng: Any) -> NDArray[np.intp]:
    """Draw rows at random, at least one of each class."""
    order = rng.permutation(len(y))
    _, first_of_class = np.unique(y[order], return_index=True)
    others = np.delete(order, first_of_class)
    return np.concatenate([order[first_of_class], others])[:n]
