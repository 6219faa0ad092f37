"""Data sets of the comparison: by name, from openml.org, or from files of your own."""

from skvaal._files.images import LazyImages
from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._folders import BadImageWarning
from skvaal.benchmark.datasets._load import DATASETS, OTHER_DATA, DataSource, load_dataset
from skvaal.benchmark.datasets._options import DATA_VARIABLE
from skvaal.benchmark.datasets._scenes import Scenes, load_scenes

__all__ = [
    "DATASETS",
    "DATA_VARIABLE",
    "OTHER_DATA",
    "BadImageWarning",
    "DataSource",
    "Dataset",
    "LazyImages",
    "Scenes",
    "load_dataset",
    "load_scenes",
]
