"""`verify`: declarations, material balances, samples, inspections, and how much verification a deal needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from detente.cli.app import ASK, FINE, INTERRUPTED, PLAIN, UNDECIDED, Face, Printed, app
from detente.workbench.options import (
    NeedsOptions,
    VerifyBalanceOptions,
    VerifyDeclarationOptions,
    VerifyInspectOptions,
    VerifySampleOptions,
)

verify = App(
    name="verify",
    help="Check declarations, balances, samples and inspections, and how much of it a deal needs.",
    group=ASK,
    group_commands=ASK,
    help_epilogue="",
)
app.command(verify)


def _verified(verb: str, source: str | None, options: Any, out: Path | None, face: Face) -> int:
    """Verify a file, write what was asked for, and print the answer."""
    from detente.cli import say
    from detente.workbench import verifying
    from detente.workbench.writing import folder_for

    if out:
        folder_for(out)
    ask: Callable[..., Any] = getattr(verifying, verb)
    if face.verbose:
        say.tell(f"{verb.replace('_', ' ').capitalize()}: {source or 'as told'}")
    result = ask(source, options)
    written = result.write(out) if out else []
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import verified

        verified.verified(result, written)
    return FINE


@verify.command(name="declaration")
def verify_declaration(
    source: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[VerifyDeclarationOptions | None, Parameter(name="*", show=False)] = None,
    face: Printed = PLAIN,
) -> int:
    """Say whether a declaration adds up, and whether it agrees with what others know.

    Example: detente verify declaration dprk-2008 --out declaration

    Parameters
    ----------
    source
        A bundled declaration (dprk-2008, dprk-2018), or a file.
    out
        Folder for a page with the picture and the tables.
    """
    return _verified("verify_declaration", source, options, out, face)


@verify.command(name="balance")
def verify_balance(
    source: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[VerifyBalanceOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Close material balances: what is missing, and is it more than error?

    Example: detente verify balance measurements.csv --loss 8 --false-alarms 5%

    Parameters
    ----------
    source
        Measurements as CSV or XLSX; `practice` is a made-up area.
    out
        Folder for a page with the pictures and the tables.
    """
    return _verified("verify_balance", source, options, out, face)


@verify.command(name="sample")
def verify_sample(
    source: str | None = None,
    /,
    *,
    out: Path | None = None,
    options: Annotated[VerifySampleOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Say how many items to draw, and what a sample sees.

    Example: detente verify sample --items 120 --mean-kg 2 --goal-kg 8 --detection 90%

    Parameters
    ----------
    source
        Strata that share a budget, as YAML or CSV; `practice-store` is an example.
    out
        Folder for a page with the picture and the tables.
    """
    return _verified("verify_sample", source, options, out, face)


@verify.command(name="inspect")
def verify_inspect(
    source: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[VerifyInspectOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Plan inspections under a budget, against a violator who knows the plan.

    Example: detente verify inspect yongbyon-2018 --days 400 --out inspections

    Parameters
    ----------
    source
        Sites, channels and effort as YAML; `yongbyon-2018` is an example.
    out
        Folder for a page with the pictures, the calendar and the plan's record.
    """
    return _verified("verify_inspect", source, options, out, face)


@verify.command(name="needs")
def verify_needs(
    case: str,
    /,
    *,
    out: Path | None = None,
    options: Annotated[NeedsOptions | None, Parameter(name="*")] = None,
    face: Printed = PLAIN,
) -> int:
    """Find the least inspection effort for a deal, and what more would buy.

    Example: detente verify needs korea-2018 --success minimal --out needs

    Parameters
    ----------
    case
        A bundled case's id, or a file.
    out
        Folder for a page with the effort curve, the regimes as an overlay, and the plan.
    """
    from detente.cli import say
    from detente.workbench import needing
    from detente.workbench.writing import folder_for

    if out:
        folder_for(out)
    result, interrupted = say.watched(
        lambda tell, cancelled: needing.needs(case, options, say=tell, cancelled=cancelled),
        verbose=face.verbose,
        what=f"How much verification {case} needs",
    )
    written = result.write(out) if out else []
    if face.json_:
        say.print_json(result.to_json())
    else:
        from detente.cli import verified

        verified.needed(result, case, written)
    return INTERRUPTED if interrupted else UNDECIDED if result.status == "undecided" else FINE
