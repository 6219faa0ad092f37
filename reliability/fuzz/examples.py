"""Examples drawn by hypothesis, each of which ends in a right answer or an error of a few kinds."""

from __future__ import annotations

import contextlib
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.strategies import SearchStrategy
from sklearn.exceptions import NotFittedError

from reliability.limits import limit_child
from reliability.tally import BAD, OTHER, UNNAMED
from reliability.watched import REMARK, Report
from skvaal import ModelFileError, TrainingDivergedError
from skvaal.benchmark.journal import DamagedResultsError

# What may be raised: errors of Python that say what is wrong with an argument, and skvaal's own.
ALLOWED = (
    ValueError,
    TypeError,
    NotFittedError,
    ModelFileError,
    DamagedResultsError,
    TrainingDivergedError,
)
REFUSED = "refused by name"

Outcome = tuple[str, str]


def answer(try_one: Callable[[], Outcome], *names: str) -> Outcome:
    """What becomes of an example: what it returns, or whether an error names an argument."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return try_one()
    except ALLOWED as error:
        is_named = any(re.search(rf"\b{name}\b", str(error)) for name in names)
        return (REFUSED, "") if is_named else (UNNAMED, f"{type(error).__name__}: {error}"[:200])
    except Exception as error:
        return OTHER, f"{type(error).__name__}: {error}"[:200]


def explore(
    report: Report,
    make_examples: Callable[[], SearchStrategy],
    judge: Callable[[Any], Outcome],
    trials: int,
    seed: int,
) -> None:
    """Judge so many examples, always the same ones; of each that must not be, a smaller one too."""
    limit_child()
    examples = make_examples()
    found: set[str] = set()

    @hypothesis.seed(seed)
    @_settings(trials, Phase.generate)
    @given(examples)
    def explored(example: Any) -> None:
        note = _shown(example)
        report(None, note)
        outcome, what = judge(example)
        report(outcome, f"{note}: {what}")
        if outcome in BAD:
            found.add(_kind(outcome, what))

    explored()
    for kind in sorted(found):
        with contextlib.suppress(hypothesis.errors.NoSuchExample):
            report(REMARK, f"smallest, {kind}: {_smallest(report, examples, judge, kind, trials)}")


def _smallest(
    report: Report, examples: SearchStrategy, judge: Callable, kind: str, trials: int
) -> str:
    def is_such(example: Any) -> bool:
        report(None, _shown(example))
        return _kind(*judge(example)) == kind

    settings = _settings(trials, Phase.generate, Phase.shrink)
    found = hypothesis.find(examples, is_such, settings=settings, random=random.Random(0))
    return _shown(found)


def _kind(outcome: str, what: str) -> str:
    """An outcome, and the class of its error where there is one."""
    return f"{outcome} {what.partition(':')[0]}" if ":" in what else outcome


def _settings(trials: int, *phases: Phase) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=trials,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def _shown(example: Any) -> str:
    text = " ".join(repr(example).split())
    return text if len(text) < 300 else f"{text[:300]}..."
