"""What stands between labelling rounds and a query strategy of any kind."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal._asking import Learner, set_random_states


def test_a_learner_that_is_not_made_yet_has_no_attributes():
    with pytest.raises(AttributeError, match="estimator"):
        Learner.__new__(Learner).predict  # noqa: B018, as copying asks


def test_every_random_state_gets_a_seed_of_its_own():
    forest = RandomForestClassifier()
    nested = make_pipeline(StandardScaler(), RandomForestClassifier())
    rng = np.random.RandomState(0)
    for each in (forest, nested, object()):
        set_random_states(each, rng)
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=2).tolist()
    assert [forest.random_state, nested[-1].random_state] == seeds
