import warnings

import pytest

from skvaal.benchmark.failing import (
    EveryRunFailedError,
    FailedStrategyWarning,
    failure_notes,
    tell_failures,
)
from skvaal.benchmark.results import Results, as_frame

SETTINGS = {
    "data": ["wine", "iris"],
    "protocols": {"standard": {}},
    "plan": {"n_seeds": 2},
    "strategies": ["mine", "yours"],
}


def failure(strategy, seed, data="wine"):
    return {
        "data": data,
        "estimator": "svm",
        "protocol": "standard",
        "strategy": strategy,
        "seed": seed,
        "round": 1,
        "error": f"LookupError: trouble of {strategy}",
    }


def results(failures):
    return Results(records=as_frame([]), failures=failures, config={"settings": SETTINGS})


EVERY = [failure(who, seed, data) for who in ("yours", "mine") for seed in (0, 1)
         for data in ("wine", "iris")]  # fmt: skip


def test_each_strategy_is_named_with_its_first_error():
    notes = failure_notes(results([EVERY[5], EVERY[2], EVERY[0]]))

    assert notes == [
        "1 of 4 runs of strategy 'mine' failed; the first (iris, standard, seed 0, round 1) with "
        "LookupError: trouble of mine",
        "2 of 4 runs of strategy 'yours' failed; the first (wine, standard, seed 1, round 1) with "
        "LookupError: trouble of yours",
    ]


def test_each_note_is_a_warning():
    with pytest.warns(FailedStrategyWarning) as caught:
        tell_failures(results(EVERY[:5]))

    assert [str(one.message) for one in caught] == failure_notes(results(EVERY[:5]))


def test_an_error_tells_that_every_run_failed():
    everything = results(EVERY)

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the error says it
        with pytest.raises(EveryRunFailedError, match="every run failed, 8 in all") as caught:
            tell_failures(everything)

    assert "(yours, wine, standard, seed 0, round 1) with LookupErr" in str(caught.value)
    assert caught.value.results is everything


def test_no_failure_has_no_note():
    assert failure_notes(results([])) == []
    assert tell_failures(results([])) is None
