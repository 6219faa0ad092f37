"""Speed of VAAL: ``python -m skvaal.benchmark speed``; comparisons are ``skvaal benchmark``."""

import sys
from collections.abc import Sequence

from skvaal.benchmark import speed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark of speed.

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
    if words[:1] == ["speed"]:
        return speed.main(words[1:])
    print("python -m skvaal.benchmark speed [options]\nskvaal benchmark [options]")
    return 0 if words in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    raise SystemExit(main())
