"""docs/tutorial.rst runs as it stands, and prints what it says."""

import re

import pytest

from .guides import GUIDE, run_examples

DOCS = GUIDE.parent


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no sample is labelled yet")
def test_tutorial_prints_what_it_says(capsys):
    names = run_examples("tutorial", DOCS)

    printed = capsys.readouterr().out
    blocks = (DOCS / "tutorial.rst").read_text().split(".. code-block:: text\n")[1:]
    said = [re.search(r"\n((?:   .*\n)+)", block).group(1) for block in blocks]
    assert len(said) == 4
    for line in "".join(said).splitlines():
        # Near equals may be chosen in another order elsewhere, and move an accuracy a little.
        match = re.search(
            rf"^{re.escape(line.strip().split(':')[0])}(?:: accuracy (.*))?$", printed, re.M
        )
        assert match, line
        if match.group(1):
            assert float(match.group(1)) == pytest.approx(float(line.split()[-1]), abs=0.05)
    assert len(names["rows"]) == 3
