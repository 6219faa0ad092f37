"""What all commands share: printing, and errors of what the user passed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import typer

from skvaal._utils.files import told
from skvaal._utils.pages import visible


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn errors of what the user passed into one line and the exit status 2."""
    try:
        with _interrupts_as_such():
            yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("skvaal"):
            raise
        text = str(error)
        if "install" not in text:  # of a module that nobody asked for by name
            text = f"this command needs {error.name}: pip install skvaal[cli]"
        fail(text, 2)
    except (ValueError, TypeError, OSError, ImportError) as error:
        fail(told(error) or type(error).__name__, 2)
    except KeyboardInterrupt as error:
        say("\nStopped.", file=sys.stderr)
        raise typer.Exit(130) from error


@contextmanager
def _interrupts_as_such() -> Iterator[None]:
    """Give Ctrl-C back its class, of which a library that is imported may make another."""
    try:
        yield
    except (ImportError, SystemError) as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            cause = cause.__cause__ or cause.__context__
        raise


def fail(message: str, status: int) -> None:
    """Print an error in one line, and end with a status."""
    say_in_one_line(f"Error: {message}", file=sys.stderr)
    raise typer.Exit(status)


def check_name(name: object, argument: str) -> None:
    """Raise if no file can have a name, or if it is blank: a message would name nothing."""
    if name is not None and ("\0" in str(name) or not str(name).strip()):
        raise ValueError(f"{argument} {str(name)!r} is no name of a file or folder")


def named_path(name: str | Path) -> Path:
    """Path of an option; an empty one would mean the folder where the program runs."""
    if not os.fspath(name):
        raise typer.BadParameter("the name is empty; for the folder at hand say .")
    return Path(name)


def say(text: str, *, file: TextIO | None = None) -> None:
    """Print a text, whatever a file's name in it consists of, and whatever letters there are."""
    stream = sys.stdout if file is None else file
    encoding = getattr(stream, "encoding", None) or "utf-8"
    shown = printable(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
        print(shown, file=stream, flush=True)
    except OSError as error:
        with suppress(OSError):  # or what is left of the text would fail once more at the exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is not sys.stderr and not isinstance(error, BrokenPipeError):
            fail(f"the output cannot be written: {error.strerror}", 1)
        raise typer.Exit(1) from error


def say_in_one_line(text: str, *, file: TextIO | None = None) -> None:
    """Print a text that another program or a file may have made: it must not look like ours."""
    say(" ".join(map(str.strip, text.splitlines())), file=file)


def printable(text: str) -> str:
    """Write out what a terminal would obey, and bytes that are no text, as a file may hold them."""
    return visible(text)
