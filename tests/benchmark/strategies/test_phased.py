import numpy as np
import pytest

from skvaal.benchmark.strategies import _phased
from skvaal.benchmark.strategies._phased import Phased, highest


def test_phases_hand_on_what_they_made():
    strategy = Phased(
        score=lambda model, X_pool, rng: X_pool.sum(axis=1) * model,
        select=highest,
        fit=lambda learner, rng: -learner,
        random_state=0,
    )

    indices, scores = strategy(1, np.array([[3.0], [1.0], [2.0]]), n_instances=2)

    assert indices.tolist() == [1, 2]
    assert scores.tolist() == [-1, -2]


def test_each_phase_is_timed_anew(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(_phased, "perf_counter", lambda: clock[0])

    def lasts(seconds, answer):
        def phase(*args):
            clock[0] += seconds
            return answer

        return phase

    strategy = Phased(
        score=lasts(2, None), select=lasts(4, ([0], [0])), fit=lasts(1, None), random_state=0
    )

    for _ in range(2):
        strategy(None, np.zeros((1, 1)))
        assert strategy.seconds_ == {"fit": 1, "score": 2, "select": 4}


def test_no_fit_is_not_timed():
    strategy = Phased(lambda learner, X, rng: rng.random(len(X)), highest, random_state=0)

    strategy(None, np.zeros((3, 1)))

    assert list(strategy.seconds_) == ["score", "select"]


def test_phases_share_one_generator():
    drawn = []

    def draw(*args):
        drawn.append(args[-1].random())
        return [0], [0]

    Phased(draw, draw, fit=draw, random_state=3)(None, np.zeros((1, 1)))

    np.testing.assert_array_equal(drawn, np.random.default_rng(3).random(3))


def test_ties_are_broken_at_random():
    chosen = {
        int(highest(np.zeros(20), 1, np.random.default_rng(seed))[0][0]) for seed in range(30)
    }

    assert len(chosen) > 5


def test_a_score_that_is_no_number_is_an_error():
    with pytest.raises(ValueError, match=r"scores\[1\] is NaN"):
        highest(np.array([0.0, np.nan]), 1, np.random.default_rng(0))
