"""What is told of a machine whose system tells less than Linux does."""

import builtins
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skvaal.benchmark import machine

MIB = 2**20


@pytest.fixture
def without_proc(monkeypatch, tmp_path):
    """No folder /proc, as on macOS and Windows."""
    monkeypatch.setattr(machine, "_STATUS", tmp_path / "status")

    def read_text(path, *args, **kwargs):
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", read_text)


def answering(status, revision=""):
    """A git that has the file or not, and names a revision."""

    def run(command, **kwargs):
        is_question = "ls-files" in command
        return SimpleNamespace(returncode=status if is_question else 0, stdout=f"{revision}\n")

    return run


@pytest.mark.parametrize(("unit", "system"), [(1, "darwin"), (1024, "freebsd14")])
def test_peak_of_the_memory_is_that_since_the_start(monkeypatch, without_proc, unit, system):
    resource = SimpleNamespace(
        RUSAGE_SELF=0, getrusage=lambda who: SimpleNamespace(ru_maxrss=300 * MIB // unit)
    )
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setitem(sys.modules, "resource", resource)

    assert machine.peak_memory_mib() == 300


def test_windows_tells_no_peak(monkeypatch, without_proc):
    import_ = builtins.__import__

    def import_all_but_resource(name, *args, **kwargs):
        if name == "resource":
            raise ModuleNotFoundError(name)
        return import_(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", import_all_but_resource)

    assert np.isnan(machine.peak_memory_mib())


@pytest.mark.usefixtures("without_proc")
def test_processor_is_what_the_system_calls_it(monkeypatch):
    monkeypatch.setattr(platform, "processor", lambda: "arm")

    assert machine.machine()["processor"] == "arm"


def test_processor_without_a_name_is_what_the_system_calls_it(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *args, **kwargs: "flags : fast\n")
    monkeypatch.setattr(platform, "processor", lambda: "arm")

    assert machine.machine()["processor"] == "arm"


def test_memory_that_the_system_does_not_tell_is_none(monkeypatch):
    def sysconf(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", sysconf)

    assert machine.memory_gib() is None


def test_cores_where_a_process_cannot_be_bound_are_all(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)

    assert machine.machine()["cores"] == 12


def test_packages_that_are_missing_are_left_out(monkeypatch):
    def version(package):
        if package == "torch":
            return "2.13.0"
        raise PackageNotFoundError(package)

    monkeypatch.setattr(machine, "version", version)

    assert set(machine.versions()) == {"python", "skvaal", "torch"}


@pytest.mark.parametrize(
    ("status", "revision", "expected"),
    [
        (0, "a" * 40, "a" * 40),
        (0, "b" * 40 + "-dirty", "b" * 40 + "-dirty"),
        (0, "", None),
        (1, "c" * 40, None),
    ],
)
def test_revision_is_that_of_our_own_files(monkeypatch, status, revision, expected):
    monkeypatch.setattr(subprocess, "run", answering(status, revision))

    assert machine.git_revision() == expected
