"""
Which pictures to annotate pixel by pixel
=========================================

To outline every car of a picture takes minutes, so it matters which pictures are annotated. Here a
small network learns to tell sky, road and cars. Its unsure pixels, and the VAE of VAAL, say what to
annotate next.
"""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from skorch import NeuralNetClassifier
from torch import nn

from skvaal import UnsurePixels, VAALQueryStrategy

torch.manual_seed(0)
rng = np.random.default_rng(0)


def draw_scenes(n):
    """Sky above road, and a car in a third of the scenes."""
    X, y = np.empty((n, 3, 24, 32), np.uint8), np.empty((n, 24, 32), np.int64)
    for image, classes in zip(X, y, strict=True):
        horizon = rng.integers(8, 14)
        classes[:horizon], classes[horizon:] = 0, 1
        if rng.random() < 1 / 3:
            top, left = horizon + rng.integers(5), rng.integers(22)
            classes[top : top + 5, left : left + 8] = 2
        colours = np.array([[120, 170, 230], [110, 110, 110], rng.integers(0, 256, 3)])
        noise = rng.normal(0, 20, (24, 32, 1))
        image[:] = (colours[classes] + noise).clip(0, 255).transpose(2, 0, 1)
    return X, y


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=2, dilation=2), nn.ReLU(),
            nn.Conv2d(16, 3, 1),
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x.float() / 255 - 0.5)


# %%
# Eight scenes are annotated, fifty-two are not. Probabilities are of every pixel, (n, n_classes,
# height, width).

X, y = draw_scenes(60)
labeled, pool = np.arange(8), np.arange(8, 60)
net = NeuralNetClassifier(
    Network,
    criterion=nn.CrossEntropyLoss,
    predict_nonlinearity=partial(torch.softmax, dim=1),
    optimizer=torch.optim.Adam,
    lr=0.01,
    batch_size=4,
    max_epochs=10,
    train_split=None,
    verbose=0,
).fit(X[labeled], y[labeled])
proba = net.predict_proba(X[pool])

# %%
# ``UnsurePixels`` counts, for each scene, the share of pixels of which the network is unsure.

strategy = VAALQueryStrategy(
    uncertainty=UnsurePixels(threshold=0.5), vae__width=8, max_epochs=5, random_state=0
)
indices = strategy.fit_query(X[labeled], X[pool], 6, proba=proba)

# %%
# Above, the scenes to annotate next; below, where the network wavers between two classes.

ordered = np.sort(proba[indices], axis=1)
margins = 1 - (ordered[:, -1] - ordered[:, -2])
figure, axes = plt.subplots(2, 6, figsize=(10, 3), layout="constrained")
for above, below, row, margin in zip(*axes, pool[indices], margins, strict=True):
    above.imshow(X[row].transpose(1, 2, 0))
    below.imshow(margin, cmap="magma", vmin=0, vmax=1)
    above.set_axis_off()
    below.set_axis_off()
plt.show()
