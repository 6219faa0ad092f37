"""Names of nets and of whole sets of parameters, each with its source.

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

from typing import Any

from skvaal._utils.params import did_you_mean
from skvaal._vaal.net import VAALNet
from skvaal._vaal.variants.ablations import FrozenVAENet, NoDiscriminatorNet, NoVAENet
from skvaal._vaal.variants.conditional import PseudoLabelNet, TaskLossNet, TAVAALNet
from skvaal._vaal.variants.published import PublishedNet, SeparateBatchesNet
from skvaal._vaal.variants.task_aware import SRAALNet, StateRelabelingNet

NETS: dict[str, type[VAALNet]] = {
    "vaal": VAALNet,
    "separate_batches": SeparateBatchesNet,
    "published": PublishedNet,
    "no_vae": NoVAENet,
    "frozen_vae": FrozenVAENet,
    "no_discriminator": NoDiscriminatorNet,
    "pseudo_label": PseudoLabelNet,
    "task_loss": TaskLossNet,
    "relabeled": StateRelabelingNet,
    "ta_vaal": TAVAALNet,
    "sraal": SRAALNet,
}

# What all experiments of the paper have in common. The paper leaves p(x|z) open: the unit variance
# is the plain reading of equation 1. Separate batches are from the authors' code.
_PAPER = {
    "net": "separate_batches",
    "likelihood": "gaussian",
    "variance": 1.0,
    "beta": 1.0,
    "lambda1": 1.0,
    "n_vae_steps": 1,
    "n_discriminator_steps": 1,
    "rule": "topk",
    "uncertainty": None,
    "max_epochs": 100,
    "vae__width": 128,
    "vae__linear_path": False,
    "discriminator__hidden": (512, 512, 512, 512),
}
_PAPER_CIFAR = {**_PAPER, "vae__latent_dim": 32, "lr": 5e-4, "lambda2": 1.0, "batch_size": 64}

# Parameters of VAALQueryStrategy. Those of the paper are its appendix's, from memory.
PRESETS: dict[str, dict[str, Any]] = {
    # CIFAR-10 and CIFAR-100; a second implementation agrees.
    "paper-cifar": _PAPER_CIFAR,
    "paper-caltech256": {**_PAPER_CIFAR, "vae__latent_dim": 64, "lambda2": 10.0},
    "paper-imagenet": {
        **_PAPER,
        "vae__latent_dim": 64,
        "optimizer_vae__lr": 1e-1,
        "optimizer_discriminator__lr": 1e-3,
        "lambda2": 10.0,
        "batch_size": 64,
    },
    # Cityscapes and BDD100K.
    "paper-segmentation": {
        **_PAPER,
        "vae__latent_dim": 128,
        "lr": 1e-3,
        "lambda2": 25.0,
        "batch_size": 8,
    },
    # The authors' published code, with its weighting of the losses and its scoring.
    "published-code": {
        **_PAPER_CIFAR,
        "net": "published",
        "discriminator__hidden": (512, 512),
        "batch_size": 128,
        "n_vae_steps": 2,
        # Each iteration here has two batches. So many epochs make as many iterations as 100
        # epochs of one batch.
        "max_epochs": 200,
    },
    # The condition of [2]_ on the ranked task loss, and the relabelled states of [3]_, both with
    # the settings of [1]_ for CIFAR.
    "ta-vaal": {**_PAPER_CIFAR, "net": "ta_vaal"},
    "sraal": {**_PAPER_CIFAR, "net": "sraal"},
}


def resolve_net(net: Any) -> type[VAALNet]:
    """Find the class that the parameter `net` stands for."""
    if isinstance(net, str):
        if net not in NETS:
            raise ValueError(f"unknown net={net!r}; {did_you_mean(net, NETS)}")
        return NETS[net]
    if isinstance(net, type) and issubclass(net, VAALNet):
        return net
    raise TypeError(
        f"net={net!r} must be one of {', '.join(map(repr, NETS))}, or a subclass of VAALNet"
        + ("; pass the class, not an instance" if isinstance(net, VAALNet) else "")
    )


def preset_params(name: str) -> dict[str, Any]:
    """Look up the parameters of a preset; a ValueError if there is none of that name."""
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"there is no preset name={name!r}; {did_you_mean(name, PRESETS)}")
    return dict(PRESETS[name])
