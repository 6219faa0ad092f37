"""The method: VAE, discriminator, their losses and training, and scores of samples.

How tensors are computed is in :mod:`skvaal._engine`; how a batch is chosen by the scores is in
:mod:`skvaal._rules`.
"""

import sys

if sys.flags.optimize > 1:
    raise ImportError(
        "skorch, which skvaal trains networks with, builds on docstrings: run Python without -OO "
        "(PYTHONOPTIMIZE=2); HerdingQueryStrategy and HerdingQuery work with it"
    )
