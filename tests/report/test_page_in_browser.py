"""The report in a browser: no complaints, every chart live on screen, every chart drawn on paper."""

from __future__ import annotations

import re
import zlib

import pytest

from detente.report.write import write_report
from tests.report.conftest import FINDINGS, PROVENANCE
from tests.report.page import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(everything, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(everything, folder, PROVENANCE, FINDINGS)
    return folder / "report.html"


def test_charts_come_alive_without_complaint(chromium, report):
    dom = chromium.dom(report)
    assert len(re.findall(r'<figure id="figure-\w+" class="live">', dom)) == 7
    page = Page(dom)
    assert page.tags.count("svg") >= 12
    assert page.handlers == []
    assert chromium.console(report) == []


def test_a_phone_shows_them_too(chromium, report):
    dom = chromium.dom(report, width=420)
    assert len(re.findall(r'class="live"', dom)) == 7


def test_appendices_are_folded_on_screen(chromium, report):
    dom = chromium.dom(report)
    assert len(re.findall(r"<details[^>]* open", dom)) == 0
    assert len(re.findall(r"<details[^>]*data-fold", dom)) >= 3


def test_on_paper_everything_is_there(chromium, report, tmp_path):
    """The print is A4, has several pages, and shows drawn charts rather than empty places."""
    pdf = chromium.pdf(report, tmp_path / "report.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(boxes) >= 4
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
    streams = [s for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL) if s[:1] == b"x"]
    drawing = b"".join(zlib.decompressobj().decompress(s) for s in streams)
    assert drawing.count(b" l\n") + drawing.count(b" c\n") > 300


def test_a_report_without_a_plan_opens_too(chromium, nothing, tmp_path):
    write_report(nothing, tmp_path / "out", PROVENANCE, ())
    assert chromium.console(tmp_path / "out" / "report.html") == []
    assert "There is no plan to show" in chromium.dom(tmp_path / "out" / "report.html")
