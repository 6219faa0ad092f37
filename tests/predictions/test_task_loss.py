"""The loss-prediction head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skvaal._predictions.task_loss import TaskLossHead, cross_entropy, ranking_loss

RNG = np.random.RandomState(0)
FEATURES = RNG.randn(400, 16) * 3 + 5


def known_loss(features: np.ndarray) -> np.ndarray:
    """Not linear in the features, and of a size that a head could not guess."""
    z = (features - 5) / 3
    return 100 * np.exp(z[:, 0]) + 40 * z[:, 1] ** 2


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def test_ranks_of_new_samples_are_those_of_their_losses():
    head = TaskLossHead(seed=0).fit(FEATURES[:200], known_loss(FEATURES[:200]))
    assert spearman(head.predict(FEATURES[200:]), known_loss(FEATURES[200:])) > 0.8


def test_only_the_order_of_losses_counts():
    loss = known_loss(FEATURES)
    heads = [TaskLossHead(seed=0).fit(FEATURES, each) for each in (loss, np.log(loss + 1))]
    np.testing.assert_array_equal(*[head.predict(FEATURES[:9]) for head in heads])


def test_seeded_and_global_generators_left_alone():
    torch.manual_seed(5), np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    loss = known_loss(FEATURES)
    one, same, other = [TaskLossHead(seed).fit(FEATURES, loss) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(one.predict(FEATURES), same.predict(FEATURES))
    assert not np.array_equal(one.predict(FEATURES), other.predict(FEATURES))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002


def test_ranking_loss_is_equation_2():
    predicted, loss = torch.tensor([0.0, 2.0, 0.5]), torch.tensor([3.0, 1.0, 1.0])
    # Pairs (0, 1): 1 - (0 - 2) = 3; (0, 2): 1 - (0 - .5) = 1.5; (1, 2) is a tie.
    assert float(ranking_loss(predicted, loss)) == pytest.approx((3 + 1.5) / 2)
    assert float(ranking_loss(torch.tensor([3.0, 1.0]), torch.tensor([9.0, 7.0]))) == 0
    assert float(ranking_loss(predicted, torch.ones(3))) == 0


def test_equal_losses_and_constant_features_end_well():
    head = TaskLossHead(seed=0).fit(np.ones((5, 3)), np.ones(5))
    assert np.isfinite(head.predict(np.ones((2, 3)))).all()


def test_cross_entropy_by_class_label():
    proba = np.array([[0.2, 0.8], [1.0, 0.0]])
    loss = cross_entropy(proba, ["no", "yes"], ["no", "yes"])
    assert loss[0] == pytest.approx(-np.log(0.2))
    assert 100 < loss[1] < np.inf
    with pytest.raises(ValueError, match="'maybe', which the task model has no probability for"):
        cross_entropy(proba, ["no", "maybe"], ["no", "yes"])
    with pytest.raises(
        ValueError, match=r"one class a sample, shape \(2,\), got \(2, 2\).*net='vaal'"
    ):
        cross_entropy(proba, np.eye(2), [0, 1])
