"""Photograph the example reports for the README and the documentation: ``make images``.

Needs Chromium with its driver, LibreOffice and poppler (``make system-deps``); the gallery must be up to date.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image

from support.browser import Browser, chrome
from support.office import Office

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"


class Picture(NamedTuple):
    """A page as somebody sees it after a few clicks."""

    report: str
    width: int
    height: int
    dark: bool
    script: str  #: what is done before the picture is taken


OPEN = "document.querySelector(String.raw`[id='{}'] summary`).click();"
PICTURES = {
    "report": Picture("gpt2", 1200, 1500, False, OPEN.format("transformer.h.0.attn.c_attn")),
    "flows": Picture("resnet", 1200, 1100, True, ""),
    "icicle": Picture(
        "resnet",
        1200,
        420,
        False,
        "document.querySelector('.icicle summary').click(); document.querySelector('.icicle').scrollIntoView();",
    ),
    "diff": Picture("resnet-diff", 1200, 1330, False, "document.querySelector('.tree tbody summary').click();"),
    "phone": Picture("gpt2", 390, 844, False, "document.querySelector('.layers').scrollIntoView();"),
}


def found(program: str) -> Path:
    """Return where *program* is."""
    path = shutil.which(program)
    if path is None:
        raise SystemExit(f"{program} is missing; make system-deps installs it")
    return Path(path)


def pages(folder: Path) -> None:
    with chrome(found("chromium"), found("chromedriver"), folder / "profile") as driver:
        for name, picture in PICTURES.items():
            colours = [{"name": "prefers-color-scheme", "value": "dark" if picture.dark else "light"}]
            still = [*colours, {"name": "prefers-reduced-motion", "value": "reduce"}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": still})
            driver.get("about:blank")  # the address of the last picture is forgotten
            browser = Browser(driver)
            browser.open(ROOT / "reports" / f"{picture.report}.html", width=picture.width, height=picture.height)
            driver.execute_script(picture.script)
            small(browser.screenshot(folder / f"{name}.png"), IMAGES / f"{name}.png")


def workbook(folder: Path) -> None:
    book = shutil.copy(ROOT / "reports" / "sequential.xlsx", folder)
    pdf = Office(found("soffice"), folder / "office").convert(Path(book), "pdf")
    subprocess.run([found("pdftoppm"), "-r", "110", "-png", pdf, folder / "sheet"], check=True)
    for name, page in (("overview", 1), ("workbook", 2)):
        with Image.open(next(folder.glob(f"sheet-*{page}.png"))) as picture:
            cropped(picture.convert("RGB")).save(folder / f"{name}.png")
        small(folder / f"{name}.png", IMAGES / f"{name}.png")


def cropped(paper: Image.Image, margin: int = 20) -> Image.Image:
    """Return what is printed on a page, without its footer, with a margin around it."""
    sheet = paper.crop((0, 0, paper.width, int(paper.height * 0.957)))
    printed = sheet.convert("L").point([255 * (value < 250) for value in range(256)]).getbbox()
    left, top, right, bottom = printed or (0, 0, *sheet.size)
    edges = (min(right + margin, sheet.width), min(bottom + margin, sheet.height))
    return sheet.crop((max(left - margin, 0), max(top - margin, 0), *edges))


def small(source: Path, target: Path) -> None:
    """Save a picture with as few colours as it needs: reports have few."""
    with Image.open(source) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        pages(Path(folder))
        workbook(Path(folder))
    print(f"wrote {', '.join(sorted(path.name for path in IMAGES.glob('*.png')))}", file=sys.stderr)


if __name__ == "__main__":
    main()
