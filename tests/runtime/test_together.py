"""What several threads want at once is done by one of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from runtime import together as together_module
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
    begun, go_on = threading.Event(), threading.Event()
    sizes: list[int] = []

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(numbers))
        begun.set()
        go_on.wait(10)
        return list(numbers)

    together = Together(work)
    threads = [threading.Thread(target=together.do, args=(n,)) for n in range(AT_ONCE + 21)]
    threads[0].start()
    begun.wait(10)
    for one in threads[1:]:
        one.start()
    while len(together._waiting) < AT_ONCE + 20:
        threading.Event().wait(0.001)
    go_on.set()
    for one in threads:
        one.join(10)

    assert sizes == [1, AT_ONCE, 20]


def test_a_thread_that_is_ended_at_work_leaves_nobody_waiting():
    begun, go_on = threading.Event(), threading.Event()
    outcomes: list[object] = []

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        if not begun.is_set():
            begun.set()
            go_on.wait(10)
            raise SystemExit
        return list(numbers)

    together = Together(work)

    def ask(number: int) -> None:
        try:
            outcomes.append(together.do(number))
        except (RuntimeError, SystemExit) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=ask, args=(number,)) for number in (1, 2)]
    threads[0].start()
    begun.wait(10)
    threads[1].start()
    while not together._waiting:
        threading.Event().wait(0.001)
    go_on.set()
    for one in threads:
        one.join(10)

    assert outcomes in ([SystemExit, 2], [2, SystemExit])


def test_whoever_gives_up_is_never_given_the_turn(monkeypatch):
    monkeypatch.setattr(together_module, "WAIT_LIMIT_S", 0.05)
    begun, go_on = threading.Event(), threading.Event()
    served: list[int] = []

    def work(numbers: Sequence[int]) -> list[int | Exception]:
        served.extend(numbers)
        begun.set()
        go_on.wait(10)
        return list(numbers)

    together = Together(work)
    first = threading.Thread(target=together.do, args=(1,))
    first.start()
    begun.wait(10)

    with pytest.raises(TimeoutError):
        together.do(2)
    go_on.set()
    first.join(10)

    assert together.do(3) == 3
    assert served == [1, 3]
