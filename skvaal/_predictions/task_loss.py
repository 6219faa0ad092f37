"""A head that predicts a task model's loss on a sample from the model's features.

References
----------
.. [1] Yoo, Kweon, "Learning Loss for Active Learning", CVPR 2019, arXiv 1905.03677.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from skvaal._engine.generators import lent_to_torch, own_generators
from skvaal._engine.modes import own_modes
from skvaal._engine.torch_parts import import_torch_parts

# The xi of equation 2 in [1]_.
_MARGIN = 1.0
_HIDDEN = 128
_BATCH_SIZE = 64
_STEPS = 500
_LR = 1e-3
_WEIGHT_DECAY = 1e-3


def cross_entropy(proba: NDArray[np.floating], y: ArrayLike, classes: ArrayLike) -> NDArray:
    """Minus the log-probability of each sample's class, in nats."""
    y, classes = np.asarray(y), np.asarray(classes)
    if y.shape != (len(proba),):
        raise ValueError(
            f"y_training must be one class a sample, shape ({len(proba)},), got {y.shape}; without "
            "that there is no loss to learn from: take net='pseudo_label' or net='vaal'"
        )
    found = y[:, None] == classes[None, :]
    if not found.any(axis=1).all():
        unknown = y[~found.any(axis=1)].tolist()[0]
        raise ValueError(
            f"y_training holds {unknown!r}, which the task model has no probability for (it knows "
            f"{classes.tolist()}); fit it on all of y_training"
        )
    p = proba[np.arange(len(proba)), found.argmax(axis=1)]
    return -np.log(np.maximum(p, np.finfo(np.float64).tiny))


def ranking_loss(predicted: Tensor, loss: Tensor) -> Tensor:
    """Loss of predicted losses: equation 2 of [1]_, over all pairs of the batch.

    ``max(0, -sign(loss_i - loss_j) * (predicted_i - predicted_j) + 1)``, so that only the order
    counts. Pairs of equal loss are left out.
    """
    i, j = torch.triu_indices(len(loss), len(loss), offset=1, device=loss.device)
    order = torch.sign(loss[i] - loss[j])
    hinge = torch.relu(_MARGIN - order * (predicted[i] - predicted[j]))
    # clamp: a batch of equal losses has no pair, and teaches nothing.
    return (hinge * order.abs()).sum() / order.abs().sum().clamp(min=1)


class TaskLossHead:
    """Perceptron that predicts a task model's loss from its features, up to a monotone function.

    Trained on the processor, on the labelled samples, after the task model and without moving it;
    [1]_ trains both together, on features of several layers.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, features: ArrayLike, loss: ArrayLike) -> TaskLossHead:
        """Learn the order of losses."""
        x = np.asarray(features, dtype=np.float64)
        # One scale for all: features of a layer share their unit, and near-constant ones are noise.
        self.mean_, self.scale_ = x.mean(axis=0), max(float(x.std(axis=0).max()), 1e-12)
        target = torch.from_numpy(np.asarray(loss, dtype=np.float32))
        cpu = torch.device("cpu")
        import_torch_parts()
        with own_modes(cpu), own_generators(self.seed, cpu) as generators:
            inputs = self._scaled(x)
            with lent_to_torch(generators):
                self.module_ = nn.Sequential(
                    nn.Linear(x.shape[1], _HIDDEN, device=cpu, dtype=torch.float32),
                    nn.ReLU(),
                    nn.Linear(_HIDDEN, 1, device=cpu, dtype=torch.float32),
                )
            generator = generators.on(cpu)
            optimizer = torch.optim.Adam(
                self.module_.parameters(), lr=_LR, weight_decay=_WEIGHT_DECAY
            )
            for _ in range(_STEPS):
                rows = torch.randperm(len(inputs), generator=generator, device=cpu)[:_BATCH_SIZE]
                optimizer.zero_grad(set_to_none=True)
                ranking_loss(self.module_(inputs[rows])[:, 0], target[rows]).backward()
                optimizer.step()
        return self

    def predict(self, features: ArrayLike) -> NDArray[np.float32]:
        """Predicted losses; only their order means anything."""
        with own_modes("cpu"), torch.inference_mode():
            return self.module_(self._scaled(features))[:, 0].numpy()

    def _scaled(self, features: ArrayLike) -> Tensor:
        x = (np.asarray(features, dtype=np.float64) - self.mean_) / self.scale_
        return torch.from_numpy(x.astype(np.float32))
