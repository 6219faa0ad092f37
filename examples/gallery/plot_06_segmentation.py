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
from skvaal.benchmark.statistics import intersection_over_union, pixel_confusion

torch.manual_seed(0)


def draw_scenes(n, rng):
    """Sky above road, and a car in half of the scenes; a frame without a class."""
    X, y = np.empty((n, 3, 24, 32), np.uint8), np.empty((n, 24, 32), np.int64)
    for image, classes in zip(X, y, strict=True):
        horizon = rng.integers(8, 14)
        classes[:horizon], classes[horizon:] = 0, 1
        if rng.random() < 0.5:
            top, left = horizon + rng.integers(5), rng.integers(22)
            classes[top : top + 5, left : left + 8] = 2
        colours = np.array([[120, 170, 230], [110, 110, 110], rng.integers(0, 256, 3)])
        image[:] = (
            (colours[classes] + rng.normal(0, 20, (24, 32, 1))).clip(0, 255).transpose(2, 0, 1)
        )
        classes[[0, -1]] = 255
    return X, y


class Network(nn.Module):
    def __init__(self, n_classes=3):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=2, dilation=2),
            nn.ReLU(),
            nn.Conv2d(16, n_classes, 1),
        )

    def forward(self, x):
        return self.layers(x.float() / 255 - 0.5)


# %%
# skorch makes it a classifier. Probabilities are of every pixel, (n, n_classes, height, width).

rng = np.random.default_rng(0)
X, y = draw_scenes(60, rng)
X_test, y_test = draw_scenes(20, rng)
net = NeuralNetClassifier(
    Network,
    criterion=nn.CrossEntropyLoss,
    criterion__ignore_index=255,
    # (n, n_classes, height, width); skorch's own softmax is over the last axis.
    predict_nonlinearity=partial(torch.softmax, dim=1),
    optimizer=torch.optim.Adam,
    lr=0.01,
    batch_size=4,
    max_epochs=10,
    train_split=None,
    verbose=0,
)

# %%
# ``UnsurePixels`` counts, for each scene, the share of pixels of which the network is unsure.

strategy = VAALQueryStrategy(
    uncertainty=UnsurePixels(threshold=0.5), vae__width=8, max_epochs=5, random_state=0
)


def learn(labeled):
    net.fit(X[labeled], y[labeled])
    confusion = pixel_confusion(y_test, net.predict(X_test), n_classes=3, ignore_index=255)
    miou = intersection_over_union(confusion).mean()
    print(f"{len(labeled)} annotated images: mean intersection over union {miou:.3f}")


# %%
# Eight scenes are annotated, fifty-two are not. Two rounds ask for eight more each.

labeled, pool = np.arange(8), np.arange(8, 60)
learn(labeled)
for _ in range(2):
    proba = net.predict_proba(X[pool])
    chosen = strategy.fit_query(X[labeled], X[pool], 8, proba=proba)
    asked, wavers = pool[chosen], np.sort(proba[chosen], axis=1)
    labeled, pool = np.r_[labeled, asked], np.delete(pool, chosen)
    learn(labeled)  # once somebody has annotated them

# %%
# Above, the scenes of the last round; below, where the network wavered between two classes.

margins = 1 - (wavers[:, -1] - wavers[:, -2])
figure, axes = plt.subplots(2, 8, figsize=(12, 2.6), layout="constrained")
for above, below, row, margin in zip(*axes, asked, margins, strict=True):
    above.imshow(X[row].transpose(1, 2, 0))
    below.imshow(margin, cmap="magma", vmin=0, vmax=1)
    above.set_axis_off()
    below.set_axis_off()
plt.show()
