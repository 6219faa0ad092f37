"""From files to "label these next", and back: choosing, pages, exports, rounds in a folder."""

from skvaal._files.labels import LabeledSamples, read_labels
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import read_pool
from skvaal._stopping.curve import CurvePoint
from skvaal.project.choosing.choosing import choose
from skvaal.project.picks import Picks
from skvaal.project.rounds.events import ProjectInUseError
from skvaal.project.rounds.learning_curve import Saving
from skvaal.project.rounds.project import AskedRound, Project
from skvaal.project.rounds.state import Answer, Round, State
from skvaal.project.rounds.status import RoundReport, Status
from skvaal.project.writing import write_folder

__all__ = [
    "Answer",
    "AskedRound",
    "CurvePoint",
    "LabeledSamples",
    "NamedSamples",
    "Picks",
    "Project",
    "ProjectInUseError",
    "Round",
    "RoundReport",
    "Saving",
    "State",
    "Status",
    "choose",
    "read_labels",
    "read_pool",
    "write_folder",
]
