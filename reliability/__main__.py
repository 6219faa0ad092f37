"""Make faults, count what becomes of them, and write the tables of ``docs/reliability.md``."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from reliability.figures import write_figures, write_tables
from reliability.kinds import FAULTS, FUZZ, MUTANTS, Kind
from reliability.tally import Tally

_KINDS: dict[str, Mapping[str, Kind]] = {"faults": FAULTS, "fuzz": FUZZ, "mutants": MUTANTS}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the kinds that are named, or all; the exit status is 1 if an outcome must not be."""
    args = _parse(argv)
    kinds = _KINDS[args.what]
    unknown = set(args.names) - set(kinds)
    if unknown:
        print(f"no such name: {min(unknown)}; there are {', '.join(kinds)}", file=sys.stderr)
        return 2
    n_bad = 0
    for name in args.names or kinds:
        n_bad += _run(args, name, kinds[name])
    write_tables(args.out, args.page)
    print(f"{n_bad} outcomes that must not be; figures in {args.out}")
    return int(n_bad > 0)


def _run(args: argparse.Namespace, name: str, kind: Kind) -> int:
    trials = args.trials or (kind.full if args.full else kind.trials)
    tally = Tally()
    began = perf_counter()
    print(f"{name}: {trials} trials", flush=True)
    with tempfile.TemporaryDirectory(prefix="reliability-", dir=args.tmp) as folder:
        kind.run(tally, trials, args.seed, Path(folder))
    seconds = round(perf_counter() - began, 1)
    for outcome, count in sorted(tally.counts.items()):
        print(f"  {count:6} {outcome}")
    for note in tally.notes:
        print(f"  ! {note}")
    if tally.skipped:
        print(f"  skipped: {tally.skipped}")
    command = shlex.join(["make", args.what, f"ARGS={name} --trials {trials} --seed {args.seed}"])
    made = {"about": kind.about, "command": command, "trials": trials, "seconds": seconds}
    write_figures(args.out, args.what, name, made | tally.figures())
    return tally.n_bad


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    for title, kinds in _KINDS.items():
        one = what.add_parser(
            title,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="\n".join(f"{name:16} {kinds[name].about}" for name in kinds),
        )
        one.add_argument("names", nargs="*", help="which; all if there are none")
        one.add_argument("--trials", type=int, help="of each that is named")
        one.add_argument("--full", action="store_true", help="more trials of those that are slow")
        one.add_argument("--seed", type=int, default=0, help="of moments, places and examples")
        one.add_argument("--out", type=Path, default=Path("docs/results/reliability.json"))
        one.add_argument("--page", type=Path, default=Path("docs/reliability.md"))
        one.add_argument("--tmp", help="folder for what is written on the way")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
