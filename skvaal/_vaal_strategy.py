"""VAAL as a scikit-learn estimator."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
import torch

from skvaal._engine.device import resolve_device
from skvaal._engine.processes import share_value, start_processes
from skvaal._engine.settings import EngineSettings, make_settings
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._predictions.outputs import check_one_label
from skvaal._predictions.predictions import PredictionNeeds
from skvaal._query_strategy import BaseQueryStrategy, PairOfPredictions
from skvaal._rules.lookup import RULES, as_rule
from skvaal._rules.rule import Rule
from skvaal._utils.params import Interval, StrOptions
from skvaal._utils.progress import Verbose
from skvaal._vaal.candidates import NET_SPACES
from skvaal._vaal.fitting import NET_PREFIXES, NetRecipe, warn_of_unused
from skvaal._vaal.lookup import NETS, preset_params, resolve_net
from skvaal._vaal.net import SHARED_CONSTRAINTS, VAALNet
from skvaal._vaal.prepared_samples import LOOKS, PREPARATIONS, check_goes_on
from skvaal._vaal.trained_networks import TrainedNetMixin


class VAALQueryStrategy(TrainedNetMixin, BaseQueryStrategy):
    """Variational Adversarial Active Learning: which unlabelled samples to label next.

    `fit` trains a variational auto-encoder (VAE) on all samples and, against it, a discriminator
    that tells labelled from unlabelled ones by their latent means [1]_. `query` reads its scores.

    The default rule is *VAAL herding* (:class:`Herding`). It takes, again and again, the sample
    that covers most of what is left to cover among the principal components, as
    :class:`HerdingQueryStrategy` does. A sample weighs more if a task model is unsure of it. If
    part of the pool lies where no label is, a sample weighs more if the discriminator calls it
    unlabelled, too. Otherwise the scores would be noise, and herding alone decides. Training begins
    at the principal components of the data (`linear_path` of :class:`DenseVAE`).

    ``rule='topk', vae__linear_path=False`` is plain VAAL, Algorithm 2 of [1]_: it takes the samples
    that look least like the labelled ones, and reads no task model.
    ``from_preset('paper-cifar')`` is the paper's whole method.

    The strategy needs no classifier and no classes, only which samples are labelled. Features
    should be on a common scale: put a ``StandardScaler`` in front, or give images as uint8. What a
    classifier says of the samples can be told by ``proba``, its class probabilities;
    :class:`VAALQuery` asks the learner.

    Parameters
    ----------
    vae : 'auto', class or instance of torch.nn.Module, default='auto'
        'auto' takes :class:`ConvVAE` for images and :class:`DenseVAE` for feature rows. A class
        is built with ``vae__*`` and, if its constructor has that parameter, `input_shape`; an
        instance is copied. Either needs ``encode(x) -> (mu, logvar)`` and ``decode(z) -> x_hat``.
    discriminator : 'auto', class or instance of torch.nn.Module, default='auto'
        'auto' takes :class:`LatentDiscriminator`. ``forward(mu)`` must return the log-odds of
        being labelled, one for each sample. A class is built with ``discriminator__*`` and, if its
        constructor has that parameter, `latent_dim`.
    net : str or subclass of VAALNet, default='vaal'
        How VAE and discriminator are trained. 'vaal' is the method of equations 1 to 3. The others
        are variants:

        - 'separate_batches': each pool passes the VAE with batch statistics of its own.
        - 'published': the authors' code, with its weighting of the losses and its scoring.
        - 'no_vae', 'frozen_vae', 'no_discriminator': the ablations of [1]_.
        - 'pseudo_label', 'task_loss', 'ta_vaal' [3]_, 'relabeled', 'sraal' [4]_: a task model's
          predictions tell the discriminator more, or change its targets.
    rule : {'herding', 'topk', 'k_center', 'stochastic', 'cluster', 'greedy'}, rule or callable, \
            default='herding'
        How a batch is chosen: :class:`Herding`, :class:`TopK`, :class:`KCenter`,
        :class:`Stochastic`, :class:`Cluster`, :class:`Greedy` or their names, with ``rule__*``. A
        callable gets ``(scores, Z, Z_labeled, n, random_state)`` and returns `n` different rows of
        the pool. `scores` are log-odds of being labelled, `Z` and `Z_labeled` the coordinates of
        the pool and of the labelled samples. If it has a keyword parameter `uncertainty`, it gets
        that, too.
    uncertainty : {'auto', 'margin', 'entropy', 'least_confident', 'disagreement', 'std'}, \
            callable or None, default='auto'
        How unsure a task model is of a sample, from its class probabilities, as in
        :class:`HerdingQueryStrategy`. 'auto' is 'margin' if there are probabilities; otherwise all
        samples count the same. None ignores probabilities. Herding, Greedy and callables with that
        keyword read the uncertainty.
    multilabel : {'auto', 'mean', 'max'}, default='auto'
        How uncertainties of several labels become one, as in :class:`HerdingQueryStrategy`.
    beta, lambda1, lambda2 : float, default=1.0
        `beta` weighs the KL divergence in equation 1 of [1]_. In the VAE's loss, `lambda1` weighs
        equation 1, and `lambda2` the adversarial term, equation 2.
    likelihood : {'gaussian', 'bernoulli'}, default='gaussian'
        p(x|z); 'bernoulli' needs data in [0, 1].
    variance : 'optimal' or float, default='optimal'
        Variance of the Gaussian likelihood, in squared units of X. 'optimal' takes the
        maximum-likelihood variance of each batch [2]_.
    n_vae_steps, n_discriminator_steps : int, default=1
        Updates in an iteration. Each update of the VAE draws new mini-batches.
    optimizer_vae, optimizer_discriminator : class, default=torch.optim.Adam
        Take ``optimizer_vae__*`` and ``optimizer_discriminator__*``.
    lr : float, default=5e-4
        Learning rate of both, unless ``optimizer_vae__lr`` or the like says otherwise.
    max_epochs : 'auto' or int, default='auto'
        Passes over the unlabelled pool. 'auto' sets it so that a fit makes about 200 iterations, or
        50 if it goes on from the weights of the last fit.
    batch_size : int, default=64
        Samples of each pool in a training step; a pool may be smaller.
    callbacks : list of skorch callbacks, default=None
        For example ``EarlyStopping(monitor='train_loss')``; ``callbacks__<name>__*`` sets their
        parameters.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights and the components of the last one.
    device : str or torch.device, default='auto'
        'auto' takes CUDA if there is one, else MPS, else the processor.
    data_format : {'channels_first', 'channels_last'}, default='channels_first'
        Layout of 4-D X: (n, channels, height, width) or (n, height, width, channels).
    missing_label : int, float, str or None, default=-1
        What marks an unlabelled row in y.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, batches, sampling and the order of equal scores. The global
        generators of numpy and torch are not touched.
    verbose : {'auto'} or int, default='auto'
        1 shows progress bars, 0 none. 'auto' shows one for what takes longer than three seconds, on
        a terminal or in a notebook.
    **net_params : dict
        ``vae__*``, ``discriminator__*``, ``net__*``, ``rule__*``, ``optimizer_vae__*``,
        ``optimizer_discriminator__*``, ``callbacks__*``, and how it is computed:

        - ``engine__precision`` : {'auto', 'float32', 'bf16', 'fp16'}; 'auto' takes bfloat16 on
          CUDA devices that have units for it, and for wide convolutions on processors with AMX.
        - ``engine__compile`` : bool or dict of options of :func:`torch.compile`.
        - ``engine__distributed`` : whether all processes of ``accelerate launch`` train one model.
        - ``engine__augmentation`` : {None, 'flip', 'crop', 'flip_crop'}, in training only.
        - ``engine__loader`` : dict of options of :class:`torch.utils.data.DataLoader`.

    Attributes
    ----------
    net_ : VAALNet
        The trained net; ``net_.vae_`` and ``net_.discriminator_`` are the modules.
    history_ : skorch.history.History
        Every loss term, the KL divergence and the discriminator's accuracies, by epoch and batch.
    labeled_coordinates_ : array of shape (n_labeled, n_dims)
        Coordinates of the labelled samples; only if the rule reads them.
    components_ : PrincipalComponents
        Of both pools. There are as many as latent units, but at least 32 and at most the numbers in
        a sample. Only if the VAE has a linear path, or the rule's space is not the latent one.
    sparse_reduction_ : SparseReduction
        Truncated singular value decomposition to 128 columns, which the VAE is trained on; only if
        X was a sparse matrix with more columns.
    conditioning_ : Conditioning or None
        As in :class:`HerdingQueryStrategy`. The networks see the conditioned samples, and
        Diagnostics use their units. :meth:`score` and :meth:`inverse_transform` use those of X.
    n_iter_ : int
        Epochs trained, all warm starts together.
    diagnostics_ : Diagnostics
        What the last :meth:`diagnose` found; a new fit, or a file, has none.
    n_labeled_, n_unlabeled_, input_shape_, n_features_in_, feature_names_in_, seconds_
        As in :class:`HerdingQueryStrategy`.

    See Also
    --------
    VAALQuery : The same as a query strategy of modAL.
    HerdingQueryStrategy : Trains no network and answers in a second.

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

    _nested_prefixes = (*NET_PREFIXES, "rule", "engine")
    _replaced_prefixes = ("rule",)

    _parameter_constraints = {
        **BaseQueryStrategy._parameter_constraints,
        **SHARED_CONSTRAINTS,
        "vae": [StrOptions({"auto"}), callable, torch.nn.Module],
        "discriminator": [StrOptions({"auto"}), callable, torch.nn.Module],
        "net": [StrOptions(set(NETS)), callable],
        "rule": [StrOptions(set(RULES)), Rule, callable],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "callbacks": [None, list],
        "warm_start": ["boolean"],
        "device": [str, torch.device],
    }

    def __init__(
        self,
        vae: Any = "auto",
        discriminator: Any = "auto",
        *,
        net: Any = "vaal",
        rule: Any = "herding",
        uncertainty: Any = "auto",
        multilabel: str = "auto",
        beta: float = 1.0,
        lambda1: float = 1.0,
        lambda2: float = 1.0,
        likelihood: str = "gaussian",
        variance: str | float = "optimal",
        n_vae_steps: int = 1,
        n_discriminator_steps: int = 1,
        optimizer_vae: Any = torch.optim.Adam,
        optimizer_discriminator: Any = torch.optim.Adam,
        lr: float = 5e-4,
        max_epochs: str | int = "auto",
        batch_size: int = 64,
        callbacks: list | None = None,
        warm_start: bool = False,
        device: str | torch.device = "auto",
        data_format: str = "channels_first",
        missing_label: Any = -1,
        random_state: Any = None,
        verbose: Verbose = "auto",
        **net_params: Any,
    ) -> None:
        self.vae = vae
        self.discriminator = discriminator
        self.net = net
        self.rule = rule
        self.uncertainty = uncertainty
        self.multilabel = multilabel
        self.beta = beta
        self.lambda1 = lambda1
        self.lambda2 = lambda2
        self.likelihood = likelihood
        self.variance = variance
        self.n_vae_steps = n_vae_steps
        self.n_discriminator_steps = n_discriminator_steps
        self.optimizer_vae = optimizer_vae
        self.optimizer_discriminator = optimizer_discriminator
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.device = device
        self.data_format = data_format
        self.missing_label = missing_label
        self.random_state = random_state
        self.verbose = verbose
        self._keep_params(net_params)

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> VAALQueryStrategy:
        """Make a strategy with a named set of parameters.

        Parameters
        ----------
        name : str
            'paper-cifar', 'paper-caltech256', 'paper-imagenet', 'paper-segmentation' : settings of
            the paper's experiments, as remembered from its appendix. For images.

            'published-code' : the authors' published code, with its weighting of the losses and
            its scoring by batch statistics. For images.

            'ta-vaal', 'sraal' : 'paper-cifar' with ``net='ta_vaal'``, or with ``net='sraal'``. For
            images; they need class probabilities.
        **overrides : dict
            Parameters to replace or add.

        Returns
        -------
        VAALQueryStrategy

        Examples
        --------
        >>> from skvaal import VAALQueryStrategy
        >>> strategy = VAALQueryStrategy.from_preset("paper-cifar", random_state=0)
        >>> strategy.get_params()["vae__latent_dim"]
        32
        """
        return cls(**{**preset_params(name), **overrides})

    def prediction_needs(self) -> PredictionNeeds:
        """What a task model should be asked for before `fit` and `query`."""
        of_rule = super().prediction_needs()
        of_net = resolve_net(self.net).prediction_needs
        return PredictionNeeds(
            pool=of_rule.pool or of_net.pool,
            labeled=of_net.labeled,
            in_fit=of_net.pool or of_net.labeled,
            members=of_rule.members,
            losses=of_net.losses,
            required_by=of_net.required_by or of_rule.required_by,
            answer="proba" if of_net.required_by else of_rule.answer,
            multilabel=of_rule.multilabel,
        )

    def _check_parameters(self, *, warns: bool = True) -> None:
        self._validate_params()
        self._check_nested_params({})
        self._engine_settings()
        rule = as_rule(self.rule, self._nested_params("rule"), warns=warns)
        if not resolve_net(self.net).reads_uncertainty:
            self._check_uncertainty(rule)
        reads_net = rule.reads.coordinates and rule.space in NET_SPACES
        if not (rule.reads.scores or reads_net):
            raise ValueError(
                f"rule={rule!r} reads neither the VAE nor the discriminator; use "
                "HerdingQueryStrategy or HerdingQuery, which train no network, or give the scores "
                "a weight"
            )

    def _suggest(self, name: str, known: Iterable[str]) -> str:
        if any(name in rule().get_params() for rule in RULES.values()):
            return f"did you mean 'rule__{name}'?"
        return super()._suggest(name, known)

    def _make_rule(self) -> Rule:
        return as_rule(self.rule, self._nested_params("rule"), warns=False)

    def _engine_settings(self) -> EngineSettings:
        return make_settings(self._nested_params("engine"))

    def _draw_seed(self) -> int:
        seed = super()._draw_seed()
        if self._engine_settings().distributed:
            start_processes(resolve_device(self.device))
            seed = share_value(seed)
        return seed

    def _forget(self) -> Any:
        previous = None
        seen = {name: vars(self)[name] for name in (*PREPARATIONS, *LOOKS) if name in vars(self)}
        # Nothing is checked yet: it may be anything.
        is_warm = isinstance(self.warm_start, bool | np.bool_) and self.warm_start
        if is_warm and hasattr(self, "net_"):
            previous = self.net_, self.n_iter_, getattr(self, "components_", None), seen
        super()._forget()
        if previous is not None:  # whose weights go on with samples prepared in the same way
            self.__dict__.update({name: seen[name] for name in PREPARATIONS if name in seen})
        return previous

    def _fit(
        self,
        labeled: Pool,
        unlabeled: Pool,
        predictions: PairOfPredictions,
        names: tuple[str, str],
        previous: Any,
    ) -> None:
        rule = self._make_rule()
        check_one_label(predictions, names, resolve_net(self.net).prediction_needs.required_by)
        recipe = self._recipe(unlabeled.sample_shape)
        self._check_nested_params(recipe.components())
        warn_of_unused(recipe.net_class, type(self), self.get_params(deep=False))
        recipe.check_pools(labeled, unlabeled)
        if previous is not None:
            check_goes_on({name: getattr(self, name, ()) for name in LOOKS}, previous[3])
            if not recipe.can_go_on_in(previous[2]):
                previous = None  # the last fit had too few samples to go on from
        last_net, n_before, components, _ = previous or (None, 0, None, {})
        is_placed = rule.reads.coordinates and rule.space != "latent"
        if components is None and (is_placed or recipe.may_have_linear_path):
            components = PrincipalComponents.fitted_on(
                labeled, unlabeled, self._seed, recipe.n_components
            )
        if components is not None:  # after a warm start the weights go on in its axes
            self.components_ = components
        net, n_epochs = recipe.train(
            (labeled, unlabeled),
            predictions,
            names=names,
            uncertainty=self.uncertainty,
            seed=self._seed,
            components=components,
            previous=last_net,
        )
        self.net_, self.history_, self.n_iter_ = net, net.history, n_before + n_epochs
        if rule.reads.labeled_coordinates:
            self._space = rule.space
            self.labeled_coordinates_ = self._locate_labeled(labeled, rule.space)

    def _recipe(self, sample_shape: tuple[int, ...]) -> NetRecipe:
        """What a net is made of: today's parameters, as plain values."""
        # The net has parameters of this estimator by the same name.
        shared = set(inspect.signature(VAALNet).parameters) & set(self._get_param_names())
        shared -= {"vae", "discriminator", "verbose"}
        return NetRecipe(
            net_class=resolve_net(self.net),
            vae=self.vae,
            discriminator=self.discriminator,
            sample_shape=sample_shape,
            params={name: getattr(self, name) for name in shared},
            nested={prefix: self._nested_params(prefix) for prefix in NET_PREFIXES},
            callbacks=self.callbacks,
            engine=self._engine_settings(),
            device=self.device,
            max_epochs=self.max_epochs,
            verbose=self.verbose,
        )
