"""
A table of numbers and categories
=================================

Strategies read numbers on a common scale. A pipeline brings a table of any columns there, and asks
the strategy at its end.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skvaal import HerdingQueryStrategy, LatentMapDisplay

wine = load_wine(as_frame=True)
table = wine.data.assign(
    strength=pd.cut(wine.data["alcohol"], 3, labels=["light", "medium", "strong"])
)
table[["alcohol", "strength", "hue"]].head()

# %%
# The columns become numbers, the numbers are standardised, and the strategy comes last. Missing
# labels are -1; here only 15 rows have one.

pipe = make_pipeline(
    make_column_transformer(
        (OneHotEncoder(), ["strength"]), (StandardScaler(), list(wine.data.columns))
    ),
    HerdingQueryStrategy(random_state=0),
)
y = wine.target.where(wine.target.index % 12 == 0, -1)
pipe.fit(table, y)

# %%
# A pipeline has no method ``query``, so the strategy is asked with what the steps before it make of
# the pool.

pool = table[y == -1]
indices = pipe[-1].query(pipe[:-1].transform(pool), n=12)
pool.iloc[indices][["alcohol", "strength", "hue"]]

# %%
# The map shows the rows that were chosen beside those that have a label.

_, ax = plt.subplots()
LatentMapDisplay.from_estimator(pipe, pool, table[y != -1], indices, ax=ax)
plt.show()
