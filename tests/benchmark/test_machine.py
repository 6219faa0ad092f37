import subprocess

import numpy as np
import pytest

from skvaal.benchmark import machine
from skvaal.benchmark.machine import git_revision, peak_memory_mib, reset_peak_memory, versions


def test_versions_name_what_computes():
    assert {"python", "skvaal", "torch", "scikit-learn"} <= set(versions())


def test_peak_of_the_memory_follows_an_allocation():
    reset_peak_memory()
    before = peak_memory_mib()

    # More than what the system may take back of this process at the same moment.
    block = np.ones(512 * 2**20, dtype=np.uint8)

    assert peak_memory_mib() >= before + 60
    assert block.all()


@pytest.mark.skipif(not machine._STATUS.exists(), reason="only Linux resets the peak")
def test_peak_begins_anew():
    block = np.ones(64 * 2**20, dtype=np.uint8)
    peak = peak_memory_mib()
    del block

    reset_peak_memory()

    assert peak_memory_mib() <= peak - 60


def test_revision_is_none_without_git(monkeypatch):
    def no_git(*args, **kwargs):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", no_git)

    assert git_revision() is None


def test_revision_is_not_that_of_a_project_around_it(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "__init__.py").touch()
    monkeypatch.setattr(machine.skvaal, "__file__", str(tmp_path / "__init__.py"))

    assert git_revision() is None
