"""A small neural network as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor
from torch.utils.data import TensorDataset

from skvaal._engine.device import resolve_device
from skvaal._engine.generators import isolated_seed, lent_to_torch, own_generators
from skvaal._utils.params import Interval, StrOptions
from skvaal.benchmark._lookup import lookup
from skvaal.benchmark.estimators._networks import Network
from skvaal.benchmark.estimators._training import RECIPES, Recipe, as_tensor, statistics, trained

# What the strides of the networks for images leave something of.
MIN_IMAGE_SIZE = 8
# Samples that pass the network at once when nothing is learned.
EVALUATION_BATCH = 256


class TorchClassifier(ClassifierMixin, BaseEstimator):
    """A neural network for few labels, built and trained anew in each fit.

    Samples of uint8 are divided by 255. Images are then standardised by the mean and standard
    deviation of each channel of the training images; rows by the mean of each feature and one
    standard deviation for all, so that a feature that is nearly constant is not blown up:
    features should be on a common scale. AdamW follows a one-cycle schedule. All networks have
    dropout ahead of their last layers, and there only.

    Parameters
    ----------
    network : {'mlp', 'small_cnn', 'resnet18'}, default='small_cnn'
        Two dense layers of 256; three convolutions of 16, 32 and 64 channels (two for images
        of less than 12 pixels) and a dense layer; or the ResNet-18 of [1]_. The last two want
        images of 8x8 pixels or more.
    n_iter : 'auto' or int, default='auto'
        Training steps. 'auto' takes 200 for 'mlp', 150 for 'small_cnn' and 400 for 'resnet18',
        or as many as make 10 epochs (30 for 'resnet18') if that is more, but not above 5000.
    batch_size : int, default=64
        Samples of a training step, fewer if there are fewer.
    lr : 'auto' or float, default='auto'
        Highest learning rate; 'auto' takes 0.001 for 'mlp', 0.003 for 'small_cnn' and
        0.002 for 'resnet18'.
    dropout : float, default=0.3
        Chance of a hidden unit to be dropped.
    device : str or torch.device, default='auto'
        'auto' takes CUDA if there is one, else MPS, else the processor.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, batches and dropout. Torch's global generators are not
        touched.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Those in y, sorted.
    module_ : torch.nn.Module
        The trained network.
    history_ : skorch.history.History
        The loss of each step.
    input_shape_ : tuple of int
        Shape of a sample.
    n_iter_ : int
        Training steps taken.
    n_features_in_ : int
        Features of rows, or channels of images.

    References
    ----------
    .. [1] He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> images = (X * 15.9).astype("uint8").reshape(-1, 1, 8, 8)
    >>> model = TorchClassifier("small_cnn", n_iter=30, device="cpu", random_state=0)
    >>> _ = model.fit(images[:200], y[:200])
    >>> model.score(images[200:], y[200:]) > 0.5
    True
    """

    _parameter_constraints: dict = {
        "network": [str],
        "n_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "lr": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "device": [str, torch.device],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        network: str = "small_cnn",
        *,
        n_iter: str | int = "auto",
        batch_size: int = 64,
        lr: str | float = "auto",
        dropout: float = 0.3,
        device: str | torch.device = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.network = network
        self.n_iter = n_iter
        self.batch_size = batch_size
        self.lr = lr
        self.dropout = dropout
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> TorchClassifier:
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (n, features) or (n, channels, height, width)
            Training samples; uint8 stands for 0 to 255.
        y : array-like of shape (n,)
            Their classes.

        Returns
        -------
        self : TorchClassifier

        Raises
        ------
        ValueError
            If a parameter is out of range, or the network cannot take such samples.
        TrainingDivergedError
            If a weight is not finite in the end.
        """
        self._validate_params()
        recipe = lookup(RECIPES, self.network, argument="network")
        device = resolve_device(self.device)
        X_checked, y_checked = validate_data(self, X, y, dtype="numeric", allow_nd=True)
        check_classification_targets(y_checked)
        self._check_images(X_checked, recipe)
        self.classes_, encoded = np.unique(y_checked, return_inverse=True)
        self.input_shape_ = X_checked.shape[1:]
        samples = TensorDataset(as_tensor(X_checked), torch.from_numpy(encoded.astype(np.int64)))
        self.n_iter_ = recipe.n_steps(len(samples), self.batch_size)
        if self.n_iter != "auto":
            self.n_iter_ = int(self.n_iter)
        seed = check_random_state(self.random_state).randint(2**31)
        with own_generators(seed, device) as generators:
            with lent_to_torch(generators):
                body, head = recipe.build(self.input_shape_, len(self.classes_), self.dropout)
            mean, std = statistics(samples.tensors[0])
            net = trained(
                Network(body, head, mean=mean, std=std),
                samples,
                n_iter=self.n_iter_,
                batch_size=self.batch_size,
                lr=recipe.lr if self.lr == "auto" else float(self.lr),
                device=device,
            )
        # Neither the optimizer nor the training samples are needed any more.
        self.module_, self.history_ = net.module_, net.history
        return self

    def predict(self, X: ArrayLike) -> NDArray:
        """Return the most probable class of each sample, (n,)."""
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the probability of each class, (n, n_classes), without dropout."""
        X = self._checked(X)
        self.module_.eval()
        return self._over_batches(X, lambda x: self.module_(x).softmax(dim=1))

    def predict_proba_samples(
        self,
        X: ArrayLike,
        n_samples: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> NDArray[np.float32]:
        """Draw probabilities with dropout on: Monte Carlo dropout [1]_.

        Batch normalisation stays as in evaluation.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Samples.
        n_samples : int, default=20
            How often to draw.
        random_state : int, RandomState instance or None, default=None
            Seeds the dropout.

        Returns
        -------
        ndarray of shape (n_samples, n, n_classes)

        Raises
        ------
        ValueError
            If `dropout` is 0.

        References
        ----------
        .. [1] Gal, Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016.
        """
        X = self._checked(X)
        if self.dropout == 0:
            raise ValueError("dropout=0 makes all samples of the network the same; use 0.3, say")
        seed = check_random_state(random_state).randint(2**31)

        def draw(x: Tensor) -> Tensor:
            hidden = self.module_.hidden(x)
            draws = [self.module_.head(hidden).softmax(dim=1) for _ in range(n_samples)]
            return torch.stack(draws, dim=1)  # (batch, n_samples, n_classes)

        self.module_.drop_in_head()
        try:
            with isolated_seed(seed, self._device_in_use):
                return self._over_batches(X, draw).transpose(1, 0, 2)
        finally:
            self.module_.eval()

    def embed(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return what the last layer sees of each sample, (n, d), without dropout."""
        X = self._checked(X)
        self.module_.eval()
        return self._over_batches(X, self.module_.embed)

    @torch.inference_mode()
    def _over_batches(
        self, X: NDArray, function: Callable[[Tensor], Tensor]
    ) -> NDArray[np.float32]:
        device = self._device_in_use
        parts = []
        for start in range(0, len(X), EVALUATION_BATCH):
            x = as_tensor(X[start : start + EVALUATION_BATCH]).to(device)
            parts.append(function(x).cpu().numpy())
        return np.concatenate(parts)

    @property
    def _device_in_use(self) -> torch.device:
        return next(self.module_.parameters()).device

    def _checked(self, X: ArrayLike) -> NDArray:
        check_is_fitted(self)
        if len(self.input_shape_) == 1:
            return validate_data(self, X, reset=False, dtype="numeric")
        X = np.asarray(check_array(X, dtype="numeric", allow_nd=True))
        if X.shape[1:] != self.input_shape_:
            raise ValueError(
                f"X has samples of shape {X.shape[1:]}, but {type(self).__name__} was fitted on "
                f"samples of shape {self.input_shape_}"
            )
        return X

    def _check_images(self, X: NDArray, recipe: Recipe) -> None:
        if X.ndim not in (2, 4):
            raise ValueError(
                f"X has shape {X.shape}; use rows (n, features) or images "
                "(n, channels, height, width)"
            )
        if recipe.wants_images and (X.ndim == 2 or min(X.shape[2:]) < MIN_IMAGE_SIZE):
            raise ValueError(
                f"network={self.network!r} wants images (n, channels, height, width) of "
                f"{MIN_IMAGE_SIZE}x{MIN_IMAGE_SIZE} pixels or more, but X has shape {X.shape}; "
                "reshape X, or use the estimator 'mlp', which takes rows"
            )
