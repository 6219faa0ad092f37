"""Doctests that need modAL are left out where it is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("modAL") else ["skvaal/benchmark/runner.py"]
