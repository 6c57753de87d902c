"""What every function that trains is called with: who watches, and who is told what."""

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
    """The options that training functions share, checked.

    Parameters
    ----------
    observers : sequence of Observer
    progress : bool
        Whether progress is shown.
    threads : int or None
        Of the matrix products.
    note : function of str
        Told of warnings, once of each: several trainings may have the same.
    clock : Clock or None
        Is told where the time goes.

    Raises
    ------
    UsageError
        When observers or threads cannot be.
    """

    def __init__(
        self,
        observers: Sequence[Observer],
        *,
        progress: bool,
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
        self.threads = check_threads(threads)
        self.progress, self.note, self.clock = progress, told_once(note), clock
        self._observers = observers

    def preparing(self) -> AbstractContextManager[None]:
        """Count what is done inside as preparation."""
        return self.clock.phase("preparation") if self.clock else nullcontext()

    @contextmanager
    def watching(self) -> Iterator[list[Observer]]:
        """Let Ctrl-C stop training while the block runs, and give all observers to it.

        Those that print come last, below the warnings.
        """
        with InterruptRequest.of_guest() as stop:
            described = any(each.describes_data for each in self._observers)
            watching = [*self._observers, stop, Notes(self.note, left_out=not described)]
            if self.progress:
                from nncli.training.observers.shown import shown_progress

                watching.append(shown_progress())
            yield watching
