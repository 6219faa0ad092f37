"""What a trained net says of samples: latent means, scores, likelihoods."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skvaal._engine.batches import iterate_batches, to_float
from skvaal._engine.device import memory_checked
from skvaal._engine.modes import own_modes
from skvaal._engine.processes import OneProcess
from skvaal._engine.transfer import Prefetched
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._utils.progress import Verbose, progress_bar
from skvaal._vaal.losses import bounded_logvar, evidence_lower_bound
from skvaal._vaal.two_modules import TwoModuleNet

# Upper limits of an evaluation batch. In training batches: without a backward pass no layer's
# output is kept, so that it takes less memory than a training step. In numbers: what the layers
# make of more leaves a processor's caches.
_MAX_TRAINING_BATCHES = 4
_MAX_NUMBERS = 2**20
# Bytes of results that are collected on a device before one transfer brings them back.
_MAX_COLLECTED_BYTES = 2**22


class Encoded(NamedTuple):
    """A batch, and what the encoder says of it."""

    x: Tensor  # (n, ...)
    mu: Tensor  # (n, latent_dim)
    logvar: Tensor  # (n, latent_dim), as the encoder returned it
    extra: Tensor | None  # (n, k)

    @property
    def std(self) -> Tensor:
        """Standard deviation of q(z|x), (n, latent_dim)."""
        return torch.exp(0.5 * bounded_logvar(self.logvar))


class Evaluation(TwoModuleNet):
    """The half of :class:`~skvaal.VAALNet` that does not train.

    It reads mu, never a sample of z, and runs the modules in evaluation mode: what it says of a
    sample does not depend on the other samples.
    """

    # As `verbose`, which 'auto' would make skorch print lines, too.
    progress: Verbose = 0

    def for_evaluation(self) -> Evaluation:
        """Make a copy on the processor without optimizers, history and callbacks, to be sent."""
        left_out = {"vae", "discriminator", "callbacks", "callbacks_", "history_", "scaler_"}
        left_out |= {"principal_components"}
        new = object.__new__(type(self))
        new.__dict__ = {
            name: value
            for name, value in vars(self).items()
            if name not in left_out and not name.startswith(("optimizer", "_compiled"))
        } | {
            "vae_": deepcopy(self.vae_),
            "discriminator_": deepcopy(self.discriminator_),
            "processes": OneProcess(),
            "extra": None,
            "verbose": 0,
            "progress": 0,
            # Modules are then pickled like the rest; skorch would want to import their classes.
            "cuda_dependent_attributes_": [],
        }
        return new.on("cpu")

    def on(self, device: str | torch.device) -> Evaluation:
        """Move the modules to a device, and return the same net."""
        if str(device) != str(self.device):
            self.vae_.to(device)
            self.discriminator_.to(device)
            self.device = str(device)
        return self

    def means(self, pool: Pool) -> NDArray[np.float32]:
        """Mu of each sample, (n_samples, latent_dim)."""
        return self._evaluate(pool, lambda batch: batch.mu)

    def log_odds(self, pool: Pool) -> NDArray[np.float32]:
        """Log-odds of being labelled, (n_samples,)."""
        return self._evaluate(pool, lambda batch: self.logits(batch.mu, batch.extra))

    def scores(self, pool: Pool) -> NDArray[np.float32]:
        """What ranks samples, (n_samples,); higher is more like the labelled ones."""
        net = self.for_scoring()
        return net.evaluate_for_scores(pool, net.score_encoded)

    def scores_and_means(self, pool: Pool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both of them in one pass, (n_samples,) and (n_samples, latent_dim)."""
        return self._scores_and(pool, lambda net: lambda batch: batch.mu)

    def decoded_coordinates(
        self, pool: Pool, components: PrincipalComponents
    ) -> NDArray[np.float32]:
        """Principal components of each sample's decoded mean, (n_samples, n_components)."""
        return self._evaluate(pool, self._placed_by(components))

    def scores_and_decoded(
        self, pool: Pool, components: PrincipalComponents
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and :meth:`decoded_coordinates` in one pass."""
        return self._scores_and(pool, lambda net: net._placed_by(components))

    def _scores_and(
        self, pool: Pool, placing: Callable[[Evaluation], Callable[[Encoded], Tensor]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        net = self.for_scoring()
        place = placing(net)
        both = net.evaluate_for_scores(
            pool, lambda batch: torch.cat([net.score_encoded(batch)[:, None], place(batch)], dim=1)
        )
        return both[:, 0].copy(), np.ascontiguousarray(both[:, 1:])

    def _placed_by(self, components: PrincipalComponents) -> Callable[[Encoded], Tensor]:
        # Copies: arrays that came to a worker may be read-only, of which torch warns.
        mean = torch.tensor(components.mean, device=self.device)
        axes = torch.tensor(components.components, device=self.device)

        def place(batch: Encoded) -> Tensor:
            decoded = self.decode_mean(batch.mu, batch.extra)
            return (decoded.flatten(1) - mean) @ axes.T

        return place

    def score_encoded(self, batch: Encoded) -> Tensor:
        """Scores of encoded samples, (n,): here the log-odds of being labelled."""
        return self.logits(batch.mu, batch.extra)

    def for_scoring(self) -> Evaluation:
        """The net that computes scores: this one, unless its modules change by that."""
        return self

    def evaluate_for_scores(
        self, pool: Pool, function: Callable[[Encoded], Tensor]
    ) -> NDArray[np.float32]:
        """Apply a function to each batch, encoded as scores are to be computed."""
        return self._evaluate(pool, function)

    def posteriors(self, pool: Pool) -> NDArray[np.float32]:
        """Mean and standard deviation of q(z|x), (n_samples, 2, latent_dim)."""
        return self._evaluate(pool, lambda batch: torch.stack([batch.mu, batch.std], dim=1))

    def elbo(self, pool: Pool) -> NDArray[np.float32]:
        """Evidence lower bound in nats, with beta 1 and z at mu, (n_samples,)."""

        def batch_elbo(batch: Encoded) -> Tensor:
            x_hat = self.decode(batch.mu, batch.extra)
            log_likelihood = self.log_likelihood(x_hat, batch.x, self.variance_)
            return evidence_lower_bound(log_likelihood, batch.mu, bounded_logvar(batch.logvar))

        return self._evaluate(pool, batch_elbo)

    def reconstruct(self, Z: NDArray) -> NDArray[np.float32]:
        """Mean of p(x|z), (n_samples, ...)."""
        self._set_training(False)
        return self._over_batches(Pool(Z), lambda z, extra: self.decode_mean(z))

    def reconstructions(self, pool: Pool) -> NDArray[np.float32]:
        """Mean of p(x|z) with z at mu, (n_samples, ...)."""
        return self._evaluate(pool, lambda batch: self.decode_mean(batch.mu, batch.extra))

    def squared_errors(self, pool: Pool) -> NDArray[np.float32]:
        """Mean squared error of each sample's reconstruction, with z at mu, (n_samples,)."""

        def batch_errors(batch: Encoded) -> Tensor:
            error = self.decode_mean(batch.mu, batch.extra) - batch.x
            return error.square().flatten(1).mean(dim=1)

        return self._evaluate(pool, batch_errors)

    def _evaluate(self, pool: Pool, function: Callable[[Encoded], Tensor]) -> NDArray[np.float32]:
        """Apply a function to every batch, encoded in evaluation mode."""
        self._set_training(False)
        vae = self._folded_vae()

        def encode_and_apply(x: Tensor, extra: Tensor | None) -> Tensor:
            return function(Encoded(x, *self.encode(x, vae), extra))

        return self._over_batches(pool, encode_and_apply)

    def _over_batches(
        self,
        pool: Pool,
        function: Callable[[Tensor, Tensor | None], Tensor],
        size: int | None = None,
    ) -> NDArray[np.float32]:
        """Apply a function of x and extra to every batch of so many samples."""
        if size is None:
            n_fitting = _MAX_NUMBERS // (self.batch_size * prod(pool.sample_shape))
            size = self.batch_size * min(max(n_fitting, 1), _MAX_TRAINING_BATCHES)
        batches = progress_bar(
            Prefetched(iterate_batches(pool, size), torch.device(self.device)),
            total=-(-len(pool) // size),
            verbose=self.verbose or self.progress,
            desc="scoring",
        )
        of_pool = None if pool.extra is None else torch.from_numpy(pool.extra)
        parts, results, start = [], [], 0
        with (
            memory_checked(self.batch_size, self.device),
            own_modes(self.device),
            torch.inference_mode(),
        ):
            for batch in batches:
                rows = slice(start, start + len(batch))
                extra = None if of_pool is None else of_pool[rows].to(self.device)
                self._begin_step()
                result = function(to_float(batch, self.device), extra)
                # A CUDA graph writes the next result to the same place.
                results.append(result.clone() if self.engine.compiles else result)
                start += len(batch)
                # A transfer makes a GPU wait: few large ones.
                collected = len(results) * results[-1].nbytes
                if collected > _MAX_COLLECTED_BYTES or start == len(pool):
                    parts.append(torch.cat(results).cpu().numpy())
                    results = []
        return np.concatenate(parts)
