import _thread
import queue
import signal
import socket
import threading
from collections import deque
from pathlib import Path

import pytest

from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.interruption import InterruptRequest

CTRL_C_OR_TERMINATE = (signal.SIGINT, signal.SIGTERM)

STEP = StepReport(epoch=1, batch=1, rows=1, loss=1.0)
EPOCH = EpochReport(1, {"train_loss": 1.0}, 0.1, 1.0, 1.0, [], improved=True)


class InTraining(InterruptRequest):
    """A request whose training has begun."""

    def __enter__(self):
        self.begin(None)
        return super().__enter__()


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def asks_to_stop(request):
    """Return whether a request stops training, the same after a step and an epoch."""
    answers = {request.step(STEP), request.epoch(EPOCH)}
    assert len(answers) == 1
    return answers.pop()


EITHER = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(autouse=True)
def usual_handler():
    """Make Ctrl-C raise KeyboardInterrupt, as by default."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_without_ctrl_c_nothing_is_requested():
    with InTraining(CTRL_C_OR_TERMINATE) as requested:
        assert asks_to_stop(requested) is False


def test_the_first_ctrl_c_is_only_recorded():
    with InTraining(CTRL_C_OR_TERMINATE) as requested:
        press_ctrl_c()
        assert asks_to_stop(requested) is True
    assert asks_to_stop(requested) is True  # also after training, while results are saved


def test_the_first_ctrl_c_is_announced():
    told = []
    with InTraining.of_program(lambda: told.append("stopping")):
        assert told == []
        press_ctrl_c()
        assert told == ["stopping"]


def test_the_second_ctrl_c_interrupts_at_once():
    with InTraining(CTRL_C_OR_TERMINATE):
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()


def press_in_one_call(*numbers):
    """Let signals arrive during one call of C code, such as a long product of matrices."""
    deque(map(_thread.interrupt_main, numbers), maxlen=0)


def test_two_signals_in_one_call_are_two():
    told = []
    with InTraining(CTRL_C_OR_TERMINATE, lambda: told.append("stopping")) as requested:
        with pytest.raises(KeyboardInterrupt):
            press_in_one_call(signal.SIGINT, signal.SIGINT)
        assert requested.signal == signal.SIGINT
        assert told == []  # as it does not wait for the step
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()


def test_one_signal_in_a_call_is_one():
    with InTraining(CTRL_C_OR_TERMINATE) as requested:
        press_in_one_call(signal.SIGINT)
        assert asks_to_stop(requested) is True
        with pytest.raises(KeyboardInterrupt):
            press_in_one_call(signal.SIGINT)


def test_the_socket_of_an_event_loop_stays_in_use():
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno())
        with InTraining(CTRL_C_OR_TERMINATE) as requested:
            press_ctrl_c()
            assert asks_to_stop(requested) is True
            with pytest.raises(KeyboardInterrupt):
                press_ctrl_c()
        assert reader.recv(10) == bytes([signal.SIGINT, signal.SIGINT])
        assert signal.set_wakeup_fd(-1) == writer.fileno()
    with InTraining(CTRL_C_OR_TERMINATE):
        pass
    assert signal.set_wakeup_fd(-1) == -1


def test_a_slow_evaluation_after_an_interruption_is_told():
    told = queue.Queue()
    with InterruptRequest(CTRL_C_OR_TERMINATE, tell_slow=told.put, slow_seconds=0) as requested:
        requested.begin(None)
        requested.checkpoint(Path("run"))
        assert requested.run == Path("run")
        press_ctrl_c()
        requested.checkpoint(Path("run"))  # within the step
        assert told.empty()
        requested.end(None)
        requested.checkpoint(Path("run"))
        assert told.get(timeout=30) == Path("run")


def test_a_fast_evaluation_is_not_told():
    told = []
    with InTraining(CTRL_C_OR_TERMINATE, tell_slow=told.append, slow_seconds=3600) as requested:
        press_ctrl_c()
        requested.end(None)
        requested.checkpoint(Path("run"))
        timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    for each in timers:
        each.join(30)
        assert not each.is_alive()
    assert told == []


def end_with(error):
    with InTraining(CTRL_C_OR_TERMINATE):
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_afterwards_ctrl_c_does_what_it_did_before(error):
    with InTraining(CTRL_C_OR_TERMINATE):
        pass
    with pytest.raises(error):
        end_with(error)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


@EITHER
def test_the_first_signal_is_recorded_with_its_number(number):
    with InTraining(CTRL_C_OR_TERMINATE) as requested:
        assert requested.signal is None
        signal.raise_signal(number)
        assert asks_to_stop(requested) is True
    assert requested.signal == number


@EITHER
def test_a_second_signal_of_either_kind_interrupts_at_once(number):
    with InTraining(CTRL_C_OR_TERMINATE) as requested:
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert requested.signal == signal.SIGINT


def test_afterwards_a_request_to_terminate_does_what_it_did_before():
    before = signal.getsignal(signal.SIGTERM)
    with InTraining(CTRL_C_OR_TERMINATE):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_before_training_the_first_one_interrupts():
    with InterruptRequest(CTRL_C_OR_TERMINATE) as requested:
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
        requested.begin(None)
        press_ctrl_c()
        assert asks_to_stop(requested) is True


def test_a_signal_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with InTraining.of_program(lambda: None) as requested:
        press_ctrl_c()
        signal.raise_signal(signal.SIGTERM)
    assert requested.signal == signal.SIGTERM
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
