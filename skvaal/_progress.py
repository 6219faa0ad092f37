"""A progress bar over a whole training."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from tqdm.auto import tqdm


class TrainingBar(Callback):
    """One bar over all iterations, with the time left and the last epoch's losses."""

    def on_train_begin(self, net: Any, X: Any = None, **kwargs: Any) -> None:
        # Iterations: an epoch of a large pool may be all there is.
        total = net.max_epochs * len(net.get_iterator(X, training=True))
        self.bar_ = tqdm(total=total, desc="training VAAL", unit="iteration", leave=False)

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        self.bar_.update()

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        losses = {name: net.history[-1, name] for name in ("vae_loss", "discriminator_loss")}
        self.bar_.set_postfix({name: f"{value:.3g}" for name, value in losses.items()})

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        self.bar_.close()
        # A bar holds an open stream, which cannot be pickled with the net.
        del self.bar_
