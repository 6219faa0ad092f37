"""Colours of the shared stylesheet, as WCAG 2.2 measures them."""

import re

import pytest

from skvaal._utils.pages import Templates

TEXT, POINTS = 4.5, 3.0  # least contrasts
STYLE = Templates("skvaal._utils.pages").read("page.css")
BLOCKS = re.findall(r":root \{(.*?)\}", STYLE, re.S)
LIGHT, DARK, PRINT = (dict(re.findall(r"--(\w+): (#\w+);", block)) for block in BLOCKS)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_definition():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "band"])
def test_words_and_points_stand_out(colours, ground):
    for name in ("ink", "dim", "link", "alarm"):
        assert contrast(colours[name], colours[ground]) >= TEXT, name
    for name in ("first", "second", "rest"):
        assert contrast(colours[name], colours["paper"]) >= POINTS, name


def test_print_is_black_on_white():
    assert PRINT["paper"] == "#fff"
    for name in ("ink", "dim", "link", "alarm"):
        assert contrast(PRINT[name], PRINT["paper"]) >= TEXT, name


def test_points_of_the_map_are_not_faded():
    style = Templates("skvaal.project.page").read("picks.css")

    assert "var(--rest)" in style
    assert "opacity" not in style
