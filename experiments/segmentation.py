"""Which images to annotate pixel by pixel: VAAL, herding, margin and random choice on CamVid.

    SKVAAL_DATA=data python experiments/segmentation.py

A small U-Net learns from 10 street scenes, then 10 more in each of 3 rounds, which a strategy
chooses among 367. In each round it goes on from its weights with all scenes so far. Its mean
intersection over union is that on the official test split of 233 scenes; pixels of no class do not
count. Seeds are paired: all strategies share the first 10 scenes and the U-Net that is trained on
them.

SKVAAL_DATA names the folder with camvid_small_q95.npz. Writes to docs/results/segmentation, or to
--out, after each run: records.csv, failures.json (runs that an error ended) and table.txt. After a
stop the same command goes on with the runs that are missing. About ten minutes of one idle core.
The U-Net's settings were chosen on the validation split. Seeds 0 and 1 showed that a U-Net that
begins anew in each round needs more than 160 steps to gain from more scenes; reported are others,
from 10 on.
"""

import argparse
import json
import traceback
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from torch import nn

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal._predictions.pixels import mean_over_pixels
from skvaal._utils.files import read_file, replace_file
from skvaal.benchmark import load_scenes
from skvaal.benchmark.inference import bootstrap_interval, paired_difference
from skvaal.benchmark.machine import machine, versions
from skvaal.benchmark.statistics import areas, intersection_over_union, pixel_confusion

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "segmentation"
SETTINGS = {
    "data": "camvid",
    "size": [48, 64],  # height and width that the U-Net sees
    "query_size": [24, 32],  # and that the strategies see
    "initial": 10,
    "batch": 10,
    "rounds": 3,
    "unet_first_steps": 480,
    "unet_steps": 120,  # in each round
    "unet_batch": 4,
    "unet_lr": 1e-2,
    "vae__width": 8,
    "vae_batch": 16,
}
FIRST_SEED = 10
# What plain VAAL is in the benchmark: the paper's Algorithm 2, without the linear path.
PLAIN = {"rule": "topk", "uncertainty": None, "vae__linear_path": False}
# The default of the time when this was played.
DECODED = {
    "rule__space": "decoded",
    "rule__score_power": "n_labeled",
    "rule__uncertainty_power": 1.0,
}


class UNet(nn.Module):
    """Convolutions at 1/2, 1/4, 1/8 and 1/16 of the size, and back; logits at full size."""

    def __init__(self, n_classes, widths=(16, 32, 64, 64)):
        super().__init__()
        first = widths[0]
        self.stem = _layer(3, first, kernel=5, stride=2)
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(_layer(a, b) for a, b in pairs)
        self.up = nn.ModuleList(_layer(a + b, a) for a, b in pairs)
        self.head = nn.Conv2d(first, n_classes, 1)

    def forward(self, x):
        size, x, skipped = x.shape[2:], self.stem((x.float() / 255 - 0.45) / 0.25), []
        for layer in self.down:
            skipped.append(x)
            x = layer(F.max_pool2d(x, 2))
        for layer in reversed(self.up):
            skip = skipped.pop()
            x = layer(torch.cat([skip, F.interpolate(x, size=skip.shape[2:])], dim=1))
        return F.interpolate(self.head(x), size=size, mode="bilinear", align_corners=False)


def _layer(n_in, n_out, kernel=3, stride=1):
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())


class SegmentationNet(NeuralNetClassifier):
    """skorch's classifier, for half of the mini-batches mirrored."""

    def train_step_single(self, batch, **fit_params):
        X, y = batch
        if torch.rand(()) < 0.5:
            X, y = X.flip(-1), y.flip(-1)
        return super().train_step_single((X, y), **fit_params)


def make_net(y, n_classes, ignore_index, n_steps):
    """A U-Net that is to learn from label maps y; rare classes count more."""
    counts = np.bincount(y.ravel(), minlength=n_classes)[:n_classes]
    weights = np.sqrt(counts.sum() / np.maximum(counts, 1))
    weights = np.minimum(weights / weights.mean(), 5).astype(np.float32)
    n_batches = -(-len(y) // SETTINGS["unet_batch"])
    n_epochs = -(-n_steps // n_batches)
    schedule = LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        max_lr=SETTINGS["unet_lr"],
        total_steps=n_epochs * n_batches,
        step_every="batch",
    )
    return SegmentationNet(
        UNet,
        module__n_classes=n_classes,
        criterion=nn.CrossEntropyLoss,
        criterion__weight=torch.from_numpy(weights),
        criterion__ignore_index=ignore_index,
        # skorch's own softmax is over the last axis, the width of the image.
        predict_nonlinearity=partial(torch.softmax, dim=1),
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=1e-2,
        lr=SETTINGS["unet_lr"],
        batch_size=SETTINGS["unet_batch"],
        max_epochs=n_epochs,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks=[("schedule", schedule)],
        verbose=0,
    )


def by_random(X_labeled, X_pool, n, proba, seed):
    return np.random.RandomState(seed).permutation(len(X_pool))[:n]


def by_margin(X_labeled, X_pool, n, proba, seed):
    return np.argsort(-mean_over_pixels("margin", proba), kind="stable")[:n]


def by_herding(X_labeled, X_pool, n, proba, seed):
    strategy = HerdingQueryStrategy(uncertainty_power=1.0, random_state=seed)
    return strategy.fit_query(X_labeled, X_pool, n, proba=proba)


def by_vaal(X_labeled, X_pool, n, proba, seed, **params):
    strategy = VAALQueryStrategy(
        vae__width=SETTINGS["vae__width"],
        batch_size=SETTINGS["vae_batch"],
        random_state=seed,
        device="cpu",
        **params,
    )
    return strategy.fit_query(X_labeled, X_pool, n, proba=proba)


STRATEGIES = {
    "random": by_random,
    "margin": by_margin,
    "herding": by_herding,
    "vaal_herding_decoded_n_labeled": partial(by_vaal, **DECODED),
    "vaal": partial(by_vaal, **PLAIN),
}


class Task:
    """The scenes in memory; trains a U-Net on some and tells how good it is."""

    def __init__(self):
        scenes = load_scenes(SETTINGS["data"], size=tuple(SETTINGS["size"]))
        seen = load_scenes(SETTINGS["data"], size=tuple(SETTINGS["query_size"]))
        self.n_classes, self.ignore_index = len(scenes.classes), scenes.ignore_index
        self.classes = scenes.classes
        self.X, self.y = scenes.X[:], scenes.y[:].astype(np.int64)
        self.X_test, self.y_test = scenes.X_test[:], scenes.y_test[:]
        self.X_seen = seen.X[:]

    def learn(self, labeled, seed, last=None):
        """A net trained on some scenes, from the weights of the last one; what to record of it."""
        torch.manual_seed(seed)
        n_steps = SETTINGS["unet_first_steps" if last is None else "unet_steps"]
        net = make_net(self.y[labeled], self.n_classes, self.ignore_index, n_steps).initialize()
        if last is not None:
            net.module_.load_state_dict(last.module_.state_dict())
        began = perf_counter()
        net.partial_fit(self.X[labeled], self.y[labeled])
        seconds = perf_counter() - began
        confusion = pixel_confusion(
            self.y_test,
            net.predict(self.X_test),
            n_classes=self.n_classes,
            ignore_index=self.ignore_index,
        )
        overlap = intersection_over_union(confusion)
        record = {"n_labeled": len(labeled), "miou": np.nanmean(overlap)}
        record |= {"pixel_accuracy": np.trace(confusion) / confusion.sum()}
        record |= {f"iou_{name}": iou for name, iou in zip(self.classes, overlap, strict=True)}
        return net, record | {"train_seconds": seconds}

    def play(self, strategy, seed, first):
        """The records of one run; `first` is the net of the start with its record."""
        labeled = self.start(seed)
        net, record = first
        case = {"data": SETTINGS["data"], "strategy": strategy, "seed": seed}
        records = [case | record | {"query_seconds": 0.0, "picked": ""}]
        for _ in range(SETTINGS["rounds"]):
            pool = np.setdiff1d(np.arange(len(self.X)), labeled)
            began = perf_counter()
            proba = net.predict_proba(self.X[pool])
            chosen = STRATEGIES[strategy](
                self.X_seen[labeled], self.X_seen[pool], SETTINGS["batch"], proba, seed
            )
            seconds = perf_counter() - began
            labeled = np.r_[labeled, pool[chosen]]
            net, record = self.learn(labeled, seed, net)
            picked = " ".join(map(str, pool[chosen]))
            records.append(case | record | {"query_seconds": seconds, "picked": picked})
        return records

    def start(self, seed):
        return np.random.RandomState(1000 + seed).permutation(len(self.X))[: SETTINGS["initial"]]


class Folder:
    """Records and failures of the runs so far; each change replaces a file as a whole."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.records = self._read("records.csv", lambda data: pd.read_csv(BytesIO(data)))
        self.failures = self._read("failures.json", json.loads)
        self.records = pd.DataFrame() if self.records is None else self.records.fillna("")
        self.failures = self.failures or []
        config = self._read("settings.json", json.loads)
        if config is None:
            config = {"settings": SETTINGS, "machine": machine(), "versions": versions()}
            replace_file(path / "settings.json", json.dumps(config, indent=1).encode())
        elif config["settings"] != SETTINGS:
            raise SystemExit(f"{path} holds runs with other settings; name another --out")

    def _read(self, name, parse):
        return parse(read_file(self.path / name)) if (self.path / name).exists() else None

    def has(self, strategy, seed):
        if self.records.empty:
            return False
        return ((self.records["strategy"] == strategy) & (self.records["seed"] == seed)).any()

    def add(self, records):
        self.records = pd.concat([self.records, pd.DataFrame(records)], ignore_index=True)
        text = self.records.to_csv(index=False, float_format="%.6g")
        replace_file(self.path / "records.csv", text.encode())

    def fail(self, strategy, seed, error):
        self.failures.append({"strategy": strategy, "seed": seed, "error": error})
        replace_file(self.path / "failures.json", json.dumps(self.failures, indent=1).encode())


def format_table(records, failures):
    """Mean intersection over union in per cent by number of scenes, and areas against random."""
    records = records.assign(accuracy=100 * records["miou"])
    means = records.pivot_table(
        index="strategy", columns="n_labeled", values="accuracy", aggfunc="mean"
    )
    area = areas(records)
    intervals = bootstrap_interval(area)
    against = paired_difference(area, baseline="random") if "random" in area else None
    n_seeds = records["seed"].nunique()
    lines = [
        f"CamVid, {n_seeds} paired seeds: mean intersection over union on the test split, per cent",
        "",
        f"{'strategy':<31}"
        + "".join(f"{f'{n} scenes':>11}" for n in means)
        + f"{'area':>21}{'- random':>21}{'p':>7}",
    ]
    for name in area.mean().sort_values(ascending=False).index:
        interval = "[{:.1f}, {:.1f}]".format(*intervals.loc[name])
        line = f"{name:<31}" + "".join(f"{value:>11.1f}" for value in means.loc[name])
        line += f"{f'{area[name].mean():.1f} {interval}':>21}"
        if against is not None and name in against.index:
            row = against.loc[name]
            difference = f"{row['mean']:+.1f} [{row['low']:+.1f}, {row['high']:+.1f}]"
            line += f"{difference:>21}{row['p_holm']:>7.3f}"
        lines.append(line)
    failed = ", ".join(f"{each['strategy']} with seed {each['seed']}" for each in failures)
    lines += ["", f"runs that an error ended: {failed or 'none'}"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder, task = Folder(options.out), None
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        missing = [name for name in STRATEGIES if not folder.has(name, seed)]
        if not missing:
            continue
        task = task or Task()
        first = task.learn(task.start(seed), seed)
        for name in missing:
            try:
                folder.add(task.play(name, seed, first))
            except Exception:
                folder.fail(name, seed, traceback.format_exc())
            print(name, seed, flush=True)
    text = format_table(folder.records, folder.failures)
    replace_file(options.out / "table.txt", text.encode())
    print(text)


if __name__ == "__main__":
    main()
