"""Variants of the method; each class overrides a few methods of VAALNet.

In here are the paper's ablations, the authors' published code, and published successors of VAAL.
The plain method is in :mod:`skvaal._vaal.net`; names for the variants are in
:mod:`skvaal._vaal.lookup`.
"""
