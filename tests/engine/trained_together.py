"""Trains by each of some settings, alone or among other processes; writes what came of it.

Run by test_distributed.py, with a folder as its argument: ``accelerate launch trained_together.py
folder``.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

from skvaal import VAALQueryStrategy

BASE = {
    "rule": "topk",
    "uncertainty": None,
    "max_epochs": 2,
    "batch_size": 16,
    "vae__latent_dim": 3,
    "device": "cpu",
    "random_state": 0,
}
SETTINGS = {
    "images": {"vae__width": 2},
    "augmented": {"vae__width": 2, "engine__augmentation": "flip_crop"},
    "rows": {"n_vae_steps": 2, "n_discriminator_steps": 2},
    "separate batches": {"net": "separate_batches"},
    "published": {"net": "published"},
    "frozen": {"net": "frozen_vae"},
    "bernoulli": {"likelihood": "bernoulli"},
    "herding": {"rule": "herding"},
    "no linear path": {"vae__linear_path": False},
    "small pool": {"batch_size": 40},
    "any seed": {"random_state": None},
}
ERRORS = {"odd": {"batch_size": 15}, "other pools": {}}


def pools(name, rank):
    X = load_digits().data[:120].astype(np.float32) / 16
    if name in ("images", "augmented"):
        X = X.reshape(-1, 1, 8, 8)
    end = {"small pool": 55, "other pools": 120 - rank}.get(name, 120)
    return X[:20], X[20:end]


def learned(strategy):
    """Weights, and where the labelled samples lie, if the rule reads that, in one row."""
    placed = getattr(strategy, "labeled_coordinates_", np.empty(0, np.float32))
    return np.concatenate([np.ravel(each) for each in (*states(strategy).values(), placed)])


def states(strategy):
    return {name: tensor.numpy() for name, tensor in strategy.net_.module_.state_dict().items()}


def main(folder):
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    rank = accelerator.process_index
    found = {"processes": accelerator.num_processes}
    for name, params in SETTINGS.items():
        strategy = VAALQueryStrategy(**{**BASE, **params}, engine__distributed=True)
        strategy.fit_pools(*pools(name, rank))
        copy = pickle.loads(pickle.dumps(strategy))
        everyones = accelerator.gather(torch.from_numpy(learned(strategy))[None])
        found[name] = {
            "history": [
                {key: epoch[key] for key in epoch if key.endswith(("loss", "variance", "kl"))}
                for epoch in strategy.history_
            ],
            "scores": copy.score_samples(pools(name, 0)[1]).tolist(),
            "apart": float((everyones - everyones[0]).abs().max()),
            "layers": sorted({type(each).__name__ for each in strategy.net_.vae_.modules()}),
        }
    for name, params in ERRORS.items():
        try:
            VAALQueryStrategy(**{**BASE, **params}, engine__distributed=True).fit_pools(
                *pools(name, rank)
            )
        except ValueError as error:
            found[name] = str(error)
    if accelerator.is_main_process:
        name = f"{accelerator.num_processes}.json"
        (Path(folder) / name).write_text(json.dumps(found))
    if torch.distributed.is_initialized():
        # A process that leaves while another still talks to it may be aborted.
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1])
