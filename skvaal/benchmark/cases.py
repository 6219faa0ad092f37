"""Cases: fixed settings by name, so that a claim is about the same thing whoever tests it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from skvaal.benchmark._lookup import lookup, names_in
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import PROTOCOLS, Protocol

Evidence = Literal["tuned", "seen", "unseen"]
N_SEEDS = 20  # what a claim takes

# Settings of herding and of VAAL herding are chosen on the first. Earlier ones were chosen with the
# second in sight. Whatever is in neither was never looked at for a choice.
_TUNED = ("digits", "fashion_mnist", "cifar10_features", "ag_news_small")
_SEEN = ("wine", "breast_cancer")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One data set, with one task model, under one protocol, of fixed sizes.

    Parameters
    ----------
    name : str
        Name for tables, files and the command line.
    data : str
        For :func:`skvaal.benchmark.load_dataset`.
    estimator : str
        For :func:`skvaal.benchmark.get_estimator`.
    plan : Plan
        Sizes, and as many seeds as a claim takes.
    protocol : Protocol, default=Protocol()
        What the strategies are up against.

    Examples
    --------
    >>> case = get_cases("news_large")[0]
    >>> case.plan.initial, case.plan.budget, case.plan.pool_size, case.evidence
    (600, 2400, 6000, 'tuned')
    """

    name: str
    data: str
    estimator: str
    plan: Plan
    protocol: Protocol = field(default_factory=Protocol)

    @property
    def evidence(self) -> Evidence:
        """What the case is worth as evidence that a setting of skvaal holds elsewhere.

        Returns
        -------
        {'tuned', 'seen', 'unseen'}
            Settings were chosen on the data; earlier ones were chosen with it in sight; or none
            ever was.
        """
        if self.data in _TUNED:
            return "tuned"
        return "seen" if self.data in _SEEN else "unseen"

    def with_seeds(self, n_seeds: int) -> "Case":
        """Return the same case with another number of seeds.

        Parameters
        ----------
        n_seeds : int
            Number of repetitions.

        Returns
        -------
        Case
            All else as it is.

        Examples
        --------
        >>> get_cases("wine_boosting")[0].with_seeds(3).plan.n_seeds
        3
        """
        return replace(self, plan=replace(self.plan, n_seeds=n_seeds))


def get_cases(names: str | Iterable[str]) -> list[Case]:
    """Return cases by name.

    Parameters
    ----------
    names : str or iterable of str
        Keys of `CASES`; "all" stands for all.

    Returns
    -------
    list of Case
        In the order of `names`, each once.

    Raises
    ------
    ValueError
        If a name is not known.

    Examples
    --------
    >>> [case.name for case in get_cases(["digits_large", "wine_boosting"])]
    ['digits_large', 'wine_boosting']
    """
    table = {name: [case] for name, case in CASES.items()} | {"all": list(CASES.values())}
    found = (
        case
        for name in names_in(names, argument="names")
        for case in lookup(table, name, argument="case")
    )
    return list(dict.fromkeys(found))


def _sizes(initial: int, batch: int, rounds: int, pool: int | None = None) -> Plan:
    return Plan(n_seeds=N_SEEDS, initial=initial, batch=batch, rounds=rounds, pool_size=pool)


# By task model: data, and for each case the protocol and the sizes. Those called large label 10 to
# 40 % of the pool in steps of 5 %, as the VAAL paper does.
_TABLE: dict[str, dict[str, dict[str, tuple[str, Plan]]]] = {
    "logistic_regression": {
        "cifar10_features": {
            "features_few": ("standard", _sizes(100, 100, 4, 4000)),
            "features_few_biased": ("biased_start", _sizes(100, 100, 4, 4000)),
            "features_few_imbalanced": ("imbalanced", _sizes(100, 100, 4, 2200)),
            "features_large": ("standard", _sizes(600, 300, 6, 6000)),
            "features_large_biased": ("biased_start", _sizes(600, 300, 6, 6000)),
            "features_large_imbalanced": ("imbalanced", _sizes(220, 110, 6, 2200)),
            "features_duplicated": ("duplicated", _sizes(100, 100, 4, 6000)),
        },
        "ag_news_small": {
            "news_few": ("standard", _sizes(40, 40, 4, 4000)),
            "news_few_imbalanced": ("imbalanced", _sizes(40, 40, 4, 2500)),
            "news_large": ("standard", _sizes(600, 300, 6, 6000)),
            "news_duplicated": ("duplicated", _sizes(40, 40, 4, 6000)),
        },
    },
    "gradient_boosting": {
        "breast_cancer": {
            "breast_cancer_boosting": ("standard", _sizes(20, 10, 5)),
            "breast_cancer_large": ("standard", _sizes(38, 19, 6, 380)),
        },
        "wine": {"wine_boosting": ("standard", _sizes(12, 6, 5))},
        "digits": {"digits_boosting": ("standard", _sizes(50, 50, 5))},
        "phishing": {"phishing_boosting": ("standard", _sizes(20, 20, 5))},
        "image_segments": {
            "segments_boosting": ("standard", _sizes(35, 35, 5)),
            "segments_biased": ("biased_start", _sizes(35, 35, 5)),
            "segments_imbalanced": ("imbalanced", _sizes(35, 35, 5)),
            "segments_large": ("standard", _sizes(160, 80, 6, 1600)),
            "segments_duplicated": ("duplicated", _sizes(35, 35, 5, 1600)),
        },
    },
    "random_forest": {
        "digits": {
            "digits_large": ("standard", _sizes(120, 60, 6, 1200)),
            "digits_duplicated": ("duplicated", _sizes(20, 20, 5, 1200)),
        },
        "fashion_mnist": {"fashion_large": ("standard", _sizes(400, 200, 6, 4000))},
    },
}
CASES: dict[str, Case] = {
    name: Case(
        name=name, data=data, estimator=estimator, plan=plan, protocol=PROTOCOLS[protocol][0]
    )
    for estimator, of_estimator in _TABLE.items()
    for data, of_data in of_estimator.items()
    for name, (protocol, plan) in of_data.items()
}
