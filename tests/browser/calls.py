"""What an agent and a customer do in the shipped flow, as steps a journey is made of."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LiveSite, eventually, sign_in

SHIPPED = "Account service call"
TRIES = 4
"""Of the five that the flow allows for a picture."""


def make_link(page: Page, flow: str = SHIPPED) -> str:
    """A join link to the shipped flow, made on the home page of somebody who may invite.

    Other tests publish flows of their own, so which one is meant is always chosen.
    """
    page.get_by_role("combobox", name="Service").select_option(label=flow)
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_role("textbox", name="Invite a customer").input_value()


def open_desk(page: Page, site: LiveSite, agent: str = "agent") -> Page:
    """The agent at an available desk."""
    return become_available(sign_in(page, site, agent, "/desk/"))


def become_available(desk: Page) -> Page:
    """Whatever the desk shows or turns to meanwhile: hang up, end the wrap-up, go available.

    Where somebody waits already it rings at once, and nothing else can be reached.
    """
    status = desk.get_by_role("button", name="Your status: Available")
    ring = desk.get_by_role("alertdialog")
    ways = [
        desk.get_by_role("button", name="End", exact=True),
        desk.get_by_role("button", name="End the call"),
        desk.get_by_role("button", name=re.compile("Go available|Ready for the next")).first,
    ]

    def is_available() -> bool:
        for way in ways:
            if way.is_visible():
                with suppress(PlaywrightError):  # it may have gone by itself
                    way.click(timeout=2_000)
        return status.is_visible() or ring.is_visible()

    eventually(is_available, "the agent is available")
    return desk


def hang_up(desk: Page) -> None:
    desk.get_by_role("button", name="End", exact=True).click()
    desk.get_by_role("button", name="End the call").click()
    expect(desk.get_by_role("heading", name="The call is over")).to_be_visible()


def walk_to_queue(customer: Page, link: str) -> None:
    """By the shipped flow: check of the devices, consent, queue."""
    begin(customer, link)
    pass_check(customer)
    agree(customer)


def walk_straight(customer: Page, link: str) -> None:
    """The same by a flow that checks no devices."""
    begin(customer, link)
    agree(customer)


def begin(customer: Page, link: str) -> None:
    customer.goto(link)
    customer.get_by_role("button", name="Start video counter").click()


def pass_check(customer: Page) -> None:
    """The check of camera and sound."""
    customer.get_by_role("button", name="Play").click()
    customer.get_by_role("button", name="Yes").click()
    customer.get_by_role("button", name="Continue").click()


def agree(customer: Page) -> None:
    """The button opens when the text has been on the screen for as long as the flow asks."""
    button = customer.get_by_role("button", name=re.compile("I agree"))
    expect(button).to_be_visible()
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()


def expect_pictures(page: Page, videos: str, *, from_s: float = 0) -> None:
    """Every one of `videos` has drawn frames, and plays beyond `from_s`."""
    drawn = """(elements, from_s) => elements.length > 0 && elements.every((one) =>
        one.currentTime > from_s && one.getVideoPlaybackQuality().totalVideoFrames > 3)"""
    eventually(lambda: page.locator(videos).evaluate_all(drawn, from_s), f"{videos} plays")


def answer(desk: Page) -> None:
    """Accept the ring by the keyboard, as soon as that reaches it."""
    expect(desk.get_by_role("alertdialog").get_by_role("button", name="Accept")).to_be_focused()
    desk.keyboard.press("Enter")


def take_call(desk: Page) -> None:
    """Accept and wait until the customer's picture is there."""
    answer(desk)
    expect(desk.get_by_role("heading", name="Agent greeting")).to_be_visible()
    expect_pictures(desk, ".call-customer video")


def read_script(desk: Page) -> None:
    go_on = desk.get_by_role("button", name="Continue")
    said = desk.get_by_role("button", name="Said, next phrase")
    while said.is_visible():
        done = desk.locator("[data-said]").count()
        said.click()
        expect(desk.locator("[data-said]")).to_have_count(done + 1)
    go_on.click()


def take_pictures(desk: Page) -> None:
    for side in ("Front", "Back"):
        take_picture_of(desk, side)
    desk.get_by_role("button", name="Accept and continue").click()


def take_picture_of(desk: Page, side: str) -> None:
    """On a busy machine a picture may come too late; the agent is told so and takes it again."""
    shot = desk.get_by_text(f"ID card · {side}")
    late = desk.get_by_text("The picture did not arrive in time.")
    for _ in range(TRIES):
        desk.get_by_role("button", name=f"Take: {side}").click()
        expect(shot.or_(late)).to_be_visible(timeout=40_000)
        if shot.is_visible():
            return
    expect(shot).to_be_visible()


def fill_form(desk: Page, customer: Page) -> None:
    """The agent types, the customer sees it and confirms, the agent sends."""
    form = desk.locator(".call-step")  # the miniature of the customer's page holds the same form
    form.get_by_label("Full name").fill("Hanna Vogel")
    form.get_by_label("Mobile number").fill("+4915112345678")
    form.get_by_label("What shall we do?").select_option(label="Change the mobile number")
    expect(customer.get_by_label("Full name")).to_have_value("Hanna Vogel")
    customer.get_by_label("I have checked these details").check()
    send = desk.get_by_role("button", name="Confirm and continue")
    expect(send).not_to_have_attribute("aria-disabled", "true")
    send.click()


TYPE_AT_VIEWS = """(() => {
  const Native = WebSocket;
  const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  let box = null, pieces = [];
  window.edits = [];
  window.typeAtViews = (given, texts) => { box = given; pieces = [...texts]; };
  const type = async () => {
    for (let turn = 0; turn < 100; turn++) await null;  // drawn, and nothing after it yet
    write.call(box, box.value + pieces.shift());
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  window.WebSocket = class extends Native {
    set onmessage(hear) {
      super.onmessage = (event) => {
        hear.call(this, event);
        if (pieces.length > 0 && JSON.parse(event.data).type === 'view') void type();
      };
    }
    send(text) {
      const told = JSON.parse(text);
      if (told.action === 'edit') window.edits.push(told.data.value);
      super.send(text);
    }
  };
})()"""


def type_at_views(box: Locator, *pieces: str) -> None:
    """A piece in the very moment in which each next view of the run was drawn.

    The page needs TYPE_AT_VIEWS before its first `goto`.
    """
    box.evaluate("(box, pieces) => window.typeAtViews(box, pieces)", pieces)
    box.focus()


def edits_of(page: Page) -> list[object]:
    """The values of the edits that such a page has sent."""
    sent: list[object] = page.evaluate("() => window.edits")
    return sent
