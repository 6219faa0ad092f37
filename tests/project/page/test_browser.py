"""The page in a real browser: what no parser can see."""

import csv

import numpy as np
import pytest

from skvaal._files.pools import read_pool
from skvaal.project.page import write_page
from tests.browser import needs_chromium, opened_browser

pytestmark = [pytest.mark.slow, needs_chromium]

FOCUSED = "document.activeElement.getAttribute('aria-label')"
SHOWN = "document.querySelector('#shown .name').textContent"
PICTURE = "document.querySelector('#shown .thumb').className"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with opened_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def open_page(browser, make_picks, tmp_path):
    def open_page(kind="images", *, picks=None, **how):
        path = tmp_path / "page.html"
        write_page(make_picks(kind) if picks is None else picks, path)
        browser.open(path, **how)
        return browser

    return open_page


def overflow(page):
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("kind", ["images", "texts", "features"])
@pytest.mark.parametrize("width", [320, 420, 1600])
def test_nothing_scrolls_sideways(open_page, make_picks, kind, width):
    names = ["x" * 200, *(f"{i}_{'long_name' * 9}" for i in range(23))]
    picks = make_picks(kind, names=names, reasons=("y" * 90, "z " * 50, "why"))
    picks.known.labels[:] = ["boot" * 30, *"abc"]

    assert overflow(open_page(picks=picks, width=width)) <= 0


def with_columns(picks, folder, names):
    """The same picks, of a table whose columns have these names."""
    table = folder / "pool.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, [1] * len(names)])
    object.__setattr__(picks.known.samples, "columns", read_pool(table).columns)
    return picks


@pytest.mark.parametrize("width", [320, 420, 1600])
def test_long_columns_and_large_numbers_stay_in_their_card(open_page, make_picks, tmp_path, width):
    picks = make_picks("features")
    picks.known.samples.X[:] *= 1.23456e-9 * 10.0 ** np.arange(12)
    names = [f"{i}_{'long_name' * 9}" for i in range(11)] + ["</table><script>"]
    page = open_page(picks=with_columns(picks, tmp_path, names), width=width)

    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    assert overflow(page) <= 0
    widest = "Math.max(...[...document.querySelectorAll('.columns')].map(one => {0}))"
    card = "one.closest('.card').getBoundingClientRect().right"
    assert page.evaluate(widest.format(f"one.getBoundingClientRect().right - {card}")) <= 0
    assert "0_long_name" in page.evaluate("document.querySelector('.columns').textContent")
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.refused == []


def test_more_columns_open_by_the_keyboard_and_no_other_card_grows(open_page):
    page = open_page("features")
    height = "document.getElementById('pick-2').clientHeight"
    before = page.evaluate(height)

    page.evaluate("document.querySelector('.card summary').focus()")
    page.press("Enter")

    assert page.evaluate("document.querySelector('.card details').open")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.evaluate(height) == before


def test_first_screen_says_what_to_do(open_page):
    page = open_page(width=420, height=1200)

    bottom = "document.querySelector('.next ol').getBoundingClientRect().bottom"
    assert page.evaluate(bottom) <= 1200


@pytest.mark.parametrize("dark", [False, True])
def test_points_stand_out_from_the_ground(open_page, dark):
    page = open_page(dark=dark)

    ground = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    for selector in (".rest", ".labeled path", ".pick path:last-child"):
        drawn = f"getComputedStyle(document.querySelector('.map svg {selector}'))"
        assert page.evaluate(f"{drawn}.opacity") == "1"
        low, high = sorted([luminance(page.evaluate(f"{drawn}.stroke")), ground])
        assert (high + 0.05) / (low + 0.05) >= 3, selector


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_nothing_is_fetched_and_nothing_is_refused(open_page, kind):
    page = open_page(kind)

    assert {address.split(":")[0] for address in page.requested} <= {"file", "data"}
    assert sum(address.startswith("file:") for address in page.requested) == 1
    assert page.refused == []


def test_policy_stops_what_a_page_should_not_hold(open_page):
    page = open_page()

    page.evaluate("document.body.innerHTML += '<img src=\"https://example.org/a.png\">'")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'file:///b.png'}))")

    page.evaluate("new Promise(resolve => setTimeout(resolve))")
    assert len(page.refused) == 2
    assert all("Content Security Policy" in text for text in page.refused)


def test_the_keyboard_goes_from_point_to_point_and_to_the_card(open_page, make_picks):
    picks = make_picks()
    picks.map[:] = 0.5
    picks.map[[7, 20, 11]] = [[0, 0.4], [1, 0.4], [2, 0.4]]  # the picks, from left to right
    picks.map[:4] = [[0, 5], [1, 5], [2, 5], [3, 0.4]]  # a labelled sample at their right
    page = open_page(picks=picks)
    assert page.evaluate(SHOWN) == "photo_07.jpg"

    for _ in range(30):
        page.press("Tab")
        if page.evaluate("document.activeElement.closest('.map svg') !== null"):
            break
    visited = [page.evaluate(FOCUSED)]
    pictures = [page.evaluate(PICTURE)]
    for _ in range(4):
        page.press("ArrowRight")
        visited.append(page.evaluate(FOCUSED))
        assert visited[-1].startswith(page.evaluate(SHOWN))
        pictures.append(page.evaluate(PICTURE))

    assert [one.split(",")[0] for one in visited] == [
        "photo_07.jpg", "photo_20.jpg", "photo_11.jpg", "photo_03.jpg", "photo_03.jpg"
    ]  # fmt: skip
    assert visited[3] == "photo_03.jpg, labelled bag"
    assert len(set(pictures)) == 4
    page.press("ArrowLeft")
    page.press("Enter")
    assert page.evaluate("location.hash") == "#pick-3"


def test_map_is_one_stop_of_the_tab_key(open_page):
    page = open_page()

    assert page.evaluate("document.querySelectorAll('.map svg [tabindex=\"0\"]').length") == 1


def test_pointing_shows_a_sample(open_page):
    page = open_page()
    page.evaluate("document.querySelector('.map').scrollIntoView()")
    for selector in (".pick:nth-of-type(2)", ".labeled"):
        place = (
            f"(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector("
            f"'.map svg {selector} path').getBoundingClientRect())"
        )
        page.point(*page.evaluate(place))
        label = page.evaluate(
            f"document.querySelector('.map svg {selector}').getAttribute('aria-label')"
        )
        assert label.startswith(page.evaluate(SHOWN))
        assert label.endswith(page.evaluate("document.querySelector('#shown .says').textContent"))


def test_pictures_have_a_size_and_the_one_image(open_page):
    page = open_page()

    sizes = page.evaluate(
        "[...document.querySelectorAll('.own .thumb')].map(one => [one.clientWidth, "
        "one.clientHeight, getComputedStyle(one).backgroundImage.slice(0, 20)])"
    )
    assert sizes == [[128, 128, 'url("data:image/jpeg']] * 3


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_the_ground(open_page, dark):
    page = open_page(dark=dark)

    ground = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (ground < 0.1) == dark
    others = (".lead", "summary", ".terms dd", "a", ".notes, figcaption, .reason")
    for selector in ("body", ".what", "dt", *others):
        ink = luminance(
            page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).color")
        )
        low, high = sorted([ink, ground])
        assert (high + 0.05) / (low + 0.05) >= 4.5, selector


def luminance(color):
    """Relative luminance of a colour, as WCAG 2.2 defines it."""
    shares = [int(part) / 255 for part in color.strip("rgb()").split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_without_script_the_map_has_names_and_links(open_page):
    page = open_page(script=False)

    assert page.evaluate("document.getElementById('shown').hidden")
    assert page.evaluate("document.querySelectorAll('.map a[href=\"#pick-1\"] title').length") == 1
