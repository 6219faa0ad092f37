"""The section on what was run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from skvaal._utils.pages import in_words
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.report._parts import Section, Table
from skvaal.benchmark.results import Results

_UNITS = {"memory_gib": "memory (GiB)", "gpus": "graphics cards"}


def settings_section(results: Sequence[Results]) -> Section:
    """Return what was run, on what, with which versions.

    Parameters
    ----------
    results : sequence of Results
        The comparisons.

    Returns
    -------
    Section
        With a section for each comparison if there are several.
    """
    title = "What was run"
    if len(results) == 1:
        return Section(title=title, parts=_tables(results[0].config))
    sections = [
        Section(title=_title(one, i), parts=_tables(one.config))
        for i, one in enumerate(results, start=1)
    ]
    return Section(title=title, sections=sections)


def _title(results: Results, number: int) -> str:
    return f"Comparison {number}" if results.folder is None else results.folder.name


def _tables(config: Mapping[str, Any]) -> list[Table]:
    settings = list(_rows(config.get("settings", {})))
    if config.get("command"):
        settings.insert(0, ("command", str(config["command"])))
    tables = [Table(caption="Settings", head=["setting", "value"], rows=settings, look="pairs")]
    for starts, session in _different(config.get("sessions", [])):
        tables.append(
            Table(
                caption="Machine and versions",
                head=["what", "value"],
                rows=_session(session, starts),
                look="pairs",
            )
        )
    return tables


def _different(sessions: Sequence[Mapping[str, Any]]) -> list[tuple[list[str], Mapping[str, Any]]]:
    """Put starts on the same machine with the same versions together."""
    found: list[tuple[list[str], dict[str, Any]]] = []
    for session in sessions:
        same = {key: value for key, value in session.items() if key != "started"}
        for starts, other in found:
            if other == same:
                starts.append(session["started"])
                break
        else:
            found.append(([session["started"]], same))
    return list(found)


def _session(session: Mapping[str, Any], starts: Sequence[str]) -> list[tuple[str, str]]:
    machine = [(_UNITS.get(key, key), in_words(one)) for key, one in session["machine"].items()]
    return [
        ("started", in_words(starts)),
        ("git revision", session["git_revision"] or "not known"),
        *machine,
        ("versions", in_words(session["versions"])),
    ]


def _rows(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return a row for each setting; one for each entry where a setting consists of many."""
    for key, value in settings.items():
        if key == "samples":
            for name, one in value.items():
                yield f"samples: {name}", f"{_times(one['shape'])}; {len(one['classes'])} classes"
        elif key == "protocols":
            for name, one in value.items():
                yield f"protocol: {name}", in_words(_own(one))
        elif isinstance(value, Mapping) and any(isinstance(one, Mapping) for one in value.values()):
            for name, one in value.items():
                yield f"{key}: {name}", in_words(one)
        else:
            yield key, in_words(value)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _own(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a protocol has of its own, beside its name."""
    standard = asdict(Protocol())
    return {k: v for k, v in protocol.items() if k != "name" and v != standard.get(k)}
