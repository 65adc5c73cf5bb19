"""Foreign formats of cases: what other programs of the field read and write, as dossiers and back. INTEROP.

    imported, findings = read_genius("laptop/")     # None where there is an error among the findings
    dossier, more = imported.judged()               # by the same rules as a file
    imported.as_yaml()                              # a file that a person can read

Readers never raise for what stands in a file: they return Findings with its name and line.
"""

from detente.dossier.foreign.genius import read_genius
from detente.dossier.foreign.imported import Imported
from detente.dossier.foreign.ktab import read_ktab, write_ktab
from detente.dossier.foreign.negmas import read_negmas
from detente.dossier.foreign.negmas_writing import write_negmas

__all__ = ["Imported", "read_genius", "read_ktab", "read_negmas", "write_ktab", "write_negmas"]
