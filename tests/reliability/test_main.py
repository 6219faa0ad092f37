"""Each fault can still be made, and what becomes of it is counted and written down."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from reliability import __main__, small_disk
from reliability.faults import ctrl_c, damaged_files, kill_benchmark, many_rounds, threads
from reliability.faults.other_processes import choose_in_children
from reliability.figures import write_figures, write_tables
from reliability.fuzz import file_bytes, labels, probabilities, samples
from reliability.fuzz.examples import explore
from reliability.kinds import FAULTS, FUZZ, Kind
from reliability.readers import READERS
from reliability.tally import BAD, EQUAL, HANG, LOST, NAMED, OTHER, RIGHT, SILENT, Tally
from reliability.watched import REMARK, watch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness needs POSIX")
PAGE = "Above.\n<!-- begin faults -->\nold\n<!-- end faults -->\n"


@pytest.fixture
def outcomes(monkeypatch):
    """What a fault reports when its work is done in this process."""
    monkeypatch.setattr("reliability.limits.resource.setrlimit", lambda *args: None)
    found = []

    def report(outcome, note=""):
        if outcome not in (None, REMARK):
            found.append((outcome, note))

    report.found = found
    return report


def bad(report):
    return [one for one in report.found if one[0] in BAD]


@pytest.mark.parametrize("handler", ctrl_c.HANDLERS)
@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_ctrl_c(outcomes, monkeypatch, handler):
    monkeypatch.setattr(ctrl_c, "_EPOCHS", 3)
    ctrl_c.interrupt_fits(outcomes, handler, 2, seed=0)
    assert len(outcomes.found) == 2
    assert bad(outcomes) == []


@pytest.mark.parametrize("name", READERS)
def test_each_reader_finds_damage(outcomes, tmp_path, name):
    if "model" in name:
        pytest.importorskip("safetensors")
    damaged_files.read_damaged(outcomes, name, 3, seed=0, folder=tmp_path / "new")
    assert len(outcomes.found) == 6
    assert bad(outcomes) == []
    assert NAMED in dict(outcomes.found)


def test_a_silent_change_is_told(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"right")
    reader = damaged_files.Reader(lambda folder: path, Path.read_bytes)
    assert damaged_files.judge(reader, path, b"right")[0] == EQUAL
    assert damaged_files.judge(reader, path, b"wrong")[0] == SILENT
    path.unlink()
    assert damaged_files.judge(reader, path, b"right")[0] == OTHER


@pytest.mark.parametrize("name", ["herding", "vaal"])
def test_many_rounds(outcomes, tmp_path, name):
    pytest.importorskip("safetensors")
    many_rounds.play_rounds(outcomes, name, 3, seed=0, path=tmp_path / "model.safetensors")
    assert dict(outcomes.found)[RIGHT]
    assert bad(outcomes) == []


@pytest.mark.parametrize("name", ["herding", "vaal"])
@pytest.mark.parametrize("work", [threads.ask_in_threads, threads.fit_in_threads])
def test_threads(outcomes, name, work):
    work(outcomes, name, 1, seed=0)
    assert [outcome for outcome, _ in outcomes.found] == [RIGHT] * 4


@pytest.mark.parametrize("kind", [labels, samples, probabilities])
def test_random_input(outcomes, kind):
    explore(outcomes, kind.examples, kind.judge, 15, seed=0)
    assert len(outcomes.found) == 15
    assert bad(outcomes) == []


def test_random_bytes(outcomes, tmp_path):
    file_bytes.explore_reader(outcomes, "npz of data", 10, seed=0, folder=tmp_path / "new")
    assert len(outcomes.found) == 10
    assert bad(outcomes) == []


def test_the_smallest_example_is_told(outcomes):
    from hypothesis import strategies as st

    told = []
    explore(
        lambda outcome, note="": told.append((outcome, note)),
        st.integers,
        lambda number: (OTHER, "ValueError: large") if number > 9 else (RIGHT, ""),
        50,
        seed=0,
    )
    assert told[-1] == (REMARK, "smallest, other exception ValueError: 10")


def test_a_command_writes_figures_and_tables(tmp_path, monkeypatch, capsys):
    def lose(tally, trials, seed, folder):
        assert folder.is_dir()
        tally.judge(None, "fine", "never told")
        tally.judge((LOST, "all"), "fine", f"trial of {trials}")

    def skip(tally, trials, seed, folder):
        tally.skip("no such machine")

    loses = Kind(about="it loses", run=lose, trials=2, full=4)
    kinds = {"loses": loses, "skips": Kind(about="it skips", run=skip, trials=1, full=1)}
    monkeypatch.setitem(__main__._KINDS, "faults", kinds)
    page, out = tmp_path / "page.md", tmp_path / "new" / "figures.json"
    page.write_text(PAGE)
    arguments = ["--out", str(out), "--page", str(page), "--tmp", str(tmp_path)]
    assert __main__.main(["faults", "skips", *arguments]) == 0
    assert __main__.main(["faults", "loses", "--full", *arguments]) == 1
    assert __main__.main(["faults", "no such", *arguments]) == 2
    assert "there are loses, skips" in capsys.readouterr().err
    figures = json.loads(out.read_text())["faults"]
    assert figures["loses"]["outcomes"] == {"fine": 1, LOST: 1}
    assert figures["loses"]["notes"] == ["lost: trial of 4: all"]
    assert figures["loses"]["command"] == "make faults 'ARGS=loses --trials 4 --seed 0'"
    assert "| **loses**: it loses | 4 | 1 fine; 1 lost | 1 |" in page.read_text()
    assert "| **skips**: it skips | 1 | not made: no such machine | 0 |" in page.read_text()
    assert "old" not in page.read_text()
    assert page.read_text().startswith("Above.\n<!-- begin faults -->\n\n| what |")


def test_a_page_without_markers(tmp_path):
    page, out = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text("no marker")
    write_figures(out, "fuzz", "labels", {})
    with pytest.raises(ValueError, match="begin fuzz"):
        write_tables(out, page)


def report_and_sleep(report, seconds):
    import time

    report(RIGHT, "one")
    report(None, "two")
    time.sleep(seconds)


def report_and_die(report):
    report(None, "the last")
    os.abort()


@pytest.mark.slow
def test_what_hangs_or_dies_is_told():
    tally = Tally()
    watch(tally, report_and_sleep, 0)
    assert tally.counts == {RIGHT: 1}
    watch(tally, report_and_sleep, 60, patience=1)
    watch(tally, report_and_die)
    assert tally.notes == ["hang: after two, for 1 s", "process died: SIGABRT: the last"]
    with pytest.raises(RuntimeError, match="TypeError"):
        watch(tally, report_and_die, "one argument too many")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["spawn", "loky"])
def test_other_processes(outcomes, how):
    choose_in_children(outcomes, how, "vaal", 1, seed=0)
    assert [outcome for outcome, _ in outcomes.found] == [RIGHT]


def test_a_small_disk_is_full_and_read_only(tmp_path):
    with small_disk.small_disk(tmp_path, kib=64) as disk:
        if disk is None:
            pytest.skip(small_disk.REASON)
        disk.fill(leave=4096)
        with pytest.raises(OSError, match="No space left"):
            (disk.path / "file").write_bytes(bytes(8192))
        disk.empty()
        (disk.path / "file").write_bytes(bytes(8192))
        disk.make_read_only()
        with pytest.raises(OSError, match="Read-only"):
            (disk.path / "other").write_bytes(b"")
    assert not list(disk.path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("modAL") is None, reason="the comparison runs in modAL")
@pytest.mark.parametrize("name", ["kill-benchmark", "orphaned-workers", "full-disk"])
def test_each_fault_runs(tmp_path, name):
    tally = Tally()
    FAULTS[name].run(tally, 2 if name == "killed-worker" else 1, 0, tmp_path)
    assert tally.notes == []
    assert tally.counts or tally.skipped


@pytest.mark.slow
@pytest.mark.parametrize("name", ["parameters"])
def test_random_parameters(tmp_path, name):
    tally = Tally()
    FUZZ[name].run(tally, 20, 0, tmp_path)
    assert tally.notes == []
    assert tally.counts.total() == 20


def test_a_killed_benchmark_that_lost_something_is_told(tmp_path, monkeypatch):
    class Undisturbed:
        def compare(self, out):
            return None

        def complete_runs(self, out):
            return {("run", 1)}

        def count(self, out):
            return 3

    compare = kill_benchmark._compare
    assert compare(Undisturbed(), tmp_path, {("run", 1)}, 3) is None
    assert compare(Undisturbed(), tmp_path, {("run", 1), ("run", 2)}, 3)[0] == LOST
    assert compare(Undisturbed(), tmp_path, set(), 4) == (LOST, "4 rounds were told, 3 are there")
    assert HANG in BAD
