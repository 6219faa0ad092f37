"""
Pictures by the features of a pretrained network
================================================

Distances between pixels say little of what is in a picture; distances between features do.
``PretrainedFeatures("efficientnet_lite0")`` takes a network of timm. It also takes any module that
maps pictures to features. This example needs no download, so a small network learns the digits 0
to 4 first, and is then asked about all ten.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn

from skvaal import HerdingQueryStrategy, PicksDisplay, PretrainedFeatures

torch.manual_seed(0)
digits = load_digits()
images = np.repeat((digits.images[:, None] * 15.9).astype(np.uint8), 3, axis=1)
y = digits.target

# %%
# The body of the network gives features, its head the classes that it learns.

body = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
)  # fmt: skip
head = nn.Linear(128, 5)
seen = np.flatnonzero(y < 5)[:500]
x, target = torch.from_numpy(images[seen] / np.float32(255)), torch.from_numpy(y[seen])
optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=0.01)
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(head(body(x)), target).backward()
    optimizer.step()

# %%
# From here on, it is what a pretrained network is: somebody else's, and not trained any more.

features = PretrainedFeatures(body, cache=False, verbose=0).fit_transform(images)
labeled, pool = np.arange(1000, 1030), np.arange(1030, 1797)
model = LogisticRegression(max_iter=1000).fit(features[labeled], y[labeled])
strategy = HerdingQueryStrategy(random_state=0).fit_pools(features[labeled], features[pool])
proba = model.predict_proba(features[pool])
indices = strategy.query(features[pool], n=18, proba=proba)

# %%
# The batch, most wanted first.

figure, axes = plt.subplots(2, 9, figsize=(9, 2.4))
for ax, row in zip(axes.flat, pool[indices], strict=True):
    ax.imshow(digits.images[row], cmap="gray_r")
    ax.set_axis_off()
plt.show()

# %%
# How much each sample added to what is covered, in the order of choosing, and how unsure the model
# is of it.

_, ax = plt.subplots()
PicksDisplay.from_estimator(strategy, features[pool], indices, proba=proba, ax=ax)
plt.show()
