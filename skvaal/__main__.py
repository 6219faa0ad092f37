"""Run the command as ``python -m skvaal``."""

from skvaal.cli import main

main()
