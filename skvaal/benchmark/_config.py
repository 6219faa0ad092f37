"""The form of config.json, which every version so far has written."""

from skvaal._utils.schema import (
    ANYTHING,
    COUNT,
    POSITIVE,
    SHARE,
    TEXT,
    Form,
    entries,
    list_of,
    maybe,
    number,
    table_of,
)

_SAMPLES = entries({"shape": list_of(COUNT), "classes": list_of(ANYTHING), "checksum": COUNT})
_PLAN: dict[str, Form] = dict.fromkeys(("n_seeds", "rounds", "batch", "initial"), POSITIVE)
_PLAN |= {"pool_size": maybe(POSITIVE), "test_fraction": SHARE}
_SETTINGS = entries(
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
    },
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
        "settings": _SETTINGS,
        "headings": table_of(table_of(TEXT)),
        "command": maybe(TEXT),
        "sessions": list_of(_SESSION),
    },
    others=False,
)
