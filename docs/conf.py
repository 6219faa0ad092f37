"""Sphinx configuration. The build needs no network: intersphinx is off on purpose."""

import warnings

from skvaal._version import __version__

project = "skvaal"
author = "the skvaal developers"
copyright = f"2026, {author}"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",  # changes.rst includes CHANGES.md
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates"]
default_role = "literal"  # `name` is code, as scikit-learn writes it
templates_path = ["_templates"]

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name the types
# Inherited docstrings refer to sections of the documentation that they come from.
autodoc_inherit_docstrings = False
# The class template lists the members.
numpydoc_show_class_members = False
# A documented parameter is one of the signature's, and in its order.
numpydoc_validation_checks = {"PR02", "PR03"}

# modAL's calls of scikit-learn are older than scikit-learn; the gallery would print it.
warnings.filterwarnings("ignore", category=FutureWarning, module="sklearn")
sphinx_gallery_conf = {
    "examples_dirs": ["../examples/gallery"],
    "gallery_dirs": ["gallery"],
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e6,  # times are those of the machine that built the page
    "write_computation_times": False,
    "thumbnail_size": (320, 224),
}

html_theme = "pydata_sphinx_theme"
html_title = f"skvaal {version}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}


def _skip_member(app, what, name, obj, skip, options):
    """Leave out scikit-learn's generated `set_*_request`, whose text refers to its own guide."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-skip-member", _skip_member)
