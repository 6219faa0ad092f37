"""How the networks of the task models are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import TensorDataset

from skvaal._engine.generators import generator_on
from skvaal._utils.exceptions import TrainingDivergedError
from skvaal.benchmark.estimators._networks import BodyAndHead, Network, mlp, small_cnn
from skvaal.benchmark.estimators._resnet import resnet18

# No recipe goes further: the steps of 10 epochs on 32,000 samples.
MAX_STEPS = 5000


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A network, and how long and fast it learns.

    Parameters
    ----------
    build : callable
        Takes the shape of a sample, the number of classes and the chance of dropout, returns body
        and head.
    min_steps, min_epochs : int
        Training ends when both are reached.
    lr : float
        Highest learning rate.
    wants_images : bool
        Whether it cannot take rows.

    Examples
    --------
    >>> recipe = RECIPES["small_cnn"]
    >>> [recipe.n_steps(n, batch_size=64) for n in (100, 1000, 5000)]
    [150, 160, 790]
    """

    build: Callable[[tuple[int, ...], int, float], BodyAndHead]
    min_steps: int
    min_epochs: int
    lr: float
    wants_images: bool

    def n_steps(self, n: int, batch_size: int) -> int:
        """Training steps on `n` samples."""
        return min(max(self.min_steps, self.min_epochs * -(-n // batch_size)), MAX_STEPS)


# mlp and small_cnn: chosen on 100 and 1,000 labels of Fashion-MNIST, small_cnn on CIFAR-10 too, by
# the accuracy on other training images. small_cnn then takes some four seconds of one core. Random
# shifts and flips gained 5 points on 100 labels of CIFAR-10 and lost 5 on 1,000 of Fashion-MNIST.
# resnet18 is not tuned.
RECIPES: dict[str, Recipe] = {
    "mlp": Recipe(build=mlp, min_steps=200, min_epochs=10, lr=1e-3, wants_images=False),
    "small_cnn": Recipe(build=small_cnn, min_steps=150, min_epochs=10, lr=3e-3, wants_images=True),
    "resnet18": Recipe(build=resnet18, min_steps=400, min_epochs=30, lr=2e-3, wants_images=True),
}


def trained(
    network: Network,
    samples: TensorDataset,
    *,
    n_iter: int,
    batch_size: int,
    lr: float,
    device: torch.device,
) -> NeuralNetClassifier:
    """Train a network, by AdamW on a one-cycle schedule.

    Parameters
    ----------
    network : Network
        Is trained in place.
    samples : TensorDataset
        Samples, and their classes as numbers from 0.
    n_iter : int
        Training steps.
    batch_size : int
        Samples of a step, fewer if there are fewer.
    lr : float
        Highest learning rate.
    device : torch.device
        Where to train.

    Returns
    -------
    NeuralNetClassifier
        The trained net of skorch.

    Raises
    ------
    TrainingDivergedError
        If a weight is not finite in the end.
    """
    net = NeuralNetClassifier(
        network,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=lr,
        max_epochs=1,  # the sampler's one round has all steps in it
        train_split=None,
        callbacks=[LRScheduler(OneCycleLR, max_lr=lr, total_steps=n_iter, step_every="batch")],
        iterator_train__batch_size=None,  # the sampler's items are whole batches
        iterator_train__generator=generator_on("cpu"),
        iterator_train__sampler=shuffled_batches(len(samples), batch_size, n_iter),
        device=device,
        verbose=0,
    ).initialize()
    net.notify("on_train_begin", X=samples, y=None)
    # Not `fit`, which ends quietly on Ctrl-C and would leave a half-trained network behind.
    net.fit_loop(samples)
    net.notify("on_train_end", X=samples, y=None)
    for name, tensor in net.module_.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise TrainingDivergedError(
                f"training diverged ({name} is not finite); lower lr, or bring X to a common scale"
            )
    return net


def shuffled_batches(n: int, batch_size: int, n_iter: int) -> Tensor:
    """Draw the samples of each step: shuffled rounds, so that all are seen equally often.

    Parameters
    ----------
    n : int
        Number of samples.
    batch_size : int
        Samples of a step, fewer if there are fewer, but at least 2.
    n_iter : int
        Steps.

    Returns
    -------
    Tensor of shape (n_iter, batch_size)
        Indices of the samples.

    Examples
    --------
    >>> shuffled_batches(10, 5, 2).flatten().sort().values
    tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    size = max(2, min(batch_size, n))  # batch normalisation cannot train on one sample
    rounds = -(-n_iter * size // n)
    generator = generator_on("cpu")
    order = torch.stack([torch.randperm(n, generator=generator) for _ in range(rounds)]).flatten()
    return order[: n_iter * size].reshape(n_iter, size)


def statistics(X: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of samples, those of uint8 taken in [0, 1].

    Parameters
    ----------
    X : Tensor of shape (n, features) or (n, channels, height, width)
        Samples.

    Returns
    -------
    mean : Tensor of shape (features,) or (channels, 1, 1)
        Mean of each feature, or channel.
    std : Tensor of shape () or (channels, 1, 1)
        Of all features together, or of each channel; 1 where nothing varies.

    Examples
    --------
    >>> mean, std = statistics(torch.tensor([[1.0, 0.0], [3.0, 0.0]]))
    >>> mean, std.square()
    (tensor([2., 0.]), tensor(0.5000))
    """
    axes = (0, 2, 3) if X.ndim == 4 else (0,)
    n, total, squares = 0, torch.zeros(()), torch.zeros(())
    for chunk in X.split(1024):  # or the floats would take many times the memory of X
        x = chunk.double() / (255 if chunk.dtype == torch.uint8 else 1)
        total, squares = total + x.sum(axes), squares + x.square().sum(axes)
        n += x.numel() // x.shape[1]
    mean = total / n
    variance = (squares / n - mean.square()).clamp(min=0)
    if X.ndim == 4:
        mean, variance = mean[:, None, None], variance[:, None, None]
    else:
        variance = variance.mean()
    return mean.float(), torch.where(variance > 0, variance.sqrt(), 1.0).float()


def as_tensor(X: NDArray) -> Tensor:
    """Copy samples into a tensor: uint8 stays, all else becomes float32.

    Parameters
    ----------
    X : ndarray of shape (n, ...)
        Samples.

    Returns
    -------
    Tensor of shape (n, ...)

    Examples
    --------
    >>> as_tensor(np.array([[1.5]])).dtype
    torch.float32
    """
    dtype = np.uint8 if X.dtype == np.uint8 else np.float32
    return torch.from_numpy(np.array(X, dtype=dtype, order="C"))
