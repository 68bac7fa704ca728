"""The virtual clock: exact times, real threads, and an error instead of a hang."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from frontload.testing import Deadlock, virtual_clock


def test_waiting_takes_no_time() -> None:
    with virtual_clock() as clock:
        assert clock.time == 0.0
        clock.run(asyncio.sleep(3600))
        assert clock.time == 3600.0
        clock.run(asyncio.sleep(3600 * 24 * 3650))
        assert clock.time == pytest.approx(3600.0 + 3600 * 24 * 3650)


def test_sums_come_out_as_they_are_written() -> None:
    async def sleep(times: int) -> float:
        for _ in range(times):
            await asyncio.sleep(0.05)
        return asyncio.get_running_loop().time()

    for times, end in [(2, 0.1), (3, 0.15), (6, 0.3), (7, 0.35)]:
        with virtual_clock() as clock:
            assert clock.run(sleep(times)) == end


def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set() -> None:
    order: list[int] = []

    async def sleep(number: int, *parts: float) -> None:
        for part in parts:
            await asyncio.sleep(part)
        order.append(number)

    async def main() -> None:
        await asyncio.gather(*(sleep(number, 0.3) for number in range(20)), sleep(20, 0.1, 0.2), sleep(21, 0.1, 0.1))

    with virtual_clock() as clock:
        clock.run(main())
    assert order == [21, *range(20), 20]


def test_one_run_begins_where_the_last_one_ended() -> None:
    with virtual_clock() as clock:
        clock.run(asyncio.sleep(1))
        clock.run(asyncio.sleep(2))
        assert clock.time == 3.0


def test_whatever_can_be_awaited_runs() -> None:
    class Answer:
        def __await__(self) -> Generator[Any, None, int]:
            yield from asyncio.sleep(1).__await__()
            return 42

    with virtual_clock() as clock:
        assert clock.run(Answer()) == 42
        assert clock.time == 1.0


def test_asyncio_and_anyio_agree_on_timeouts() -> None:
    async def main() -> list[float]:
        loop, ends = asyncio.get_running_loop(), []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.sleep(1)
        ends.append(loop.time())
        with anyio.move_on_after(0.3):
            await anyio.sleep(1)
        ends.append(anyio.current_time())
        return ends

    with virtual_clock() as clock:
        assert clock.run(main()) == [0.2, 0.5]


@pytest.mark.parametrize("run", [asyncio.to_thread, anyio.to_thread.run_sync])
def test_a_thread_really_runs_and_takes_no_virtual_time(run: object) -> None:
    order: list[str] = []

    async def timer() -> None:
        await asyncio.sleep(0.01)
        order.append("timer")

    async def thread() -> None:
        await run(time.sleep, 0.05)  # type: ignore[operator]
        order.append("thread")

    async def main() -> None:
        await asyncio.gather(timer(), thread())

    with virtual_clock() as clock:
        clock.run(main())
        assert clock.time == 0.01
    assert order == ["thread", "timer"]


def test_a_thread_of_an_executor_of_ones_own_counts() -> None:
    async def main(pool: ThreadPoolExecutor) -> float:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            await loop.run_in_executor(pool, time.sleep, 0.05)
        return loop.time()

    with ThreadPoolExecutor(1) as pool, virtual_clock() as clock:
        assert clock.run(main(pool)) == 0.0


def test_a_call_that_waits_for_a_permit_does_not_stop_the_clock() -> None:
    async def hold(limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            await asyncio.sleep(0.1)

    async def thread(limiter: anyio.CapacityLimiter) -> float:
        await asyncio.sleep(0)
        await anyio.to_thread.run_sync(lambda: None, limiter=limiter)
        return asyncio.get_running_loop().time()

    async def main() -> tuple[object, ...]:
        limiter = anyio.CapacityLimiter(1)
        return tuple(await asyncio.gather(hold(limiter), thread(limiter)))

    with virtual_clock() as clock:
        assert clock.run(main()) == (None, 0.1)


def test_a_thread_that_nobody_awaits_any_more_holds_up_nobody() -> None:
    gate = threading.Event()

    async def main() -> None:
        thread = asyncio.ensure_future(anyio.to_thread.run_sync(gate.wait, abandon_on_cancel=True))
        for _ in range(10):
            await asyncio.sleep(0)
        thread.cancel()
        await asyncio.sleep(0.1)
        assert thread.cancelled()
        gate.set()

    with virtual_clock() as clock:
        clock.run(main())
        assert clock.time == 0.1


def test_the_clock_can_run_on_beside_a_thread_that_does_not_come_back() -> None:
    gate = threading.Event()

    async def main() -> float:
        thread = asyncio.ensure_future(asyncio.to_thread(gate.wait))
        await asyncio.wait([thread], timeout=5)
        gate.set()
        await thread
        return asyncio.get_running_loop().time()

    with virtual_clock(wait_for_threads=False) as clock:
        assert clock.run(main()) == 5.0


def test_a_held_clock_waits_for_what_is_real() -> None:
    async def main() -> float:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        threading.Timer(0.05, loop.call_soon_threadsafe, [done.set]).start()
        async with asyncio.timeout(0.01):
            with clock.held():
                await done.wait()
        return loop.time()

    with virtual_clock() as clock:
        assert clock.run(main()) == 0.0


def test_a_deadlock_is_an_error_that_names_the_tasks() -> None:
    async def main() -> None:
        await asyncio.sleep(0.05)
        await asyncio.Event().wait()

    with virtual_clock() as clock, pytest.raises(Deadlock) as caught:
        clock.run(main())
    message = str(caught.value)
    assert message.startswith("at 0.05 s nothing can happen any more: ")
    assert "test_a_deadlock_is_an_error_that_names_the_tasks.<locals>.main" in message


def test_loops_outside_keep_real_time() -> None:
    async def main() -> bool:
        return await anyio.to_thread.run_sync(lambda: True)

    with virtual_clock(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, main()).result()


def test_another_loop_meanwhile_keeps_its_own_time() -> None:
    async def answer() -> str:
        await asyncio.sleep(0)
        return "answer"

    async def main() -> str:
        return await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(answer))

    with virtual_clock():
        assert asyncio.run(main()) == "answer"
