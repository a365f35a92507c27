"""Pictures for the guide: what is seen on a page, cut between two lines, in few colours."""

import io
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Locator, Page

TALLEST = 860  # pixels
COLOURS = 64
PAGE_WIDTH = 620  # pixels of a printed page

# From `top`, the lowest line of the page within `tallest` that cuts through no text and no control.
CUT = """([top, tallest]) => {
  if (document.activeElement) document.activeElement.blur();
  const end = document.querySelector("main, body").getBoundingClientRect().bottom + window.scrollY + 8;
  const limit = Math.min(end, top + tallest);
  const whole = "tr, img, svg, button, input, select, textarea, .option, .form-field p, .mark, .stage";
  const leaves = [...document.querySelectorAll("main *")].filter((one) => !one.children.length || one.matches(whole));
  const boxes = leaves.map((one) => one.getBoundingClientRect());
  const spans = boxes.filter((box) => box.height && box.height < tallest / 4);
  let cut = limit;
  for (let moved = true; moved; ) {
    moved = false;
    for (const box of spans) {
      const [high, low] = [box.top + window.scrollY, box.bottom + window.scrollY];
      if (high + 1 < cut && cut < low - 1) { cut = high; moved = true; }
    }
  }
  return cut > top + 100 ? cut : limit;
}"""


def keep_page(page: Page, path: Path, *, part: Locator | None = None, tallest: int = TALLEST) -> None:
    """What is seen of the page, from its top or from a part of it."""
    page.wait_for_load_state()
    box = part.bounding_box() if part else None
    top = max(0, box["y"] + page.evaluate("window.scrollY") - 16) if box else 0
    bottom = page.evaluate(CUT, [top, tallest])
    clip = {"x": 0, "y": top, "width": page.viewport_size["width"], "height": bottom - top}
    write_small(Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))), path)


def keep_paper(pdf: Path, path: Path) -> None:
    """The first page of a printed file."""
    page = pypdfium2.PdfDocument(pdf)[0]
    write_small(page.render(scale=PAGE_WIDTH / page.get_width()).to_pil(), path)


def write_small(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
