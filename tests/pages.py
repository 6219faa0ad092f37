"""What tests ask of an HTML page."""

import itertools
import re
from html.parser import HTMLParser

WITHOUT_END = {"meta", "img", "link", "br", "hr"}


class Page(HTMLParser):
    """A page, parsed; it is well-formed, or parsing fails."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.headings, self.text, self.open = [], [], "", []
        self.feed(text)
        self.close()
        assert self.open == []
        self.words = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in WITHOUT_END:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append([int(tag[1]), ""])

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.text += " "

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            return
        self.text += data
        if any(re.fullmatch("h[1-6]", tag) for tag in self.open):
            self.headings[-1][1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def of_class(self, name):
        return [one for _, one in self.tags if name in (one.get("class") or "").split()]

    def titles(self, level):
        return [" ".join(title.split()) for at, title in self.headings if at == level]

    def check(self):
        """It is accessible as far as a parser can see, and asks for nothing outside it."""
        assert self.all("html") == [{"lang": "en"}]
        levels = [level for level, _ in self.headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert all(image["alt"] for image in self.all("img"))
        assert all(one["aria-label"] for _, one in self.tags if one.get("role") == "img")
        assert all(one.get("scope") in ("col", "row") for one in self.all("th"))
        assert len(self.all("caption")) == len(self.all("table"))
        ids = [one["id"] for _, one in self.tags if "id" in one]
        assert len(ids) == len(set(ids))
        links = [one["href"] for _, one in self.tags if "href" in one]
        assert all(link.startswith("#") and link[1:] in ids for link in links)
        assert all(one["src"].startswith("data:") for _, one in self.tags if "src" in one)
        assert not any(name.startswith("on") for _, one in self.tags for name in one)
        assert not any("style" in one for _, one in self.tags)
        (policy,) = [one["content"] for one in self.all("meta") if "http-equiv" in one]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        names = {one.get("name") for one in self.all("meta")}
        assert {"viewport", "color-scheme"} <= names
