"""How Sphinx builds these pages: `python -m sphinx -W docs docs/_build`."""

from detente import __version__

project = "détente"
author = "The detente authors"
copyright = "The detente authors, Apache-2.0"
release = version = __version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"détente {__version__}"
html_copy_source = False
