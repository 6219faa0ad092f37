"""What all HTML pages share: a base template, one stylesheet, tables, and how text becomes safe.

A page holds everything that it shows. Its Content-Security-Policy forbids all that is not in it:
styles and scripts run only if their hash is listed, pictures are data URIs, nothing is fetched.
What a page says belongs to its own package; nothing here knows what it is about.
"""

from skvaal._utils.pages.characters import visible
from skvaal._utils.pages.templates import Templates
from skvaal._utils.pages.wording import in_words

__all__ = ["Templates", "in_words", "visible"]
