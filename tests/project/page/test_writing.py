import json
import re

import numpy as np
import pytest

from skvaal._files.labels import LabeledSamples
from skvaal._files.pools import read_pool
from skvaal.project.page import write_page
from skvaal.project.page.writing import make_page
from tests.pages import Page

HOSTILE = [
    "<script>alert(1)</script>.jpg",
    "</script><img src=x onerror=alert(2)>.jpg",
    'a" onload="alert(3)" b=".jpg',
    "'&amp;<!--.jpg",
    "line\nbreak\r.jpg",
    "cat\u202egpj.exe",
    "caf\udce9.jpg",
    "{{ 7 * 7 }}{% raw %}.jpg",
    "../../etc/passwd",
    "\x00\x1b[31m.jpg",
]


def points_of(text):
    (data,) = re.findall('<script type="application/json" id="points">(.*?)</script>', text)
    return json.loads(data)


@pytest.mark.parametrize("kind", ["images", "texts", "features"])
def test_page_is_well_formed_accessible_and_alone(make_picks, kind):
    page = Page(make_page(make_picks(kind)))

    page.check()
    assert page.titles(2)[:2] == ["What to do next", "The picks"]
    assert page.titles(2)[-1] == "Settings and versions"


def test_the_sentence_stands_first_and_the_seed_last(make_picks):
    page = Page(make_page(make_picks()))

    assert page.titles(1) == ["Label these 3 images next"]
    assert page.words.index("Chose 3 of 20 by herding.") < page.words.index("1 image was left out.")
    assert page.words.index("1 image was left out.") < page.words.index("wanted most comes")
    assert page.words.endswith("strategy herding seconds fit 0.5 version 1.2 seed 5")


def test_cards_are_in_the_order_of_the_picks_with_reason_numbers_and_nearest_label(make_picks):
    page = Page(make_page(make_picks()))

    assert page.titles(3) == ["Pick 1 photo_07.jpg", "Pick 2 photo_20.jpg", "Pick 3 photo_11.jpg"]
    assert "unlike any label nearest labelled: bag photo_03.jpg gain 3 covers 9" in page.words
    assert "gain unknown covers 1" in page.words
    pictures = [one["aria-label"] for one in page.of_class("thumb")]
    assert pictures[:2] == ["Picture of photo_07.jpg", "Picture of photo_03.jpg, labelled bag"]


def test_a_text_is_shown_and_shortened(make_picks):
    picks = make_picks("texts")
    picks.known.samples.X[7] = "word " * 1_000
    picks.known.samples.X[3] = "the <b>nearest</b>\n\n one"

    page = Page(make_page(picks))

    assert page.titles(3)[0] == "Pick 1 row 7"
    assert "word word…" in page.words
    assert page.words.count("word") < 200
    assert "the <b>nearest</b> one" in page.words
    assert not page.all("b")


def test_a_row_is_shown_by_the_columns_that_set_it_apart(make_picks):
    picks = make_picks("features")
    picks.known.samples.X[7, 5] = 99.5

    page = Page(make_page(picks))

    nearest = f"{picks.known.samples.X[3, 5]:.4g}"
    assert f"column pick nearest median column 5 99.5 {nearest} " in page.words
    assert "differs most from the nearest row that has a label, measured" in page.words
    assert page.words.count("6 more columns") == 3
    assert len(page.all("details")) == 3 + 1  # one for what the numbers mean
    assert len(page.of_class("columns")) == 6


def test_all_that_a_row_has_is_shown_where_it_has_little(make_picks):
    picks = make_picks("features", columns={})
    samples = picks.known.samples
    object.__setattr__(samples, "X", np.tile([1.5, -2.0], (24, 1)))
    samples.X[7, 1] = 40.0

    page = Page(make_page(picks))

    assert "column pick median column 1 40 -2 column 0 1.5 1.5" in page.words
    assert "differs most from the median of the pool" in page.words
    assert "more column" not in page.words


def test_a_row_without_a_nearest_one_has_no_empty_box(make_picks):
    assert not Page(make_page(make_picks("features", columns={}))).of_class("sights")
    assert len(Page(make_page(make_picks("features"))).of_class("sights")) == 3


def test_columns_have_the_names_of_the_table(make_picks, tmp_path):
    table = tmp_path / "pool.csv"
    table.write_text("id,<b>width</b>,town,=cmd(),label\n1,2.5,Bern,3,x\n", encoding="utf-8")
    columns = read_pool(table).columns
    picks = make_picks("features", columns={})
    samples = picks.known.samples
    object.__setattr__(samples, "X", samples.X[:, :2])
    object.__setattr__(samples, "columns", columns)

    page = Page(make_page(picks))

    page.check()
    assert "<b>width</b>" in page.words
    assert "=cmd()" in page.words
    assert not page.all("b")
    assert "column 0" not in page.words


def test_first_screen_says_what_to_do(make_picks):
    page = Page(make_page(make_picks("texts")))

    assert page.words.index("What to do next") < page.words.index("The picks")
    for step in ("shows the text that is most like it", "label_studio.json", "skvaal round tell"):
        assert step in page.words


def test_settings_are_named_in_words(make_picks):
    settings = {"n": 3, "unlike any label": "farther than 90 %", "<hr>": 1}
    page = Page(make_page(make_picks(settings=settings)))

    assert "picks asked for 3 'unlike any label' means farther than 90 % <hr> 1" in page.words


@pytest.mark.parametrize("kind", ["images", "texts", "features"])
def test_hostile_names_are_text(make_picks, kind):
    names = [*HOSTILE, *(f"{name} again" for name in HOSTILE), *"abcd"]
    picks = make_picks(
        kind,
        names=names,
        rows=np.array([9, 1, 4]),
        reasons=("<i>why</i>", "\u202ewhy", "</script>"),
        summary="<u>Chose</u> \ud800",
        notes=("<s>note</s>",),
        settings={"<em>": "</table>"},
    )
    picks.known.labels[:] = ['<b>"x"', "<b>", "a\nb", "\u202ec"]
    if kind == "texts":
        picks.known.samples.X[:] = names

    text = make_page(picks)

    text.encode()  # it has no lone surrogates
    page = Page(text)
    page.check()
    assert not {"b", "i", "u", "s", "em", "img"} & {tag for tag, _ in page.tags}
    assert len(page.all("script")) == 2
    assert not any(character in text for character in "\u202e\x00\x1b\r")
    assert "{{ 7 * 7 }}" in make_page(make_picks(kind, names=names[7:] + names[:7]))
    named = [point[2] for point in points_of(text)]
    assert len(named) == len(names)
    assert any(r"cat\u202egpj.exe" in name for name in named)
    assert any(r"caf\xe9.jpg" in name for name in named)
    assert any(r"line\nbreak\r.jpg" in name for name in named)


def test_the_policy_allows_the_styles_and_the_script_of_the_page_alone(make_picks):
    page = Page(make_page(make_picks()))

    (policy,) = [one["content"] for one in page.all("meta") if "http-equiv" in one]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["img-src"] == "data:"
    assert rules["style-src"].count("'sha256-") == len(page.all("style")) == 3
    assert rules["script-src"].count("'sha256-") == 1


def test_without_labels_there_is_no_nearest_and_no_balance(make_picks):
    picks = make_picks(columns={"gain": np.ones(3)})
    samples = picks.known.samples
    known = LabeledSamples(samples, np.array([], dtype=int), np.array([], dtype=object))
    page = Page(make_page(make_picks(columns={"gain": np.ones(3)}, known=known)))

    page.check()
    assert "No sample has a label yet." in page.words
    assert "nearest labelled" not in page.words
    assert "among those with a label" not in page.words
    assert not page.of_class("bars")


def test_without_places_there_is_no_map_and_no_script(make_picks):
    page = Page(make_page(make_picks(map=np.full((24, 2), np.nan))))

    page.check()
    assert "Where they lie" not in page.titles(2)
    assert not page.all("script")


def test_files_left_out_are_listed(make_picks):
    picks = make_picks()
    left_out = {f"broken_{i}.png": "cut <off>" for i in range(150)}
    object.__setattr__(picks.known.samples, "left_out", left_out)

    page = Page(make_page(picks))

    assert "150 could not be read" in page.words
    assert "broken_99.png cut <off> and 50 more" in page.words


def test_a_picture_that_was_lost_is_said_to_be_missing(make_picks):
    class Lost:
        def __getitem__(self, row):
            raise ValueError("lost.jpg cannot be decoded")

    picks = make_picks()
    object.__setattr__(picks.known.samples, "X", Lost())

    page = Page(make_page(picks))

    page.check()
    assert "no picture" in page.words
    assert not page.of_class("thumb")


def test_page_is_written_as_a_whole(make_picks, tmp_path):
    picks = make_picks()

    write_page(picks, tmp_path / "page.html")

    assert (tmp_path / "page.html").read_text(encoding="utf-8") == make_page(picks)
    with pytest.raises(OSError, match="missing"):
        write_page(picks, tmp_path / "missing" / "page.html")


def test_one_pick_is_one(make_picks):
    picks = make_picks("features", rows=np.array([7]), reasons=("why",), columns={})

    assert Page(make_page(picks)).titles(1) == ["Label this row next"]
