"""Samples: read from whatever holds them, validated, and cut into pools.

Arrays, frames, sparse matrices, files and Datasets all become a `Pool`, from which the rest of the
library reads batches. Nothing here trains, scores or chooses; only `dataset` imports torch.
"""
