"""The options that all training functions share: observers, progress, threads, notes."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from nncli.base.arguments import check_callable, unexpected
from nncli.base.clock import Clock
from nncli.base.errors import UsageError
from nncli.base.notes import Note, told_once
from nncli.base.threads import check_threads
from nncli.training.observers.interruption import InterruptRequest
from nncli.training.observers.notes import Notes
from nncli.training.observers.observer import Observer


class Call:
    """The checked options that training functions share.

    Parameters
    ----------
    observers : sequence of Observer
    progress : bool
        Whether to show progress.
    log_every : int or None
        Show lines about every Nth epoch only.
    threads : int or None
        Number of threads for training.
    note : function of str
        Called with each warning once, even if several trainings have it.
    clock : Clock or None
        Clock that measures where the time goes.

    Raises
    ------
    UsageError
        If observers, threads or `log_every` are invalid.
    """

    def __init__(
        self,
        observers: Sequence[Observer],
        *,
        progress: bool,
        log_every: int | None = None,
        threads: int | None,
        note: Note,
        clock: Clock | None,
    ) -> None:
        if not isinstance(observers, Sequence):
            raise unexpected("observers", observers, "a list of observers")
        for each in observers:
            if not isinstance(each, Observer):
                raise UsageError(f"observers: found {type(each).__name__}; expected an Observer")
        check_callable(note, "note")
        if clock is not None and not isinstance(clock, Clock):
            raise unexpected("clock", clock, "a Clock")
        if log_every is not None and (type(log_every) is not int or log_every < 1):
            raise unexpected("log_every", log_every, "a number of epochs, at least 1")
        self.threads, self.log_every = check_threads(threads), log_every
        self.progress, self.note, self.clock = progress, told_once(note), clock
        self._observers = observers

    def preparing(self) -> AbstractContextManager[None]:
        """Return a context manager that counts its block as preparation."""
        return self.clock.phase("preparation") if self.clock else nullcontext()

    @contextmanager
    def watching(self) -> Iterator[list[Observer]]:
        """Yield all observers, and let Ctrl-C stop training during the block.

        Observers that print come last, so that their output is below the warnings.
        """
        with InterruptRequest.of_guest() as stop:
            described = any(each.describes_data for each in self._observers)
            watching = [*self._observers, stop, Notes(self.note, left_out=not described)]
            if self.progress:
                from nncli.training.observers.shown import shown_progress

                watching += shown_progress(self.log_every)
            yield watching
