"""Numbers that are so small that they become 0, which callers may have made an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

Method = TypeVar("Method", bound=Callable[..., Any])


def allowing_underflow(method: Method) -> Method:
    """Let a method round tiny numbers to 0, as NumPy does by default, whatever ``np.seterr`` says.

    A kernel of far samples is such a number. All other errors stay the caller's choice.
    """

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(under="ignore"):
            return method(*args, **kwargs)

    return cast(Method, call)
