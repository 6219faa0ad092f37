"""From samples and labels to the samples to label next, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted, shown
from skvaal._utils.params import PATH, WHOLE, checked
from skvaal._version import __version__
from skvaal.project.choosing.candidates import Pools
from skvaal.project.choosing.deciding import Decision, How, decide, uncertainty_of
from skvaal.project.choosing.inputs import Inputs, decode, make_inputs, reads_pixels
from skvaal.project.choosing.noting import note_diagnosis, note_left_out, warnings_as_notes
from skvaal.project.choosing.positions import BY_POSITION, check_positions, note_positions
from skvaal.project.choosing.predicted import Predicted, read_predictions
from skvaal.project.choosing.reasons import Facts, Reasons, give_reasons
from skvaal.project.choosing.strategies import COVERAGE, DEFAULT_STRATEGY, STRATEGIES, find_strategy
from skvaal.project.choosing.task_models import check_model, predict
from skvaal.project.picks import Picks

_NOUNS = {"images": "image", "features": "row", "texts": "text"}
_LARGEST_SEED = 2**32 - 1


@checked(
    known=[LabeledSamples],
    n=WHOLE,
    strategy=[str],
    preset=[str, None],
    features=[*PATH, np.ndarray, None],
    model=[str],
    predictions=[*PATH, None],
    exclude=[list, tuple, set, dict, np.ndarray],
    positions_before=[list, tuple],
    device=[str],
    n_jobs=WHOLE,
)
def choose(
    known: LabeledSamples,
    n: int,
    *,
    strategy: str = DEFAULT_STRATEGY,
    preset: str | None = None,
    features: Any = None,
    model: str = "auto",
    predictions: Any = None,
    exclude: Iterable[str] = (),
    positions_before: Iterable[Mapping[str, Mapping[str, str]]] = (),
    device: str = "auto",
    seed: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
) -> Picks:
    """Choose the samples to label next, and say why.

    Without any label, the first round covers the pool: VAAL's discriminator, and a task model, have
    nothing to learn from. :class:`~skvaal.HerdingQueryStrategy` chooses then.

    Parameters
    ----------
    known : LabeledSamples
        The samples, and the labels so far.
    n : int
        How many to choose.
    strategy : str, default='vaal_herding'
        Name of a strategy: 'vaal_herding', 'vaal', 'herding', 'herding_no_learner', 'margin',
        'entropy', 'uncertainty' or 'random'.
    preset : str or None, default=None
        As in :meth:`~skvaal.VAALQueryStrategy.from_preset`; in the place of a strategy.
    features : str, array of shape (n_samples, n_features) or None, default=None
        What the choice sees: 'pixels', 'tfidf', a network of timm, a model of
        sentence-transformers, or a file with a row for each sample: .npy in their order, or .npz
        with the arrays `X` and `names`. None takes pixels, TF-IDF, or a table's columns.
    model : {'auto', 'linear', 'forest', 'none'}, default='auto'
        Task model that is fitted to the labels; its uncertainty counts in the choice. 'auto' takes
        'linear' for features and texts, 'forest' for pixels and tables, and none with fewer than
        two classes, or fewer than three labels a class on average.
    predictions : str, path or None, default=None
        File of your own model's class probabilities, in the place of `model`: a table with a column
        of names and one for each class, or a .npy or .npz file as of `features`.
    exclude : iterable of str, default=()
        Names of samples that are not to be chosen, as they were asked for before. They count as
        covered.
    positions_before : iterable of dict, default=()
        The setting 'matched by position' of each choice before, the first one first. If rows of
        features or of predictions are the same, the samples must be the same, too.
    device : str, default='auto'
        Where networks are computed.
    seed : int, default=0
        The same seed gives the same picks.
    n_jobs : int, default=1
        Processes that decode images.
    progress : bool, default=False
        Show progress bars on a terminal.

    Returns
    -------
    Picks

    Raises
    ------
    ValueError
        If fewer than `n` samples are left, or an argument cannot be used.

    Examples
    --------
    >>> from skvaal._files.named_samples import NamedSamples
    >>> X = np.random.RandomState(0).randn(100, 4)
    >>> names = np.array([str(i) for i in range(100)], dtype=object)
    >>> samples = NamedSamples(X, names, "features", "row", None, "X.npy")
    >>> labels = np.array(["cat", "dog"] * 5, dtype=object)
    >>> picks = choose(LabeledSamples(samples, np.arange(10), labels), 3, strategy="herding")
    >>> len(picks.names), list(picks.columns)
    (3, ['gain', 'uncertainty', 'covers', 'nearest_labeled', 'predicted'])
    """
    began = perf_counter()
    how = How(
        find_strategy(strategy, preset), preset, device, _checked(seed), "auto" if progress else 0
    )
    check_model(model)
    pools = Pools.of(known, exclude)
    pools.check(n)
    samples = known.samples
    is_of_pixels = reads_pixels(samples, features)
    if preset is not None and not is_of_pixels:
        seen = samples.kind if samples.kind != "images" else "features of images"
        raise ValueError(
            f"preset={preset!r} is for images as pixels, and from {shown(samples.source)} the "
            f"choice sees {seen}; leave it out"
        )
    if is_of_pixels:
        whole, samples = decode(samples, n_jobs=n_jobs, progress=progress)
        if len(whole) < len(known.samples):
            known = known.on(whole)
            pools = Pools.of(known, exclude)
            pools.check(n)
    with warnings_as_notes() as warned:
        inputs = make_inputs(samples, features, device=device, progress=how.verbose)
        predicted, notes = _ask(how, model, predictions, inputs, known)
        by_position = _by_position(features=inputs, predictions=predicted)
        check_positions(by_position, positions_before)
        how, more = _first_round(how, known, predicted)
        decision = decide(how, pools, int(n), inputs, predicted)
    reasons = _reason(how, decision, pools, predicted)
    notes = [
        *known.samples.notes, *known.notes, *note_left_out(known, _NOUNS[samples.kind]),
        *inputs.notes, *notes,
        *note_positions(by_position, samples), *more,
        *note_diagnosis(decision.strategy, reads_model=predicted is not None), *warned,
    ]  # fmt: skip
    settings = {
        "strategy": strategy if preset is None else f"preset {preset}",
        "n": int(n),
        "features": inputs.name,
        "model": "none" if predicted is None else predicted.model,
        "shape of a sample": "x".join(map(str, inputs.X.shape[1:])),
        "samples": len(known.samples),
        "labels": len(known.rows),
        "asked for before": len(pools.pending),
        "left out": len(known.samples.left_out),
        "device": str(getattr(getattr(decision.strategy, "net_", None), "device", "cpu")),
        **_exponents(decision.strategy, predicted),
        **reasons.thresholds,
        "seconds": round(perf_counter() - began, 1),
        "seed": int(seed),
        "version": __version__,
    }
    if by_position:
        settings[BY_POSITION] = by_position
    rows = decision.rows
    return Picks(
        known=known,
        rows=rows,
        columns=_columns(decision, known, predicted),
        reasons=reasons.texts,
        summary=_summarise(how, pools, len(rows), inputs, predicted),
        notes=tuple(dict.fromkeys(notes)),
        strategy=decision.strategy,
        settings=settings,
        map=decision.places.draw_map(len(known.samples), rows, known.rows),
    )


def _checked(seed: Any) -> int:
    is_whole = isinstance(seed, Integral) and not isinstance(seed, bool)
    if not is_whole or not 0 <= int(seed) <= _LARGEST_SEED:
        raise ValueError(f"seed={seed!r} must be a whole number from 0 to {_LARGEST_SEED}")
    return int(seed)


def _ask(
    how: How, model: str, predictions: Any, inputs: Inputs, known: LabeledSamples
) -> tuple[Predicted | None, list[str]]:
    """Ask a task model, if the strategy reads one."""
    is_given = predictions is not None or model not in ("auto", "none")
    if not how.reads_model():
        what = "predictions" if predictions is not None else f"model {model!r}"
        return None, [f"The strategy reads no model: {what} had no part."] if is_given else []
    if predictions is not None:
        return read_predictions(predictions, known)
    if not len(known.rows) and model == "auto":
        return None, []
    way_out = how.way_out(len(known.classes))
    predicted, why_not = predict(model, inputs, known, seed=how.seed, way_out=way_out)
    if predicted is None and how.needs_model() and len(known.rows):
        raise ValueError(f"{how.called} needs class probabilities. {why_not} To go on, {way_out}")
    return predicted, [why_not] if why_not and model != "none" else []


def _first_round(
    how: How, known: LabeledSamples, predicted: Predicted | None
) -> tuple[How, list[str]]:
    """Cover the pool where a strategy has nothing to learn from."""
    is_blind = how.named.family == "model" and predicted is None
    if len(known.rows) or not (how.named.family == "vaal" or is_blind):
        return how, []
    lacks = "a model" if is_blind else "VAAL's discriminator"
    covering = How(STRATEGIES[COVERAGE], None, how.device, how.seed, how.verbose)
    return covering, [
        f"No sample has a label yet, and {lacks} needs some: this first round covers the pool "
        "(herding in principal components). From the second round on, the strategy chooses."
    ]


def _exponents(strategy: Any, predicted: Predicted | None) -> dict[str, float]:
    """Exponents in the weights of herding, of what had a part."""
    found = getattr(strategy, "diagnostics_", None)
    of_scores = getattr(found, "score_exponent", None)
    trust = getattr(found, "uncertainty_exponent", None)
    if found is None:
        trust = getattr(strategy, "uncertainty_exponent_", None)
    exponents = {} if of_scores is None else {"exponent of the scores": round(of_scores, 3)}
    if predicted is not None and trust is not None:
        exponents["exponent of uncertainty"] = round(trust, 3)
    return exponents


def _by_position(**read: Inputs | Predicted | None) -> dict[str, Mapping[str, str]]:
    """Fingerprints of what was matched by position, by argument."""
    return {argument: each.positions for argument, each in read.items() if each and each.positions}


def _reason(how: How, decision: Decision, pools: Pools, predicted: Predicted | None) -> Reasons:
    places, columns = decision.places, decision.columns
    distances, usual, usual_of = None, None, ""
    if len(places.labeled) and (len(places.rest) or len(places.labeled) >= 10):
        distances = places.nearest_labeled()[1]
        usual, usual_of = places.typical_distances()
    unsure = None
    if "uncertainty" in columns and predicted is not None:
        unsure = uncertainty_of(how.named, predicted, pools.free)
    facts = Facts(
        n=len(decision.rows),
        rows=decision.rows,
        distances=distances,
        usual_distances=usual,
        usual_of=usual_of,
        uncertainty=columns.get("uncertainty"),
        usual_uncertainty=unsure,
        scores=None if decision.usual_scores is None else columns["score"],
        usual_scores=decision.usual_scores,
        covers=columns.get("covers"),
        usual_covers=len(pools.free) / (len(pools.settled) + len(decision.rows)),
        predicted=predicted,
    )
    return give_reasons(facts, decision.by)


def _columns(
    decision: Decision, known: LabeledSamples, predicted: Predicted | None
) -> dict[str, NDArray[Any]]:
    columns = dict(decision.columns)
    names = known.samples.names
    if len(known.rows):
        nearest = known.rows[decision.places.nearest_labeled()[0]]
        columns["nearest_labeled"] = np.array([str(names[row]) for row in nearest], dtype=object)
    if predicted is not None:
        likeliest = [predicted.likeliest(row)[0] for row in decision.rows.tolist()]
        columns["predicted"] = np.array(likeliest, dtype=object)
    return columns


def _summarise(how: How, pools: Pools, n: int, inputs: Inputs, predicted: Predicted | None) -> str:
    known = pools.known
    noun = _NOUNS[known.samples.kind]
    by = how.named.words if how.preset is None else f"VAAL with the preset {how.preset}"
    free = counted(len(pools.free), f"unlabelled {noun}")
    if len(pools.pending):
        free += f" ({len(pools.pending):,} more were asked for before)"
    sentence = f"Chose {n:,} of {free} by {by}"
    if not len(known.rows) and predicted is None:
        return f"{sentence}, from {inputs.name}; no {noun} has a label yet."
    classes = counted(len(known.classes), "class", "classes")
    labels = f"{counted(len(known.rows), 'label')} of {classes}"
    if predicted is None:
        return f"{sentence}, from {inputs.name} and {labels}, without a model."
    return f"{sentence}, from {inputs.name}, {labels} and the predictions of {predicted.model}."
