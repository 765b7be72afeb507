"""Sphinx's settings. Build the site with `./scripts/docs`; a test builds it with warnings as errors."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "backend"), str(HERE / "_extensions")]

_setup = configparser.ConfigParser()
_setup.read(HERE.parent / "setup.cfg", encoding="utf-8")

project = "Boxwright"
author = "The Boxwright contributors"
project_copyright = author
release = version = _setup["metadata"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "command_reference", "field_tables"]
exclude_patterns = ["_build", "_extensions"]
source_suffix = {".md": "markdown"}
language = "en"
smartquotes = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True  # as in the source: "reporter=silent"
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # one compact list of attributes

html_theme = "alabaster"
html_title = f"Boxwright {release}"
html_static_path = ["_static"]
html_css_files = ["boxwright.css"]
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_theme_options = {
    "description": "From boxes drawn in labelImg to a trained TensorFlow detector, on your own machine",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "250px",
    "sidebar_collapse": True,
    "show_relbars": True,
    "font_family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
    "head_font_family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
}
html_show_sourcelink = False
html_copy_source = False
