"""The command ``skvaal``, whose options need typer: ``pip install skvaal[cli]``.

Only the entry point is here, so that a missing extra ends in a message. :mod:`skvaal.cli.app` holds
the commands; what they do is in :mod:`skvaal.benchmark`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of the process, and end it.

    The exit status is 0 if all went well, 1 if a strategy failed or something could not be done, 2
    if an argument cannot be used, 130 after an interrupt.
    """
    try:
        from skvaal.cli.app import app
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("skvaal"):
            raise
        sys.exit(f"the command line needs {error.name}: pip install skvaal[cli]")
    app(prog_name="skvaal")
