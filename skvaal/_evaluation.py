"""What a trained net says of samples: mu, scores, likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm.auto import tqdm

from skvaal._data import Pool, to_float
from skvaal._device import memory_checked
from skvaal._engine import Engine
from skvaal._feeding import Prefetched
from skvaal._losses import (
    bernoulli_log_likelihood,
    bounded_logvar,
    evidence_lower_bound,
    gaussian_log_likelihood,
)
from skvaal._wasserstein import centroid, wasserstein_distance

# Times as many samples are evaluated at once as are trained on, at most: without a backward pass no
# layer's output is kept, so that it takes less memory than a step of training.
_TIMES = 4
# Numbers in as many samples, at most: what layers make of more leaves a processor's caches.
_NUMBERS = 2**20
# Bytes of results that wait on a device to be brought back together.
_HELD = 2**22


class Evaluation(Engine):
    """The half of :class:`~skvaal.VAALNet` that does not train.

    It reads mu, never a sample of z, and in evaluation mode, unless `score_in_train_mode` asks for
    scores by the statistics of each batch.
    """

    module_: Any
    batch_size: int
    verbose: int
    ablation: str | None
    likelihood: str
    score_in_train_mode: bool
    cuda_dependent_attributes_: list[str]
    variance_: float
    centroid_: NDArray[np.float32]
    _training_mode = False

    def for_evaluation(self) -> Evaluation:
        """A copy on the processor that evaluates and does nothing else, small enough to be sent.

        It has no optimizer, no history and no callback.
        """
        left_out = {"vae", "discriminator", "callbacks", "callbacks_", "history_"}
        left_out |= {"scaler_", "accelerator"}
        new = object.__new__(type(self))
        vars(new).update(
            {
                name: value
                for name, value in vars(self).items()
                if name not in left_out and not name.startswith(("optimizer", "_compiled"))
            }
        )
        # Modules are then pickled as all else is; skorch would want their classes to be importable.
        new.cuda_dependent_attributes_ = []
        new.verbose = 0
        for name in ("vae_", "discriminator_"):
            setattr(new, name, deepcopy(getattr(self, name)))
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
        return self._evaluate(pool, lambda _, mu, *__: mu)

    def log_odds(self, pool: Pool) -> NDArray[np.float32]:
        """Log-odds of being labelled, (n_samples,)."""
        return self._evaluate(pool, lambda _, mu, __, condition: self._logits(mu, condition))

    def scores(self, pool: Pool) -> NDArray[np.float32]:
        """What ranks samples, higher is more like the labelled ones, (n_samples,).

        The log-odds of being labelled or, without a discriminator, minus the 2-Wasserstein
        distance to the labelled set's centroid.
        """
        with self._scoring_mode():
            return self._evaluate(pool, lambda _, *encoded: self._scores(*encoded))

    def scores_and_means(self, pool: Pool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both of them in one pass, (n_samples,) and (n_samples, latent_dim)."""
        with self._scoring_mode():
            both = self._evaluate(
                pool,
                lambda _, mu, *others: torch.cat([self._scores(mu, *others)[:, None], mu], dim=1),
            )
        return both[:, 0].copy(), np.ascontiguousarray(both[:, 1:])

    @contextmanager
    def _scoring_mode(self) -> Iterator[None]:
        """Score by the statistics of each batch, if asked to, and forget them afterwards."""
        self._training_mode = self.score_in_train_mode
        buffers = list(self.module_.buffers())
        kept = [buffer.clone() for buffer in buffers] if self._training_mode else []
        try:
            yield
        finally:
            self._training_mode = False
            for buffer, value in zip(buffers, kept, strict=False):
                buffer.copy_(value)

    def _scores(self, mu: Tensor, logvar: Tensor, condition: Tensor | None) -> Tensor:
        if self.ablation != "no_discriminator":
            return self._logits(mu, condition)
        centre = torch.from_numpy(self.centroid_).to(mu.device)
        return -wasserstein_distance(mu, _std(logvar), *centre)

    def posteriors(self, pool: Pool) -> NDArray[np.float32]:
        """Mean and standard deviation of q(z|x), (n_samples, 2, latent_dim)."""
        return self._evaluate(
            pool, lambda _, mu, logvar, __: torch.stack([mu, _std(logvar)], dim=1)
        )

    def _centroid(self, labeled: Pool) -> NDArray[np.float32]:
        both = self.posteriors(labeled)
        return torch.stack(centroid(*torch.from_numpy(both).double().unbind(dim=1))).float().numpy()

    def elbo(self, pool: Pool) -> NDArray[np.float32]:
        """Evidence lower bound in nats, with beta 1 and z at mu, (n_samples,)."""

        def batch_elbo(x: Tensor, mu: Tensor, logvar: Tensor, condition: Tensor | None) -> Tensor:
            x_hat = self._decode(mu, condition)
            log_likelihood = self._log_likelihood(x_hat, x, self.variance_)
            return evidence_lower_bound(log_likelihood, mu, bounded_logvar(logvar))

        return self._evaluate(pool, batch_elbo)

    def reconstruct(self, Z: NDArray) -> NDArray[np.float32]:
        """Mean of p(x|z), (n_samples, ...); where the decoder reads a condition, Z ends in it."""
        return self._over_batches(Pool(Z), lambda z, _: self._mean_of_x(self._decode(z)))

    def reconstructions(self, pool: Pool) -> NDArray[np.float32]:
        """Mean of p(x|z) with z at mu, (n_samples, ...)."""
        return self._evaluate(
            pool, lambda _, mu, __, condition: self._mean_of_x(self._decode(mu, condition))
        )

    def squared_errors(self, pool: Pool) -> NDArray[np.float32]:
        """Mean squared error of each sample's reconstruction, with z at mu, (n_samples,)."""

        def batch_errors(x: Tensor, mu: Tensor, _: Tensor, condition: Tensor | None) -> Tensor:
            x_hat = self._mean_of_x(self._decode(mu, condition))
            return (x_hat - x).square().flatten(1).mean(dim=1)

        return self._evaluate(pool, batch_errors)

    def _mean_of_x(self, x_hat: Tensor) -> Tensor:
        return x_hat.sigmoid() if self.likelihood == "bernoulli" else x_hat

    def _evaluate(
        self,
        pool: Pool,
        function: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor],
    ) -> NDArray[np.float32]:
        """Apply a function of x, mu, logvar and condition to every batch."""
        # By the statistics of a batch, nothing can be folded.
        vae = None if self._training_mode else self._scoring_vae()

        def encoded(x: Tensor, condition: Tensor | None) -> Tensor:
            mu, logvar = self._encode(x, vae)
            return function(x, mu, logvar, condition)

        return self._over_batches(pool, encoded)

    @torch.inference_mode()
    def _over_batches(
        self, pool: Pool, function: Callable[[Tensor, Tensor | None], Tensor]
    ) -> NDArray[np.float32]:
        size = self._evaluated_at_once(pool)
        batches = tqdm(
            Prefetched(pool.batches(size), torch.device(self.device)),
            total=-(-len(pool) // size),
            desc="scoring",
            leave=False,
            disable=not self.verbose,
        )
        parts, results, start = [], [], 0
        with memory_checked(self.batch_size, self.device):
            for batch in batches:
                # A batch of one sample has no statistics.
                self._set_training(self._training_mode and len(batch) > 1)
                condition = None
                if pool.condition is not None:
                    rows = pool.condition[start : start + len(batch)]
                    condition = torch.from_numpy(rows).to(self.device)
                self._begin_step()
                result = function(to_float(batch, self.device), condition)
                # A CUDA graph writes the next one to the same place.
                results.append(result.clone() if self.compile else result)
                start += len(batch)
                # A transfer makes a GPU wait: few large ones.
                if len(results) * results[-1].nbytes > _HELD or start == len(pool):
                    parts.append(torch.cat(results).cpu().numpy())
                    results = []
        return np.concatenate(parts)

    def _evaluated_at_once(self, pool: Pool) -> int:
        if self._training_mode:  # the statistics of a batch count
            return self.batch_size
        times = _NUMBERS // (self.batch_size * prod(pool.sample_shape))
        return self.batch_size * min(max(times, 1), _TIMES)

    def _log_likelihood(self, x_hat: Tensor, x: Tensor, variance: Tensor | float) -> Tensor:
        if self.likelihood == "bernoulli":
            return bernoulli_log_likelihood(x_hat, x)
        return gaussian_log_likelihood(x_hat, x, variance)


def _std(logvar: Tensor) -> Tensor:
    return torch.exp(0.5 * bounded_logvar(logvar))
