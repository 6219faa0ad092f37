"""What every rule must hold to."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skvaal import (
    ArbitraryChoiceWarning,
    Cluster,
    Greedy,
    Herding,
    KCenter,
    Stochastic,
    TopK,
)
from skvaal._rules.function import FunctionRule
from skvaal._rules.rule import Candidates, Rule
from tests.rules.candidates import choose, select


def take_largest(scores, Z, Z_labeled, n, random_state):
    return np.argsort(-scores)[:n]


def name_of(rule):
    """The same in every process, which a function's address is not."""
    return repr(rule).partition(" at ")[0]


SCORES_LAST = FunctionRule(take_largest)
RULES = [
    TopK(),
    Herding(),
    Herding(score_power=0),
    KCenter(),
    KCenter(candidates_factor=1.5),
    Stochastic(),
    Cluster(),
    Cluster(candidates_factor=1.5),
    Greedy(),
    Greedy(score_power=0, uncertainty_power=0),
]
EVERY = pytest.mark.parametrize("rule", RULES, ids=name_of)
# For the rules whose values are costs: utilities are their opposites.
TAKES_SMALLEST = (TopK, Stochastic, Cluster, FunctionRule)


def sample(n_samples=80, n_labeled=5, n_dims=3):
    """Random arrays without ties."""
    rng = np.random.RandomState(0)
    return {
        "scores": rng.randn(n_samples),
        "Z": rng.randn(n_samples, n_dims).astype(np.float32),
        "labeled_coordinates": rng.randn(n_labeled, n_dims).astype(np.float32),
        "uncertainty": rng.rand(n_samples),
    }


# Choices


@EVERY
@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")  # of some examples
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_rows_are_distinct_and_repeatable(rule, data):
    # From a few points, so that most samples have duplicates.
    rows = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
    n = data.draw(st.integers(1, len(rows)))
    n_labeled = data.draw(st.integers(0, 3))
    points = np.random.RandomState(0).randn(6, 2).astype(np.float32)
    first, second = (
        choose(
            rule,
            n,
            scores=points[rows].sum(axis=1),
            Z=points[rows],
            labeled_coordinates=points[:n_labeled],
            seed=3,
            keep_utilities=keep,
        )
        for keep in (False, True)
    )
    np.testing.assert_array_equal(first.indices, second.indices)
    np.testing.assert_array_equal(first.values, second.values)
    assert first.indices.dtype == np.intp
    assert len(set(first.indices.tolist()) & set(range(len(rows)))) == n
    check_utilities(rule, second, len(rows))


def check_utilities(rule, choice, n_samples):
    n = len(choice.indices)
    assert choice.values.shape == (n,)
    assert choice.values.dtype == np.float64
    assert np.isfinite(choice.values).all()
    assert choice.utilities.shape == (n, n_samples)
    assert choice.utilities.dtype == np.float64
    of_chosen = choice.utilities[np.arange(n), choice.indices]
    sign = -1 if isinstance(rule, TAKES_SMALLEST) else 1
    np.testing.assert_array_equal(of_chosen, sign * choice.values)
    np.testing.assert_array_equal(of_chosen, np.nanmax(choice.utilities, axis=1))
    for i, row in enumerate(choice.utilities):
        assert set(np.flatnonzero(np.isnan(row))) == set(choice.indices[:i])


@pytest.mark.parametrize("rule", [*RULES, SCORES_LAST], ids=name_of)
@pytest.mark.parametrize("n_labeled", [0, 5])
@pytest.mark.parametrize("n", [1, 12, 80])
def test_each_sample_is_chosen_by_the_largest_utility(rule, n, n_labeled):
    choice = choose(rule, n, **sample(n_labeled=n_labeled), keep_utilities=True)
    check_utilities(rule, choice, 80)
    np.testing.assert_array_equal(np.nanargmax(choice.utilities, axis=1), choice.indices)
    without = choose(rule, n, **sample(n_labeled=n_labeled))
    assert without.utilities is None
    np.testing.assert_array_equal(without.indices, choice.indices)
    np.testing.assert_array_equal(without.values, choice.values)


@EVERY
def test_the_whole_pool(rule):
    Z = np.random.RandomState(0).randn(30, 2).astype(np.float32)
    assert sorted(select(rule, 30, scores=Z[:, 0], Z=Z)) == list(range(30))


@EVERY
def test_a_pool_of_one_sample(rule):
    choice = choose(rule, 1, Z=np.ones((1, 2), np.float32), keep_utilities=True)
    assert choice.indices.tolist() == [0]
    check_utilities(rule, choice, 1)


@EVERY
def test_input_is_not_changed(rule):
    given, before = sample(), sample()
    select(rule, 5, **given)
    for name, array in before.items():
        np.testing.assert_array_equal(given[name], array)


@pytest.mark.parametrize(
    "rule",
    [TopK(), KCenter(), Cluster(), Greedy(), Herding()],
    ids=name_of,
)
def test_the_order_of_the_pool_does_not_matter(rule):
    given = sample(n_labeled=0)
    order = np.random.RandomState(1).permutation(80)
    shuffled = {**given, **{k: given[k][order] for k in ("scores", "Z", "uncertainty")}}
    assert order[select(rule, 10, **shuffled)].tolist() == select(rule, 10, **given).tolist()


@EVERY
@pytest.mark.parametrize("n_labeled", [0, 2])
def test_equal_samples_are_ordered_by_chance(rule, n_labeled):
    Z = np.zeros((50, 2), np.float32)
    with pytest.warns(ArbitraryChoiceWarning):
        draws = [
            choose(rule, 3, Z=Z, labeled_coordinates=Z[:n_labeled], seed=seed, keep_utilities=True)
            for seed in (0, 1)
        ]
    assert draws[0].indices.tolist() != draws[1].indices.tolist()
    for choice in draws:
        check_utilities(rule, choice, 50)


@EVERY
def test_global_generator_is_left_alone(rule):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    select(rule, 5, **sample())
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


# Stored ones

STORED = {
    "topk": (TopK(), False),
    "stochastic": (Stochastic(temperature=0.5), False),
    "k_center": (KCenter(), False),
    "k_center all": (KCenter(candidates_factor=100.0), False),
    "cluster": (Cluster(candidates_factor=3.0), False),
    "greedy": (Greedy(), False),
    "greedy uncertain": (Greedy(), True),
    "herding": (Herding(score_power=0, uncertainty_power=1), False),
    "herding uncertain": (Herding(score_power=0, uncertainty_power=1), True),
    "herding score": (Herding(score_power=0.5, uncertainty_power=1, bandwidth=0.3), True),
}


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize(
    ("seed", "n_samples", "n_dims", "n_labeled", "n"),
    [(0, 300, 5, 20, 25), (1, 60, 2, 0, 60), (2, 6000, 8, 50, 40)],
)
@pytest.mark.slow
def test_choices_are_those_stored(stored_choices, name, seed, n_samples, n_dims, n_labeled, n):
    rng = np.random.RandomState(seed)
    Z = rng.randn(n_samples, n_dims).astype(np.float32)
    Z[::7] = Z[0]  # equal samples
    scores = rng.randn(n_samples).astype(np.float32).round(1)  # equal scores
    Z_labeled, uncertainty = rng.randn(n_labeled, n_dims).astype(np.float32), rng.rand(n_samples)
    rule, is_uncertain = STORED[name]
    choice = choose(
        rule,
        n,
        scores=scores,
        Z=Z,
        labeled_coordinates=Z_labeled,
        uncertainty=uncertainty if is_uncertain else None,
        seed=seed,
        keep_utilities=True,
    )
    assert choice.indices.tolist() == stored_choices["rules"][f"{name} {seed}"]
    check_utilities(rule, choice, n_samples)


def test_every_stored_choice_is_compared(stored_choices):
    assert set(stored_choices["rules"]) == {
        f"{name} {seed}" for name in STORED for seed in range(3)
    }


# What is read


class Guarded(Candidates):
    """Fails where a rule reads what it does not declare, and notes what it reads."""

    def __init__(self, reads, **given):
        self.reads = reads
        self.seen = set()
        super().__init__(**given)

    def _note(self, name):
        assert getattr(self.reads, name), f"read {name}"
        self.seen.add(name)

    def read_scores(self):
        self._note("scores")
        return super().read_scores()

    def read_coordinates(self, rows=None):
        self._note("coordinates")
        return super().read_coordinates(rows)

    @property
    def labeled_coordinates(self):
        self._note("labeled_coordinates")
        return self._labeled

    @labeled_coordinates.setter
    def labeled_coordinates(self, value):
        self._labeled = value

    @property
    def uncertainty(self):
        self._note("uncertainty")
        return self._uncertainty

    @uncertainty.setter
    def uncertainty(self, value):
        self._uncertainty = value


@pytest.mark.parametrize("rule", [*RULES, SCORES_LAST], ids=name_of)
@pytest.mark.parametrize("keep_utilities", [False, True])
def test_what_is_read_is_what_is_declared(rule, keep_utilities):
    given = sample()
    given |= {"coordinates": given.pop("Z"), "missing_share": 0.05}
    candidates = Guarded(rule.reads, n_samples=80, **given)
    rule.choose(candidates, 5, np.random.RandomState(0), keep_utilities=keep_utilities)
    declared = {name for name in vars(rule.reads) if getattr(rule.reads, name)}
    assert candidates.seen == declared


@EVERY
def test_a_rule_with_coordinates_has_a_space(rule):
    assert rule.reads.coordinates == ("space" in rule.get_params())


@pytest.mark.parametrize(("reads", "message"), [("scores", "scores"), ("Z", "coordinates")])
def test_candidates_without_what_is_read_are_an_error(reads, message):
    given = {**sample(), reads: None}
    candidates = Candidates(80, scores=given["scores"], coordinates=given["Z"])
    with pytest.raises(ValueError, match=f"these candidates have no {message}"):
        KCenter().choose(candidates, 2, np.random.RandomState(0))


def test_lowest_scores_are_all_scores():
    candidates = Candidates(3, scores=np.arange(3.0))
    np.testing.assert_array_equal(candidates.read_lowest_scores(1), np.arange(3.0))


@pytest.mark.parametrize("rule", [Herding(), KCenter(), Greedy()], ids=name_of)
def test_a_progress_bar_is_shown_on_demand(rule, capsys):
    select(rule, 3, **sample())
    assert not capsys.readouterr().err
    select(rule, 3, **sample(), verbose=True)
    assert "choosing" in capsys.readouterr().err


# Parameters


@EVERY
def test_rules_are_scikit_learn_objects(rule):
    params = rule.get_params()
    copy = clone(rule)
    assert copy is not rule
    assert copy.get_params() == params == type(rule)(**params).get_params()
    assert set(rule._parameter_constraints) == set(params)
    assert repr(copy) == repr(rule)
    assert eval(repr(rule)).get_params() == params
    restored = pickle.loads(pickle.dumps(rule))
    np.testing.assert_array_equal(select(restored, 5, **sample()), select(rule, 5, **sample()))


def test_parameters_may_be_set():
    rule = Herding().set_params(bandwidth=0.5, space="latent")
    assert repr(rule) == "Herding(bandwidth=0.5, space='latent')"
    with pytest.raises(ValueError, match="bandwith"):
        rule.set_params(bandwith=1)


@pytest.mark.parametrize(
    ("rule", "params"),
    [
        (Herding(), {"space": "input"}),
        (Herding(), {"score_power": -0.1}),
        (Herding(), {"bandwidth": 0.0}),
        (Herding(), {"bandwidth": np.nan}),
        (KCenter(), {"candidates_factor": 0.5}),
        (KCenter(), {"space": None}),
        (Stochastic(), {"temperature": 0}),
        (Cluster(), {"candidates_factor": "10"}),
        (Greedy(), {"typicality_power": -1}),
        (Greedy(), {"n_neighbors": 0}),
        (Greedy(), {"n_neighbors": 2.5}),
        (Greedy(), {"uncertainty_power": None}),
        (FunctionRule(len), {"function": "len"}),
        (FunctionRule(len), {"space": "input"}),
    ],
)
def test_a_wrong_value_names_the_parameter(rule, params):
    rule = clone(rule).set_params(**params)
    (name,) = params
    with pytest.raises(
        (ValueError, TypeError), match=f"'{name}' parameter of {type(rule).__name__}"
    ):
        select(rule, 2, **sample())


@pytest.mark.parametrize(
    ("rule", "name", "allowed", "refused"),
    [
        (Herding(), "score_power", [0, 1e9, "n_labeled"], [-1e-9, "auto"]),
        (Herding(), "uncertainty_power", [0, 1e9, "n_labeled"], [-1e-9, "auto"]),
        (Herding(), "bandwidth", [1e-9, 1e9], [0]),
        (KCenter(), "candidates_factor", [1, np.inf], [0.999]),
        (Cluster(), "candidates_factor", [1, np.inf], [0.999]),
        (Greedy(), "candidates_factor", [1, np.inf], [0.999]),
        (Greedy(), "score_power", [0], [-1e-9]),
        (Greedy(), "typicality_power", [0], [-1e-9]),
        (Greedy(), "uncertainty_power", [0], [-1e-9]),
        (Greedy(), "n_neighbors", [1], [0]),
        (Greedy(), "bandwidth", [1e-9], [0]),
        (Stochastic(), "temperature", [1e-9, np.inf], [0]),
        *((rule, "space", ["decoded", "latent", "components"], ["x"])
          for rule in (Herding(), KCenter(), Cluster(), Greedy(), SCORES_LAST)),
    ],
    ids=lambda value: name_of(value) if isinstance(value, Rule) else None,
)  # fmt: skip
def test_each_parameter_has_its_limits(rule, name, allowed, refused):
    for value in allowed:
        clone(rule).set_params(**{name: value})._validate_params()
    for value in refused:
        with pytest.raises(ValueError, match=f"'{name}' parameter of {type(rule).__name__}"):
            clone(rule).set_params(**{name: value})._validate_params()
