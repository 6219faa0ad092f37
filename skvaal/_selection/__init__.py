"""Which samples to take, given scores and, where a batch is to be diverse, latent means."""

from skvaal._selection._clusters import cluster
from skvaal._selection._dispatch import (
    SELECTIONS,
    SHOWS_PROGRESS,
    USES_UNCERTAINTY,
    check_batch,
    n_considered,
    needs_labeled,
    needs_latent,
    selection_function,
    takes_uncertainty,
)
from skvaal._selection._greedy import greedy
from skvaal._selection._herding import herding
from skvaal._selection._k_center import k_center
from skvaal._selection._ranking import draw_with_every_class, smallest, stochastic, topk

__all__ = [
    "SELECTIONS",
    "SHOWS_PROGRESS",
    "USES_UNCERTAINTY",
    "check_batch",
    "cluster",
    "draw_with_every_class",
    "greedy",
    "herding",
    "k_center",
    "n_considered",
    "needs_labeled",
    "needs_latent",
    "selection_function",
    "smallest",
    "stochastic",
    "takes_uncertainty",
    "topk",
]
