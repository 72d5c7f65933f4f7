"""The channel layer of a web process."""

from __future__ import annotations

import asyncio
import threading

import pytest
from channels.exceptions import ChannelFull

from runtime.layers import LocalLayer


@pytest.fixture
def layer():
    return LocalLayer(capacity=5, on_bus=False)


async def test_a_group_reaches_its_members_only(layer):
    a, b = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("g", a)

    await layer.group_send("g", {"type": "x"})

    assert await layer.receive(a) == {"type": "x"}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await layer.receive(b)


async def test_who_has_left_a_group_hears_nothing(layer):
    a = await layer.new_channel()
    await layer.group_add("g", a)
    await layer.group_discard("g", a)

    await layer.group_send("g", {"type": "x"})

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await layer.receive(a)


async def test_hints_of_a_run_merge_into_the_newest(layer):
    a = await layer.new_channel()
    for seq in range(100):
        await layer.send(a, {"type": "run.hint", "run": "r", "seq": seq})
    await layer.send(a, {"type": "run.hint", "run": "other", "seq": 1})

    assert (await layer.receive(a))["seq"] == 99
    assert (await layer.receive(a))["run"] == "other"


async def test_a_full_mailbox_refuses_and_a_group_passes_it_over(layer):
    a = await layer.new_channel()
    await layer.group_add("g", a)
    for number in range(5):
        await layer.send(a, {"type": "x", "n": number})

    with pytest.raises(ChannelFull):
        await layer.send(a, {"type": "x"})
    await layer.group_send("g", {"type": "x"})
    assert [(await layer.receive(a))["n"] for _ in range(5)] == [0, 1, 2, 3, 4]


async def test_another_thread_wakes_a_reader(layer):
    a = await layer.new_channel()
    await layer.group_add("g", a)
    reader = asyncio.create_task(layer.receive(a))
    await asyncio.sleep(0)

    threading.Thread(target=layer.post, args=("g", {"type": "x"})).start()

    async with asyncio.timeout(2):
        assert await reader == {"type": "x"}


async def test_a_cancelled_reader_loses_no_message(layer):
    a = await layer.new_channel()
    reader = asyncio.create_task(layer.receive(a))
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)

    await layer.send(a, {"type": "x"})

    assert await layer.receive(a) == {"type": "x"}
