"""What each kind of event of a project must hold."""

from __future__ import annotations

import re
from typing import Any

from skvaal._utils.schema import (
    COUNT,
    POSITIVE,
    TEXT,
    TRUTH,
    Form,
    entries,
    list_of,
    maybe,
    number,
    one_of,
    one_that,
    table_of,
    whole,
)
from skvaal.project.choosing.positions import BY_POSITION


def _is_hexadecimal(text: Any) -> bool:
    return type(text) is str and re.fullmatch("[0-9a-f]{1,32}", text) is not None


_NAMES = list_of(TEXT)
_LABELS = table_of(TEXT)
_FINGERPRINT = entries({"rows": TEXT, "names": TEXT})
_ROWS = entries({"n": COUNT, "digest": TEXT})
FORMS: dict[str, Form] = {
    "start": entries(
        {
            "id": TEXT,
            "pool": TEXT,
            "kind": one_of("images", "features", "texts"),
            "column": one_of("path", "row"),
            "reading": entries(
                {},
                {
                    "kind": one_of("auto", "images", "features", "texts"),
                    "path_column": maybe(TEXT),
                    "text_column": maybe(TEXT),
                    "label_column": maybe(TEXT),
                    "image_size": whole(8, 4096),
                    "max_pixels": POSITIVE,
                    "strict": TRUTH,
                },
                others=False,
            ),
            "rows": _ROWS,
            "n_left_out": COUNT,
            "names": _NAMES,
            "labels": _LABELS,
            "outside": table_of(TEXT),
            "version": TEXT,
        },
        {"notes": list_of(TEXT)},
    ),
    "ask": entries(
        {
            "names": _NAMES,
            "joined": _NAMES,
            "settings": entries({}, {BY_POSITION: table_of(_FINGERPRINT)}),
            "summary": TEXT,
            "seconds": number(0),
            "rows": _ROWS,
            "token": one_that(_is_hexadecimal, "a token"),
        },
        {"files": table_of(TEXT)},
    ),
    "tell": entries(
        {
            "file": TEXT,
            "labels": _LABELS,
            "outside": table_of(TEXT),
            "n_same": COUNT,
            "notes": list_of(TEXT),
            "rows": _ROWS,
        }
    ),
}
