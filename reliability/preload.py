"""What the children of `watched` share: imported once, with one thread each."""

import os
from importlib import import_module

os.environ["OMP_NUM_THREADS"] = "1"

for module in ("pandas", "torch", "skvaal.benchmark.folder", "skvaal.modal"):
    import_module(module)

import_module("torch").set_num_threads(1)
