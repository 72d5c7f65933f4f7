"""What several threads want at once is done by one of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from runtime.together import AT_ONCE, Together


def test_whoever_comes_while_another_is_at_work_is_served_with_all_the_others():
    begun, go_on = threading.Event(), threading.Event()
    batches: list[list[int]] = []
    answers: dict[int, int] = {}

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        batches.append(sorted(numbers))
        if len(batches) == 1:
            begun.set()
            go_on.wait(10)
        return [number * 2 for number in numbers]

    together = Together(work)

    def ask(number: int) -> None:
        answers[number] = together.do(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    threads[0].start()
    begun.wait(10)
    for one in threads[1:]:
        one.start()
    while len(together._waiting) < 3:
        threading.Event().wait(0.001)
    go_on.set()
    for one in threads:
        one.join(10)

    assert batches == [[0], [1, 2, 3]]
    assert answers == {0: 0, 1: 2, 2: 4, 3: 6}


def test_an_error_reaches_only_who_asked():
    def work(numbers: Sequence[int]) -> list[int | Exception]:
        return [ValueError("odd") if number % 2 else number for number in numbers]

    together = Together(work)

    assert together.do(2) == 2
    with pytest.raises(ValueError, match="odd"):
        together.do(3)


def test_more_than_fit_at_once_are_done_in_turns():
    sizes: list[int] = []

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(numbers))
        return list(numbers)

    together = Together(work)
    threads = [threading.Thread(target=together.do, args=(n,)) for n in range(AT_ONCE + 20)]
    together._turn.acquire()
    for one in threads:
        one.start()
    while len(together._waiting) < len(threads):
        threading.Event().wait(0.001)
    together._turn.release()
    for one in threads:
        one.join(10)

    assert sizes == [AT_ONCE, 20]
