"""From parameters and pools to a fitted strategy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, check_random_state

from skvaal._building import check_callback_names, check_names, go_on_from, make_net
from skvaal._data import PairedPools, PairedSampler, Pool
from skvaal._device import isolated_seed, resolve_device
from skvaal._distributed import check_shares, device_of, new_accelerator, same_for_all
from skvaal._exceptions import EmptyPoolWarning
from skvaal._net import VAALNet
from skvaal._scoring import reads_net, space_read
from skvaal._selection import needs_labeled
from skvaal._side import check_task_params, fit_side
from skvaal._space import InputSpace
from skvaal._task import TaskView
from skvaal._validation import (
    check_same_columns,
    check_same_kind,
    check_samples,
    check_unit_interval,
    labeled_mask,
)

# max_epochs='auto' trains for about so many iterations: half a minute for small grey images on two
# processor cores (docs/results/speed_cpu.json).
AUTO_ITERATIONS = 400
# What a fit leaves behind and the next one begins without.
_OF_A_FIT = ("diagnostics_", "labeled_means_", "input_space_", "condition_")


def fit_marked(strategy: Any, X: Any, y: Any, proba: Any, *, for_query: bool = False) -> Any:
    """Fit a strategy on one array.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    X, y, proba : array-like
        As in its ``fit``; `proba` may be the pair of views of its two pools.
    for_query : bool, default=False
        Whether nothing but ``query`` will follow: a net that it would not read is not trained.

    Returns
    -------
    VAALQueryStrategy
        The same.
    """
    previous = _start(strategy)
    X = check_samples(strategy, X, reset=True, data_format=strategy.data_format)
    labeled = np.zeros(len(X), dtype=bool)
    if y is not None:
        check_consistent_length(X, y)
        labeled = labeled_mask(y, strategy.missing_label)
        _warn_of_empty_pool(labeled, strategy.missing_label)
    rows = np.flatnonzero(labeled), np.flatnonzero(~labeled)
    if isinstance(proba, tuple) and isinstance(proba[0], TaskView):
        views = proba
    else:
        view = TaskView.of(proba, len(X))
        views = view.rows(rows[0]), view.rows(rows[1])
    pools = Pool(X, rows[0]), Pool(X, rows[1])
    _prepare(strategy, pools, views, ("proba", "proba"))
    return _train(strategy, pools, previous, for_query)


def fit_pools(
    strategy: Any,
    X_labeled: Any,
    X_unlabeled: Any,
    probas: tuple[Any, Any] = (None, None),
    *,
    for_query: bool = False,
) -> Any:
    """Fit a strategy on two arrays.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    X_labeled, X_unlabeled : array-like
        As in its ``fit_pools``.
    probas : tuple of array-like, TaskView or None
        Of the labelled and of the unlabelled samples.
    for_query : bool, default=False
        As in :func:`fit_marked`.

    Returns
    -------
    VAALQueryStrategy
        The same.
    """
    previous = _start(strategy)
    check_same_columns(X_labeled, X_unlabeled)
    X_labeled, X_unlabeled = (
        check_samples(strategy, X, reset=True, data_format=strategy.data_format, name=name)
        for X, name in ((X_labeled, "X_labeled"), (X_unlabeled, "X_unlabeled"))
    )
    check_same_kind(X_labeled, X_unlabeled)
    pools = Pool(X_labeled), Pool(X_unlabeled)
    names = "proba_labeled", "proba_unlabeled"
    views = (
        TaskView.of(probas[0], len(X_labeled), names[0]),
        TaskView.of(probas[1], len(X_unlabeled), names[1]),
    )
    _prepare(strategy, pools, views, names)
    return _train(strategy, pools, previous, for_query)


def adopt_state(strategy: Any, fitted: Any) -> None:
    """Make a strategy as fitted as another one, for a fit with ``warm_start=True``.

    Parameters
    ----------
    strategy, fitted : VAALQueryStrategy
    """
    names = [name for name in vars(fitted) if name.endswith("_") or name == "_seed"]
    vars(strategy).update({name: getattr(fitted, name) for name in names})


def _start(strategy: Any) -> VAALNet | None:
    """Validate parameters and forget the net: a fit that fails leaves the strategy unfitted.

    Returns
    -------
    VAALNet or None
        The net to go on from, with ``warm_start=True``.
    """
    previous = vars(strategy).pop("net_", None)
    for name in _OF_A_FIT:
        vars(strategy).pop(name, None)
    strategy._validate_params()
    return previous if strategy.warm_start else None


def _prepare(
    strategy: Any,
    pools: tuple[Pool, Pool],
    views: tuple[TaskView, TaskView],
    names: tuple[str, str],
) -> None:
    """Check what parameters and samples say together; give the pools what is read beside them.

    `names` are those of the arguments that the views came in.
    """
    check_names(strategy)
    check_task_params(strategy)
    labeled, unlabeled = pools
    if strategy.augmentation is not None and len(unlabeled.sample_shape) == 1:
        raise ValueError(
            f"augmentation={strategy.augmentation!r} is for images, but X holds feature rows; set "
            "augmentation=None, or pass images as (n, channels, height, width)"
        )
    if strategy.likelihood == "bernoulli":
        if strategy.loss_weighting == "published":
            raise ValueError(
                "loss_weighting='published' is a squared error; use likelihood='gaussian', or "
                "loss_weighting='evidence'"
            )
        verbose = bool(strategy.verbose)
        if unlabeled.X is labeled.X:
            check_unit_interval(labeled.X, "X", verbose)
        else:
            check_unit_interval(labeled.X, "X_labeled", verbose)
            check_unit_interval(unlabeled.X, "X_unlabeled", verbose)
    condition = fit_side(strategy, pools, views, names)
    if condition is not None:
        strategy.condition_ = condition
    strategy.n_labeled_, strategy.n_unlabeled_ = len(labeled), len(unlabeled)


def _train(
    strategy: Any, pools: tuple[Pool, Pool], previous: VAALNet | None, for_query: bool
) -> Any:
    """Fit the space of the distances and, unless nothing will read it, the net."""
    device = resolve_device(strategy.device)
    labeled, unlabeled = pools
    # An empty pool is stood in for by the other one; the discriminator then learns log-odds 0.
    paired = PairedPools(
        labeled if len(labeled) else unlabeled, unlabeled if len(unlabeled) else labeled
    )
    strategy._seed = _drawn_seed(strategy.random_state)
    accelerator = None
    if strategy.distributed:
        accelerator = new_accelerator(device)
        device = device_of(accelerator)
        check_shares(accelerator, strategy.batch_size, (len(labeled), len(unlabeled)))
        strategy._seed = same_for_all(strategy._seed)
    space = None
    if space_read(strategy) == "input":
        space = InputSpace.fitted_on(labeled, unlabeled, strategy._seed)
    net = make_net(strategy, device, _n_epochs(strategy, paired), accelerator)
    with isolated_seed(strategy._seed, device):
        # Even where it is not trained: a parameter that cannot be used is an error all the same.
        net.initialize()
        check_callback_names(strategy, net)
        if for_query and not reads_net(strategy):
            strategy.input_space_ = space
            for name in ("history_", "n_iter_"):  # of a net that is gone
                vars(strategy).pop(name, None)
            return strategy
        n_before = 0
        if previous is not None:
            go_on_from(previous, net)
            n_before = len(net.history)
        net.partial_fit(paired)
    n_iter = 0 if previous is None else getattr(strategy, "n_iter_", 0)
    strategy.n_iter_ = n_iter + len(net.history) - n_before
    strategy.net_ = net
    strategy.history_ = net.history
    if space is not None:
        strategy.input_space_ = space
    elif space_read(strategy) == "latent" and needs_labeled(strategy.selection):
        strategy.labeled_means_ = (
            net.means(labeled) if len(labeled) else np.empty((0, net.latent_dim_), np.float32)
        )
    return strategy


def _drawn_seed(random_state: Any) -> int:
    # None means fresh entropy, and not numpy's global generator: that is left alone.
    rng = np.random.RandomState() if random_state is None else check_random_state(random_state)
    return int(rng.randint(np.iinfo(np.int32).max))


def _n_epochs(strategy: Any, pools: PairedPools) -> int:
    if strategy.max_epochs != "auto":
        return int(strategy.max_epochs)
    epoch = PairedSampler(
        len(pools.labeled), len(pools.unlabeled), strategy.batch_size, strategy.n_vae_steps
    )
    return max(1, round(AUTO_ITERATIONS / len(epoch)))


def _warn_of_empty_pool(labeled: NDArray[np.bool_], missing_label: Any) -> None:
    if labeled.all():
        what = f"no unlabelled samples: missing_label={missing_label!r} is not in it"
    elif not labeled.any():
        what = f"no labelled samples: all of it is missing_label={missing_label!r}"
    else:
        return
    warnings.warn(
        f"y contains {what}. The discriminator has nothing to tell apart",
        EmptyPoolWarning,
        stacklevel=4,
    )
