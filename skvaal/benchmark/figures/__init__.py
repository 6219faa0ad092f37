"""Pictures of a comparison, each a figure without a window and outside pyplot's list of figures."""

from skvaal.benchmark.figures._curves import draw_curves
from skvaal.benchmark.figures._differences import draw_differences
from skvaal.benchmark.figures._penalty import draw_penalty
from skvaal.benchmark.figures._ranks import draw_ranks
from skvaal.benchmark.figures._saving import save_figure
from skvaal.benchmark.figures._time import draw_time_accuracy

__all__ = [
    "draw_curves",
    "draw_differences",
    "draw_penalty",
    "draw_ranks",
    "draw_time_accuracy",
    "save_figure",
]
