import pandas as pd
import pytest


@pytest.fixture
def many(records):
    """Makes records of n strategies: random, and others each 1 % above the last."""

    def make(n):
        random = records[records["strategy"] == "random"]
        others = [
            random.assign(strategy=f"strategy {i}", accuracy=random["accuracy"] + i / 100)
            for i in range(n - 1)
        ]
        return pd.concat([*others, random])

    return make
