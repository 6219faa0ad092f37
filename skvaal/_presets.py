"""Sets of parameters with a name and a source.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370.
.. [2] Kim, Park, Kim, Chun, "Task-Aware Variational Adversarial Active Learning", CVPR 2021,
       arXiv 2002.04709.
.. [3] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
       2020, arXiv 2004.04943.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skvaal._params import did_you_mean

# All that the paper's experiments have in common. It leaves p(x|z) open: the unit variance is the
# plain reading of equation 1. That each pool is normalised by itself is from the authors' code.
_PAPER = {
    "likelihood": "gaussian",
    "variance": 1.0,
    "beta": 1.0,
    "lambda1": 1.0,
    "n_vae_steps": 1,
    "n_discriminator_steps": 1,
    "joint_batches": False,
    "loss_weighting": "evidence",
    "score_in_train_mode": False,
    "selection": "topk",
    "selection_space": "latent",
    "ablation": None,
    "uncertainty": None,
    "condition": None,
    "relabel_states": False,
    "max_epochs": 100,
    "vae__width": 128,
    "discriminator__hidden": (512, 512, 512, 512),
}
_PAPER_CIFAR = {**_PAPER, "vae__latent_dim": 32, "lr": 5e-4, "lambda2": 1.0, "batch_size": 64}


@dataclass(frozen=True)
class Preset:
    """Parameters of :class:`~skvaal.VAALQueryStrategy`, and where they are from."""

    source: str
    params: dict[str, Any]


PRESETS = {
    "recommended": Preset(
        "measured: docs/research_log.md",
        {"selection": "herding", "selection_space": "input", "uncertainty": "auto"},
    ),
    "paper-cifar": Preset(
        "appendix of [1]_ for CIFAR-10 and CIFAR-100, from memory; a second implementation has "
        "the same",
        _PAPER_CIFAR,
    ),
    "paper-caltech256": Preset(
        "appendix of [1]_ for Caltech-256, from memory",
        {**_PAPER, "vae__latent_dim": 64, "lr": 5e-4, "lambda2": 10.0, "batch_size": 64},
    ),
    "paper-imagenet": Preset(
        "appendix of [1]_ for ImageNet, from memory",
        {
            **_PAPER,
            "vae__latent_dim": 64,
            "optimizer_vae__lr": 1e-1,
            "optimizer_discriminator__lr": 1e-3,
            "lambda2": 10.0,
            "batch_size": 64,
        },
    ),
    "paper-segmentation": Preset(
        "appendix of [1]_ for Cityscapes and BDD100K, from memory",
        {**_PAPER, "vae__latent_dim": 128, "lr": 1e-3, "lambda2": 25.0, "batch_size": 8},
    ),
    "published-code": Preset(
        "the authors' published code, its weighting of the losses and its scoring included",
        {
            **_PAPER,
            "vae__latent_dim": 32,
            "discriminator__hidden": (512, 512),
            "lr": 5e-4,
            "lambda2": 1.0,
            "batch_size": 128,
            "n_vae_steps": 2,
            # As many iterations as 100 passes at one batch an iteration: here one has two.
            "max_epochs": 200,
            "loss_weighting": "published",
            "score_in_train_mode": True,
        },
    ),
    "ta-vaal": Preset(
        "[2]_: its condition on the ranked task loss, with the settings of [1]_ for CIFAR",
        {**_PAPER_CIFAR, "condition": "task_loss"},
    ),
    "sraal": Preset(
        "[3]_: its relabelled states, with the settings of [1]_ for CIFAR",
        {**_PAPER_CIFAR, "relabel_states": True},
    ),
}


def preset_params(name: str) -> dict[str, Any]:
    """Parameters of a preset.

    Parameters
    ----------
    name : str

    Returns
    -------
    dict
        A copy.

    Raises
    ------
    ValueError
        If there is no such preset.

    Examples
    --------
    >>> from skvaal._presets import preset_params
    >>> preset_params("paper-caltech256")["lambda2"]
    10.0
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; {did_you_mean(name, PRESETS)}")
    return dict(PRESETS[name].params)
