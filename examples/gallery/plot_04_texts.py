"""
Texts
=====

``TextFeatures`` turns texts into numbers: TF-IDF and its leading components, or a model of
sentence-transformers. The texts of this example are drawn from lists of words, so that it needs no
download. A fifth of them is on a subject that no label is of.
"""

import matplotlib.pyplot as plt
import numpy as np

from skvaal import HerdingQueryStrategy, LatentMapDisplay, TextFeatures

WORDS = {
    "sea": "harbour wave tide sailor gull storm anchor island net ferry lighthouse salt".split(),
    "kitchen": "oven flour pepper knife soup butter recipe onion plate stove honey salt".split(),
    "forest": "oak moss deer path fern owl axe mushroom clearing storm berry pine".split(),
}
rng = np.random.default_rng(0)


def write(subject):
    return " ".join(rng.choice(WORDS[subject], size=12))


subjects = np.array(["sea", "kitchen"] * 80 + ["forest"] * 40)
texts = np.array([write(subject) for subject in subjects], dtype=object)
texts[0]

# %%
# Twenty texts on the sea and the kitchen have a label.

is_labeled = np.arange(len(texts)) < 20
features = TextFeatures(random_state=0).fit_transform(texts)
strategy = HerdingQueryStrategy(random_state=0)
strategy.fit_pools(features[is_labeled], features[~is_labeled])
indices = strategy.query(features[~is_labeled], n=10)
dict(zip(*np.unique(subjects[~is_labeled][indices], return_counts=True), strict=True))

# %%
# A fifth of the texts is on the subject without a label, and half of the batch: there, nothing was
# covered.

_, ax = plt.subplots()
LatentMapDisplay.from_estimator(
    strategy, features[~is_labeled], features[is_labeled], indices, ax=ax
)
plt.show()
