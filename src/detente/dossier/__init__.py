"""What people wrote: one situation in one file, validated, with sources and places. DESIGN §3."""

from detente.dossier.changes.overlays import apply, fingerprint, read_overlay
from detente.dossier.checks import check
from detente.dossier.files import from_dict, load, loads, read, reads
from detente.dossier.library import CaseInfo, cases, starter
from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier

__all__ = [
    "CaseInfo",
    "Dossier",
    "Number",
    "apply",
    "cases",
    "check",
    "fingerprint",
    "from_dict",
    "load",
    "loads",
    "read",
    "read_overlay",
    "reads",
    "starter",
]
