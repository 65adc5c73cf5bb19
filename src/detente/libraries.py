"""Libraries that take a good part of a second to load, each loaded when something of it is first used.

Help, and answers that draw nothing and open no workbook, would wait for them in vain. They are named here alone:
`from detente.libraries import altair as alt`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair
    import icalendar
    import openpyxl
    import openpyxl.comments
    import openpyxl.styles
    import openpyxl.utils.exceptions
    import pint
    from ortools.sat.python import cp_model
else:

    class _Late:
        """A module that is loaded when it is first asked for something."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module(self._name), attribute)

    altair = _Late("altair")
    cp_model = _Late("ortools.sat.python.cp_model")
    icalendar = _Late("icalendar")
    openpyxl = _Late("openpyxl")
    pint = _Late("pint")

__all__ = ["altair", "cp_model", "icalendar", "openpyxl", "pint"]
