"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

_POOL_HELP = "Folder or pattern of images, CSV, Parquet, .npy or .npz."
_LABELS_HELP = "Table, folder per class, or a labelling tool's export; may be repeated."

# Of the files.
PoolArgument = Annotated[str, typer.Argument(metavar="POOL", help=_POOL_HELP)]
PoolOption = Annotated[str, typer.Option(metavar="POOL", help=_POOL_HELP)]
Labels = Annotated[list[str] | None, typer.Option(metavar="FILE", help=_LABELS_HELP)]
Size = Annotated[
    int | None, typer.Option(metavar="N", help="Side of images.  [default: at most 64]")
]
MaxPixels = Annotated[
    int | None, typer.Option(metavar="N", help="Most pixels of an image.  [default: 50 million]")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at a broken image; else it is left out.")
]
PathColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Column of paths.")]
TextColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Column of texts.")]
LabelColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Column of labels.")]

# Of the choice.
Count = Annotated[int, typer.Option("-n", metavar="N", help="How many to choose.")]
Strategy = Annotated[
    str, typer.Option(metavar="NAME", help="`skvaal strategies` lists them; take one marked q.")
]
Preset = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Named set of parameters of VAAL, such as paper-cifar."),
]
Features = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="pixels, tfidf, a network of timm, own.npz or own.npy."),
]
Predictions = Annotated[
    str | None, typer.Option(metavar="FILE", help="Class probabilities of your own model.")
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Model whose uncertainty counts: auto, linear, forest, none."
    ),
]
Device = Annotated[str, typer.Option(metavar="NAME", help="cpu, cuda, mps.")]
Prefix = Annotated[
    str,
    typer.Option(metavar="URL", help="Where Label Studio finds the images, or local-files/DIR."),
]
Tools = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Tools to write files for: label_studio,coco,cvat.  [default: label_studio]",
    ),
]
Jobs = Annotated[int, typer.Option(metavar="N", help="Processes; -1: one per core.")]
