"""Doctests that need a package are left out where it is not installed."""

from importlib.util import find_spec

NEEDS = {
    "skvaal/benchmark/rounds.py": "modAL",
    "skvaal/benchmark/runner.py": "modAL",
    "skvaal/benchmark/strategies/_skactiveml.py": "skactiveml",
    "skvaal/skactiveml.py": "skactiveml",
}
collect_ignore = [path for path, package in NEEDS.items() if find_spec(package) is None]
