"""A progress bar over a whole training."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from tqdm.auto import tqdm


class TrainingBar(Callback):
    """One bar over all epochs, with the time left and the present losses."""

    def on_train_begin(self, net: Any, X: Any = None, **kwargs: Any) -> None:
        self.bar_ = tqdm(total=net.max_epochs, desc="training VAAL", unit="epoch", leave=False)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        losses = {name: net.history[-1, name] for name in ("vae_loss", "discriminator_loss")}
        self.bar_.set_postfix({name: f"{value:.3g}" for name, value in losses.items()})
        self.bar_.update()

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        self.bar_.close()
        # A bar holds an open stream, which cannot be pickled with the net.
        del self.bar_
