import re
from base64 import b64encode
from hashlib import sha256

import pytest

from skvaal._utils.pages import Templates


@pytest.fixture
def templates():
    return Templates("skvaal._utils.pages")


def render(templates, **arguments):
    return templates.render("base.html.j2", {"title": "<b>\u202e & \ud800"}, **arguments)


def test_values_are_escaped_and_visible(templates):
    page = render(templates)

    assert r"<h1>&lt;b&gt;\u202e &amp; \ud800</h1>" in page
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")


def test_policy_lists_what_is_in_the_page_and_nothing_else(templates):
    styles, scripts = {"own.css": "p > a { color: red; }"}, {"own.js": 'let a = "<b>" && 1;'}

    page = render(templates, styles=styles, scripts=scripts)

    policy = re.search('content="(default-src[^"]*)"', page)[1].replace("&#39;", "'")
    for kind in ("style", "script"):
        found = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.S)
        digests = [b64encode(sha256(text.encode()).digest()).decode() for text in found]
        allowed = re.search(f"{kind}-src ([^;]*)", policy)[1]
        assert allowed == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert styles["own.css"] in page
    assert scripts["own.js"] in page


def test_without_scripts_none_may_run(templates):
    assert "script-src &#39;none&#39;" in render(templates)


def test_a_missing_file_is_named(templates):
    with pytest.raises(FileNotFoundError, match="no template missing.css"):
        templates.read("missing.css")
