"""Parts of torch that it imports by itself, where it compiles or an optimizer is made."""

from __future__ import annotations

import sys

from skvaal._utils.signals import held_signals


def import_torch_parts() -> None:
    """Import them now, and let Ctrl-C wait for the end of it, a second or two.

    An import of theirs that is broken off leaves modules that refer to others which are gone, so
    that no optimizer can be built in this process any more.
    """
    if "torch._dynamo" not in sys.modules:
        with held_signals():
            import torch._dynamo  # noqa: F401
