import numpy as np
import pytest

from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.strategies import CalledOnce


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_failing_strategy_is_called_once_by_modal(error, rows):
    models = pytest.importorskip("modAL.models")
    calls = []

    def failing(learner, X_pool, n_instances):
        calls.append(n_instances)
        raise error

    learner = models.ActiveLearner(
        estimator=get_estimator("random_forest")(0), query_strategy=CalledOnce("own", failing)
    )

    with pytest.raises(type(error)):
        learner.query(rows.X, n_instances=2)
    assert calls == [2]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.array([0, 1]), "returned ndarray; it must return a pair"),
        (([0, 1, 2], [0, 0, 0]), r"returned indices of shape \(3,\); it must return n_inst"),
        (([0, 0], [0, 0]), "returned 2 indices, but only 1 distinct in the pool of 40; it must"),
        (([0, 40], [0, 0]), "only 1 distinct in the pool of 40"),
        ((np.array([0.0, 1.0]), [0, 0]), "of type float64; indices into the pool must be integers"),
        (([True, False], [0, 0]), "of type bool; indices into the pool must be integers"),
        (([0, -1], [0, 0]), "only 1 distinct in the pool of 40"),
    ],
)
def test_wrong_answer_names_the_strategy(answer, complaint):
    strategy = CalledOnce("own", lambda learner, X_pool, n_instances: answer)

    with pytest.raises(ValueError, match=f"strategy 'own' .*{complaint}"):
        strategy(None, np.zeros((40, 3)), n_instances=2)
