"""Where a report writes, and what of its text is a terminal's or a browser's own language."""

import re

import pytest

from skvaal.benchmark.report import write_report

HOSTILE = "a\x1b]0;title\x07\x9b31m\u202eb"


@pytest.mark.parametrize("link", ["report.html", "tables", "figures", "tables/made-up_curves.csv"])
def test_a_link_out_of_the_folder_is_refused(make_results, tmp_path, link):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    path = tmp_path / "report" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(precious / "file" if "." in link else precious)

    with pytest.raises(OSError, match=f"{path} is a link, so that writing it would change"):
        write_report([make_results()], tmp_path / "report")

    assert (precious / "file").read_text() == "mine"
    assert [each.name for each in precious.iterdir()] == ["file"]


def test_a_folder_without_a_name_is_refused(make_results):
    with pytest.raises(ValueError, match="out='' must be the path of a folder"):
        write_report([make_results()], "")


@pytest.mark.slow
def test_no_control_character_comes_through(make_results, tmp_path, records, failure):
    named = {"random": "random", "margin": HOSTILE}
    results = make_results(
        records.assign(strategy=records["strategy"].map(named)),
        failures=[failure | {"error": HOSTILE}],
        data=HOSTILE,
    )

    write_report([results], tmp_path)

    texts = [tmp_path / "report.html", *tmp_path.glob("tables/*.txt"), *tmp_path.glob("*/*.svg")]
    assert len(texts) > 4
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), path
        assert r"a\x1b]0;title\x07\x9b31m\u202eb" in text
