"""What rules share that measure an accuracy in each round."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any

from skvaal._stopping.curve import CurvePoint
from skvaal._stopping.evidence import Evidence
from skvaal._stopping.rule import StoppingRule
from skvaal._utils.params import Interval

COUNT_OF_FOLDS: list[Any] = [Interval(Integral, 2, None, closed="left")]


class AccuracyRule(StoppingRule):
    """Keeps the learning curve: by cross-validation, or on a validation set if there is one."""

    cv: int
    curve_: list[CurvePoint]

    def _judge(self, evidence: Evidence) -> tuple[bool, str]:
        point = evidence.measure_accuracy(self.cv)
        self.curve_ = [*getattr(self, "curve_", []), point]
        way = "by cross-validation" if evidence.X_val is None else "on the validation set"
        return self._judge_curve(f"{way} with {point.n_labels:,} labels")

    @abstractmethod
    def _judge_curve(self, way: str) -> tuple[bool, str]:
        """Whether to stop, and why; `way` says how the last point was measured."""
