"""The form of config.json, which every version so far has written."""

from typing import Any

from skvaal._utils.schema import (
    ANYTHING,
    COUNT,
    SHARE,
    TEXT,
    Form,
    entries,
    list_of,
    maybe,
    number,
    table_of,
    whole,
)
from skvaal.benchmark.plan import MOST_SEEDS

_MOST_CASES = 100_000  # strategies, data and protocols are lists: a small file may ask for billions

_SAMPLES = entries({"shape": list_of(COUNT), "classes": list_of(ANYTHING), "checksum": COUNT})
_SIZE = whole(1, 2**31 - 1)
_PLAN: dict[str, Form] = dict.fromkeys(("rounds", "batch", "initial"), _SIZE)
_PLAN |= {"n_seeds": whole(1, MOST_SEEDS), "pool_size": maybe(_SIZE), "test_fraction": SHARE}
_KNOWN_SETTINGS = entries(
    {
        "data": list_of(TEXT),
        "samples": table_of(_SAMPLES),
        "strategies": list_of(TEXT),
        "estimator": TEXT,
        "plan": entries(_PLAN),
        "protocols": table_of(entries({"name": TEXT}, {"batch_factor": number(1e-6, 1e6)})),
        "vaal": table_of(ANYTHING),
    },
    {
        "vaal_variants": table_of(table_of(ANYTHING)),
        "own_strategies": table_of(ANYTHING),
        "own_estimator": ANYTHING,
        "case": TEXT,
    },
)


def _check_settings(value: Any, key: str) -> None:
    _KNOWN_SETTINGS(value, key)
    n_cases = len(value["data"]) * len(value["protocols"]) * len(value["strategies"])
    if n_cases > _MOST_CASES:
        raise ValueError(
            f"{key} asks for {n_cases:,} strategies, data and protocols, more than {_MOST_CASES:,}"
        )


_SESSION = entries(
    {
        "started": TEXT,
        "versions": table_of(TEXT),
        "machine": table_of(ANYTHING),
        "git_revision": maybe(TEXT),
    }
)
CONFIG = entries(
    {
        "settings": _check_settings,
        "headings": table_of(table_of(TEXT)),
        "command": maybe(TEXT),
        "sessions": list_of(_SESSION),
    },
    others=False,
)
