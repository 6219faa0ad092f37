"""VAAL as in the authors' published code: one pool at a time, its losses and its scoring.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370.
.. [2] https://github.com/sinhasam/vaal.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skvaal._engine.batches import Pair
from skvaal._pool.pool import Pool
from skvaal._vaal.evaluation import Encoded
from skvaal._vaal.losses import published_bound, transductive_loss
from skvaal._vaal.net import VAALNet
from skvaal._vaal.training import VAEPass


class SeparateBatchesNet(VAALNet):
    """Labelled and unlabelled samples pass the VAE one pool after the other.

    Batch normalisation then normalises each pool by its own statistics, which hides from the
    discriminator part of what sets the pools apart. The paper's experiments [1]_ did so.
    """

    def pass_pair(self, pair: Pair) -> VAEPass:
        """Pass the labelled and then the unlabelled samples through the VAE."""
        extras = (None, None) if pair.extra is None else pair.extra.chunk(2)
        labeled, unlabeled = (
            self.pass_through_vae(x, len(x), extra)
            for x, extra in zip((pair.labeled, pair.unlabeled), extras, strict=True)
        )
        *parts, variances = zip(labeled, unlabeled, strict=True)
        return VAEPass._make([*map(torch.cat, parts), torch.stack(variances).mean()])


class PublishedNet(SeparateBatchesNet):
    """What the authors' code [2]_ does where it departs from the paper; for comparison only.

    - It averages the squared error over batch and pixels, and sums the KL divergence over batch
      and latent dimensions. The posterior then collapses.
    - It scores samples in training mode: batch normalisation reads the statistics of each batch.
      A sample's score then depends on the samples around it.
    """

    scores_depend_on_batch = True

    def initialize_module(self) -> PublishedNet:
        """Build both modules."""
        if self.likelihood == "bernoulli":
            raise ValueError(
                "the loss of net='published' is a squared error; use likelihood='gaussian', or "
                "net='separate_batches'"
            )
        super().initialize_module()
        return self

    def compute_transductive_loss(self, passed: VAEPass) -> Tensor:
        """Equation 1 with the published weights of its terms."""
        n_of_pool = len(passed.x) // 2 * self.processes.count
        bound = published_bound(
            passed.x_hat, passed.x, passed.mu, passed.logvar, self.beta, n_of_pool
        )
        return transductive_loss(*bound.chunk(2))

    def for_scoring(self) -> PublishedNet:
        """A net with modules of its own: what they learn of the batches is forgotten."""
        net = object.__new__(type(self))
        net.__dict__ = {
            **vars(self),
            "vae_": deepcopy(self.vae_),
            "discriminator_": deepcopy(self.discriminator_),
            "_compiled_functions": {},
        }
        return net

    def evaluate_for_scores(
        self, pool: Pool, function: Callable[[Encoded], Tensor]
    ) -> NDArray[np.float32]:
        """Encode by the statistics of each batch."""

        def encode_and_apply(x: Tensor, extra: Tensor | None) -> Tensor:
            self._set_training(len(x) > 1)  # a batch of one sample has no statistics
            return function(Encoded(x, *self.encode(x), extra))

        return self._over_batches(pool, encode_and_apply, self.batch_size)
