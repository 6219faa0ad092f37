"""Pool strategies of scikit-activeml: ``pip install skvaal[skactiveml]``."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._committee import bagged_copies

QueryParams = Callable[[Any, int], Mapping[str, Any]]


class PoolSampling:
    """A pool strategy of scikit-activeml, as modAL calls it.

    Parameters
    ----------
    make : callable
        Takes a random state, returns the pool strategy. It is made anew for each query, with a
        random state of its own: some keep distances from their first query, when the pool was
        another one.
    random_state : int
        Seeds the random states.
    query_params : callable or None, default=None
        Takes the learner and the random state of the query, returns what the strategy's `query`
        needs besides the samples.
    fits_members : bool, default=False
        Whether that fits models.

    Attributes
    ----------
    seconds_ : dict of str to float
        What "fit" of the last query took; only with `fits_members`. The library's own work
        cannot be told apart.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skactiveml.pool import CoreSet
    >>> sampling = PoolSampling(lambda seed: CoreSet(random_state=seed), 0)
    >>> learner = SimpleNamespace(X_training=np.zeros((1, 2)), y_training=np.zeros(1))
    >>> indices, scores = sampling(learner, np.array([[0.0, 1.0], [3.0, 4.0]]), n_instances=1)
    >>> indices, scores
    (array([1]), array([5.]))
    """

    def __init__(
        self,
        make: Callable[[int], Any],
        random_state: int,
        query_params: QueryParams | None = None,
        *,
        fits_members: bool = False,
    ) -> None:
        self._make = make
        self._rng = np.random.default_rng(random_state)
        self._query_params = query_params
        self._fits_members = fits_members

    def __call__(
        self, learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        """Query the strategy on the labelled samples and the pool, as rows.

        Parameters
        ----------
        learner : modAL learner
            Holds the task model and the labelled samples, with numbers as classes.
        X_pool : ndarray of shape (n_pool, ...)
            Unlabelled samples.
        n_instances : int, default=1
            How many to choose.

        Returns
        -------
        indices, scores : ndarray of shape (n_instances,)
            The chosen samples and their utilities, each at the moment when it was chosen.
        """
        n_labeled = len(learner.y_training)
        seed = int(self._rng.integers(2**31))
        strategy = self._make(seed)
        began = perf_counter()
        params = {} if self._query_params is None else self._query_params(learner, seed)
        if self._fits_members:
            self.seconds_ = {"fit": perf_counter() - began}
        X = np.concatenate([as_rows(learner.X_training), as_rows(X_pool)])
        y = np.concatenate([learner.y_training, np.full(len(X_pool), np.nan)])
        scores: dict[int, float] = {}  # by row of X, in the order of choice
        # Once is enough, but where samples coincide Badge and TypiClust may choose one twice.
        while len(scores) < n_instances:
            chosen, utilities = strategy.query(
                X=X,
                y=y,
                candidates=np.setdiff1d(np.arange(n_labeled, len(X)), list(scores)),
                batch_size=int(n_instances) - len(scores),
                return_utilities=True,
                **params,
            )
            for row, utility in zip(chosen, utilities, strict=True):
                scores.setdefault(int(row), float(utility[row]))
        return np.array(list(scores)) - n_labeled, np.array(list(scores.values()))


def core_set(random_state: int) -> Strategy:
    """Return the greedy core set (k-center)."""
    from skactiveml.pool import CoreSet

    return PoolSampling(lambda seed: CoreSet(random_state=seed), random_state)


def badge(random_state: int) -> Strategy:
    """Return BADGE, on the gradient of a linear last layer over the rows."""
    from skactiveml.pool import Badge

    return PoolSampling(lambda seed: Badge(random_state=seed), random_state, _fitted("clf"))


def typi_clust(random_state: int) -> Strategy:
    """Return TypiClust."""
    from skactiveml.pool import TypiClust

    return PoolSampling(lambda seed: TypiClust(random_state=seed), random_state)


def prob_cover(random_state: int) -> Strategy:
    """Return ProbCover, with radii of up to the mean distance between two samples."""
    from skactiveml.pool import ProbCover

    def make(seed: int) -> Any:
        # The library's radii, 0.2 to 2, are made for embeddings of unit length. Radius 0 is pure
        # whatever the data, so that there is always one to take.
        return ProbCover(
            deltas=np.linspace(0, 1, 21), distance_func=_relative_distances, random_state=seed
        )

    return PoolSampling(make, random_state)


def max_herding(random_state: int) -> Strategy:
    """Return MaxHerding."""
    from skactiveml.pool import MaxHerding

    return PoolSampling(lambda seed: MaxHerding(random_state=seed), random_state)


def drop_query(random_state: int) -> Strategy:
    """Return DropQuery, with dropout on the rows."""
    from skactiveml.pool import DropQuery

    def make(seed: int) -> Any:
        # Left alone, its k-means draws from numpy's global generator; so does Clue's.
        return DropQuery(cluster_algo_dict={"random_state": seed}, random_state=seed)

    return PoolSampling(make, random_state, _fitted("clf"))


def clue(random_state: int) -> Strategy:
    """Return CLUE."""
    from skactiveml.pool import Clue

    def make(seed: int) -> Any:
        return Clue(cluster_algo_dict={"random_state": seed}, random_state=seed)

    return PoolSampling(make, random_state, _fitted("estimator"))


def falcun(random_state: int) -> Strategy:
    """Return FALCUN."""
    from skactiveml.pool import Falcun

    return PoolSampling(lambda seed: Falcun(random_state=seed), random_state, _fitted("clf"))


def bald(random_state: int) -> Strategy:
    """Return BALD: the samples on which a committee shares the most information, one by one."""
    from skactiveml.pool import GreedyBALD

    def ensemble(learner: Any, seed: int) -> Mapping[str, Any]:
        members = [_classifier(learner, member) for member in bagged_copies(learner, seed)]
        return {"ensemble": members, "fit_ensemble": False}

    return PoolSampling(
        lambda seed: GreedyBALD(random_state=seed), random_state, ensemble, fits_members=True
    )


def discriminative_al(random_state: int) -> Strategy:
    """Return discriminative active learning; the discriminator is a copy of the task model."""
    from skactiveml.pool import DiscriminativeAL

    def discriminator(learner: Any, seed: int) -> Mapping[str, Any]:
        return {"discriminator": _classifier(learner, learner.estimator)}

    return PoolSampling(
        # Not greedy, it fits the discriminator again for each sample of the batch.
        lambda seed: DiscriminativeAL(greedy_selection=True, random_state=seed),
        random_state,
        discriminator,
    )


def _fitted(name: str) -> QueryParams:
    def query_params(learner: Any, seed: int) -> Mapping[str, Any]:
        return {name: _classifier(learner, learner.estimator), f"fit_{name}": False}

    return query_params


def _classifier(learner: Any, estimator: Any) -> Any:
    from skactiveml.classifier import SklearnClassifier

    # A task model of images gets images back from the rows.
    unflatten = FunctionTransformer(_reshaped, kw_args={"shape": learner.X_training.shape[1:]})
    unflatten.fit(as_rows(learner.X_training))
    return SklearnClassifier(make_pipeline(unflatten, estimator))


def _reshaped(X: NDArray, shape: tuple[int, ...]) -> NDArray:
    return X.reshape(-1, *shape)


def _relative_distances(X: NDArray) -> NDArray:
    distances = pairwise_distances(X)
    return distances / max(distances.mean(), np.finfo(distances.dtype).tiny)


STRATEGIES: dict[str, StrategyFactory] = {
    "core_set": core_set,
    "badge": badge,
    "typi_clust": typi_clust,
    "prob_cover": prob_cover,
    "max_herding": max_herding,
    "drop_query": drop_query,
    "clue": clue,
    "falcun": falcun,
    "bald": bald,
    "discriminative_al": discriminative_al,
}
