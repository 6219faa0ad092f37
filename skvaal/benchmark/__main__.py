"""Speed, ``python -m skvaal.benchmark speed`` and ``large``; comparisons: ``skvaal benchmark``."""

import sys
from collections.abc import Sequence

from skvaal.benchmark import large, speed

_COMMANDS = {"speed": speed, "large": large}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a benchmark of speed.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, without the program; None takes those of the process.

    Returns
    -------
    int
        0, the exit status.

    Raises
    ------
    SystemExit
        With status 2 and a message if an argument cannot be used.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in _COMMANDS:
        return _COMMANDS[words[0]].main(words[1:])
    for name in _COMMANDS:
        print(f"python -m skvaal.benchmark {name} [options]")
    print("skvaal benchmark [options]")
    return 0 if words in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    raise SystemExit(main())
