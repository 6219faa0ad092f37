"""The method: VAE, discriminator, their losses and training, and scores of samples.

How tensors are computed is in :mod:`skvaal._engine`; how a batch is chosen by the scores is in
:mod:`skvaal._rules`.
"""
