"""Settings and records as a comparison writes them."""

from copy import deepcopy

from skvaal.benchmark.journal import RunKey

KEY = RunKey(data="digits", estimator="svm", protocol="standard", strategy="mine", seed=0)
SETTINGS = {
    "data": ["digits"],
    "samples": {"digits": {"shape": [1797, 64], "classes": ["0", "1"], "checksum": 7}},
    "strategies": ["mine"],
    "estimator": "svm",
    "plan": {
        "n_seeds": 2,
        "rounds": 1,
        "batch": 40,
        "initial": 20,
        "pool_size": None,
        "test_fraction": 0.3,
    },
    "protocols": {"standard": {"name": "standard", "batch_factor": 1.0}},
    "vaal": {},
}


def settings_with(**plan):
    """The settings, but for parts of the plan."""
    settings = deepcopy(SETTINGS)
    settings["plan"] |= plan
    return settings


def record(round_, key=KEY):
    return vars(key) | {
        "round": round_,
        "n_labeled": 20 + 40 * round_,
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "train_seconds": 0.1,
        "query_seconds": 0.2 if round_ else float("nan"),
        "query_fit_seconds": float("nan"),
        "query_score_seconds": float("nan"),
        "query_select_seconds": float("nan"),
        "peak_memory_mib": 100.0,
        "picked": [3, 1] if round_ else None,
    }


def failure(round_=1, key=KEY):
    return vars(key) | {"round": round_, "error": "LookupError: own trouble", "traceback": "..."}
