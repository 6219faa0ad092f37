"""A labelling project that every later version must go on with: data/README.md.

``python -m tests.saved_project`` plays it again.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "project"


def main() -> None:
    """Play two rounds, tell the labels of one, and write down where it stands."""
    import numpy as np

    from skvaal.project import Project

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    os.chdir(FOLDER)
    np.save("pool.npy", np.random.RandomState(0).randn(30, 2))
    Path("labels.csv").write_text("row,label\n0,cat\n1,dog\n2,cat\n")
    project = Project.start("pets", "pool.npy", labels="labels.csv")
    names = project.ask(3, strategy="herding_no_learner").round.names
    told = "".join(f"{name},{'cat' if int(name) % 2 else 'dog'}\n" for name in names)
    Path("answer.csv").write_text(f"row,label\n{told}")
    project.tell("answer.csv")
    project.ask(2, strategy="random")
    for page in Path("pets").glob("round_*/page.html"):
        page.unlink()  # it is made of what is kept elsewhere
    state = project.read_state()
    found = {
        "labels": dict(state.labels),
        "rounds": [list(one.names) for one in state.rounds],
        "waiting": state.waiting,
    }
    Path("state.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
