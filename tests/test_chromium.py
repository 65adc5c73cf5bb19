"""Tests that look at a report can trust what they see: scripts have run, complaints are heard, the network is cut."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>t</title><p id=p>before</p><img src="https://example.com/x.png" onerror="cut()">
<script>
  function cut() { document.title = "cut off" }
  document.getElementById("p").textContent = "after " + innerWidth
  console.error("a complaint")
</script>"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_scripts_have_run_and_nothing_comes_from_elsewhere(chromium, page):
    dom = chromium.dom(page, width=900)
    assert "after 900" in dom
    assert "<title>cut off</title>" in dom


def test_complaints_are_heard(chromium, page):
    assert any("a complaint" in line for line in chromium.console(page))


def test_pictures_and_prints_are_made(chromium, page, tmp_path):
    assert chromium.screenshot(page, tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    chromium.pdf(page, tmp_path / "page.pdf")
