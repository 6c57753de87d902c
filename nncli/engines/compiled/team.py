"""Run a program on several threads, and leave the cores to other processes that need them."""

import ctypes
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import NncliError
from nncli.base.threads import products_in_one_thread, threads_in_use
from nncli.engines.compiled.instructions import (
    ABORTED,
    CLAIMS,
    DELAYS,
    ENDED,
    LINE,
    PATIENCE,
    SPINS,
    STALLED,
    YIELD,
)
from nncli.engines.compiled.machine_code import Request, addresses, callable_at
from nncli.engines.compiled.program import Compiled
from nncli.engines.compiled.state import DONE, LAST, STOP

_SPIN = Request("interpreter.spin", ("int64",))

STALLED_SECONDS = 30.0
_SLOWEST = 1e9  # floating-point operations a second: every processor is faster

# Threads that spin use all of their time if nobody else needs the cores. With less than this share
# of it, they waited for each other: one thread alone is faster.
_LEAST_SHARE = 0.85
# Then one thread runs alone for as long as this took; after more such attempts, for many times as
# long, so that they cost little. A thread that is new can be slow once, until it has a core.
_NEXT_PAUSE, _MOST_PAUSE, _LONGEST_PAUSE = 5.0, 20.0, 3.0  # two factors, and seconds

# Where an exchange between processors takes long, one thread can be faster even with free cores. So
# the number that is not in use is tried for one call, from time to time.
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 3.0  # seconds between two trials; each wait doubles the next
_TRIAL_SECONDS = 0.01  # of a trial with steps that are short
_TRIAL_COST = 20.0  # a wait is at least so many times as long as the trial
_MEASURABLE = 5e-3  # seconds of a call from which its pace is known well enough
_FASTER = 0.95  # the other number must take less than this share of the time

_TURNS = 30  # of the wait for threads to end
_SOON = 1.0  # seconds in which threads end that waited for one that stalled


class StalledError(NncliError):
    """A thread of the team made no progress."""


class Team:
    """Threads that run programs; they exist during a call only.

    Their number is that of `limited_threads`. The results do not depend on it.

    Parameters
    ----------
    work : float
        Floating-point operations of a training step.

    Attributes
    ----------
    has_stalled : bool
        Whether a thread may still use the arrays of an earlier call.
    """

    def __init__(self, work: float) -> None:
        self._patience = STALLED_SECONDS + work / _SLOWEST
        kinds = ["int64"] * 9
        kinds[0] = kinds[3] = "int64*"
        request = Request("interpreter.run", tuple(kinds))
        found = addresses([request, _SPIN])  # both now: nothing is compiled during a call
        self._run = callable_at(found[request], [ctypes.c_int64] * 9)
        self._alone_until, self._pause = 0.0, 1.0
        self._choices: dict[int, Choice] = {}
        self.has_stalled = False

    def check(self) -> None:
        """Raise `StalledError` if a thread has stalled."""
        if self.has_stalled:
            raise StalledError(
                "training.engine: a thread of the compiled engine made no progress for "
                f"{self._patience:.0f} s; train with --threads 1"
            )

    def run(self, compiled: Compiled, memory: NDArray[Any], steps: int) -> int:
        """Take steps, or fewer if the program ends or other processes need the cores.

        Returns the number of steps done.

        Raises
        ------
        StalledError
            If a thread makes no progress for 30 s, or longer if a step takes long. As it may go on
            at any time, nothing can use these arrays again.
        """
        self.check()
        now = time.monotonic()
        most, paused = min(threads_in_use(), compiled.parts), now < self._alone_until
        choice = self._choices.setdefault(id(compiled), Choice())
        alone = most == 1 or paused
        if not alone:
            alone, steps = choice.next_call(now, steps)
        state = compiled.state
        state[DONE] = state[LAST] = state[STOP] = 0
        call = _Call(self._run, compiled, memory, 1 if alone else most, steps, self._patience)
        if alone:
            call.work(0)
        else:
            self._run_together(call)
        done = int(state[DONE])
        if most > 1 and not paused and time.monotonic() >= self._alone_until:
            choice.note(alone, now, time.monotonic() - now, done)
        return done

    def _run_together(self, call: "_Call") -> None:
        """Run on several threads; decide whether the next calls do so too."""
        others = [
            threading.Thread(target=call.work, args=(number,), daemon=True)
            for number in range(1, call.threads)
        ]
        started = time.perf_counter()
        try:
            _start(others)
            call.work(0)
        except BaseException:
            call.shared[ABORTED // 8] = ENDED
            raise
        finally:
            has_stalled = call.shared[ABORTED // 8] == STALLED
            try:
                _join(others, min(self._patience, _SOON) if has_stalled else self._patience)
            finally:
                self.has_stalled = has_stalled or any(each.is_alive() for each in others)
        self.check()
        available = call.threads * max(call.seconds)  # the first thread may have been late
        if call.shared[DELAYS // 8] and sum(call.spent) < _LEAST_SHARE * available:
            pause = min(self._pause * (time.perf_counter() - started), _LONGEST_PAUSE)
            self._alone_until = time.monotonic() + pause
            self._pause = min(_NEXT_PAUSE * self._pause, _MOST_PAUSE)
        else:
            self._pause = max(self._pause / 2, 1.0)


class Choice:
    """Choose between one thread and all for the calls of a program: what was faster of late."""

    def __init__(self) -> None:
        self._one = False  # the choice
        self._paces: dict[bool, float] = {}  # seconds of a step, with one thread and with all
        self._next_trial, self._wait = 0.0, _FIRST_WAIT

    def next_call(self, now: float, steps: int) -> tuple[bool, int]:
        """Return whether the next call takes one thread, and its number of steps.

        A trial of what is not chosen is short.

        Parameters
        ----------
        now : float
            A time in seconds.
        steps : int
            The largest number of steps.
        """
        pace = self._paces.get(self._one)
        if pace is None or now < self._next_trial:
            return self._one, steps
        return not self._one, min(steps, max(1, int(_TRIAL_SECONDS / pace)))

    def note(self, one: bool, now: float, seconds: float, steps: int) -> None:
        """Note how long a call took that began at `now`."""
        is_trial = one is not self._one
        if not steps or (seconds < _MEASURABLE and not is_trial):
            return
        if not self._paces:
            self._next_trial = now + self._wait  # the first calls are slower
        self._paces[one] = seconds / steps
        if not is_trial:
            return
        self._wait = min(2 * self._wait, _LONGEST_WAIT)
        if self._paces[one] < _FASTER * self._paces[self._one]:
            self._one, self._wait = one, _FIRST_WAIT
        self._next_trial = now + seconds + max(self._wait, _TRIAL_COST * seconds)


class _Call:
    """What the threads of a call have in common.

    It keeps the arrays of a thread that stalled. A thread that comes after the call finds the words
    of this call, not of the next one.

    Attributes
    ----------
    shared : array of int64
        See `instructions`.
    spent : list of float
        Seconds of the processor that each thread used.
    seconds : list of float
        How long each thread took.
    """

    def __init__(
        self,
        run: Any,
        compiled: Compiled,
        memory: NDArray[Any],
        threads: int,
        steps: int,
        patience: float,
    ) -> None:
        self._run, self._compiled, self._memory = run, compiled, memory
        self._arrays = [*compiled.arrays.values()]  # the next call has others
        self.threads, self._steps = threads, steps
        raw = np.zeros(CLAIMS + LINE * (compiled.claims + 1), np.uint8)
        start = -raw.ctypes.data % LINE
        self.shared = raw[start : start + CLAIMS + LINE * compiled.claims].view(np.int64)
        self.shared[YIELD // 8] = _address_of_yield()
        self.shared[PATIENCE // 8] = max(1, int(patience / _seconds_of_a_turn()))
        self.spent, self.seconds = [0.0] * threads, [0.0] * threads

    def work(self, number: int) -> None:
        """Run the program as one of the threads, and measure the time."""
        compiled = self._compiled
        with products_in_one_thread():  # for the bits, which depend on how BLAS cuts a product
            started, spent = time.perf_counter(), time.thread_time()
            self._run(
                compiled.words.ctypes.data,
                len(compiled.words) - 1,
                self._memory.ctypes.data,
                compiled.state.ctypes.data,
                compiled.numbers.ctypes.data,
                self.shared.ctypes.data,
                number,
                self.threads,
                self._steps,
            )
            self.spent[number] = time.thread_time() - spent
            self.seconds[number] = time.perf_counter() - started


def _start(threads: Sequence[threading.Thread]) -> None:
    """Start threads, as far as the system allows it: the others do the work of the missing ones."""
    try:
        for each in threads:
            each.start()
    except (MemoryError, RuntimeError):
        pass


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for the threads that were started, each up to some seconds.

    An interruption meanwhile comes afterwards. The wait has turns: while the process is stopped,
    the clock goes on, so that the current one ends.
    """
    interruption = None
    for each in threads:
        turns = _TURNS
        while turns and each.is_alive():
            try:
                each.join(seconds / _TURNS)
                turns -= 1
            except BaseException as error:
                interruption = error
    if interruption is not None:
        raise interruption


@cache
def _address_of_yield() -> int:
    """Return the address of a function that lets other processes run, or 0."""
    try:
        function = ctypes.CDLL(None).sched_yield
    except (AttributeError, OSError, TypeError):
        try:
            function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined]
        except (AttributeError, OSError):
            return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def _seconds_of_a_turn() -> float:
    """Return how long a turn of a wait takes at least, measured once."""
    spin = callable_at(addresses([_SPIN])[_SPIN], [ctypes.c_int64])
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        spin(SPINS)
        best = min(best, time.perf_counter() - started)
    return best
