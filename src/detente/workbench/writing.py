"""Writing what people asked for; whether it can be written at a place is asked before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from detente.errors import UsageError


def folder_for(path: str | Path) -> Path:
    """A folder that is there or can be made. Raises UsageError."""
    return _place(Path(path), folder=True)


def file_for(path: str | Path) -> Path:
    """A file that can be written. Raises UsageError."""
    return _place(Path(path), folder=False)


def _place(path: Path, *, folder: bool) -> Path:
    try:
        why_not = _in_the_way(path, folder=folder)
    except OSError as error:
        why_not = f"nothing can be written at {path}: {error.strerror}; choose another place"
    if why_not is not None:
        raise UsageError(why_not)
    return path


def _in_the_way(path: Path, *, folder: bool) -> str | None:
    """Why nothing can be written at a place; None where it can be."""
    if folder and path.exists() and not path.is_dir():
        return f"{path} is a file: name a folder, which is made where it is missing"
    if not folder and path.is_dir():
        return f"{path} is a folder: name a file in it, such as {path / 'NAME'}"
    parent = next(p for p in (path, *path.absolute().parents) if p.exists())
    if parent != path and not parent.is_dir():
        return f"nothing can be written at {path}: {parent} is a file; choose another place"
    if not os.access(parent, os.W_OK):
        return f"nothing can be written at {path}: no permission for {parent}; choose another place"
    return None
