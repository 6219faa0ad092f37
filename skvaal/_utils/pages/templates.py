"""Templates of pages, and the policy that lets nothing else into them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from skvaal._utils.pages.characters import visible

_SHARED = "skvaal._utils.pages"


class Templates:
    """The templates of a package, which may extend and import those that all pages share.

    Values are escaped, and characters that cannot be seen are written out.

    Parameters
    ----------
    package : str
        Where the templates, stylesheets and scripts lie.

    Examples
    --------
    >>> Templates("skvaal._utils.pages").read("page.css")[:5]
    ':root'
    """

    def __init__(self, package: str) -> None:
        self.package = package

    def read(self, name: str) -> str:
        """Text of a file: of the package, or else of those that all pages share."""
        for package in (self.package, _SHARED):
            file = files(package) / name
            if file.is_file():
                return file.read_text(encoding="utf-8").strip()
        raise FileNotFoundError(f"no template {name} in {self.package}")

    def render(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        styles: Mapping[str, str] | None = None,
        scripts: Mapping[str, str] | None = None,
    ) -> str:
        """Make a page.

        Parameters
        ----------
        template : str
            Its name.
        values : mapping of str to object
            What the template reads.
        styles, scripts : mapping of str to str, default=None
            Stylesheets and scripts of the page, by name; they are written as they are, and nothing
            of a user's may be in them. The shared stylesheet comes before them.

        Returns
        -------
        str
            The page; it ends in a newline.

        Raises
        ------
        ImportError
            If jinja2 is missing.
        """
        try:
            import jinja2
        except ImportError as error:
            raise ImportError("a page needs jinja2: pip install skvaal[report]") from error
        from markupsafe import Markup  # jinja2 brings it

        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(self.read),
            autoescape=True,
            finalize=lambda value: visible(value) if type(value) is str else value,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        styles = {"page.css": self.read("page.css"), **(styles or {})}
        scripts = scripts or {}
        page = environment.get_template(template).render(
            **values,
            styles={name: Markup(text) for name, text in styles.items()},
            scripts={name: Markup(text) for name, text in scripts.items()},
            policy=_policy(styles, scripts),
        )
        return page.strip() + "\n"


def _policy(styles: Mapping[str, str], scripts: Mapping[str, str]) -> str:
    """Content-Security-Policy: these styles and scripts, pictures in the page, nothing else."""
    allowed = {
        "default-src": ["'none'"],
        "img-src": ["data:"],
        "style-src": [_hash(text) for text in styles.values()],
        "script-src": [_hash(text) for text in scripts.values()] or ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in allowed.items())


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"
