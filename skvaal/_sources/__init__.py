"""Samples that are no array in memory: files and Datasets, read when they are asked for."""

from skvaal._sources._dask import DaskSource
from skvaal._sources._dispatch import as_samples, mapped
from skvaal._sources._source import Source, check_finite, check_in_unit_interval

__all__ = ["DaskSource", "Source", "as_samples", "check_finite", "check_in_unit_interval", "mapped"]
