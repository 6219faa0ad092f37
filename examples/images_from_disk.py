"""Query images in a memmap of uint8, then save the strategy and load it again."""

import tempfile
from pathlib import Path

import numpy as np

from skvaal import VAALQueryStrategy

rng = np.random.default_rng(0)
with tempfile.TemporaryDirectory() as folder:
    # 600 RGB images of 24x16 pixels; the last third has a bright stripe that the others lack.
    path = Path(folder) / "images.dat"
    X = np.memmap(path, dtype=np.uint8, mode="w+", shape=(600, 3, 24, 16))
    X[:] = rng.integers(0, 100, X.shape, dtype=np.uint8)
    X[400:, :, 8:16] += 150
    y = np.full(600, -1)
    y[:100] = 0  # labelled; none has a stripe

    strategy = VAALQueryStrategy(max_epochs=30, vae__width=4, lr=2e-3, random_state=0)
    strategy.fit(X, y)
    chosen = 100 + strategy.query(X[100:], n=50)
    print(f"{np.mean(chosen >= 400):.0%} of the chosen images have the stripe")

    strategy.save(Path(folder) / "strategy.safetensors")
    loaded = VAALQueryStrategy.load(Path(folder) / "strategy.safetensors")
    print(
        "same scores after loading:",
        np.array_equal(*(s.score_samples(X) for s in (strategy, loaded))),
    )
    del X  # close the file before its folder goes
