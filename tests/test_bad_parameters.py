"""Wrong values of every argument end in an error that names it; new arguments are covered too."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from torch.utils.data import DataLoader

import skvaal
from skvaal import (
    ActiveLearningClassifier,
    ConvVAE,
    DenseVAE,
    DiagnosticsDisplay,
    ExpectedGain,
    HerdingQuery,
    HerdingQueryStrategy,
    LatentDiscriminator,
    LatentMapDisplay,
    LearningCurveDisplay,
    PicksDisplay,
    PretrainedFeatures,
    StabilizedPredictions,
    TargetAccuracy,
    TextFeatures,
    UnsurePixels,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._engine.batches import PairedPools
from skvaal._engine.settings import EngineSettings
from skvaal._pool.pool import Pool
from skvaal._rules.lookup import RULES
from skvaal._rules.rule import Candidates

from .bad_values import VALUES, Case, arguments_of, cases_of, parametrize

X = np.random.RandomState(0).rand(14, 3)
Y = np.repeat([0, 1, -1], [3, 3, 8])
CLASSES = np.arange(14) % 2
IMAGES = np.random.RandomState(0).randint(0, 255, (10, 1, 8, 8), dtype=np.uint8)
POOLS = {"X_labeled": X[:6], "X_unlabeled": X[6:]}
TINY: dict[str, Any] = {
    "max_epochs": 1,
    "batch_size": 8,
    "vae__latent_dim": 2,
    "discriminator__hidden": (4,),
    "device": "cpu",
    "random_state": 0,
}
ROWS = {**TINY, "vae__hidden": (4,)}
# Where other cases go through the same lines.
FEW = ("'no such'", "[]", "array")


class OwnNet(VAALNet):
    """A net with an option of its own."""

    def __init__(self, *args: Any, shift: float = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shift = shift

    def logits(self, mu: Any, extra: Any = None, discriminator: Any = None) -> Any:
        return super().logits(mu, extra, discriminator) + self.shift


@functools.cache
def fitted(cls: type) -> Any:
    return cls(**ROWS).fit(X, Y) if cls is VAALQueryStrategy else cls().fit(X, Y)


def fit_and_query(strategy: Any, samples: Any = X) -> None:
    y = np.where(np.arange(len(samples)) < 6, 0, -1)
    strategy.fit(samples, y).query(samples, 2)


def vaal_with(name: str, samples: Any = X, **params: Any) -> Callable[[Any], None]:
    own = ROWS if samples is X else {**TINY, "vae__width": 2}

    def use(value: Any) -> None:
        fit_and_query(VAALQueryStrategy(**{**own, **params, name: value}), samples)

    return use


def list_strategies() -> Iterator[Case]:
    for name in arguments_of(VAALQueryStrategy):
        # The settings of skvaal's own modules are none of another class.
        also = (f"{name}=Unheard",)
        yield Case("VAALQueryStrategy", name, vaal_with(name), also=also)
    yield from cases_of("HerdingQueryStrategy", HerdingQueryStrategy, {}, fit_and_query)


def _named(rule: str) -> dict[str, Any]:
    # Herding that reads a network even where the exponent of the scores is 0.
    return {"rule": rule, **({"rule__space": "decoded"} if rule == "herding" else {})}


def list_nested() -> Iterator[Case]:
    sgd = torch.optim.SGD
    for where, prefix, component, given in [
        ("DenseVAE", "vae", DenseVAE, {}),
        ("ConvVAE", "vae", ConvVAE, {"samples": IMAGES}),
        ("LatentDiscriminator", "discriminator", LatentDiscriminator, {}),
        ("OwnNet", "net", OwnNet, {"net": OwnNet}),
        ("Adam", "optimizer_vae", torch.optim.Adam, {}),
        ("Adam", "optimizer_discriminator", torch.optim.Adam, {}),
        ("SGD", "optimizer_vae", sgd, {"optimizer_vae": sgd}),
        ("EngineSettings", "engine", EngineSettings, {}),
        *((rule.__name__, "rule", rule, _named(name)) for name, rule in RULES.items()),
    ]:
        for argument in arguments_of(component):
            name = f"{prefix}__{argument}"
            is_like_adam = where == "SGD" or prefix == "optimizer_discriminator"
            values = FEW if is_like_adam else tuple(VALUES)
            yield Case(f"strategy of {where}", name, vaal_with(name, **given), values=values)
    for option in arguments_of(DataLoader):

        def use(value: Any, option: str = option) -> None:
            vaal_with("engine__loader")({option: value})

        yield Case(f"DataLoader of {option}", "engine__loader", use, values=("10**30", *FEW))
    net = VAALNet(DenseVAE, LatentDiscriminator, input_shape=(3,)).initialize()
    seen = set()
    for callback, made in net.callbacks_:
        values = FEW if type(made) in seen else tuple(VALUES)
        seen.add(type(made))
        for name in (callback, *(f"{callback}__{param}" for param in made.get_params())):
            argument = f"callbacks__{name}"
            yield Case("callbacks", argument, vaal_with(argument), values=values)


def choose(rule: Any) -> None:
    Z = X.astype(np.float32)
    known = {"scores": Z[:, 0], "coordinates": Z, "labeled_coordinates": Z[:2]}
    candidates = Candidates(14, **known, uncertainty=Z[:, 1], missing_share=0.05)
    rule.choose(candidates, 2, np.random.RandomState(0))


def list_components() -> Iterator[Case]:
    for module, given, x in [
        (DenseVAE, {"input_shape": (3,)}, torch.zeros(2, 3)),
        (ConvVAE, {"input_shape": (1, 8, 8), "width": 2}, torch.zeros(2, 1, 8, 8)),
        (LatentDiscriminator, {"latent_dim": 2, "hidden": (4,)}, torch.zeros(2, 2)),
    ]:

        def run(made: Any, x: Any = x) -> None:
            made(x) if isinstance(made, LatentDiscriminator) else made.encode(x)

        yield from cases_of(module.__name__, module, given, run)
    for rule in RULES.values():
        yield from cases_of(rule.__name__, rule, {}, choose)
    parts = {"vae": DenseVAE, "discriminator": LatentDiscriminator, "input_shape": (3,)}
    parts |= {"vae__hidden": (4,), "discriminator__hidden": (4,), "max_epochs": 1}
    pools = PairedPools(Pool(X[:6].astype(np.float32)), Pool(X[6:].astype(np.float32)))
    yield from cases_of("VAALNet", VAALNet, parts, lambda net: net.fit(pools))


def list_methods() -> Iterator[Case]:
    given: dict[str, dict[str, Any]] = {
        "fit": {"X": X, "y": Y},
        "fit_pools": POOLS,
        "fit_query": POOLS,
        "query": {"X_unlabeled": X},
        "choose": {"X_unlabeled": X},
        "explain": {"X_unlabeled": X, "indices": [0, 1]},
        "score_samples": {"X": X},
        "transform": {"X": X},
        "inverse_transform": {"Z": np.zeros((3, 2))},
        "score": {"X": X},
        "diagnose": {**POOLS, "n_folds": 2},
    }
    for cls in (VAALQueryStrategy, HerdingQueryStrategy):
        for method in methods_of(cls):
            for name in arguments_of(getattr(cls, method)):

                def use(value: Any, cls=cls, method=method, name=name) -> None:
                    bound = getattr(copy(fitted(cls)), method)
                    bound(**{**given.get(method, {}), name: value})

                allows = (*Case.allows, OSError) if name == "path" else Case.allows
                yield Case(f"{cls.__name__}.{method}", name, use, allows)


def methods_of(cls: type) -> list[str]:
    """Public methods that are skvaal's own."""
    found = inspect.getmembers(cls, callable)
    ours = [
        name for name, each in found if str(getattr(each, "__module__", "")).startswith("skvaal.")
    ]
    return [name for name in ours if not name.startswith(("_", "set_"))]


def list_queries() -> Iterator[Case]:
    learner = SimpleNamespace(X_training=X[:6])
    call = {"learner": learner, "X_pool": X[6:], "n_instances": 2}
    for cls, params in ((VAALQuery, ROWS), (HerdingQuery, {})):
        name = cls.__name__
        values = [value for value in VALUES if value != "None"]  # the default strategy is slow
        for method, given in (
            ("__call__", call),
            ("explain", {"learner": learner, "X_pool": X[6:], "indices": [0, 1]}),
        ):

            def bound(cls=cls, params=params, method=method, **arguments: Any) -> None:
                query = cls(**params)
                if method == "explain":
                    query(**call)
                getattr(query, method)(**arguments)

            for argument in arguments_of(getattr(cls, method)):

                def use(value: Any, argument=argument, bound=bound, given=given) -> None:
                    bound(**{**given, argument: value})

                yield Case(f"{name}.{method}", argument, use)

        def query_by(value: Any, cls=cls) -> None:
            cls(strategy=value)(**call)

        yield Case(name, "strategy", query_by, values=tuple(values))
    yield from cases_of("VAALQuery.from_preset", VAALQuery.from_preset, {})


def list_classifiers() -> Iterator[Case]:
    small = {"initial_size": 3, "batch_size": 2, "n_rounds": 1, "query_strategy": HerdingQuery()}
    classifier = {"estimator": GaussianNB(), **small}
    for case in cases_of(
        "ActiveLearningClassifier",
        ActiveLearningClassifier,
        classifier,
        lambda made: made.fit(X, CLASSES),
    ):
        is_slow = case.argument == "query_strategy"
        values = tuple(each for each in VALUES if not (is_slow and each == "None"))
        yield Case(case.where, case.argument, case.use, values=values)
    active = ActiveLearningClassifier(**classifier).fit(X, CLASSES)
    with_decisions = ActiveLearningClassifier(**{**classifier, "estimator": LogisticRegression()})
    decide = with_decisions.fit(X, CLASSES).decision_function
    yield from cases_of("ActiveLearningClassifier.decision_function", decide, {"X": X})
    oracle = {"X": X, "y": CLASSES, "X_val": X, "y_val": CLASSES}
    for method, given in (("fit", oracle), ("predict", {"X": X}), ("predict_proba", {"X": X})):
        yield from cases_of(f"ActiveLearningClassifier.{method}", getattr(active, method), given)


def list_stopping_rules() -> Iterator[Case]:
    model = GaussianNB().fit(X, CLASSES)
    shown = {"learner": model, "X_stop": X, "X_labeled": X, "y_labeled": CLASSES}
    for cls in (StabilizedPredictions, ExpectedGain, TargetAccuracy):
        name = cls.__name__
        yield from cases_of(name, cls, {}, lambda made: made.update(**shown))

        def update(cls: Any = cls, **given: Any) -> None:
            cls().update(**given)

        for argument in shown if cls is TargetAccuracy else ("learner", "X_stop"):

            def use(value: Any, argument: str = argument, update: Any = update) -> None:
                update(**{**shown, argument: value})

            yield Case(f"{name}.update", argument, use)
    for argument in ("X_val", "y_val", "sample_weight"):

        def use_more(value: Any, argument: str = argument) -> None:
            validation = {} if argument == "sample_weight" else {"X_val": X, "y_val": CLASSES}
            TargetAccuracy().update(**{**shown, **validation, argument: value})

        yield Case("TargetAccuracy.update", argument, use_more)


def list_samplings() -> Iterator[Case]:
    try:
        from skvaal.skactiveml import HerdingSampling, VAALSampling
    except ImportError:
        return
    y = np.where(Y < 0, np.nan, Y)
    call = {"X": X, "y": y, "batch_size": 2}
    herding = HerdingQueryStrategy()
    for cls in (VAALSampling, HerdingSampling):
        for name in arguments_of(cls):

            def use(value: Any, cls=cls, name=name) -> None:
                own = VAALQueryStrategy(**ROWS) if cls is VAALSampling else herding
                cls(**{"strategy": own, name: value}).query(**call)

            values = tuple(each for each in VALUES if (name, each) != ("strategy", "None"))
            yield Case(cls.__name__, name, use, values=values)
    sampling = HerdingSampling(herding, random_state=0)
    yield from cases_of("HerdingSampling.query", sampling.query, call)


def list_displays() -> Iterator[Case]:
    def diagnose() -> Any:
        return fitted(VAALQueryStrategy).diagnose(**POOLS, n_folds=2)

    yield Case("DiagnosticsDisplay", "diagnostics", lambda value: DiagnosticsDisplay(value).plot())
    yield Case("Diagnostics.plot", "ax", lambda value: diagnose().plot(value), values=("0", *FEW))
    yield from cases_of(
        "Diagnostics.to_html",
        lambda path: diagnose().to_html(path),
        {},
        allows=(*Case.allows, OSError),
        values=("0", *FEW),
    )
    yield from cases_of(
        "DiagnosticsDisplay.plot",
        lambda ax: DiagnosticsDisplay(diagnose()).plot(ax),
        {},
        values=("0", *FEW),
    )
    for argument in ("estimator", "ax"):

        def use(value: Any, argument: str = argument) -> None:
            given = {"estimator": fitted(VAALQueryStrategy), **POOLS, argument: value}
            DiagnosticsDisplay.from_estimator(**given)

        yield Case("DiagnosticsDisplay.from_estimator", argument, use, values=("0", *FEW))


def list_new_displays() -> Iterator[Case]:
    few: dict[str, Any] = {"values": ("0", *FEW)}
    herding = fitted(HerdingQueryStrategy)
    active = ActiveLearningClassifier(
        GaussianNB(), query_strategy=HerdingQuery(), initial_size=3, batch_size=2, n_rounds=1
    ).fit(X, CLASSES)
    maps = {"estimator": herding, "X_unlabeled": X, "X_labeled": X[:3], "indices": [0]}
    picks = {"estimator": herding, "X_unlabeled": X, "indices": [0, 1]}
    curve = {"estimator": active}
    for cls, from_estimator in (
        (LatentMapDisplay, maps),
        (PicksDisplay, picks),
        (LearningCurveDisplay, curve),
    ):
        where = f"{cls.__name__}.from_estimator"
        yield from cases_of(where, cls.from_estimator, from_estimator, **few)
    # `ax` goes on to `plot`.
    of_picks = PicksDisplay.from_picks
    yield from cases_of("PicksDisplay.from_picks", of_picks, {}, but=["ax"], **few)
    points = np.zeros((3, 2))
    drawn = {
        LatentMapDisplay: {"unlabeled": points},
        PicksDisplay: {"columns": {"gain": np.ones(1)}},
        LearningCurveDisplay: {"n_labeled": [1, 2], "accuracy": [0.5, 0.6]},
    }
    for cls, given in drawn.items():
        yield from cases_of(f"{cls.__name__}.plot", cls(**given).plot, {}, **few)
    yield from cases_of(
        "LatentMapDisplay",
        LatentMapDisplay,
        {"unlabeled": points},
        lambda made: made.plot(),
        but=["n_unlabeled"],
        **few,
    )
    yield from cases_of(
        "PicksDisplay",
        PicksDisplay,
        {"columns": {"gain": np.ones(1)}},
        lambda made: made.plot(),
        **few,
    )
    yield from cases_of(
        "LearningCurveDisplay",
        LearningCurveDisplay,
        {"n_labeled": [1, 2], "accuracy": [0.5, 0.6]},
        lambda made: made.plot(),
        **few,
    )


def list_features() -> Iterator[Case]:
    pixels = torch.nn.Flatten()
    yield from cases_of(
        "PretrainedFeatures",
        PretrainedFeatures,
        {"model": pixels},
        lambda made: made.fit(IMAGES).transform(IMAGES),
        allows=(*Case.allows, ImportError, OSError),  # timm is an extra
        also=("no such",),
    )
    texts = ["a red fox", "a blue fox", "red and blue"]
    yield from cases_of(
        "TextFeatures",
        TextFeatures,
        {},
        lambda made: made.fit(texts).transform(texts),
        allows=(*Case.allows, ImportError),  # so is sentence-transformers
    )
    for made, samples in ((PretrainedFeatures(pixels), IMAGES), (TextFeatures(), texts)):
        for method in ("fit", "transform", "fit_transform"):
            bound = getattr(made.fit(samples), method)
            yield from cases_of(f"{type(made).__name__}.{method}", bound, {"X": samples})
    proba = np.full((2, 2, 3, 3), 0.5)
    yield from cases_of("UnsurePixels", UnsurePixels, {}, lambda made: made(proba))


ALL = [
    *list_strategies(),
    *list_nested(),
    *list_components(),
    *list_methods(),
    *list_queries(),
    *list_classifiers(),
    *list_stopping_rules(),
    *list_samplings(),
    *list_displays(),
    *list_new_displays(),
    *list_features(),
]


@parametrize(ALL)
def test_a_wrong_value_is_refused_by_name(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Compiling takes seconds; the signature tells which options there are.
    compiled = functools.wraps(torch.compile)(lambda function, **options: function)
    monkeypatch.setattr(torch, "compile", compiled)
    assert case.faults() == []


def test_every_public_class_has_cases():
    # Results, errors and warnings take nothing from a user.
    covered = {case.where.partition(".")[0] for case in ALL}
    public = {name: getattr(skvaal, name) for name in skvaal.__all__ if name != "__version__"}
    of_users = {
        name
        for name, each in public.items()
        if not (isinstance(each, type) and issubclass(each, Exception))
    }
    assert {name for name in of_users if arguments_of(public[name])} <= covered
    assert max(Counter(case.id for case in ALL).values()) == 1


def test_every_public_method_has_cases():
    # What networks and rules are made of is called by the library, not by users.
    inner = (torch.nn.Module, VAALNet, *RULES.values())
    covered = {case.where for case in ALL}
    classes = {name: getattr(skvaal, name) for name in skvaal.__all__ if name != "__version__"}
    users = {
        name: each
        for name, each in classes.items()
        if isinstance(each, type) and not issubclass(each, (Exception, *inner))
    }
    methods = {
        f"{name}.{method}"
        for name, each in users.items()
        for method in methods_of(each)
        if set(arguments_of(getattr(each, method))) - {"cls", "deep"}
    }
    assert methods <= covered
