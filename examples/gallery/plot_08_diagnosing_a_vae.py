"""
Is the latent space worth anything?
===================================

A VAE can collapse: its latent means then say nothing of the samples. A discriminator can learn its
samples by heart: its scores are then noise. ``diagnose`` measures both.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from skvaal import DiagnosticsDisplay, VAALQueryStrategy

X, _ = load_digits(return_X_y=True)
X_labeled, X_pool = X[:200] / 16, X[200:] / 16

# %%
# The default begins at the principal components of the data.

good = VAALQueryStrategy(random_state=0).fit_pools(X_labeled, X_pool)
print(good.diagnose(X_labeled, X_pool, n_folds=2))

# %%
# Charts of the same.

figure, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
axes.flat[5].set_axis_off()
DiagnosticsDisplay(good.diagnostics_).plot(ax=list(axes.flat[:5]))
plt.show()

# %%
# With too much weight on the prior, the posterior collapses: no latent unit is in use. A warning
# says so, and what to do about it.

with warnings.catch_warnings(record=True) as caught:
    bad = VAALQueryStrategy(beta=50.0, vae__linear_path=False, max_epochs=5, random_state=0)
    bad.fit_pools(X_labeled, X_pool).diagnose(X_labeled, X_pool, n_folds=2)
print(caught[0].message)
figure, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
axes.flat[5].set_axis_off()
DiagnosticsDisplay(bad.diagnostics_).plot(ax=list(axes.flat[:5]))
plt.show()
