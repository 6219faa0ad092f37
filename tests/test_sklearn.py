"""The estimators inside scikit-learn: its own checks, pipelines, grid searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvaal import ActiveLearningClassifier, VAALQuery, VAALQueryStrategy

from .conftest import QUICK


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")  # the checks' y has no -1
@pytest.mark.filterwarnings("ignore::skvaal.PoolExhaustedWarning")  # or few rows
@parametrize_with_checks(
    [
        VAALQueryStrategy(max_epochs=2, batch_size=16, random_state=0),
        ActiveLearningClassifier(
            LogisticRegression(), VAALQuery(**QUICK), initial_size=10, batch_size=5, n_rounds=2
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
