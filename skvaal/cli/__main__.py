"""Run the command as ``python -m skvaal.cli``."""

from skvaal.cli import main

main()
