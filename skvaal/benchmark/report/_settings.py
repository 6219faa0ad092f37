"""The section on what was run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skvaal.benchmark.report._parts import Section, Table
from skvaal.benchmark.results import Results

_LONGEST = 30  # of a list in one cell
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
    tables = [Table(caption="Settings", head=["setting", "value"], rows=settings, is_text=True)]
    sessions = config.get("sessions", [])
    for i, session in enumerate(sessions, start=1):
        of_many = f" of start {i} of {len(sessions)}" if len(sessions) > 1 else ""
        tables.append(
            Table(
                caption=f"Machine and versions{of_many}",
                head=["what", "value"],
                rows=_session(session),
                is_text=True,
            )
        )
    return tables


def _session(session: Mapping[str, Any]) -> list[tuple[str, str]]:
    machine = [(_UNITS.get(key, key), _text(one)) for key, one in session["machine"].items()]
    return [
        ("started", session["started"]),
        ("git revision", session["git_revision"] or "not known"),
        *machine,
        ("versions", _text(session["versions"])),
    ]


def _rows(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return a row for each setting; one for each entry where a setting consists of many."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and any(isinstance(one, Mapping) for one in value.values()):
            for name, one in value.items():
                yield f"{key}: {name}", _text(one)
        else:
            yield key, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_text(one)}" for key, one in value.items()) or "defaults"
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = f" and {len(value) - _LONGEST} more" if len(value) > _LONGEST else ""
        return (", ".join(map(str, value[:_LONGEST])) or "none") + more
    return str(value)
