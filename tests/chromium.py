"""Debian's Chromium without a window, to see a report as a reader's browser does."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Chromium:
    """One browser program and the folder where it may keep its profile. Each call is a fresh process, cut off from
    the network, so that a page which fetches anything from elsewhere shows itself broken."""

    program: str
    profile: Path

    def dom(self, page: Path, *, width: int = 1280, height: int = 900) -> str:
        """The page's HTML after its scripts have run."""
        return self._see(page, width, height, "--dump-dom").stdout

    def console(self, page: Path, *, width: int = 1280, height: int = 900) -> list[str]:
        """What the page's scripts complained of: lines of Chromium's log that come from its console."""
        seen = self._see(page, width, height, "--enable-logging=stderr", "--dump-dom")
        return [line for line in seen.stderr.splitlines() if ":CONSOLE" in line]

    def screenshot(self, page: Path, to: Path, *, width: int = 1280, height: int = 900) -> Path:
        """A PNG of the window's first view of the page."""
        self._see(page, width, height, f"--screenshot={to}")
        assert to.stat().st_size > 0
        return to

    def pdf(self, page: Path, to: Path) -> Path:
        """The page as printed, which is what its print CSS is for."""
        self._see(page, 1280, 900, "--no-pdf-header-footer", f"--print-to-pdf={to}")
        assert to.read_bytes().startswith(b"%PDF")
        return to

    def _see(self, page: Path, width: int, height: int, *what: str) -> subprocess.CompletedProcess[str]:
        command = [
            self.program,
            "--headless=new",
            "--no-sandbox",  # Chromium refuses to run as root with it, and continuous integration is root
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={self.profile}",
            f"--window-size={width},{height}",
            "--virtual-time-budget=10000",
            *what,
            page.resolve().as_uri(),
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=90)
