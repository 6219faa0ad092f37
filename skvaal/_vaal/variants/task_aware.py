"""Nets that read a task model's predictions beside the samples; the one with relabelled states.

References
----------
.. [1] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
       2020, arXiv 2004.04943.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import PredictionNeeds, Predictions, state_indicator
from skvaal._utils.schema import check_names, entries
from skvaal._vaal.losses import relabeled_discriminator_loss
from skvaal._vaal.net import VAALNet
from skvaal._vaal.variants.published import SeparateBatchesNet


class Extra(ABC):
    """Makes columns of a task model's predictions; fixed once a net is fitted."""

    #: Columns that the discriminator reads.
    dim: int

    @classmethod
    def fitted_on(cls, predictions: Predictions, uncertainty: Any) -> Extra:
        """Learn from the predictions on both pools together."""
        return cls()

    @classmethod
    def restored(cls, values: Any, arrays: Mapping[str, NDArray], uncertainty: Any) -> Extra:
        """Rebuild it from what :meth:`export_state` returned, and the strategy's `uncertainty`.

        Raises a ValueError if these are not what it returned.
        """
        entries({}, others=False)(values, "learned.net.extra")
        check_names(arrays, ())
        return cls()

    @abstractmethod
    def columns(
        self, predictions: Predictions, n_samples: int, name: str = "proba"
    ) -> NDArray[np.float32]:
        """Columns for samples, (n_samples, k); a row depends on its own sample alone."""

    def export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """Values for JSON, and arrays: what :meth:`restored` reads."""
        return {}, {}


class TaskAwareNet(VAALNet):
    """Reads what its `extra_class` makes of a task model's predictions."""

    extra_class: ClassVar[type[Extra]]

    @classmethod
    def learn_extra(
        cls,
        labeled: Predictions,
        unlabeled: Predictions,
        uncertainty: Any,
        names: tuple[str, str] = ("proba_labeled", "proba_unlabeled"),
    ) -> Extra:
        """Check that predictions are there and have the same classes, and learn from them."""
        if cls.prediction_needs.labeled:
            cls._require_proba(labeled, names[0])
        cls._require_proba(unlabeled, names[1])
        probas = labeled.proba, unlabeled.proba
        n_classes = [proba.shape[1] for proba in probas if proba is not None]
        if len(set(n_classes)) > 1:
            raise ValueError(
                f"{names[0]} has {n_classes[0]} classes, {names[1]} has {n_classes[1]}; give both "
                "a column for every class, in the same order"
            )
        return cls.extra_class.fitted_on(labeled.followed_by(unlabeled), uncertainty)

    @classmethod
    def restore_extra(
        cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray], uncertainty: Any = None
    ) -> Extra:
        """Rebuild `extra`."""
        prefix = "extra."
        own = {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
        return cls.extra_class.restored(values.get("extra"), own, uncertainty)

    def attach_extra(self, pool: Pool, predictions: Predictions, name: str = "proba") -> None:
        """Give a pool its columns; if scores read them, they need class probabilities."""
        if self.extra.dim:
            self._require_proba(predictions, name)
        pool.extra = self.extra.columns(predictions, len(pool), name)

    @classmethod
    def _require_proba(cls, predictions: Predictions, name: str) -> None:
        if predictions.pixels is not None:
            raise ValueError(
                f"{cls.prediction_needs.required_by} needs class probabilities of whole samples, "
                f"(n_samples, n_classes), and {name} has the shape {predictions.pixels.shape}; "
                "take net='vaal', which trains without them"
            )
        if predictions.proba is None:
            raise ValueError(
                f"{cls.prediction_needs.required_by} needs class probabilities, and "
                f"VAALQueryStrategy has no learner: pass {name}=..., or use VAALQuery in an "
                "ActiveLearner"
            )


def read_proba(predictions: Predictions, n_classes: int, name: str) -> NDArray[np.float64]:
    """Class probabilities; a ValueError if they have other classes than those that were fitted."""
    assert predictions.proba is not None
    if predictions.proba.shape[1] != n_classes:
        raise ValueError(
            f"{name} has {predictions.proba.shape[1]} classes, but {n_classes} were fitted; give "
            "a column to every class, or fit again"
        )
    return predictions.proba


class StateIndicator(Extra):
    """The state indicator of [1]_: 1 where the task model is unsure, or is not known."""

    dim = 0

    def columns(
        self, predictions: Predictions, n_samples: int, name: str = "proba"
    ) -> NDArray[np.float32]:
        """Indicators, (n_samples, 1)."""
        if predictions.proba is None:
            return np.ones((n_samples, 1), dtype=np.float32)
        return state_indicator(predictions.proba).astype(np.float32)[:, None]


class StateRelabelingNet(TaskAwareNet):
    """Equation 3 has 1 - the state indicator as the target of an unlabelled sample, instead of 0.

    It is the soft target of a binary cross-entropy. The paper writes log(indicator - D), which is
    undefined where D is above the indicator. Scores do not read the indicator.
    """

    prediction_needs = PredictionNeeds(pool=True, required_by="net='relabeled'")
    extra_class = StateIndicator

    def compute_discriminator_loss(
        self, labeled: Tensor, unlabeled: Tensor, extra: Tensor | None
    ) -> Tensor:
        """L_D with relabelled states."""
        if extra is None:
            return super().compute_discriminator_loss(labeled, unlabeled, extra)
        _, indicator = extra[:, 0].chunk(2)
        return relabeled_discriminator_loss(labeled, unlabeled, indicator)


class SRAALNet(SeparateBatchesNet, StateRelabelingNet):
    """State-relabelling VAAL [1]_: StateRelabelingNet, and one pool at a time as in VAAL."""

    prediction_needs = PredictionNeeds(pool=True, required_by="net='sraal'")
