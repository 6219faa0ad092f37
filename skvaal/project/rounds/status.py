"""How a project is doing: labels, rounds, the learning curve, and what asking has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted
from skvaal._stopping.curve import CurvePoint, compute_curve
from skvaal._stopping.stabilized_predictions import StabilizedPredictions
from skvaal.project.choosing.inputs import Inputs, decode, make_inputs, reads_pixels
from skvaal.project.rounds.learning_curve import Saving, estimate_saving
from skvaal.project.rounds.pool_again import new_names
from skvaal.project.rounds.state import Answer, Round, State

_MOST_POINTS = 12
_N_TREES = 50
_STOP_SIZE = 1_000


@dataclass(frozen=True)
class RoundReport:
    """What a round cost.

    Parameters
    ----------
    number : int
    n_asked, n_labeled : int
        Samples that it asked for, and how many of them have a label by now.
    seconds : float
        How long the choice took.
    hours : float or None
        From the question to the next answer; None where there is none yet.
    """

    number: int
    n_asked: int
    n_labeled: int
    seconds: float
    hours: float | None


@dataclass(frozen=True)
class Status:
    """Where a project stands.

    Parameters
    ----------
    n_samples, n_labeled, n_waiting, n_left : int
        Samples that were ever in the pool; those with a label; those that were asked for and have
        none yet; those that may still be asked for. Without a curve the pool is not read: what
        joined or left it since the last question is not known then.
    n_corrected : int
        Labels that a later answer changed.
    classes : dict of int
        Labels by class, the largest first.
    rounds : list of RoundReport
    curve : sequence of CurvePoint
        Cross-validated on the labels so far. They were not drawn at random, so that on the whole
        pool a model may do better or worse.
    saving : Saving or None
        None with fewer than three answers.
    should_stop : bool or None
        Whether predictions are stable, as :class:`skvaal.StabilizedPredictions` says of up to 1,000
        random samples of the pool. None without a model.
    stopping : str
        The same in a sentence, with what it rests on; empty without a model.
    model : str
        What the curve, the saving and the predictions are of, in words; or why there is none.
    n_gone : int, default=0
        Samples without a label that nobody asked for, and whose images are gone or damaged now.
    """

    n_samples: int
    n_labeled: int
    n_waiting: int
    n_left: int
    n_corrected: int
    classes: Mapping[str, int]
    rounds: Sequence[RoundReport]
    curve: Sequence[CurvePoint]
    saving: Saving | None
    should_stop: bool | None
    stopping: str
    model: str
    n_gone: int = 0


def report_status(
    state: State, known: LabeledSamples | None, *, n_jobs: int = 1, progress: bool = False
) -> Status:
    """Report where a project stands.

    Parameters
    ----------
    state : State
        What happened.
    known : LabeledSamples or None
        The pool with the labels so far; None leaves the curve out.
    n_jobs : int, default=1
        Processes that decode images.
    progress : bool, default=False
        Show progress bars on a terminal.

    Returns
    -------
    Status
    """
    learned = _Learned("No curve was asked for.")
    if known is not None:
        learned = _learn(state, known, n_jobs, progress)
    joined = [] if known is None else new_names(known, state)
    there = set(state.names if known is None else known.samples.names)
    left = [*state.left, *(name for name in joined if name not in state.labels)]
    n_left = sum(name in there for name in left)
    counts = Counter(state.labels.values())
    return Status(
        n_samples=len(state.names) + len(joined),
        n_labeled=len(state.labels),
        n_waiting=len(state.waiting),
        n_left=n_left,
        n_corrected=sum(answer.n_corrected for answer in state.answers),
        classes=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        rounds=_report_rounds(state),
        curve=learned.curve,
        saving=learned.saving,
        should_stop=learned.should_stop,
        stopping=learned.stopping,
        model=learned.model,
        n_gone=len(left) - n_left,
    )


def _report_rounds(state: State) -> list[RoundReport]:
    return [
        RoundReport(
            number=one.number,
            n_asked=len(one.names),
            n_labeled=sum(name in state.labels for name in one.names),
            seconds=one.seconds,
            hours=_hours_to_answer(one, state.answers),
        )
        for one in state.rounds
    ]


def _hours_to_answer(asked: Round, answers: Sequence[Answer]) -> float | None:
    later = [answer for answer in answers if answer.event > asked.event]
    if not later:
        return None
    between = datetime.fromisoformat(later[0].at) - datetime.fromisoformat(asked.at)
    return between.total_seconds() / 3600


@dataclass(frozen=True)
class _Learned:
    model: str
    curve: Sequence[CurvePoint] = ()
    saving: Saving | None = None
    should_stop: bool | None = None
    stopping: str = ""


def _learn(state: State, known: LabeledSamples, n_jobs: int, progress: bool) -> _Learned:
    """Learn from the labels in the order in which they were told."""
    if len(known.classes) < 2:
        return _Learned("No curve: a model needs labels of two classes.")
    stop = _draw_stop_set(len(known.samples))
    samples = known.samples.take(np.union1d(known.rows, stop))
    if reads_pixels(samples, None):
        _, samples = decode(samples, n_jobs=n_jobs, progress=progress)
    label_of = dict(zip(known.samples.names[known.rows], known.labels.astype(str), strict=True))
    row_of = {name: row for row, name in enumerate(samples.names)}
    told = [name for name in state.labels if name in label_of and name in row_of]
    inputs = make_inputs(samples)
    rows = np.asarray(inputs.rows)
    X, y = rows[[row_of[name] for name in told]], np.array([label_of[name] for name in told])
    X_stop = rows[[row_of[name] for name in known.samples.names[stop] if name in row_of]]
    model, words = _make_model(inputs)
    is_there = [name in row_of and name in label_of for name in state.labels]
    rule = _ask_rule(X, y, _of_those_there(_sizes_by_round(state), is_there), model, X_stop)
    sizes = _thinned(_of_those_there(_sizes(state), is_there))
    if n_gone := len(state.labels) - len(told):
        words += f", without {counted(n_gone, 'label')} of samples that are gone or damaged"
    return _Learned(
        model=words,
        curve=compute_curve(X, y, sizes, model),
        saving=estimate_saving(X, y, sizes, model),
        should_stop=getattr(rule, "should_stop_", None),
        stopping=getattr(rule, "reason_", ""),
    )


def _make_model(inputs: Inputs) -> tuple[Any, str]:
    """A model that suits the samples, and what it is in words."""
    if inputs.suit_linear:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        return model, f"a logistic regression on {inputs.name}"
    return (
        RandomForestClassifier(_N_TREES, random_state=0),
        f"a forest of {_N_TREES} trees on {inputs.name}",
    )


def _draw_stop_set(n_samples: int) -> NDArray[np.intp]:
    """Rows of the pool, labelled or not, drawn at random."""
    return np.sort(RandomState(0).permutation(n_samples)[:_STOP_SIZE])


def _ask_rule(
    X: NDArray, y: NDArray, sizes: Sequence[int], model: Any, X_stop: NDArray
) -> StabilizedPredictions:
    """Let the rule look at the models of the last rounds; it says nothing if it can see none."""
    rule = StabilizedPredictions(stop_size=_STOP_SIZE)
    sizes = [size for size in sizes if len(np.unique(y[:size])) > 1]
    for size in sizes[-rule.n_rounds - 1 :] if len(X_stop) > 1 else ():
        rule.update(clone(model).fit(X[:size], y[:size]), X_stop)
    return rule


def _sizes_by_round(state: State) -> list[int]:
    """How many labels there were at the start, and at the end of each round that brought some.

    What is told in parts is one round: models that differ by a few labels agree anyway.
    """
    size = len(state.facts["labels"])
    sizes = {-1: size}
    for answer in state.answers:
        if answer.n_new:
            size += answer.n_new
            sizes[sum(one.event < answer.event for one in state.rounds)] = size
    return list(sizes.values())


def _sizes(state: State) -> list[int]:
    """How many labels there were at the start and after each answer that brought new ones."""
    sizes = [len(state.facts["labels"])]
    for answer in state.answers:
        if answer.n_new:
            sizes.append(sizes[-1] + answer.n_new)
    return sizes


def _of_those_there(sizes: list[int], is_there: Sequence[bool]) -> list[int]:
    """How many of so many labels are of samples that can be seen; each number once."""
    n_there = [0, *accumulate(is_there)]
    return list(dict.fromkeys(n_there[size] for size in sizes))


def _thinned(sizes: list[int]) -> list[int]:
    """At most twelve of them, the first and the last included."""
    if len(sizes) <= _MOST_POINTS:
        return sizes
    places = np.linspace(0, len(sizes) - 1, _MOST_POINTS).round().astype(int)
    return [sizes[place] for place in places]
