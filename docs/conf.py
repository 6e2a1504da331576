"""How `make docs` turns this folder into pages: Markdown by MyST, the Python interface from its docstrings."""

from importlib import metadata

project = "loopwise"
author = "The loopwise developers"
release = metadata.version("loopwise")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 6
myst_heading_slug_func = "builtins.str"  # the reference links to the names of its models as they are written
html_theme = "furo"
html_title = f"loopwise {release}"
autodoc_typehints = "description"
default_role = "code"  # docstrings mark names as Markdown does
