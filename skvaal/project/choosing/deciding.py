"""One batch by one strategy: which samples, and what they were chosen by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._predictions.predictions import Predictions, measure_uncertainty
from skvaal._rules.measures import smallest
from skvaal.project.choosing.candidates import Pools
from skvaal.project.choosing.inputs import Inputs
from skvaal.project.choosing.places import MOST_PLACED, Places, place
from skvaal.project.choosing.predicted import Predicted
from skvaal.project.choosing.strategies import COVERAGE, Named, make_strategy

# Parts of the pool on which VAAL's discriminator is tried out.
_N_FOLDS = 3
# That a model needs.
_LEAST_CLASSES = 2
# Of the scores in the weights of herding; below it, they have next to no part.
LEAST_EXPONENT = 0.1


@dataclass(frozen=True)
class How:
    """How a batch is chosen: a strategy, and what does not depend on the samples.

    Parameters
    ----------
    named : Named
        The strategy.
    preset : str or None
        Parameters of VAAL by name.
    device, seed, verbose
        As those of the estimators.
    """

    named: Named
    preset: str | None
    device: str
    seed: int
    verbose: Any

    def make(self, named: Named | None = None) -> Any:
        """Make the estimator of this strategy, or of another one."""
        return make_strategy(
            named or self.named,
            preset=self.preset if named is None else None,
            device=self.device,
            seed=self.seed,
            verbose=self.verbose,
        )

    @property
    def called(self) -> str:
        """What an error calls it."""
        return (
            f"a choice by {self.named.words}" if self.preset is None else f"preset={self.preset!r}"
        )

    def reads_model(self) -> bool:
        """Whether a task model is asked."""
        if self.preset is None:
            return self.named.reads_model
        needs = self.make().prediction_needs()
        return bool(needs.pool or needs.labeled)

    def needs_model(self) -> bool:
        """Whether nothing can be chosen without a task model."""
        if self.preset is None:
            return self.named.family == "model"
        return self.make().prediction_needs().required_by is not None

    def way_out(self, n_classes: int) -> str:
        """What to do where no model can be fitted, or none was asked."""
        if not self.needs_model():
            return "name model='none', or label samples of another class"
        if n_classes >= _LEAST_CLASSES:
            return "name model='linear' or model='forest', or give predictions of your own"
        instead = "" if self.preset is None else f", without {self.called}"
        return (
            f"choose by strategy={COVERAGE!r} until two classes have labels{instead}, or give "
            "predictions of your own"
        )


@dataclass(frozen=True)
class Decision:
    """A batch.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Chosen samples, the most wanted first.
    columns : dict of arrays
        ``gain``, ``uncertainty``, ``score``, ``covers``, those that there are.
    by : {'coverage', 'scores', 'model', 'random'}
        What the choice was made by.
    strategy : estimator or None
        What chose, fitted; None for a model or chance.
    places : Places
        Where samples lie.
    usual_scores : array or None
        Scores of samples that were placed, if they had a part in the choice.
    """

    rows: NDArray[np.intp]
    columns: dict[str, NDArray[Any]]
    by: str
    strategy: Any
    places: Places
    usual_scores: NDArray[np.float64] | None = None


def decide(how: How, pools: Pools, n: int, inputs: Inputs, predicted: Predicted | None) -> Decision:
    """Choose a batch of the free samples.

    Raises
    ------
    ValueError
        If the strategy cannot do without class probabilities, and there are none.
    """
    settled, free = inputs.part(pools.settled), inputs.part(pools.free)
    if how.named.family in ("model", "random"):
        return _without_strategy(how, pools, n, inputs, predicted)
    strategy = how.make()
    needs = strategy.prediction_needs()
    if needs.required_by is not None and predicted is None:
        raise ValueError(
            f"{how.called} needs class probabilities: {how.way_out(len(pools.known.classes))}"
        )
    proba = None if predicted is None else predicted.of(pools.free)
    of_settled = None
    if needs.labeled and predicted is not None:
        of_settled = predicted.of(pools.settled)
        if np.isnan(of_settled).any():
            raise ValueError(
                f"preset={how.preset!r} needs predictions of labelled samples, too, and "
                f"{np.isnan(of_settled).any(axis=1).sum()} have none"
            )
    indices = strategy.fit_query(
        settled if len(settled) else None, free, n, proba=proba, proba_labeled=of_settled
    )
    table = strategy.explain(free, indices, proba=proba)
    columns = {name: np.asarray(table[name]) for name in table}
    if how.named.family == "vaal":
        _examine(strategy, inputs, pools, of_settled, predicted)
    rows = pools.free[indices]
    is_placed = "covers" in columns
    placer = strategy if is_placed else how.make(_PLACER).fit_pools(settled, free)
    if not is_placed:
        columns["covers"] = np.asarray(placer.explain(free, indices)["covers"])
    places = _place(placer, inputs, pools, rows, how.seed)
    return Decision(
        rows,
        {
            name: columns[name]
            for name in ("gain", "uncertainty", "score", "covers")
            if name in columns
        },
        "coverage" if "gain" in columns else "scores",
        strategy,
        places,
        _usual_scores(strategy, inputs, places, columns, predicted),
    )


# A strategy that says where samples lie, whatever chose them.
_PLACER = Named(family="random", words="", trains="-", reads="components", idea="", params={})


def _without_strategy(
    how: How, pools: Pools, n: int, inputs: Inputs, predicted: Predicted | None
) -> Decision:
    """Choose by a model's uncertainty alone, or by chance."""
    rng = np.random.RandomState(how.seed)
    columns: dict[str, NDArray[Any]] = {}
    if how.named.family == "random":
        indices = rng.permutation(len(pools.free))[:n]
    else:
        assert predicted is not None
        unsure = uncertainty_of(how.named, predicted, pools.free)
        indices = smallest(-unsure, n, rng)
        columns["uncertainty"] = unsure[indices]
    settled, free = inputs.part(pools.settled), inputs.part(pools.free)
    placer = how.make().fit_pools(settled if len(settled) else None, free)
    columns["covers"] = np.asarray(placer.explain(free, indices)["covers"])
    rows = pools.free[indices]
    places = _place(placer, inputs, pools, rows, how.seed)
    return Decision(rows, columns, how.named.family, None, places)


def uncertainty_of(named: Named, predicted: Predicted, rows: NDArray[np.intp]) -> NDArray[Any]:
    """How unsure a task model is of samples, as a strategy measures it."""
    found = measure_uncertainty(named.uncertainty, Predictions(predicted.of(rows)))
    assert found is not None
    return found


def _place(placer: Any, inputs: Inputs, pools: Pools, rows: NDArray[np.intp], seed: int) -> Places:
    labeled = placer.labeled_coordinates_[: len(pools.known.rows)]
    return place(placer, inputs.X, rows=rows, labeled=labeled, candidates=pools.free, seed=seed)


def _examine(
    strategy: Any, inputs: Inputs, pools: Pools, of_settled: Any, predicted: Predicted | None
) -> None:
    """Let a strategy find out whether its scores are worth anything, on a draw of the pool."""
    drawn = np.linspace(0, len(pools.free) - 1, MOST_PLACED)
    some = pools.free[np.unique(drawn.astype(np.intp))]
    strategy.diagnose(
        inputs.part(pools.settled),
        inputs.part(some),
        n_folds=_N_FOLDS,
        proba_labeled=of_settled,
        proba_unlabeled=None if of_settled is None or predicted is None else predicted.of(some),
    )


def _usual_scores(
    strategy: Any,
    inputs: Inputs,
    places: Places,
    columns: dict[str, NDArray[Any]],
    predicted: Predicted | None,
) -> NDArray[np.float64] | None:
    """Scores of placed samples; None where they had next to no part in the choice."""
    exponent = getattr(getattr(strategy, "diagnostics_", None), "score_exponent", None)
    if "score" not in columns or (exponent is not None and exponent < LEAST_EXPONENT):
        return None
    rest = places.rest_rows
    if not len(rest):
        return columns["score"]
    proba = None if predicted is None else predicted.of(rest)
    scores = strategy.score_samples(inputs.part(rest), proba=proba)
    return np.concatenate([columns["score"], scores]).astype(np.float64)
