"""What a result was measured on: versions, the machine, the revision, the peak of the memory."""

import os
import platform
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import skvaal

_PACKAGES = (
    "torch",
    "skorch",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "joblib",
    "modAL-python",
    "scikit-activeml",
)
_STATUS = Path("/proc/self/status")


def versions() -> dict[str, str]:
    """Return the versions of Python, of skvaal and of what it computes with.

    Returns
    -------
    dict of str to str
        By name; packages that are not installed are left out.

    Examples
    --------
    >>> {"python", "skvaal", "torch"} <= set(versions())
    True
    """
    found = {"python": platform.python_version(), "skvaal": skvaal.__version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Return what the machine is.

    Returns
    -------
    dict
        platform, processor, cores, memory_gib (None where the system does not tell) and gpus.

    Examples
    --------
    >>> machine()["cores"] >= 1
    True
    """
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": memory_gib(),
        "gpus": [torch.cuda.get_device_name(index) for index in gpus],
    }


def git_revision() -> str | None:
    """Return the revision of skvaal's own source tree.

    Returns
    -------
    str or None
        The commit, with "-dirty" after it where files differ from it; None where skvaal is not
        run from a clone.

    Examples
    --------
    >>> revision = git_revision()
    >>> revision is None or len(revision) >= 40
    True
    """
    folder = Path(skvaal.__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*"]
    try:
        tracked = subprocess.run(
            ["git", "-C", str(folder), "ls-files", "--error-unmatch", "__init__.py"],
            capture_output=True,
            check=False,
        )
        if tracked.returncode:
            return None  # installed inside another project's repository
        done = subprocess.run([*command, "--dirty"], capture_output=True, text=True, check=False)
    except OSError:  # no git
        return None
    return done.stdout.strip() or None


def reset_peak_memory() -> None:
    """Let the peak of the memory of this process begin anew, where the system can (Linux).

    Examples
    --------
    >>> reset_peak_memory()
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory_mib() -> float:
    """Return the largest resident memory of this process since the last reset.

    Returns
    -------
    float
        In MiB; nan on Windows. Where nothing can be reset (macOS), since its start.

    Examples
    --------
    >>> peak_memory_mib() > 10
    True
    """
    if _STATUS.exists():
        # Not ru_maxrss: a child inherits that of its parent, and it is never reset.
        (line,) = (one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    try:
        import resource
    except ModuleNotFoundError:
        return float("nan")
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts in bytes, others in KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def memory_gib() -> float | None:
    """Return the memory of the machine, in GiB.

    Returns
    -------
    float or None
        None where the system does not tell.

    Examples
    --------
    >>> memory_gib() is None or memory_gib() > 0
    True
    """
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
