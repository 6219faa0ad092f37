"""Read images from single files, by a torch Dataset, when they are needed."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from skvaal import HerdingQuery


class Images(Dataset):
    """Items are (image, label); skvaal reads the image only."""

    def __init__(self, folder):
        self.paths = sorted(Path(folder).glob("*.npy"))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, row):
        # In earnest: open the file with Pillow, resize and crop to one size.
        return torch.from_numpy(np.load(self.paths[row])), -1


rng = np.random.default_rng(0)
with tempfile.TemporaryDirectory() as folder:
    # 300 RGB images of 24x16 pixels; the last hundred have a bright stripe that the others lack.
    for row in range(300):
        image = rng.integers(0, 100, (3, 24, 16), dtype=np.uint8)
        image[:, 8:16] += 150 * (row >= 200)
        np.save(Path(folder) / f"{row:03}.npy", image)

    images = Images(folder)
    labeled, pool = Subset(images, range(50)), Subset(images, range(50, 300))
    query = HerdingQuery(random_state=0)
    learner = None  # or one whose predict_proba reads a Dataset, such as one of skorch
    chosen, _ = query(learner, pool, 20, X_labeled=labeled)
    print(f"{np.mean(chosen >= 150):.0%} of the chosen images have the stripe")
