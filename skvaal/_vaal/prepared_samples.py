"""What a net's samples went through before it saw them, and the way back to the user's units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.components import SparseReduction, needs_reduction
from skvaal._pool.pool import Positions
from skvaal._pool.validation import PoolCheckingMixin
from skvaal._vaal.net import VAALNet

# Fitted attributes of how samples are prepared, which a warm start goes on with; and of what they
# look like, which it must find again.
PREPARATIONS = ("conditioning_", "sparse_reduction_")
LOOKS = ("input_shape_", "image_kind_", "feature_names_in_")


class PreparedSamplesMixin(PoolCheckingMixin):
    """Conditions samples, and reduces wide sparse ones, before a net sees them."""

    net_: VAALNet
    sparse_reduction_: SparseReduction
    likelihood: str
    variance: str | float

    @property
    def _may_be_conditioned(self) -> bool:
        return self.likelihood != "bernoulli"  # whose numbers must stay in [0, 1]

    def _reduce(
        self, pools: dict[str, Any], *, reset: bool, rows: Sequence[Positions] | None = None
    ) -> list[Any]:
        """Samples as the net sees them: few dense columns in the place of many sparse ones."""
        pools = dict(zip(pools, super()._reduce(pools, reset=reset, rows=rows), strict=True))
        if reset and self._factor != 1 and self.variance != "optimal":
            raise ValueError(
                f"variance={self.variance!r} counts in squared units of X, which are too small or "
                "too large to be computed with; bring X to a common scale before fit "
                "(StandardScaler), or set variance='optimal'"
            )
        if reset and not any(map(needs_reduction, pools.values())):
            self.__dict__.pop("sparse_reduction_", None)
        elif reset and hasattr(self, "sparse_reduction_"):  # kept for a warm start
            self.sparse_reduction_.check_columns(next(iter(pools.values())))
        elif reset:
            self.sparse_reduction_ = SparseReduction.fitted_on(list(pools.values()), self._seed)
        if not hasattr(self, "sparse_reduction_"):
            return list(pools.values())
        return [self.sparse_reduction_.reduce(X, name) for name, X in pools.items()]

    @property
    def _factor(self) -> float:
        conditioning = getattr(self, "conditioning_", None)
        return 1.0 if conditioning is None else conditioning.factor

    def _restore_samples(self, X: NDArray[np.float32]) -> NDArray:
        """What a decoder made, in the units and the layout of the X that was fitted."""
        if hasattr(self, "sparse_reduction_"):
            X = self.sparse_reduction_.restore(X)
        if self.image_kind_ == "uint8 images":
            X = (X * 255).round().clip(0, 255).astype(np.uint8)
        restored: NDArray = X
        if (conditioning := getattr(self, "conditioning_", None)) is not None:
            restored = conditioning.undo(X)
        is_turned = restored.ndim == 4 and self.data_format == "channels_last"
        return np.moveaxis(restored, 1, -1) if is_turned else restored

    def _log_volume(self) -> float:
        """What the log-density of a sample gains by the units of X, in nats."""
        return math.prod(self.net_.input_shape) * math.log(self._factor)


def check_goes_on(looks: Mapping[str, Any], earlier: Mapping[str, Any]) -> None:
    """Raise if weights that were trained on other samples cannot go on with these.

    Both hold LOOKS, as far as there are some.
    """
    way_out = "set warm_start=False to start anew"
    if "input_shape_" not in earlier:
        return
    if looks["input_shape_"] != earlier["input_shape_"]:
        raise ValueError(
            f"X has samples of shape {looks['input_shape_']}, but warm_start=True goes on from "
            f"weights for {earlier['input_shape_']}; {way_out}"
        )
    if looks["image_kind_"] != earlier["image_kind_"]:
        raise ValueError(
            f"X holds {looks['image_kind_']}, but warm_start=True goes on from weights for "
            f"{earlier['image_kind_']}; uint8 images are scaled by 1 / 255, others are not. "
            f"Convert X, or {way_out}"
        )
    names, known = (list(each.get("feature_names_in_", ())) for each in (looks, earlier))
    if names and known and names != known:
        raise ValueError(
            f"X has the columns {_listed(names)}, but warm_start=True goes on from weights for "
            f"{_listed(known)}; reorder X, or {way_out}"
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
