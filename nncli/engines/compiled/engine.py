"""The engine that takes many steps in one call of compiled code, on one or several threads."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.clock import Clock
from nncli.base.storage.mapping import take_rows
from nncli.data.splits import Rows
from nncli.engines.batches import Batches, evaluation_rows
from nncli.engines.compiled.blas import find_product
from nncli.engines.compiled.epochs import Epochs, are_taken_together
from nncli.engines.compiled.layers import MOST_PARTS
from nncli.engines.compiled.layout import Memory
from nncli.engines.compiled.program import Compiled
from nncli.engines.compiled.rows import (
    batches_at_once,
    check_range,
    connect,
    connect_inputs,
    release,
    with_readable_rows,
)
from nncli.engines.compiled.state import (
    ADDRESS,
    CODES,
    EPOCH_STEPS,
    EPOCHS,
    ITEM_BYTES,
    LOSS,
    PENALTY,
    POOL,
    RATES,
    ROW_NUMBERS,
    ROW_STRIDE,
    ROWS,
    SCORE,
    SIZE,
    SKIPS_GATHERING,
    SNAPSHOTS,
    STEP,
    STEP_LOSS,
    STOP,
)
from nncli.engines.compiled.steps import Vectors, evaluation_of, training_of
from nncli.engines.compiled.team import Team
from nncli.engines.divergence import explained, is_finite, reason_of, remedy
from nncli.engines.engine import Setup, Steps, Sums, check_state
from nncli.nn.entries import Array
from nncli.nn.layers.activation import SATURATION_ROWS
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.network import Network


class CompiledEngine:
    """The `Engine` whose steps are compiled.

    Parameters
    ----------
    setup : Setup
    clock : Clock, optional
        Clock that measures the calls; the phases of a step cannot be told apart.
    """

    name: ClassVar[str] = "compiled"
    enough_work: ClassVar[float] = 2e6  # measured: see docs/performance.md
    has_own_threads: ClassVar[bool] = True

    def __init__(self, setup: Setup, clock: Clock | None = None) -> None:
        setup = with_readable_rows(setup)
        self._setup, self._clock = setup, clock
        product = find_product().product
        assert product is not None
        given = product.address(setup.network.dtype), product.kind
        memory = Memory(setup.network.dtype, setup.batch_rows)
        self._vectors = Vectors(memory, setup)
        self._step = training_of(setup, self._vectors, memory, given)
        evaluation = None
        if setup.validation:
            outputs = setup.network.output.outputs
            memory.rows = min(evaluation_rows(outputs), len(setup.validation))
            evaluation = evaluation_of(setup, self._vectors, memory, given)
        self._memory = memory.allocate()
        self._fill()
        self._training = self._compiled(self._step.program)
        self._evaluation = None if evaluation is None else self._compiled(evaluation)
        connect(self._training, setup.training)
        if self._evaluation and setup.validation:
            connect(self._evaluation, setup.validation)
        work = setup.batch_rows * sum(layer.flops_per_row for layer in setup.network.layers)
        self._team = Team(3.0 * work)  # the backward pass has two products for each one of forward
        self._steps = 0
        self._pool: Rows | None = None
        self._has_all_rows = False
        self._epochs: Epochs | None = None

    def _fill(self) -> None:
        """Copy the initial arrays to the memory, and use them there from now on."""
        vectors, memory, given = self._vectors, self._memory, self._setup.network
        part = slice(vectors.parameters, vectors.parameters + vectors.size)
        state = slice(vectors.state, vectors.state + vectors.state_size)
        memory[part], memory[state] = given.parameters, given.state
        layers = with_dropout(given.layers, self._setup.dropout, self._setup.seed)
        self._network = Network(layers, memory[part], memory[state])
        self._network.mask = given.mask
        if vectors.mask is not None and given.mask is not None:
            memory[vectors.mask : vectors.mask + vectors.size] = given.mask
        codes = self._setup.codes
        if len(codes):
            flat = np.concatenate([codes[-1], codes[-2::-1, -1]])
            memory[vectors.codes : vectors.codes + len(flat)] = flat

    def _compiled(self, program: Any) -> Compiled:
        compiled = Compiled(program, self._memory)
        compiled.state[SIZE], compiled.state[ADDRESS] = len(self._memory), self._memory.ctypes.data
        compiled.state[ITEM_BYTES] = self._memory.itemsize
        compiled.state[CODES] = self._vectors.codes + len(self._setup.codes) - 1
        return compiled

    def hold(self, pool: Rows | None) -> None:
        """Copy some rows from a mapped array to memory; None for none."""
        self._settle()
        if pool is not None:
            check_range("row", pool, len(self._setup.training.inputs))
        connect(self._training, self._setup.training)
        self._pool = pool
        if pool is None:
            return
        connect_inputs(self._training, take_rows(self._setup.training.inputs, pool))
        self._training.point(POOL, np.ascontiguousarray(pool, np.int64))

    def steps(self, batches: Rows, rates: Sequence[float], sums: Sums) -> Steps:
        """Take steps; see `Engine.steps`."""
        with self._measured("steps"):
            self._settle()
            return self._take(batches, rates, sums)

    def _measured(self, phase: str) -> AbstractContextManager[None]:
        return self._clock.phase(phase) if self._clock else nullcontext()

    def _take(self, batches: Rows, rates: Sequence[float], sums: Sums) -> Steps:
        blocks = len(self._setup.network.blocks)
        if not sums.steps:
            sums.squared_norms = [0.0] * blocks
            sums.saturated = [None] * blocks
            self._forget_saturated()
        if not len(batches):
            return Steps(0)
        if len(rates) != len(batches):
            raise ValueError(f"{len(rates)} learning rates for {len(batches)} batches")
        if self._pool is None:
            batches = batches[: batches_at_once(self._setup.training, len(batches))]
        rows = self._checked(batches)
        state, numbers, step = self._training.state, self._training.numbers, self._step
        norms = slice(step.norms, step.norms + blocks)
        state[EPOCH_STEPS], state[STEP] = sums.steps, self._steps
        numbers[[LOSS, SCORE, PENALTY]] = sums.loss, sums.score, sums.penalty
        numbers[norms] = sums.squared_norms
        self._training.point(RATES, np.array(rates, np.float64))
        is_all = rows.shape[1] == len(self._setup.training)  # in order: see `Engine.steps`
        state[SKIPS_GATHERING] = is_all and self._has_all_rows
        self._has_all_rows = False  # unless the call completes
        done = self._call(self._training, rows)
        release(self._setup.training)
        self._has_all_rows = is_all
        if done and not sums.steps:
            sums.saturated = self._saturated(rows.shape[1])
        sums.loss, sums.score, sums.penalty = numbers[[LOSS, SCORE, PENALTY]].tolist()
        sums.squared_norms = numbers[norms].tolist()
        sums.steps += done
        sums.rows += done * rows.shape[1]
        self._steps += done
        if not state[STOP]:
            return Steps(done)
        self._steps += 1
        return Steps(done, self._problem_of_step(batches[done]))

    def epochs(self, rates: Sequence[float]) -> tuple[int, Iterator[Sums]]:
        """Take epochs of one step; see `Engine.epochs`."""
        self._settle()
        if self._pool is not None or not are_taken_together(self._setup):
            return 0, iter(())
        taken = self._epochs = Epochs(self._setup, self.state(), rates, self._step.counts)
        with self._measured("steps"):
            found = self._recorded(taken)  # after an interruption, none of them counts
        return taken.complete(found), self._handed_out(taken)

    def _recorded(self, taken: Epochs, part: slice = slice(None)) -> Steps:
        """Take epochs, or a part of them, and write the sums and the parameters of each."""
        training = self._training
        training.point(EPOCHS, taken.sums[part])
        training.point(SNAPSHOTS, taken.snapshots[part])
        try:
            return self._take(taken.batches()[part], taken.rates[part], Sums())
        finally:
            if not self._team.has_stalled:  # a thread may still read them
                training.point(EPOCHS, None)
                training.point(SNAPSHOTS, None)

    def _handed_out(self, taken: Epochs) -> Iterator[Sums]:
        """Yield the sums of each epoch, until something else is asked of the engine."""
        for sums in taken.in_turn():
            if self._epochs is not taken:
                return
            taken.given += 1
            yield sums
        if self._epochs is taken:
            self._settle()

    def _settle(self) -> None:
        """Go back to the epoch that was handed out last, if others were taken ahead."""
        self._team.check()
        taken = self._epochs
        if taken and not taken.are_all_given:
            taken.leave_memory()  # after an interruption, the next call begins again
            self._write(taken.start)
            done = 0  # the clock does not run: it measures what asks for the state
            while done < taken.given:  # the same bits again
                done += self._recorded(taken, slice(done, taken.given)).done
        self._epochs = None

    def _given(self) -> Epochs | None:
        """Return the epochs that are being handed out, or None if the memory is the state."""
        if self._epochs is None or self._epochs.are_all_given or not self._epochs.given:
            self._settle()
        return self._epochs

    def _checked(self, batches: Rows) -> NDArray[np.int64]:
        """Return row numbers that compiled code can use: it does not check them."""
        limit = len(self._setup.training.inputs) if self._pool is None else len(self._pool)
        size = batches.shape[1]
        if size > self._setup.batch_rows:
            raise IndexError(f"a batch has {size} rows; at most {self._setup.batch_rows} fit")
        are_equal = len(batches) > 1 and batches.strides[0] == 0
        rows = batches[: 1 if are_equal else None].astype(np.int64, copy=False)
        if rows.strides[1] != rows.itemsize or rows.strides[0] % rows.itemsize:
            rows = np.ascontiguousarray(rows)
        check_range("row", rows, limit)
        return np.broadcast_to(rows, batches.shape) if are_equal else rows

    def _call(self, compiled: Compiled, rows: NDArray[np.int64]) -> int:
        state = compiled.state
        state[ROWS] = rows.shape[1]
        compiled.point(ROW_NUMBERS, rows)
        state[ROW_STRIDE] = rows.strides[0] // 8
        return self._team.run(compiled, self._memory, len(rows))

    def _forget_saturated(self) -> None:
        """Set the counts of saturated units to 0: parts without rows do not count."""
        for place in self._step.counts:
            if place is not None:
                self._training.numbers[place : place + MOST_PARTS] = 0

    def _saturated(self, rows: int) -> list[float | None]:
        """Return the saturated fraction of each block in the first step of the epoch."""
        result: list[float | None] = []
        for block, place in zip(self._setup.network.blocks, self._step.counts, strict=True):
            if place is None:
                result.append(None)
                continue
            count = self._training.numbers[place : place + MOST_PARTS].sum()
            result.append(float(count / (min(rows, SATURATION_ROWS) * block.outputs)))
        return result

    def _problem_of_step(self, rows: Rows) -> str:
        """Return what is not finite in the step on some rows, with a remedy."""
        setup, numbers, step = self._setup, self._training.numbers, self._step
        batches = Batches(setup.training, setup.scaling, setup.codes, len(rows))
        batches.hold(self._pool)
        X, _ = batches.gather(rows)
        norms = numbers[step.new_norms : step.new_norms + len(setup.network.blocks)].tolist()
        advice = remedy(X, self._steps, setup.regularization.clip_norm, are_bytes=batches.are_bytes)
        return explained(self._network, X, float(numbers[STEP_LOSS]), norms, self._steps, advice)

    def evaluate(self) -> tuple[float, float]:
        """Return the mean loss and the mean score over the validation rows."""
        if not (taken := self._given()):
            return self._evaluated()
        network = self._network
        ahead = network.parameters.copy(), network.state.copy()
        try:
            network.parameters[:], network.state[:] = taken.snapshot
            return self._evaluated()
        finally:
            network.parameters[:], network.state[:] = ahead

    def _evaluated(self) -> tuple[float, float]:
        assert self._evaluation
        assert self._setup.validation
        numbers, rows = self._evaluation.numbers, self._setup.validation.rows.astype(np.int64)
        size = min(evaluation_rows(self._setup.network.output.outputs), len(rows))
        numbers[[LOSS, SCORE]] = 0
        whole = len(rows) // size * size
        with self._measured("validation"):
            self._evaluate(self._evaluation, rows[:whole].reshape(-1, size))
            if whole < len(rows):
                self._evaluate(self._evaluation, rows[whole:].reshape(1, -1))
        return float(numbers[LOSS]) / len(rows), float(numbers[SCORE]) / len(rows)

    def _evaluate(self, compiled: Compiled, batches: NDArray[np.int64]) -> None:
        assert self._setup.validation
        while len(batches):
            most = batches_at_once(self._setup.validation, len(batches))
            batches = batches[self._call(compiled, batches[:most]) :]
            release(self._setup.validation)

    def problem(self) -> str | None:
        """Return which parameters are not finite, with a remedy, or None if all are finite."""
        if self._given():
            return None
        network = self._network
        if all(is_finite(each) for each in (network.parameters, network.state) if each.size):
            return None
        setup = self._setup
        are_bytes = Batches(setup.training, setup.scaling, setup.codes, 1).are_bytes
        advice = remedy(None, self._steps, setup.regularization.clip_norm, are_bytes=are_bytes)
        return f"{reason_of(network)}; {advice}"

    def snapshot(self) -> dict[str, Array]:
        """Return copies of the network's flat vectors."""
        network = self._network
        taken = self._given()
        parameters, state = taken.snapshot if taken else (network.parameters, network.state)
        return {"parameters": parameters.copy(), "state": state.copy()}

    def _slots(self) -> Array:
        places = [self._memory[at : at + self._vectors.size] for at in self._vectors.slots]
        return np.array(places).reshape(len(places), self._vectors.size)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the network's vectors and the optimizer's slots, and the step count."""
        self._settle()
        return {**self.snapshot(), "slots": self._slots(), "steps": np.array(self._steps)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore a `state`; see `Engine.restore`."""
        check_state(state, self.state())
        self._write(state)

    def _write(self, state: Mapping[str, NDArray[Any]]) -> None:
        np.copyto(self._network.parameters, state["parameters"])
        np.copyto(self._network.state, state["state"])
        for at, slot in zip(self._vectors.slots, state["slots"], strict=True):
            self._memory[at : at + self._vectors.size] = slot
        self._steps = int(state["steps"])
