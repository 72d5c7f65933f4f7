"""Whether a page holds with long names and type twice as large: nothing cut, nothing outside."""

from __future__ import annotations

from playwright.sync_api import Page, ViewportSize

from tests.browser.axe import stand_still
from tests.browser.conftest import take_picture

LONG = "Change of the registered mobile number for business customers with several accounts"
TWICE = ViewportSize(width=720, height=450)
"""A desk of 1440 by 900, each thing twice as large."""
NARROW = ViewportSize(width=320, height=640)
"""What WCAG 2.2 (1.4.10) asks text to flow into."""
OUTSIDE = """() => {
  const isSeen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isCut = (one) => {
    for (let box = one.parentElement; box; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== 'visible') return true;
    }
    return false;
  };
  const all = [...document.querySelectorAll('h1,h2,h3,p,b,small,button,a,input,select,dd,dt,td')];
  return all.filter((one) => isSeen(one) && !isCut(one))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120));
}"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


def assert_fits(page: Page, name: str, *sizes: ViewportSize) -> None:
    """As the page is, and at each of `sizes`, which it gets for that moment."""
    usual = page.viewport_size
    assert usual
    for size in (usual, *sizes):
        page.set_viewport_size(size)
        stand_still(page)
        take_picture(page, f"fits-{name}-{size['width']}")
        assert page.evaluate(WIDER) <= 0, f"{name} at {size}"
        assert page.evaluate(OUTSIDE) == [], f"{name} at {size}"
    page.set_viewport_size(usual)
