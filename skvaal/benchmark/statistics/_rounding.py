"""Ties between averages."""

from typing import Any

import numpy as np


def without_noise(values: Any) -> Any:
    """Round to 12 digits.

    Equal accuracies differ in the 16th digit once they are averaged in another order; as ties
    they must be equal.
    """
    return np.round(values, 12)
