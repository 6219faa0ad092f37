"""Strategies that choose one batch, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skvaal._utils.params import did_you_mean

DEFAULT_STRATEGY = "vaal_herding"
# What covers the pool where nothing has a label.
COVERAGE = "herding_no_learner"


@dataclass(frozen=True, kw_only=True)
class Named:
    """A strategy that has a name.

    Parameters
    ----------
    family : {'vaal', 'herding', 'model', 'random'}
        What makes the choice: VAALQueryStrategy, HerdingQueryStrategy, the task model's
        uncertainty, or chance.
    words : str
        What a sentence calls it.
    trains, reads, idea : str
        For the table of strategies.
    params : dict
        Of the estimator.
    uncertainty : str
        How unsure the task model is of a sample: a name of skvaal's.
    """

    family: str
    words: str
    trains: str
    reads: str
    idea: str
    params: dict[str, Any]
    uncertainty: str = "margin"

    @property
    def reads_model(self) -> bool:
        """Whether a task model's uncertainty counts."""
        return self.reads.endswith("model")


STRATEGIES: dict[str, Named] = {
    "vaal_herding": Named(
        family="vaal",
        words="VAAL herding",
        trains="VAE, D",
        reads="components, D, model",
        idea="herding; D counts if part of the pool has no label",
        params={},
    ),
    "vaal": Named(
        family="vaal",
        words="plain VAAL",
        trains="VAE, D",
        reads="D",
        idea="plain VAAL: what D is surest is unlabelled",
        params={"rule": "topk", "uncertainty": None, "vae__linear_path": False},
    ),
    "herding": Named(
        family="herding",
        words="uncertainty herding",
        trains="-",
        reads="components, model",
        idea="covers what the model is unsure of, in principal components",
        params={},
    ),
    "herding_no_learner": Named(
        family="herding",
        words="herding",
        trains="-",
        reads="components",
        idea="covers the pool",
        params={"uncertainty": None},
    ),
    "margin": Named(
        family="model",
        words="the margin",
        trains="-",
        reads="model",
        idea="smallest difference of the two likeliest classes",
        params={},
    ),
    "entropy": Named(
        family="model",
        words="the entropy",
        trains="-",
        reads="model",
        idea="largest entropy of the predicted classes",
        params={},
        uncertainty="entropy",
    ),
    "uncertainty": Named(
        family="model",
        words="the least confident prediction",
        trains="-",
        reads="model",
        idea="least confident prediction",
        params={},
        uncertainty="least_confident",
    ),
    "random": Named(
        family="random",
        words="chance",
        trains="-",
        reads="-",
        idea="random choice, the baseline",
        params={},
    ),
}


def find_strategy(name: Any, preset: Any = None) -> Named:
    """Look a strategy up, and with it whether a preset goes with it; a ValueError if not."""
    if not isinstance(name, str) or name not in STRATEGIES:
        raise ValueError(
            f"strategy={name!r} is not known here ('skvaal benchmark' has more); "
            + did_you_mean(str(name), STRATEGIES)
        )
    if preset is not None and name != DEFAULT_STRATEGY:
        raise ValueError(
            f"preset={preset!r} is a whole set of VAAL's parameters, its rule included; leave out "
            f"strategy={name!r}"
        )
    return STRATEGIES[name]


def make_strategy(named: Named, *, preset: str | None, device: str, seed: int, verbose: Any) -> Any:
    """Make the estimator of a strategy; for those that have none, herding, which places samples."""
    if named.family != "vaal":
        from skvaal._herding_strategy import HerdingQueryStrategy

        params = named.params if named.family == "herding" else {"uncertainty": None}
        return HerdingQueryStrategy(random_state=seed, verbose=verbose, **params)
    from skvaal._vaal_strategy import VAALQueryStrategy

    common = {"device": device, "random_state": seed, "verbose": verbose}
    if preset is not None:
        return VAALQueryStrategy.from_preset(preset, **common)
    return VAALQueryStrategy(**named.params, **common)
