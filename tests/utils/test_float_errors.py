"""What a caller sets by ``np.seterr`` changes no answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import random as draw_sparse

from skvaal import HerdingQueryStrategy, VAALQueryStrategy

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.normal(size=(60, 5))
KINDS = {
    "far apart": np.vstack([ROWS, 1e6 + ROWS]),
    "tiny": 1e-30 * ROWS,
    "huge": 1e18 * ROWS,
    "hot": np.eye(5)[GENERATOR.integers(0, 5, 60)],
    "sparse": draw_sparse(60, 300, density=0.05, format="csr", random_state=0),
    "images": GENERATOR.random((30, 1, 8, 8)),
}
SMALL = {"max_epochs": 1, "vae__latent_dim": 3, "discriminator__hidden": (8,)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["herding", "vaal"])
@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")  # one-hot rows are copies
def test_every_float_error_is_raised(name, kind):
    X = KINDS[kind]
    n = X.shape[0]
    y = np.where(np.arange(n) < 8, 0, -1)
    proba = np.eye(3)[np.arange(n) % 3]

    def answer():
        strategy = HerdingQueryStrategy(random_state=0)
        if name == "vaal":
            strategy = VAALQueryStrategy(**SMALL, random_state=0)
        strategy.fit(X, y)
        chosen = strategy.query(X, 9, proba=proba)
        reasons = strategy.explain(X, chosen, proba=proba)
        return chosen, strategy.transform(X), np.asarray(reasons["gain"])

    expected = answer()
    with np.errstate(all="raise"):
        found = answer()
        assert np.geterr()["under"] == "raise"
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
