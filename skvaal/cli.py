"""The command ``skvaal``, whose options need typer: ``pip install skvaal[cli]``."""

import sys


def main() -> None:
    """Run the command line of the process.

    Raises
    ------
    SystemExit
        With the exit status: 0 if all went well, 1 if a strategy failed or something could not
        be done, 2 if an argument cannot be used, 130 after an interrupt.
    """
    try:
        from skvaal._commands import app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("skvaal"):
            raise
        sys.exit(f"the command line needs {error.name}: pip install skvaal[cli]")
    app(prog_name="skvaal")


if __name__ == "__main__":
    main()
