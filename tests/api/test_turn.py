"""Writes wait for each other without a thread each, in order, and not for ever."""

from __future__ import annotations

import asyncio
import threading

import pytest

from crossdock.api.turn import AT_ONCE, Turn
from crossdock.errors import RetryableError


def test_a_few_go_at_once_and_the_others_in_the_order_in_which_they_came() -> None:
    running: list[int] = []
    most: list[int] = []
    begun: list[int] = []
    guard = threading.Lock()

    def write(number: int) -> int:
        with guard:
            running.append(number)
            begun.append(number)
            most.append(len(running))
        threading.Event().wait(0.005)
        with guard:
            running.remove(number)
        return number

    async def all_of_them() -> list[int]:
        turn = Turn()
        return await asyncio.gather(*(turn.take(write, number) for number in range(20)))

    assert asyncio.run(all_of_them()) == list(range(20))
    assert max(most) <= AT_ONCE
    assert all(abs(number - place) < AT_ONCE for place, number in enumerate(begun))


def test_one_whose_turn_does_not_come_is_let_go_and_the_next_ones_are_served() -> None:
    free = threading.Event()

    async def waiting() -> None:
        turn = Turn(patience=0.05)
        holding = [asyncio.create_task(turn.take(free.wait, 30)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0.01)
        with pytest.raises(RetryableError, match=r"have kept the store busy for 0\.05 s"):
            await turn.take(free.wait, 30)
        free.set()
        await asyncio.gather(*holding)
        assert await turn.take(lambda: "served") == "served"

    asyncio.run(waiting())


def test_a_write_that_fails_gives_its_turn_back() -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    async def failing() -> None:
        turn = Turn(patience=0.05)
        for _ in range(2 * AT_ONCE):
            with pytest.raises(ValueError, match="on purpose"):
                await turn.take(fail)

    asyncio.run(failing())
