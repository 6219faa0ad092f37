#!/usr/bin/env python3
"""Build a wheel and an sdist of a clean copy, look into both, and try them where they alone are.

`make release-check` runs it with build and twine at hand. Both files come to lie in dist/.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
# Some 300 modules take 600 kB, a third of it docstrings. Much more would be something else.
MOST_BYTES = 750_000
# What an sdist holds beside the package.
BESIDE = {
    "CHANGES.md",
    "CITATION.cff",
    "LICENSE",
    "MANIFEST.in",
    "PKG-INFO",
    "README.md",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
}
MODAL = "modAL-python==0.4.2.1"


class Versions(NamedTuple):
    """What a distribution is tried with."""

    name: str
    python: str
    has_modal: bool

    @property
    def constraints(self) -> Path:
        """The file that pins them."""
        suffix = "" if self.name == "pinned" else f"-{self.name}"
        return ROOT / f"constraints{suffix}.txt"


def list_files(root: Path) -> list[str]:
    """Files of a checkout that git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in found.split("\0") if name and (root / name).is_file()})


def copy_files(root: Path, names: Iterable[str], target: Path) -> None:
    """Copy them, so that nothing which an earlier build left gets into this one."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)


def names_in_wheel(path: Path) -> list[str]:
    """Files in a wheel, without its metadata."""
    with ZipFile(path) as archive:
        return [name for name in archive.namelist() if ".dist-info/" not in name]


def names_in_sdist(path: Path) -> list[str]:
    """Files in an sdist, without its top folder and setuptools' metadata."""
    with tarfile.open(path) as archive:
        names = [each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()]
    return [name for name in names if not name.startswith("skvaal.egg-info/")]


def find_faults(found: Iterable[str], package: Iterable[str], beside: set[str]) -> list[str]:
    """What is missing in a distribution, and what has no place in it."""
    found, package = set(found), set(package)
    missing = sorted(package - found)
    foreign = sorted(found - package - beside)
    return [f"lacks {name}" for name in missing] + [f"must not hold {name}" for name in foreign]


def check_distributions(wheel: Path, sdist: Path, files: Iterable[str]) -> list[str]:
    """Faults of both files, a line each; `files` are those of the checkout."""
    package = [name for name in files if name.startswith("skvaal/")]
    faults = [
        f"{wheel.name} {fault}" for fault in find_faults(names_in_wheel(wheel), package, set())
    ]
    in_sdist = names_in_sdist(sdist)
    faults += [f"{sdist.name} {fault}" for fault in find_faults(in_sdist, package, BESIDE)]
    for path in (wheel, sdist):
        if (size := path.stat().st_size) > MOST_BYTES:
            faults.append(f"{path.name} has {size:,} bytes, more than {MOST_BYTES:,}")
    return faults


def read_snippet(path: Path, start: str, end: str) -> str:
    """The first example of a page, without its indentation."""
    match = re.search(f"{start}(.*?){end}", path.read_text(encoding="utf-8"), re.DOTALL)
    if match is None:
        raise ValueError(f"{path} has no example")
    return re.sub(r"^   (?=[^ ]|    )", "", match.group(1), flags=re.MULTILINE)


def run(*command: str | Path, folder: Path, env: dict[str, str] | None = None) -> str:
    """Run a command, show it, and return what it printed; it must succeed."""
    print("$", " ".join(map(str, command))[:160], flush=True)
    done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with exit status {done.returncode}")
    return done.stdout


def smoke(python: Path, folder: Path, version: str, *, has_modal: bool) -> None:
    """Use what is installed as a user does, outside the checkout."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    where = run(python, "-c", "import skvaal; print(skvaal.__file__)", folder=folder, env=env)
    if not Path(where.strip()).is_relative_to(python.parents[1]):
        sys.exit(f"skvaal was imported from {where.strip()}")
    command = python.parent / "skvaal"
    if run(command, "--version", folder=folder, env=env) != f"skvaal {version}\n":
        sys.exit(f"`skvaal --version` does not say {version}")
    if "herding" not in run(command, "strategies", folder=folder, env=env):
        sys.exit("`skvaal strategies` does not list herding")
    example = read_snippet(ROOT / "docs" / "index.rst", r"code-block:: python\n", r"\n\S")
    run(python, "-W", "error", "-c", example, folder=folder, env=env)
    if has_modal:
        print(
            run(
                python,
                "-c",
                read_snippet(ROOT / "README.md", "```python\n", "```"),
                folder=folder,
                env=env,
            )
        )


def try_out(versions: Versions, wheel: Path, sdist: Path, folder: Path) -> None:
    """Install each distribution in an environment of its own, and use it."""
    for path in (wheel, sdist):
        print(f"\n=== {path.name}, {versions.name} versions ===", flush=True)
        home = folder / f"{versions.name}{path.suffix}"
        run(versions.python, "-m", "venv", home / "venv", folder=folder)
        python = home / "venv" / "bin" / "python"
        pip = [python, "-m", "pip", "install", "-q", "-c", versions.constraints]
        run(*pip, f"skvaal[cli,saving] @ {path.as_uri()}", folder=home)
        if versions.has_modal:
            run(python, "-m", "pip", "install", "-q", "--no-deps", MODAL, folder=home)
        smoke(
            python,
            home,
            path.name.split("-")[1].removesuffix(".tar.gz"),
            has_modal=versions.has_modal,
        )
        shutil.rmtree(home)


def runs(python: str) -> bool:
    """Whether there is such a Python."""
    if shutil.which(python) is None:
        return False
    return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def main() -> None:
    """Build, look into, try; exit with 1 at the first fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-oldest", default="python3.10")
    parser.add_argument(
        "--versions",
        nargs="*",
        default=["newest", "pinned", "oldest"],
        choices=["newest", "pinned", "oldest"],
        help="what to try it with; none: only look into it",
    )
    parser.add_argument(
        "--strict", action="store_true", help="fail where the oldest Python is missing"
    )
    args = parser.parse_args()
    known = [
        Versions("newest", sys.executable, False),
        Versions("pinned", sys.executable, True),
        Versions("oldest", args.python_oldest, True),
    ]
    files = list_files(ROOT)
    with tempfile.TemporaryDirectory(prefix="skvaal-release-") as name:
        folder = Path(name)
        copy_files(ROOT, files, folder / "source")
        run(sys.executable, "-m", "build", folder / "source", "-o", folder / "dist", folder=folder)
        (wheel,) = (folder / "dist").glob("*.whl")
        (sdist,) = (folder / "dist").glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, folder=folder)
        for path in (wheel, sdist):
            print(f"{path.name}: {path.stat().st_size:,} bytes")
        if faults := check_distributions(wheel, sdist, files):
            sys.exit("\n".join(faults))
        for versions in known:
            if versions.name not in args.versions:
                continue
            if runs(versions.python):
                try_out(versions, wheel, sdist, folder)
            elif args.strict:
                sys.exit(f"there is no {versions.python} for the oldest versions")
            else:
                print(f"\nskipped: there is no {versions.python} for the {versions.name} versions")
        (ROOT / "dist").mkdir(exist_ok=True)
        for path in (wheel, sdist):
            shutil.copy2(path, ROOT / "dist" / path.name)
    print("\nthe release can be made: dist/")


if __name__ == "__main__":
    main()
