"""Every flipped bit, cut and crafted entry of a comparison's files is named, or changes nothing."""

import errno
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skvaal.benchmark.exhibits import Exhibit
from skvaal.benchmark.folder import ResultsFolder, find_results
from skvaal.benchmark.journal import DamagedResultsError, Journal
from skvaal.benchmark.report import write_report
from skvaal.benchmark.results import as_frame
from tests.benchmark.stored import KEY, SETTINGS, failure, record
from tests.damage import WRONG_VALUES, crafted, flip_bit, flipped, replaced, rewrite_json, truncated

FILES = ("config", "records", "failures", "journal")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A comparison with a file of each kind."""
    folder = ResultsFolder(tmp_path_factory.mktemp("whole"))
    folder.open(SETTINGS, headings={"digits": {"standard": "ten"}}, command="skvaal benchmark")
    folder.write(as_frame([record(0), record(1)]), [failure(1, replaced_key(1))])
    Journal(folder.journals, replaced_key(2)).write([record(0, replaced_key(2))], is_complete=False)
    exhibit = Exhibit(
        samples=np.eye(3, 2, dtype=np.float32),
        y=np.arange(3) % 2,
        labeled=np.array([True, False, False]),
        picks={"mine": np.array([1, 2])},
        classes=("a", "b"),
    )
    exhibit.save(folder.exhibit("digits", "standard"))
    return folder


def replaced_key(seed):
    return replace(KEY, seed=seed)


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of it to damage."""
    return ResultsFolder(shutil.copytree(whole.path, tmp_path / "results"))


def path_in(folder, kind):
    if kind == "journal":
        (path,) = folder.journals.iterdir()
        return path
    return getattr(folder, kind)


def outcome(read):
    """What a reader returns, and its complaint if it refuses; other errors pass."""
    try:
        return read(), ""
    except (DamagedResultsError, ValueError) as error:
        return None, str(error)


def content_of(results):
    """What was read, as text that is the same for the same values."""
    frame = results.records.to_json(orient="split", double_precision=15)
    return frame, json.dumps(results.failures), json.dumps(results.config)


@pytest.mark.parametrize("kind", FILES)
def test_flipped_bits_are_found_or_change_nothing(folder, kind):
    path, expected = path_in(folder, kind), content_of(folder.read())
    n_found = 0
    for bit, content in flipped(path.read_bytes(), 40):
        path.write_bytes(content)
        results, complaint = outcome(folder.read)
        n_found += complaint != ""
        assert results is not None or complaint.startswith(f"{path} is damaged (")
        assert results is None or content_of(results) == expected, bit
    assert n_found > 10  # of the bits of a small table, most say what other programs made it


def test_flipped_bits_of_an_exhibit_are_found_or_change_nothing(folder):
    path = folder.exhibit("digits", "standard")
    expected = Exhibit.load(path)
    for bit, content in flipped(path.read_bytes(), 40):
        path.write_bytes(content)
        exhibit, complaint = outcome(lambda: Exhibit.load(path))
        if exhibit is None:
            assert str(path) in complaint
        else:
            np.testing.assert_equal(vars(exhibit), vars(expected), err_msg=str(bit))


@pytest.mark.parametrize("kind", FILES)
def test_cut_files_are_named(folder, kind):
    path = path_in(folder, kind)
    for _, content in truncated(path.read_bytes(), 20):
        path.write_bytes(content)
        with pytest.raises(DamagedResultsError, match=path.name.replace(".", r"\.")):
            folder.read()


@pytest.mark.parametrize("kind", FILES)
def test_flipped_value_in_an_entry_is_found_by_the_digest(folder, kind):
    """What is still well formed, and only the digest tells."""
    path = path_in(folder, kind)
    content = path.read_bytes()
    place = content.rfind(b"standard") if kind != "records" else content.find(b"standard")
    path.write_bytes(flip_bit(content, 8 * place))

    with pytest.raises(DamagedResultsError):
        folder.read()


@pytest.mark.parametrize("kind", ["config", "failures", "journal"])
def test_files_without_a_digest_are_read(folder, kind):
    expected = content_of(folder.read())

    rewrite_json(path_in(folder, kind), lambda content: content)

    assert content_of(folder.read()) == expected


def test_failures_and_records_of_old_versions_are_read(folder):
    before = folder.read()
    rewrite_json(folder.failures, lambda content: content["failures"])
    pd.read_parquet(folder.records).to_parquet(folder.records)

    results = folder.read()

    assert results.failures == before.failures
    pd.testing.assert_frame_equal(results.records, before.records)


def use(folder, out):
    """What a report and the next start do."""
    write_report(find_results(folder.path), out)
    folder.open(SETTINGS, headings={"digits": {"standard": "ten"}}, command="again")
    folder.ended_runs()


@pytest.mark.parametrize("kind", ["config", "failures", "journal"])
def test_entries_of_the_wrong_kind_are_named(folder, kind):
    path = path_in(folder, kind)
    content = json.loads(path.read_text())
    content.pop("sha256")
    n_refused = 0
    for entry, _, wrong in crafted(content, WRONG_VALUES[::2]):
        path.write_text(json.dumps(wrong))
        _, complaint = outcome(folder.read)
        n_refused += complaint != ""
        named = [path.name, *(part for part in entry[:1] if isinstance(part, str))]
        assert not complaint or all(part in complaint for part in named), (entry, complaint)
    assert n_refused > 50


@pytest.mark.parametrize(
    ("entry", "value", "complaint"),
    [
        (("settings", "plan", "rounds"), "4", r"settings\.plan\.rounds is '4', not a whole number"),
        (("settings", "strategies", 0), 3, r"settings\.strategies\[0\] is 3, not text"),
        (("sessions", 0, "machine"), [], r"sessions\[0\]\.machine is \[\], not a table"),
        (("headings", "digits"), "ten", r"headings\.digits is 'ten', not a table"),
        (("command",), "\ud800", r"command is '\\ud800', which is no text"),
    ],
)
def test_config_says_which_entry_is_wrong(folder, entry, value, complaint):
    rewrite_json(folder.config, lambda content: replaced(content, entry, value))

    with pytest.raises(DamagedResultsError, match=rf"config\.json is damaged \(.*{complaint}"):
        folder.read()


def changed(**columns):
    return lambda frame: frame.assign(**columns)


CRAFTED_RECORDS = {
    "no column": lambda frame: frame.drop(columns="accuracy"),
    "no rows": lambda frame: frame[:0],
    "a round twice": lambda frame: pd.concat([frame, frame]),
    "no start": lambda frame: frame[1:],
    "seeds of text": changed(seed="0"),
    "seeds of floats": changed(seed=0.0),
    "negative seeds": changed(seed=-1),
    "accuracy of text": changed(accuracy="high"),
    "accuracy above 1": changed(accuracy=50.0),
    "no accuracy": changed(accuracy=np.nan),
    "infinite seconds": changed(query_seconds=np.inf),
    "dates": changed(data=pd.Timestamp("2020-01-01")),
    "a strategy of bytes": changed(strategy=b"\xff"),
    "no strategy": changed(strategy=None),
    "picks of numbers": changed(picked=3),
    "picks of text": changed(picked=[["a"], ["b"]]),
    "the same labels in each round": changed(n_labeled=20),
    "an index": lambda frame: frame.set_index("seed"),
    "categories": lambda frame: frame.astype({"strategy": "category"}),
    "other data": changed(data="wine", protocol="none", estimator="tree"),
}
HARMLESS = ("no rows", "an index", "categories", "other data")


@pytest.mark.parametrize("kind", CRAFTED_RECORDS)
def test_crafted_records_are_named(folder, tmp_path, kind):
    CRAFTED_RECORDS[kind](pd.read_parquet(folder.records)).to_parquet(folder.records)

    if kind in HARMLESS:
        use(folder, tmp_path / "report")
        return
    with pytest.raises(DamagedResultsError, match=r"records\.parquet is damaged"):
        folder.read()


def test_more_rows_than_a_comparison_has_are_not_read(folder, monkeypatch):
    monkeypatch.setattr("skvaal.benchmark._sealed._MOST_ROWS", 1)
    with pytest.raises(DamagedResultsError, match=r"records\.parquet is damaged.* more than 1"):
        folder.read()


def test_column_that_is_there_twice_is_named(folder):
    table = pq.read_table(folder.records)
    pq.write_table(table.append_column("seed", pa.array(["x", "y"])), folder.records)

    with pytest.raises(DamagedResultsError, match="column 'seed', or has several"):
        folder.read()


def test_journal_of_another_run_is_named(folder):
    path = path_in(folder, "journal")
    path.rename(path.with_name("copy.json"))

    with pytest.raises(DamagedResultsError, match=r"copy\.json is damaged \(its key is"):
        folder.read()


@pytest.mark.parametrize("depth", [60, 100_000])
def test_deep_nests_are_named(folder, depth):
    folder.config.write_text('{"settings": ' + "[" * depth + "]" * depth + "}")

    with pytest.raises(DamagedResultsError, match="nested"):
        folder.read()


def test_full_disk_leaves_the_report_that_was_there(folder, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    out = tmp_path / "report"
    out.mkdir()
    (out / "report.html").write_text("the old one")
    monkeypatch.setattr("skvaal.benchmark.report._files.replace_file", full)

    with pytest.raises(OSError, match="No space left on device: .*report"):
        write_report([folder.read()], out)

    assert [path.name for path in out.rglob("*") if path.is_file()] == ["report.html"]
    assert (out / "report.html").read_text() == "the old one"
