"""`verify declaration`: does a declaration add up, and agree with what others know?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from detente.dossier.files import read_bytes
from detente.errors import DossierError
from detente.report.verification import declaration as declaration_page
from detente.verify.declaration.files import path_of as file_of
from detente.verify.declaration.files import read
from detente.verify.declaration.judgement import Judgement, judge
from detente.verify.declaration.statement import Declaration
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import DeclarationFace
from detente.workbench.keeping import Subject
from detente.workbench.options import Options, VerifyDeclarationOptions
from detente.workbench.verbs import Verb
from detente.workbench.verification import Source, Verification, no_case, question_of


@dataclass(frozen=True, repr=False)
class VerifyDeclarationResult(Verification):
    """Whether a declaration closes by itself, and agrees with what others know."""

    face = DeclarationFace
    reads: ClassVar[Any] = declaration_page

    declaration: Declaration
    found: Judgement
    text: bytes = b""
    """The file as it was read."""

    def _found(self) -> tuple[Any, ...]:
        return self.declaration, self.found

    @property
    def closes(self) -> str:
        """yes, no, or cannot say."""
        return self.found.closes

    @property
    def agrees(self) -> str:
        """yes, no, or cannot say."""
        return self.found.agrees

    def as_asked(self, subject: Subject) -> VerifyDeclarationResult:
        return replace(self, text=_text(subject.inputs[0]))

    def files(self) -> dict[str, bytes]:
        """As the others; and the declaration itself, to be kept with its judgement or to start another from."""
        return {**super().files(), "as-declared.yaml": self.text}


def _read_declaration(row: Verb, inputs: tuple[Any, ...], options: Options) -> Subject:

    (source,) = inputs
    no_case(source)
    declaration, findings = read(source)
    if declaration is None:
        raise DossierError(findings)
    question = question_of(row, declaration.title, declaration.model_dump(mode="json"), options)
    return Subject(declaration, question, tuple(findings), inputs=inputs)


def _text(source: Source) -> bytes:
    """The file as it is."""
    return read_bytes(file_of(source))[0] or b""


@answers("verify declaration", reads=_read_declaration)
def verify_declaration(task: Task[VerifyDeclarationOptions]) -> VerifyDeclarationResult:
    """Say whether a declaration adds up by itself, and whether it agrees with what others know."""
    subject = task.subject
    text = _text(subject.inputs[0])
    return VerifyDeclarationResult(subject.question, subject.findings, subject.about, judge(subject.about), text)
