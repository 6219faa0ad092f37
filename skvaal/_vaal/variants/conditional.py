"""VAAL whose discriminator reads a condition beside mu: a predicted class, or a predicted loss.

References
----------
.. [1] Kim, Park, Kim, Chun, "Task-Aware Variational Adversarial Active Learning", CVPR 2021,
       arXiv 2002.04709.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skvaal._predictions.predictions import (
    PredictionNeeds,
    Predictions,
    is_explicit,
    measure_uncertainty,
)
from skvaal._utils.schema import POSITIVE, TEXT, TRUTH, check_array, check_names, entries
from skvaal._vaal.module_checks import check_vae, condition_dim_of
from skvaal._vaal.variants.published import SeparateBatchesNet
from skvaal._vaal.variants.task_aware import Extra, TaskAwareNet, read_proba


class ConditionalNet(TaskAwareNet):
    """The discriminator reads mu with the columns of a condition, its `extra`, appended.

    So does the decoder, if the VAE's constructor has a parameter `condition_dim`.
    """

    def build_vae(self) -> nn.Module:
        """Build a VAE, whose decoder may read the condition."""
        condition_dim = self.extra.dim
        context = {"input_shape": self.input_shape, "condition_dim": condition_dim}
        vae = self.build("vae", self.vae, context)
        n_decoded = condition_dim_of(vae, self.vae, condition_dim)
        params = self.get_params_for("vae")
        self.latent_dim_ = check_vae(vae, self.input_shape, n_decoded, params)
        self.n_decoder_inputs_ = self.latent_dim_ + n_decoded
        self.n_discriminator_inputs_ = self.latent_dim_ + condition_dim
        return vae

    def decode(self, z: Tensor, extra: Tensor | None = None) -> Tensor:
        """Decode z with the condition appended, if the decoder reads it; z may end in it."""
        if extra is not None and self.n_decoder_inputs_ > self.latent_dim_:
            z = torch.cat([z, extra], dim=1)
        return super().decode(z)

    def logits(self, mu: Tensor, extra: Tensor | None = None, discriminator: Any = None) -> Tensor:
        """Log-odds of being labelled, from mu with the condition appended; mu may end in it."""
        inputs = mu if extra is None else torch.cat([mu, extra], dim=1)
        return super().logits(inputs, None, discriminator)


@dataclass(frozen=True)
class PseudoLabel(Extra):
    """The most probable class, one-hot."""

    n_classes: int

    @property
    def dim(self) -> int:  # type: ignore[override]
        """One column a class."""
        return self.n_classes

    @classmethod
    def fitted_on(cls, predictions: Predictions, uncertainty: Any) -> PseudoLabel:
        """Find the number of classes."""
        assert predictions.proba is not None
        return cls(predictions.proba.shape[1])

    @classmethod
    def restored(cls, values: Any, arrays: Mapping[str, NDArray], uncertainty: Any) -> PseudoLabel:
        """Take the number of classes."""
        entries({"n_classes": POSITIVE}, others=False)(values, "learned.net.extra")
        check_names(arrays, ())
        return cls(**values)

    def columns(
        self, predictions: Predictions, n_samples: int, name: str = "proba"
    ) -> NDArray[np.float32]:
        """One-hot classes, (n_samples, n_classes)."""
        classes = read_proba(predictions, self.n_classes, name).argmax(axis=1)
        return np.eye(self.n_classes, dtype=np.float32)[classes]

    def export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """The number of classes."""
        return {"n_classes": self.n_classes}, {}


class PseudoLabelNet(ConditionalNet):
    """The condition is the task model's most probable class, one-hot.

    The discriminator then compares a sample with the labelled samples of its predicted class.
    """

    prediction_needs = PredictionNeeds(pool=True, labeled=True, required_by="net='pseudo_label'")
    extra_class = PseudoLabel


@dataclass(frozen=True, eq=False)
class RankedLoss(Extra):
    """The rank of a sample's predicted loss among all that were fitted, in (0, 1] [1]_."""

    n_classes: int
    uncertainty: Any
    of_loss: bool
    ranked: NDArray[np.float64]  # the losses that were fitted, in ascending order
    dim = 1

    @classmethod
    def fitted_on(cls, predictions: Predictions, uncertainty: Any) -> RankedLoss:
        """Rank the samples of both pools together."""
        assert predictions.proba is not None
        of_loss = predictions.loss is not None
        ranked = np.sort(_read_loss(predictions, uncertainty, of_loss))
        return cls(predictions.proba.shape[1], uncertainty, of_loss, ranked)

    @classmethod
    def restored(cls, values: Any, arrays: Mapping[str, NDArray], uncertainty: Any) -> RankedLoss:
        """Take the ranked losses."""
        wanted = {"n_classes": POSITIVE, "of_loss": TRUTH, "ranked_by": TEXT}
        entries(wanted, others=False)(values, "learned.net.extra")
        check_names(arrays, ("ranked",))
        ranked = check_array(arrays, "ranked", np.float64, (None,))
        if (np.diff(ranked) < 0).any():
            raise ValueError("its array ranked must ascend")
        made = cls(values["n_classes"], uncertainty, values["of_loss"], ranked)
        if made.ranked_by != values["ranked_by"]:
            raise ValueError(
                f"its samples are ranked by {values['ranked_by']}, not by {made.ranked_by}: load "
                "it with the uncertainty that it was fitted with"
            )
        return made

    @property
    def ranked_by(self) -> str:
        """Name of what the samples are ranked by."""
        explicit = _explicit(self.uncertainty)
        return "loss" if self.of_loss else getattr(explicit, "__name__", str(explicit))

    def columns(
        self, predictions: Predictions, n_samples: int, name: str = "proba"
    ) -> NDArray[np.float32]:
        """Ranks, (n_samples, 1)."""
        read_proba(predictions, self.n_classes, name)
        loss = _read_loss(predictions, self.uncertainty, self.of_loss)
        n_not_larger = np.searchsorted(self.ranked, loss, side="right")
        ranks = np.maximum(n_not_larger, 1) / len(self.ranked)
        return ranks.astype(np.float32)[:, None]

    def export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """All but the uncertainty, which is a parameter of the strategy."""
        values = {"n_classes": self.n_classes, "of_loss": self.of_loss, "ranked_by": self.ranked_by}
        return values, {"ranked": self.ranked}


def _read_loss(predictions: Predictions, uncertainty: Any, of_loss: bool) -> NDArray[np.float64]:
    if of_loss:
        if predictions.loss is None:
            raise ValueError(
                "net='task_loss' was fitted on the losses that a head on the learner's features "
                "predicts, which probabilities cannot stand for; query through VAALQuery in that "
                "learner, or fit with proba=..."
            )
        return np.asarray(predictions.loss, dtype=np.float64)
    values = measure_uncertainty(_explicit(uncertainty), predictions)
    assert values is not None
    return values


def _explicit(uncertainty: Any) -> Any:
    return uncertainty if is_explicit(uncertainty) else "margin"


class TaskLossNet(ConditionalNet):
    """The condition is the rank of the predicted task loss.

    Where no loss is predicted, it is the rank of the uncertainty: of the margin, unless the
    strategy's `uncertainty` names another one.
    """

    prediction_needs = PredictionNeeds(
        pool=True, labeled=True, losses=True, required_by="net='task_loss'"
    )
    reads_uncertainty = True
    extra_class = RankedLoss


class TAVAALNet(SeparateBatchesNet, TaskLossNet):
    """Task-aware VAAL [1]_: the condition of TaskLossNet, and one pool at a time as in VAAL."""

    prediction_needs = replace(TaskLossNet.prediction_needs, required_by="net='ta_vaal'")
