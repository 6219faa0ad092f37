"""How a project is doing: labels, rounds, the learning curve, and what asking has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal._files.labels import LabeledSamples
from skvaal.project.choosing.inputs import decode, make_inputs, reads_pixels
from skvaal.project.rounds.learning_curve import CurvePoint, Saving, compute_curve, estimate_saving
from skvaal.project.rounds.state import Answer, Round, State

_MOST_POINTS = 12
_N_TREES = 50


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
        none yet; those that may still be asked for.
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
    model : str
        What the curve and the saving are of, in words; or why there is none.
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
    model: str


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
    counts = Counter(state.labels.values())
    return Status(
        n_samples=len(state.names),
        n_labeled=len(state.labels),
        n_waiting=len(state.waiting),
        n_left=len(state.left),
        n_corrected=sum(answer.n_corrected for answer in state.answers),
        classes=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        rounds=_report_rounds(state),
        curve=learned.curve,
        saving=learned.saving,
        model=learned.model,
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


def _learn(state: State, known: LabeledSamples, n_jobs: int, progress: bool) -> _Learned:
    """Learn from the labels in the order in which they were told."""
    sizes = _sizes(state)
    row_of = {known.samples.names[row]: i for i, row in enumerate(known.rows)}
    order = [row_of[name] for name in state.labels if name in row_of]
    if len(known.classes) < 2:
        return _Learned("No curve: a model needs labels of two classes.")
    labeled = known.samples.take(known.rows[order])
    if reads_pixels(labeled, None):
        _, labeled = decode(labeled, n_jobs=n_jobs, progress=progress)
    if len(labeled) < len(state.labels):
        return _Learned("No curve: some labelled samples are gone, or cannot be read.")
    inputs = make_inputs(labeled)
    X, y = np.asarray(inputs.rows), known.labels[order].astype(str)
    model: Any = RandomForestClassifier(_N_TREES, random_state=0)
    words = f"a forest of {_N_TREES} trees on {inputs.name}"
    if inputs.suit_linear:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        words = f"a logistic regression on {inputs.name}"
    curve = compute_curve(X, y, sizes, model)
    return _Learned(words, curve, estimate_saving(X, y, sizes, model))


def _sizes(state: State) -> list[int]:
    """How many labels there were at the start and after each answer that brought new ones."""
    sizes = [len(state.facts["labels"])]
    for answer in state.answers:
        if answer.n_new:
            sizes.append(sizes[-1] + answer.n_new)
    if len(sizes) > _MOST_POINTS:
        places = np.linspace(0, len(sizes) - 1, _MOST_POINTS).round().astype(int)
        sizes = [sizes[place] for place in places]
    return sizes
