"""What a command does with its line before any of its own code runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command that refuses an option of one value given twice, of which the last would count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command's line."""
        if not ctx.resilient_parsing:
            self._check(ctx, args)
        return super().parse_args(ctx, args)

    def _check(self, ctx: Any, args: list[str]) -> None:
        _, rest, given = self.make_parser(ctx).parse_args(args=list(args))
        if any(parameter.is_eager for parameter in given):  # --help
            return
        if rest:
            more = f" and {len(rest) - 1} more" if len(rest) > 1 else ""
            ctx.fail(f"{rest[0]!r}{more} came unexpected.{_hint_on_rest(self.params)}")
        for parameter, count in Counter(given).items():
            is_single = parameter.param_type_name == "option" and not (
                parameter.multiple or getattr(parameter, "is_flag", False)
            )
            if is_single and count > 1:
                name = max(parameter.opts, key=len)
                ctx.fail(f"{name} was given {count} times, and takes one value.{_hint(parameter)}")


def _hint_on_rest(parameters: list[Any]) -> str:
    there = {(parameter.param_type_name, parameter.name) for parameter in parameters}
    hints = {
        ("argument", "pool"): "Of several pictures, name the folder, or a pattern in quotes "
        "('photos/*.jpg').",
        ("option", "labels"): "Of several files of labels, repeat --labels before each.",
        ("argument", "file"): "Tell one file after the other.",
    }
    return "".join(f" {hint}" for one, hint in hints.items() if one in there)


def _hint(parameter: Any) -> str:
    takes_several = parameter.metavar == "NAMES"
    return " Name several with commas between." if takes_several else ""
