"""The page in a real browser: headless Chromium, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from boxwright.workflow.report import make_report
from report_runs import HOSTILE, evaluated_workspace

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
WIDTHS = 400, 1400
SCHEMES = {"dark": 0, "light": 1}  # as Chromium numbers them

# a page with a script, which measures the page, which has none
MEASURE = """<!DOCTYPE html><meta charset="utf-8"><div id="said"></div>{frames}<script>
addEventListener("load", () => {{
  for (const frame of document.querySelectorAll("iframe")) {{
    const page = frame.contentDocument, style = frame.contentWindow.getComputedStyle(page.body);
    const [red, green, blue] = style.backgroundColor.match(/[0-9]+/g);
    const pictures = [...page.querySelectorAll("figure > svg")].filter(one => one.getBoundingClientRect().height > 100);
    const found = [frame.clientWidth, page.documentElement.scrollWidth, red, pictures.length, page.scripts.length];
    document.getElementById("said").textContent += `[${{found.join(" ")}}]`;
  }}
}});
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (Debian package: chromium)")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_fits_narrow_and_wide_windows_dark_and_light(tmp_path: Path, scheme: str) -> None:
    page = make_report(evaluated_workspace(tmp_path / "work", label=HOSTILE)).file
    frames = "".join(f'<iframe src="{page.as_uri()}" width="{width}" height="900"></iframe>' for width in WIDTHS)
    measure = tmp_path / "measure.html"
    measure.write_text(MEASURE.format(frames=frames), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",  # which root cannot have
        "--disable-gpu",
        "--allow-file-access-from-files",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]
    ended = subprocess.run(
        [str(CHROMIUM), *options, measure.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    measured = re.findall(r"\[(\d+) (\d+) (\d+) (\d+) (\d+)\]", ended.stdout)
    assert [int(width) for width, *_ in measured] == list(WIDTHS), ended.stdout[:500] + ended.stderr[-2000:]
    for width, content, red, pictures, scripts in measured:
        assert int(content) <= int(width), "it has to be scrolled sideways"
        assert (int(red) < 60) == (scheme == "dark")
        assert int(pictures) == 12  # seven photos, five plots
        assert scripts == "0"
