"""How a net is computed: device, precision, batches, and several processes.

Everything here gives the same results up to rounding, but for the random changes of images. The
method itself, with its networks, losses and steps, is in :mod:`skvaal._vaal`.
"""
