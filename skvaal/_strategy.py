"""VAAL as a scikit-learn estimator."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch.utils.data import Dataset

from skvaal._augmentation import AUGMENTATIONS
from skvaal._data import Pool
from skvaal._diagnostics import Diagnostics, examine, warn_of
from skvaal._engine import PRECISIONS
from skvaal._exceptions import EmptyPoolWarning
from skvaal._fitting import fit_marked, fit_pools
from skvaal._params import Interval, NestedParamsMixin, StrOptions
from skvaal._persistence import load_strategy, save_strategy
from skvaal._presets import preset_params
from skvaal._scoring import (
    check_selection,
    choose,
    evaluated,
    reads_net,
    scores_and_coordinates,
    scores_of,
    seeded_scoring,
)
from skvaal._selection import SELECTIONS
from skvaal._side import (
    indicator_of,
    query_uncertainty,
    set_condition,
)
from skvaal._task import UNCERTAINTIES, TaskView
from skvaal._validation import (
    check_n,
    check_samples,
)


class VAALQueryStrategy(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, NestedParamsMixin, BaseEstimator
):
    """Variational Adversarial Active Learning: which unlabelled samples to label next.

    A variational auto-encoder (VAE) learns a latent space of all samples while a discriminator
    learns to tell, in that space, labelled from unlabelled ones. The samples that the
    discriminator is surest are unlabelled are those least like what has been labelled; with
    ``selection='topk'``, `query` returns them [1]_.

    By default `query` does what was measured to choose best: it covers the pool, ``selection=
    'herding'``, among the samples' principal components, and reads neither VAE nor discriminator,
    which did not help; they are trained for :meth:`transform`, :meth:`score_samples` and
    :meth:`diagnose`. ``from_preset('paper-cifar')`` and the like are the method of the paper.

    The strategy needs no classifier and no classes, only which samples are labelled. Features
    should be on a common scale: put a ``StandardScaler`` in front, or give images as uint8.

    What a classifier says of the samples can be told by ``proba``, its class probabilities: for
    batches of samples that it is unsure of (`uncertainty`), which is better where there is one, and
    for the variants of VAAL that let the discriminator know it (`condition`, `relabel_states`).
    :class:`VAALQuery` asks the learner.

    Parameters
    ----------
    vae : 'auto', class or instance of torch.nn.Module, default='auto'
        'auto' takes :class:`ConvVAE` for images and :class:`DenseVAE` for feature rows. A class
        is built with ``vae__*`` and, if its constructor has that parameter, `input_shape`; an
        instance is copied. Either needs ``encode(x) -> (mu, logvar)`` and ``decode(z) -> x_hat``.
    discriminator : 'auto', class or instance of torch.nn.Module, default='auto'
        'auto' takes :class:`LatentDiscriminator`. ``forward(mu)`` must return the log-odds of
        being labelled, one a sample. A class whose constructor has the parameter `latent_dim` is
        told it.
    likelihood : {'gaussian', 'bernoulli'}, default='gaussian'
        p(x|z); 'bernoulli' wants data in [0, 1].
    variance : 'optimal' or float, default='optimal'
        Variance of the Gaussian likelihood, in squared units of X. 'optimal' takes the
        maximum-likelihood variance of each batch [2]_.
    beta : float, default=1.0
        Weight of the KL divergence in equation 1 of [1]_.
    lambda1 : float, default=1.0
        Weight of the reconstruction and KL terms (equation 1) in the VAE's loss.
    lambda2 : float, default=1.0
        Weight of the adversarial term (equation 2) in the VAE's loss.
    n_vae_steps : int, default=1
        Updates of the VAE in an iteration, each on mini-batches of its own.
    n_discriminator_steps : int, default=1
        Updates of the discriminator in an iteration.
    joint_batches : bool, default=True
        Whether labelled and unlabelled samples pass the VAE together. Apart, as in the authors'
        code, each pool is normalised with its own batch statistics, which hides from the
        discriminator part of what sets the pools apart.
    loss_weighting : {'evidence', 'published'}, default='evidence'
        'published' averages the squared error over batch and pixels and sums the KL divergence
        over batch and latent dimensions, as the authors' code does. The posterior then collapses;
        it is there for comparison, with the Gaussian likelihood only.
    score_in_train_mode : bool, default=False
        Whether samples are scored by the statistics of their batch, as in the authors' code. A
        sample's score then depends on the rows around it. For comparison only.
    ablation : {None, 'no_vae', 'frozen_vae', 'no_discriminator'}, default=None
        One of the ablations of [1]_. 'no_vae': the discriminator reads the samples themselves,
        flattened; parameters of the VAE have no effect. 'frozen_vae': the VAE is trained without
        the adversarial term for `max_epochs`, then frozen, and the discriminator is trained on it
        for as many. 'no_discriminator': the VAE alone is trained, and samples are ranked by the
        2-Wasserstein distance of q(z|x) to the centroid of the labelled set, the Gaussian whose
        mean and standard deviation are the means of theirs.
    uncertainty : {'auto', 'margin', 'entropy', 'least_confident', 'disagreement'}, callable or \
            None, default='auto'
        What `selection` is told of the task model, from its class probabilities. 'margin' is one
        minus the difference of the two largest, 'entropy' in nats, 'least_confident' one minus the
        largest, 'disagreement' the mutual information of class and member of a committee, whose
        probabilities are (n_members, n_samples, n_classes). A callable gets them, (n_samples,
        n_classes), and returns a number for each sample, higher for less sure. 'auto' is 'margin'
        where there are probabilities, and nothing where not; None ignores them. Only
        ``selection='herding'`` and ``'greedy'``, and callables with a keyword parameter
        `uncertainty`, use it.
    condition : {None, 'pseudo_label', 'task_loss'}, default=None
        What the discriminator reads beside mu, and the decoder if the VAE's constructor has the
        parameter `condition_dim`. 'pseudo_label': the most probable class, one-hot. 'task_loss':
        the rank, in (0, 1], of the predicted task loss among all that were fitted, as in TA-VAAL
        [3]_; where no loss is predicted, of the uncertainty, 'margin' unless `uncertainty` names
        one.
        A discriminator class is told `latent_dim` with the condition's columns counted in.
    relabel_states : bool, default=False
        Whether the target of an unlabelled sample in equation 3 is 1 - the state indicator of
        SRAAL [4]_, from its class probabilities, instead of 0. It is the soft target of a binary
        cross-entropy: the paper writes log(indicator - D), which is undefined where D is above the
        indicator.
    optimizer_vae, optimizer_discriminator : class, default=torch.optim.Adam
        Take ``optimizer_vae__*`` and ``optimizer_discriminator__*``.
    lr : float, default=5e-4
        Learning rate of both optimizers, unless ``optimizer_vae__lr`` or
        ``optimizer_discriminator__lr`` says otherwise.
    max_epochs : 'auto' or int, default='auto'
        Passes over the unlabelled pool. 'auto' takes as many as make about 400
        iterations, at least 1.
    batch_size : int, default=64
        Samples of each pool in a training step; a pool may be smaller. Up to four times as many
        are scored at once, which takes less memory; as many with `score_in_train_mode`.
    selection : {'herding', 'topk', 'k_center', 'stochastic', 'cluster', 'greedy'} or callable, \
            default='herding'
        How `query` makes a batch. 'topk' takes the smallest scores, as the paper does. 'herding'
        covers what is uncertain and not yet like a labelled sample, and reads no score unless
        ``selection__score_power`` is above 0. The others make a batch of small scores diverse, all
        but 'stochastic' by distances. A callable gets ``(scores, Z, Z_labeled, n, random_state)``,
        the log-odds and coordinates of the pool, the coordinates of the labelled samples, a number
        and a RandomState, and returns `n` different rows. Options are ``selection__*``; see the
        user guide.
    selection_space : {'input', 'latent'}, default='input'
        Where `selection` measures distances: among the first 32 principal components of the
        samples, pixels included, or among latent means.
    data_format : {'channels_first', 'channels_last'}, default='channels_first'
        Layout of 4-D X: (n, channels, height, width) or (n, height, width, channels).
    missing_label : int, float, str or None, default=-1
        What marks an unlabelled row in y.
    callbacks : list of skorch callbacks, default=None
        For example ``EarlyStopping(monitor='train_loss')``; ``callbacks__<name>__*`` sets their
        parameters.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the last one.
    device : str or torch.device, default='auto'
        'auto' takes CUDA if there is one, else MPS, else the processor.
    augmentation : {None, 'flip', 'crop', 'flip_crop'}, default=None
        How images are changed at random in training, on the device. 'flip' mirrors half of them,
        left to right; 'crop' pads them by an eighth of the shorter side, reflecting, and cuts the
        old size out anywhere. Scores and coordinates are those of the images as they are.
    precision : {'auto', 'float32', 'bf16', 'fp16'}, default='auto'
        What the networks compute in, by autocast; losses, weights and results are float32 all the
        same. 'auto' takes bfloat16 on CUDA devices that have units for it (compute capability 8),
        else float32. 'fp16' scales the losses, and is for CUDA only.
    compile : bool, default=False
        Whether the networks are compiled by ``torch.compile``, with ``compile__*``. It takes a
        minute or so at the start, and on a processor it needs a C++ compiler.
    distributed : bool, default=False
        Whether the processes that ``accelerate launch`` started train one model together, on a GPU
        or a processor each. All must be given the same samples; `batch_size` is that of all
        together. What is trained is, up to rounding, what one process trains.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, batches, sampling and the order of equal scores. The global
        generators of numpy and torch are not touched.
    verbose : int, default=0
        1 shows progress bars.
    **net_params : dict
        ``vae__*``, ``discriminator__*``, ``optimizer_vae__*``, ``optimizer_discriminator__*``,
        ``callbacks__*``, ``iterator_train__*`` (:class:`torch.utils.data.DataLoader`),
        ``compile__*`` (:func:`torch.compile`), ``selection__*``.

    Attributes
    ----------
    net_ : VAALNet
        The trained net; ``net_.vae_`` and ``net_.discriminator_`` are the modules.
    history_ : skorch.history.History
        Every loss term, the KL divergence and the discriminator's accuracies, by epoch and batch.
    input_shape_ : tuple of int
        Shape of a sample, (n_features,) or (channels, height, width).
    n_labeled_, n_unlabeled_ : int
        Sizes of the pools that were fitted.
    condition_ : Condition
        What the discriminator reads beside mu; only with `condition`.
    labeled_means_ : array of shape (n_labeled, latent_dim)
        Latent means of the labelled samples; only with ``selection_space='latent'`` where
        `selection` reads them, that is, for 'herding', 'k_center' and callables.
    input_space_ : object
        The principal components; only with ``selection_space='input'`` where `selection` measures
        distances.
    n_iter_ : int
        Epochs trained, all phases and warm starts together.
    n_features_in_ : int
        Numbers in a sample.
    feature_names_in_ : array of shape (n_features,)
        If X was a DataFrame with string column names.
    diagnostics_ : Diagnostics
        What the last :meth:`diagnose` found; a new fit, or a file, has none.
    query_seconds_ : dict of str to float
        Where the time of the last :meth:`query` went: score and select.

    See Also
    --------
    VAALQuery : The same as a query strategy of modAL.
    ActiveLearningClassifier : Plays labelling rounds, so that a grid search can tune a strategy.

    References
    ----------
    .. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
           arXiv 1904.00370.
    .. [2] Rybkin, Daniilidis, Levine, "Simple and Effective VAE Training with Calibrated
           Decoders", ICML 2021, arXiv 2006.13202.
    .. [3] Kim, Park, Kim, Chun, "Task-Aware Variational Adversarial Active Learning", CVPR 2021,
           arXiv 2002.04709.
    .. [4] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
           2020, arXiv 2004.04943.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQueryStrategy
    >>> X, y = load_digits(return_X_y=True)
    >>> y[100:] = -1  # only the first hundred are labelled
    >>> strategy = VAALQueryStrategy(max_epochs=2, random_state=0).fit(X / 16, y)
    >>> strategy.query(X[100:] / 16, n=5).shape
    (5,)
    """

    _nested_prefixes = (
        "vae",
        "discriminator",
        "optimizer_vae",
        "optimizer_discriminator",
        "callbacks",
        "iterator_train",
        "compile",
        "selection",
    )

    _parameter_constraints = {
        "vae": [StrOptions({"auto"}), callable, torch.nn.Module],
        "discriminator": [StrOptions({"auto"}), callable, torch.nn.Module],
        "likelihood": [StrOptions({"gaussian", "bernoulli"})],
        "variance": [StrOptions({"optimal"}), Interval(Real, 0, None, closed="neither")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "lambda1": [Interval(Real, 0, None, closed="left")],
        "lambda2": [Interval(Real, 0, None, closed="left")],
        "n_vae_steps": [Interval(Integral, 1, None, closed="left")],
        "n_discriminator_steps": [Interval(Integral, 1, None, closed="left")],
        "joint_batches": ["boolean"],
        "loss_weighting": [StrOptions({"evidence", "published"})],
        "score_in_train_mode": ["boolean"],
        "ablation": [StrOptions({"no_vae", "frozen_vae", "no_discriminator"}), None],
        "uncertainty": [StrOptions({"auto", *UNCERTAINTIES}), callable, None],
        "condition": [StrOptions({"pseudo_label", "task_loss"}), None],
        "relabel_states": ["boolean"],
        "optimizer_vae": [callable],
        "optimizer_discriminator": [callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "selection": [StrOptions(set(SELECTIONS)), callable],
        "selection_space": [StrOptions({"latent", "input"})],
        "selection__candidates_factor": [Interval(Real, 1, None, closed="left")],
        "selection__temperature": [Interval(Real, 0, None, closed="neither")],
        "selection__score_power": [Interval(Real, 0, None, closed="left")],
        "selection__typicality_power": [Interval(Real, 0, None, closed="left")],
        "selection__uncertainty_power": [Interval(Real, 0, None, closed="left")],
        "selection__n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "selection__bandwidth": [Interval(Real, 0, None, closed="neither")],
        "data_format": [StrOptions({"channels_first", "channels_last"})],
        "callbacks": [None, list],
        "warm_start": ["boolean"],
        "device": [str, torch.device],
        "augmentation": [StrOptions(set(AUGMENTATIONS)), None],
        "precision": [StrOptions(set(PRECISIONS))],
        "compile": ["boolean"],
        "distributed": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        vae: Any = "auto",
        discriminator: Any = "auto",
        *,
        likelihood: str = "gaussian",
        variance: str | float = "optimal",
        beta: float = 1.0,
        lambda1: float = 1.0,
        lambda2: float = 1.0,
        n_vae_steps: int = 1,
        n_discriminator_steps: int = 1,
        joint_batches: bool = True,
        loss_weighting: str = "evidence",
        score_in_train_mode: bool = False,
        ablation: str | None = None,
        uncertainty: Any = "auto",
        condition: str | None = None,
        relabel_states: bool = False,
        optimizer_vae: Any = torch.optim.Adam,
        optimizer_discriminator: Any = torch.optim.Adam,
        lr: float = 5e-4,
        max_epochs: str | int = "auto",
        batch_size: int = 64,
        selection: Any = "herding",
        selection_space: str = "input",
        data_format: str = "channels_first",
        missing_label: Any = -1,
        callbacks: list | None = None,
        warm_start: bool = False,
        device: str | torch.device = "auto",
        augmentation: str | None = None,
        precision: str = "auto",
        compile: bool = False,
        distributed: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        **net_params: Any,
    ) -> None:
        self.vae = vae
        self.discriminator = discriminator
        self.likelihood = likelihood
        self.variance = variance
        self.beta = beta
        self.lambda1 = lambda1
        self.lambda2 = lambda2
        self.n_vae_steps = n_vae_steps
        self.n_discriminator_steps = n_discriminator_steps
        self.joint_batches = joint_batches
        self.loss_weighting = loss_weighting
        self.score_in_train_mode = score_in_train_mode
        self.ablation = ablation
        self.uncertainty = uncertainty
        self.condition = condition
        self.relabel_states = relabel_states
        self.optimizer_vae = optimizer_vae
        self.optimizer_discriminator = optimizer_discriminator
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.selection = selection
        self.selection_space = selection_space
        self.data_format = data_format
        self.missing_label = missing_label
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.device = device
        self.augmentation = augmentation
        self.precision = precision
        self.compile = compile
        self.distributed = distributed
        self.random_state = random_state
        self.verbose = verbose
        self.__dict__.update(net_params)

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> VAALQueryStrategy:
        """Make a strategy with a named set of parameters.

        Parameters
        ----------
        name : str
            'recommended' : the defaults, which were measured to choose best.

            'paper-cifar', 'paper-caltech256', 'paper-imagenet', 'paper-segmentation' : settings of
            the paper's experiments, as remembered from its appendix. For images.

            'published-code' : the authors' published code, with its weighting of the losses and
            its scoring in training mode. For images.

            'ta-vaal', 'sraal' : 'paper-cifar' with ``condition='task_loss'``, or with
            ``relabel_states=True``. For images; they need class probabilities.
        **overrides : dict
            Parameters to replace or add.

        Returns
        -------
        VAALQueryStrategy

        Raises
        ------
        ValueError
            If there is no such preset.

        Examples
        --------
        >>> from skvaal import VAALQueryStrategy
        >>> strategy = VAALQueryStrategy.from_preset("paper-cifar", random_state=0)
        >>> strategy.get_params()["vae__latent_dim"]
        32
        """
        return cls(**{**preset_params(name), **overrides})

    def fit(
        self, X: ArrayLike | Dataset, y: ArrayLike | None = None, *, proba: ArrayLike | None = None
    ) -> VAALQueryStrategy:
        """Train on labelled and unlabelled samples in one array.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or array of shape \
                (n_samples, channels, height, width)
            Features, or images of at least 8x8 pixels, uint8 or real. A ``numpy.memmap``, an array
            of zarr, h5py or dask, or a map-style ``torch.utils.data.Dataset``, whose items are
            samples or begin with one, is read batch by batch.
        y : array-like of shape (n_samples,) or (n_samples, ...), default=None
            `missing_label` marks unlabelled rows; other values are not looked at. None means that
            no row is labelled: the VAE is trained (`transform`, `score`), the discriminator has
            nothing to learn.
        proba : array-like of shape (n_samples, n_classes) or (n_members, n_samples, n_classes), \
                default=None
            Class probabilities of all rows, by a task model or by the members of a committee; read
            with `condition` and `relabel_states`.

        Returns
        -------
        self : VAALQueryStrategy

        Raises
        ------
        ValueError, TypeError
            If a parameter or X cannot be used; before any training.
        TrainingDivergedError
            If a loss became NaN or infinite. The estimator is left unfitted.
        """
        return fit_marked(self, X, y, proba)

    def fit_pools(
        self,
        X_labeled: ArrayLike | Dataset,
        X_unlabeled: ArrayLike | Dataset,
        *,
        proba_labeled: ArrayLike | None = None,
        proba_unlabeled: ArrayLike | None = None,
    ) -> VAALQueryStrategy:
        """Train on labelled and unlabelled samples in two arrays, without copying them into one.

        Parameters
        ----------
        X_labeled : array-like of shape (n_labeled, n_features) or 4-D array
        X_unlabeled : array-like of shape (n_unlabeled, n_features) or 4-D array
            As X in :meth:`fit`.
        proba_labeled, proba_unlabeled : array-like, default=None
            As `proba` in :meth:`fit`. `relabel_states` alone reads the second only.

        Returns
        -------
        self : VAALQueryStrategy

        Raises
        ------
        ValueError, TypeError
            If a parameter or a pool cannot be used, or the pools differ in shape or kind.
        TrainingDivergedError
            If a loss became NaN or infinite. The estimator is left unfitted.
        """
        return fit_pools(self, X_labeled, X_unlabeled, (proba_labeled, proba_unlabeled))

    def query(
        self,
        X_unlabeled: ArrayLike | Dataset,
        n: int = 1,
        *,
        proba: ArrayLike | None = None,
        return_scores: bool = False,
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Choose the samples to label next, as `selection` says.

        With ``selection='topk'``, those least like the labelled pool (Algorithm 2).

        Parameters
        ----------
        X_unlabeled : array-like of shape (n_samples, n_features) or 4-D array
            The pool to choose from; a dask array is scored where its blocks are.
        n : int, default=1
            How many, from 1 to n_samples.
        proba : array-like of shape (n_samples, n_classes) or (n_members, n_samples, n_classes), \
                default=None
            Class probabilities of the pool; needed with `condition` and where `uncertainty` is
            named.
        return_scores : bool, default=False
            Whether to return the chosen samples' :meth:`score_samples` as well.

        Returns
        -------
        indices : array of int of shape (n,)
            Rows of `X_unlabeled`; with ``selection='topk'`` the least like the labelled pool
            first. Equal scores are ordered by `random_state`.
        scores : array of float of shape (n,)
            Only if `return_scores`. NaN where no discriminator was trained, see
            :class:`VAALQuery`.

        Raises
        ------
        ValueError, TypeError
            If `n` is out of range, the pool does not fit what was fitted, or `selection` wants
            what was not kept in `fit`.
        """
        self._check_can_query()
        pool = self._pool(X_unlabeled, name="X_unlabeled")
        n = check_n(n, len(pool))
        check_selection(self)
        view = TaskView.of(proba, len(pool))
        set_condition(self, pool, view)
        uncertainty = query_uncertainty(self, view)
        if reads_net(self) and not (self.n_labeled_ and self.n_unlabeled_):
            warnings.warn(
                f"fitted on {self.n_labeled_} labelled and {self.n_unlabeled_} unlabelled samples: "
                "the discriminator had nothing to tell apart, and the choice says nothing",
                EmptyPoolWarning,
                stacklevel=2,
            )
        began = perf_counter()
        scores, Z = scores_and_coordinates(self, pool, n, "X_unlabeled")
        scored = perf_counter()
        indices = choose(self, scores, Z, n, uncertainty)
        self.query_seconds_ = {"score": scored - began, "select": perf_counter() - scored}
        if not return_scores:
            return indices
        return indices, scores[indices] if reads_net(self) else self._scores_of_rows(pool, indices)

    def score_samples(
        self, X: ArrayLike | Dataset, *, proba: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Log-odds of being labelled; higher is more like the labelled pool.

        With ``ablation='no_discriminator'``, minus the 2-Wasserstein distance of q(z|x) to the
        centroid of the labelled set, in units of the latent space.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array
        proba : array-like, default=None
            Class probabilities of X, as in :meth:`query`; needed with `condition`.

        Returns
        -------
        array of float of shape (n_samples,)
            A sample's score does not depend on the other rows of X, unless
            `score_in_train_mode` is set.
        """
        check_is_fitted(self)
        pool = self._pool(X)
        set_condition(self, pool, TaskView.of(proba, len(pool)))
        return scores_of(self, pool, "X")

    def transform(self, X: ArrayLike | Dataset) -> NDArray[np.float32]:
        """Latent means mu.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array

        Returns
        -------
        array of float of shape (n_samples, latent_dim)
        """
        check_is_fitted(self)
        return evaluated(self, "means", self._pool(X))

    def inverse_transform(self, Z: ArrayLike) -> NDArray:
        """Decode latent vectors.

        Parameters
        ----------
        Z : array-like of shape (n_samples, latent_dim)
            Where the decoder reads a condition, its columns follow.

        Returns
        -------
        array of shape (n_samples, ...)
            In the layout of the X that was fitted; uint8 if that was uint8 images, else float.
        """
        check_is_fitted(self)
        Z = np.asarray(Z, dtype=np.float32)
        n_conditions = self.net_.condition_dim * self.net_.decoder_reads_condition_
        size = self.net_.latent_dim_ + n_conditions
        if Z.ndim != 2 or Z.shape[1] != size or not np.isfinite(Z).all():
            raise ValueError(
                f"Z must be finite and of shape (n_samples, {size}), got {Z.shape}"
                + f"; the last {n_conditions} are the condition's" * bool(n_conditions)
            )
        X = self.net_.reconstruct(Z)
        if self.image_kind_ == "uint8 images":
            X = (X * 255).round().clip(0, 255).astype(np.uint8)
        if X.ndim == 4 and self.data_format == "channels_last":
            X = np.moveaxis(X, 1, -1)
        return X

    def score(
        self, X: ArrayLike | Dataset, y: ArrayLike | None = None, *, proba: ArrayLike | None = None
    ) -> float:
        """Mean evidence lower bound per sample, in nats, for tuning without labels.

        The reconstruction term is taken at z = mu instead of in the mean over q(z|x), so that no
        chance enters; that makes it larger than the bound proper. beta is 1, whatever was trained
        with, so that the scores of different `beta` can be compared.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array
        y : ignored
        proba : array-like, default=None
            Class probabilities of X, as in :meth:`query`; needed with `condition`, if the decoder
            reads it.

        Returns
        -------
        float
            Higher is better.

        Raises
        ------
        ValueError
            With ``ablation='no_vae'``: there is no bound.
        """
        check_is_fitted(self)
        if self.net_.ablation == "no_vae":
            raise ValueError("ablation='no_vae' leaves no VAE to score, only query and the like")
        pool = self._pool(X)
        view = TaskView.of(proba, len(pool))
        if self.net_.decoder_reads_condition_:
            set_condition(self, pool, view)
        return float(evaluated(self, "elbo", pool).mean(dtype=np.float64))

    def diagnose(
        self,
        X_labeled: ArrayLike | Dataset,
        X_unlabeled: ArrayLike | Dataset,
        *,
        n_folds: int = 5,
        proba_labeled: ArrayLike | None = None,
        proba_unlabeled: ArrayLike | None = None,
    ) -> Diagnostics:
        """Find out whether the latent space and the scores are worth anything.

        Takes a few passes over both pools, and trains `n_folds` discriminators on mu.

        Parameters
        ----------
        X_labeled : array-like of shape (n_labeled, n_features) or 4-D array
        X_unlabeled : array-like of shape (n_unlabeled, n_features) or 4-D array
            The pools that were fitted.
        n_folds : int, default=5
            Parts of each pool, of which one is held out at a time; at least 2.
        proba_labeled, proba_unlabeled : array-like, default=None
            Class probabilities as in :meth:`fit_pools`, needed with `condition`. With
            `relabel_states` the held-out figure is that of relabelled discriminators if the second
            is given, else of plain ones.

        Returns
        -------
        Diagnostics
            Also kept as ``diagnostics_``; ``print`` shows it.

        Warns
        -----
        PosteriorCollapseWarning
            If no latent unit varies over the data.
        UninformativeDiscriminatorWarning
            If held-out samples of the two pools cannot be told apart.
        """
        check_is_fitted(self)
        if n_folds < 2:
            raise ValueError(f"n_folds={n_folds!r}, but it must be at least 2")
        labeled = self._pool(X_labeled, name="X_labeled")
        unlabeled = self._pool(X_unlabeled, name="X_unlabeled")
        given = {"proba_labeled": proba_labeled, "proba_unlabeled": proba_unlabeled}
        for pool, (name, proba) in zip((labeled, unlabeled), given.items(), strict=True):
            view = TaskView.of(proba, len(pool), name)
            set_condition(self, pool, view, name)
            pool.indicator = indicator_of(view) if self.relabel_states else None
        with seeded_scoring(self):
            found = examine(self.net_, labeled, unlabeled, self._seed, n_folds)
        self.diagnostics_ = found
        warn_of(found, stacklevel=3)
        return found

    def save(self, path: str | Path) -> None:
        """Write the fitted strategy to one file of safetensors, parameters in its JSON header.

        Nothing is pickled. Callbacks and a `random_state` that is no int are left out; classes
        and modules of your own are named in the file and must be passed to :meth:`load`.

        Parameters
        ----------
        path : str or path
            The file to write.
        """
        check_is_fitted(self)
        save_strategy(self, path)

    @classmethod
    def load(cls, path: str | Path, **params: Any) -> VAALQueryStrategy:
        """Read a fitted strategy that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
        **params : dict
            Parameters to replace, such as ``device='cpu'`` or a `vae` class of your own.

        Returns
        -------
        VAALQueryStrategy

        Raises
        ------
        ModelFileError
            If the file is damaged, no saved strategy, or of another format version.
        """
        return load_strategy(cls, path, params)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.net_.latent_dim_

    def _check_can_query(self) -> None:
        """Raise if `query` has not what it reads; principal components may be all of it."""
        if not hasattr(self, "input_space_") or reads_net(self):
            check_is_fitted(self)

    def _scores_of_rows(self, pool: Pool, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        if not hasattr(self, "net_"):
            return np.full(len(rows), np.nan, dtype=np.float32)
        condition = None if pool.condition is None else pool.condition[rows]
        return scores_of(self, Pool(pool.take(rows), condition=condition), "X_unlabeled")

    def _pool(self, X: Any, name: str = "X") -> Pool:
        return Pool(check_samples(self, X, reset=False, data_format=self.data_format, name=name))
