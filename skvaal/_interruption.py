"""A real Ctrl-C ends a training; a callback that stops it does so as skorch wants."""

from __future__ import annotations

import dis
from typing import Any

from skorch import NeuralNet


class InterruptibleNet(NeuralNet):
    """skorch net that tells the two apart, in ``interrupted_`` and ``stopped_by_callback_``.

    skorch's fit swallows every KeyboardInterrupt, since its callbacks stop training with one. A
    real one must reach the caller, or a half-trained net goes on to choose samples.
    """

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call the callbacks, and remember whether one of them stops training."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt as error:
            self.stopped_by_callback_ = _raised_by_statement(error)
            raise

    def fit_loop(self, X: Any, y: Any = None, epochs: int | None = None, **kwargs: Any) -> Any:
        """Train, and remember whether the user broke it off."""
        self.interrupted_ = self.stopped_by_callback_ = False
        try:
            return super().fit_loop(X, y, epochs, **kwargs)
        except KeyboardInterrupt:
            self.interrupted_ = not self.stopped_by_callback_
            raise


def _raised_by_statement(error: BaseException) -> bool:
    """Whether a ``raise`` in Python code threw it, as callbacks do, and not a signal."""
    traceback = error.__traceback__
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    opcode = traceback.tb_frame.f_code.co_code[traceback.tb_lasti]
    return dis.opname[opcode] == "RAISE_VARARGS"
