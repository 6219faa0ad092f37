"""Many images at once: looked over for damage, or decoded, in worker processes."""

from __future__ import annotations

import os
import re
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from skvaal._files.decoding import DEFAULT_MAX_PIXELS, find_problem
from skvaal._files.images import LazyImages
from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import listed
from skvaal._utils.files import told
from skvaal._utils.parts import dead_parts, lock_if_free

# Above it, decoded images lie in a temporary file.
MOST_IN_MEMORY = 2**30
# Names of such files.
_TEMPORARY = re.compile(r"skvaal-[a-z0-9_]+\.images")
# Seconds of work; worker processes take some two to start.
_WORTH_WORKERS = 4.0
_AT_ONCE = 32


def find_problems(
    paths: Sequence[str],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    n_jobs: int = 1,
    progress: bool = False,
) -> dict[int, str]:
    """Places of the files that are no whole images, and why."""
    check = partial(_find_problems, max_pixels=max_pixels)
    parts = [paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE)]
    problems: dict[int, str] = {}
    place = 0
    for found in _map(check, parts, len(paths), "checking images", n_jobs, progress):
        problems.update({place + i: problem for i, problem in enumerate(found) if problem})
        place += len(found)
    return problems


def load_images(samples: NamedSamples, *, n_jobs: int = 1, progress: bool = False) -> NamedSamples:
    """Decode all images, each once.

    Parameters
    ----------
    samples : NamedSamples
        Of images that are still in their files; others are returned as they are.
    n_jobs : int, default=1
        Worker processes; -1 takes one for each processor.
    progress : bool, default=False
        Show a progress bar on a terminal.

    Returns
    -------
    NamedSamples
        Its `X` is an array of uint8, of shape (n, 3, size, size): in memory, or above 1 GiB in a
        temporary file that goes with the array. An image that turns out to be damaged is missing,
        and named in `left_out`; `LabeledSamples.on` follows.

    Raises
    ------
    ValueError
        If no image can be decoded.
    OSError
        If there is no room for the temporary file.
    """
    images = samples.X
    if not isinstance(images, LazyImages):
        return samples
    pixels = _allocate(images.shape)
    starts = range(0, len(images), _AT_ONCE)
    parts = [images.take(slice(start, start + _AT_ONCE)) for start in starts]
    damaged: dict[int, str] = {}
    done = _map(_decode, parts, len(images), "decoding images", n_jobs, progress)
    for start, (decoded, problems) in zip(starts, done, strict=True):
        pixels[start : start + len(decoded)] = decoded
        damaged.update({start + i: problem for i, problem in problems.items()})
    if not damaged:
        return replace(samples, X=pixels)
    whole = np.setdiff1d(np.arange(len(images)), list(damaged))
    names = [str(samples.names[row]) for row in damaged]
    if not len(whole):
        raise ValueError(
            f"{samples.source}: no image can be decoded: {listed(names, len(names))} "
            f"({next(iter(damaged.values()))})"
        )
    left_out = {**samples.left_out, **dict(zip(names, damaged.values(), strict=True))}
    # Rows move up in place, from the first on: the array may be larger than the memory.
    for row, old in enumerate(whole):
        pixels[row] = pixels[old]
    return replace(samples, X=pixels[: len(whole)], names=samples.names[whole], left_out=left_out)


def _map(
    function: Callable[[Any], Any],
    parts: Sequence[Any],
    n_images: int,
    what: str,
    n_jobs: int,
    progress: bool,
) -> Iterator[Any]:
    """Apply a function to each part: here, and in worker processes once that is seen to pay."""
    n_jobs = _n_workers(n_jobs)
    # None: no bar unless on a terminal.
    hide = None if progress else True
    with tqdm(total=n_images, desc=what, unit="image", leave=False, disable=hide) as bar:
        start, n_done = perf_counter(), 0
        for part in parts:
            yield function(part)
            bar.update(len(part))
            n_done += 1
            seconds_left = (perf_counter() - start) / n_done * (len(parts) - n_done)
            if n_jobs > 1 and seconds_left > _WORTH_WORKERS:
                break
        rest = parts[n_done:]
        for part, result in zip(rest, _map_in_workers(function, rest, n_jobs), strict=True):
            yield result
            bar.update(len(part))


def _map_in_workers(
    function: Callable[[Any], Any], parts: Sequence[Any], n_jobs: int
) -> Iterator[Any]:
    if not parts:
        return iter(())
    from joblib import Parallel, delayed

    # "generator" keeps the order, and holds few results at a time.
    parallel = Parallel(n_jobs, return_as="generator", pre_dispatch="3*n_jobs")
    results: Iterator[Any] = parallel(delayed(function)(part) for part in parts)
    return results


def _n_workers(n_jobs: int) -> int:
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    n_processors = n_processors or os.cpu_count() or 1
    wanted = n_processors + 1 + n_jobs if n_jobs < 0 else n_jobs
    return max(1, min(wanted, 4 * n_processors))


def _find_problems(paths: Sequence[str], max_pixels: int) -> list[str]:
    return [find_problem(path, max_pixels=max_pixels) for path in paths]


def _decode(images: LazyImages) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Decode a few; a damaged one stays black, and its problem is told."""
    pixels = np.zeros(images.shape, dtype=np.uint8)
    problems = {}
    for i in range(len(images)):
        try:
            pixels[i] = images[i]
        except ValueError as error:
            problems[i] = told(error.__cause__ or error)
    return pixels, problems


def _allocate(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    n_bytes = int(np.prod(shape, dtype=np.int64))
    if n_bytes <= MOST_IN_MEMORY:
        return np.empty(shape, dtype=np.uint8)
    for left in dead_parts(Path(tempfile.gettempdir()), _TEMPORARY):
        _remove(str(left))
    descriptor, path, lock = _make_temporary()
    try:
        if hasattr(os, "posix_fallocate"):
            # A full disk is an error here; while pages are written it would kill the process.
            os.posix_fallocate(descriptor, 0, n_bytes)
        pixels = np.memmap(path, dtype=np.uint8, mode="r+" if n_bytes else "w+", shape=shape)
    except OSError as error:
        _remove(path, lock)
        raise OSError(
            error.errno,
            f"no room for {n_bytes / 2**30:.1f} GiB of decoded images ({error.strerror}); set "
            "TMPDIR, or take a smaller size",
            path,
        ) from error
    finally:
        os.close(descriptor)
    weakref.finalize(pixels, _remove, path, lock)
    return pixels


def _make_temporary() -> tuple[int, str, int | None]:
    """Make a file that others leave alone for as long as it is locked: descriptor, path, lock."""
    while True:
        descriptor, path = tempfile.mkstemp(prefix="skvaal-", suffix=".images")
        try:
            return descriptor, path, lock_if_free(Path(path))
        except (BlockingIOError, FileNotFoundError):  # taken for one of a dead process
            os.close(descriptor)
            _remove(path)
        except OSError:
            return descriptor, path, None


def _remove(path: str, lock: int | None = None) -> None:
    with suppress(OSError):
        os.unlink(path)
    if lock is not None:
        os.close(lock)
