"""What is mutated, and the tests that are to find it."""

from __future__ import annotations

from dataclasses import dataclass

Files = tuple[str, ...]

_DEFAULTS = "tests/test_documented_defaults.py"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A module with one fault, and how it differs from the right one."""

    path: str
    line: int
    source: str
    diff: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Modules with the tests of each, and the tests of all that uses them."""

    tests: dict[str, Files]
    around: Files

    @property
    def paths(self) -> Files:
        """The modules."""
        return tuple(self.tests)

    def stages(self, path: str) -> list[Files]:
        """Tests of one module with its doctests, which come first, and the others."""
        own = (*self.tests[path], path)
        rest = tuple(each for each in self.around if each not in own)
        return [own, rest]


GROUPS = {
    "losses": Group(
        tests={"skvaal/_vaal/losses.py": ("tests/vaal/test_losses.py",)},
        around=("tests/vaal/test_stored_nets.py",),
    ),
    "net": Group(
        tests={
            "skvaal/_vaal/net.py": ("tests/vaal/test_net.py",),
            "skvaal/_vaal/training.py": ("tests/vaal/test_net.py",),
        },
        around=(
            _DEFAULTS,
            "tests/vaal/test_stored_nets.py",
            "tests/vaal/test_extra.py",
            "tests/vaal/test_fitting.py",
            "tests/vaal/test_interruptions.py",
            "tests/test_broken_off.py",
        ),
    ),
    "rules": Group(
        tests={
            "skvaal/_rules/cluster.py": ("tests/rules/test_cluster.py",),
            "skvaal/_rules/coverage.py": ("tests/rules/test_herding.py",),
            "skvaal/_rules/explanation.py": ("tests/test_explaining.py",),
            "skvaal/_rules/function.py": ("tests/rules/test_function.py",),
            "skvaal/_rules/greedy.py": ("tests/rules/test_greedy.py",),
            "skvaal/_rules/herding.py": ("tests/rules/test_herding.py",),
            "skvaal/_rules/k_center.py": ("tests/rules/test_k_center.py",),
            "skvaal/_rules/lookup.py": ("tests/rules/test_lookup.py",),
            "skvaal/_rules/measures.py": ("tests/rules/test_measures.py",),
            "skvaal/_rules/rule.py": ("tests/rules/test_rule.py",),
            "skvaal/_rules/stochastic.py": ("tests/rules/test_stochastic.py",),
            "skvaal/_rules/top_k.py": ("tests/rules/test_top_k.py",),
        },
        around=(_DEFAULTS, "tests/rules", "tests/test_stored_choices.py"),
    ),
    "adapters": Group(
        tests={
            "skvaal/modal.py": ("tests/test_modal.py", "tests/test_explaining.py"),
            "skvaal/skactiveml.py": ("tests/test_skactiveml.py",),
            "skvaal/_active_classifier.py": ("tests/test_active_classifier.py",),
            "skvaal/_asking.py": ("tests/test_asking.py", "tests/test_active_classifier.py"),
            "skvaal/_pipelines.py": ("tests/test_pipelines.py", "tests/test_supervised_steps.py"),
        },
        around=(
            _DEFAULTS,
            "tests/test_supervised_steps.py",
            "tests/test_path_of_a_pool.py",
            "tests/test_modal.py",
            "tests/test_skactiveml.py",
            "tests/test_modal_predictions.py",
        ),
    ),
}
