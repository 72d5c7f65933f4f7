"""A network that changes in mid-call: the old way is dead, the page notices and takes another."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import hang_up, open_desk, take_call, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, eventually
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import expect_media, keep_peers

HOST = "127.0.0.1"
BY_THE_WAY = """(() => {
  const given = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function (told) {
    const [, port] = /^a=candidate:\\S+ 1 udp \\d+ \\S+ (\\d+) /m.exec(told.sdp) ?? [];
    if (port === undefined) return given.call(this, told);
    const way = await window.wayTo(Number(port));
    const sdp = told.sdp.replace(new RegExp(`^(a=candidate:.*) ${port} typ`, 'mg'), `$1 ${way} typ`)
      .replace(/^a=candidate:(\\S+) 1 udp (\\d+) \\S+ /mg, 'a=candidate:$1 1 udp $2 127.0.0.1 ');
    return given.call(this, { type: told.type, sdp });
  };
})()"""
UFRAG = "() => /a=ice-ufrag:(\\S+)/.exec(window.peers.at(-1).localDescription.sdp)[1]"


class Way:
    """One network between a browser and a worker: passes datagrams on until it is cut."""

    def __init__(self, port: int) -> None:
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind((HOST, 0))
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect((HOST, port))
        self.is_cut = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        self.is_cut.set()
        self._thread.join()

    def _carry(self) -> None:
        browser = None
        while not self.is_cut.is_set():
            for ready in select.select([self.front, self._back], [], [], 0.05)[0]:
                data, address = ready.recvfrom(65_536)
                if ready is self.front:
                    browser = address
                    self._back.send(data)
                elif browser is not None:
                    self.front.sendto(data, browser)


class Networks:
    """Every way is another network; the browser is led to the newest."""

    def __init__(self) -> None:
        self.ways: list[Way] = []

    def lead(self, port: int) -> int:
        """The port of a way to the worker's `port`: the present one, or another once it is cut."""
        if not self.ways or self.ways[-1].is_cut.is_set():
            self.ways.append(Way(port))
        bound: int = self.ways[-1].front.getsockname()[1]
        return bound


@pytest.fixture
def networks() -> Iterator[Networks]:
    all_of_them = Networks()
    yield all_of_them
    for way in all_of_them.ways:
        way.cut()


def test_call_goes_on_by_another_network_on_the_same_connection(
    open_page: OpenPage, live_site: LiveSite, office: Page, networks: Networks
) -> None:
    desk = open_desk(keep_peers(open_page()), live_site)
    customer = keep_peers(open_page(phone=True))
    customer.expose_function("wayTo", networks.lead)
    customer.add_init_script(BY_THE_WAY)
    walk_straight(customer, link_into(office, publish_flow(office, unchecked)))
    take_call(desk)
    expect_media(customer, "the customer")
    former, peers = customer.evaluate(UFRAG), customer.evaluate("window.peers.length")

    networks.ways[-1].cut()

    eventually(lambda: customer.evaluate(UFRAG) != former, "the page asks for other ways by itself")
    expect_media(customer, "the customer, on another network,")
    expect_media(desk, "the agent")
    assert len(networks.ways) > 1
    assert customer.evaluate("window.peers.length") == peers
    expect(desk.get_by_text("Waiting for Customer")).to_have_count(0)
    hang_up(desk)
