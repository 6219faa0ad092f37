"""What only newer versions of scikit-learn do."""

from __future__ import annotations

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

KEEPS_AN_INDEX = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason="set_output of an older scikit-learn keeps the index of a DataFrame only",
)
