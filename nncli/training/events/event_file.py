"""A file of events in a run directory, which grows by whole events."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from itertools import islice

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import GrowingFile, remove_litter, writing
from nncli.base.storage.records import read_records, record_of
from nncli.base.storage.regular_file import open_regular
from nncli.base.storage.run_files import TENSORBOARD

EVENTS = "events.out.tfevents.0.nncli"  # TensorBoard reads every file with tfevents in its name

_ATTEMPTS = 3


class EventFile:
    """The events in ``tensorboard/NAME`` of a run; TensorBoard shows each such folder as a run.

    The folders are made when they are missing, and never followed as links.

    Parameters
    ----------
    run : Directory
        Open run directory.
    name : str
    """

    def __init__(self, run: Directory, name: str) -> None:
        self._name = name
        self._above = run.directory(TENSORBOARD)
        self._folder = self._above.directory(name)
        self._file: GrowingFile | None = None
        self._waiting: list[bytes] = []

    def read(self, count: int, most_bytes: int) -> list[bytes]:
        """Return the first `count` events, or those before the first that is damaged or missing.

        Parameters
        ----------
        most_bytes : int
            Size of the largest event.
        """
        with self._opened(), suppress(OSError), open_regular(self._folder / EVENTS) as stream:
            return [*islice(read_records(stream, most_bytes), count)]
        return []

    def start(self, events: Iterable[bytes]) -> None:
        """Start the file with some events, unless it has exactly these. Raise `OutputError`.

        TensorBoard may be reading the file, and does not notice that another takes its place.
        """
        content = b"".join(map(record_of, events))

        def write() -> None:
            remove_litter(self._folder)
            self._file = GrowingFile(self._folder / EVENTS, content, reuse=True)

        self._in_folder(write)

    def add(self, event: bytes) -> None:
        """Add an event, which `flush` writes."""
        self._waiting.append(record_of(event))

    def flush(self) -> None:
        """Write the events that were added. Raise `OutputError`."""
        if self._waiting:
            self._in_folder(self._append)

    def synchronize(self) -> None:
        """Write all events and wait until they are on disk. Raise `OutputError`."""

        def write() -> None:
            self._append()
            if self._file:
                self._file.synchronize()

        self._in_folder(write)

    def _append(self) -> None:
        """Append what waits; if the file was removed, write it again."""
        waiting, self._waiting = b"".join(self._waiting), []
        if self._file:
            self._file.append(waiting)

    def copy_to(self, run: Directory) -> None:
        """Write the events so far to another run directory. Raise `OutputError`."""
        if self._file:
            copy = EventFile(run, self._name)
            records = BytesIO(self._file.content() + b"".join(self._waiting))
            copy.start(read_records(records, len(records.getvalue())))
            copy.close()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _in_folder(self, write: Callable[[], None]) -> None:
        """Write in the folder; do so again if it is removed in the middle. Raise `OutputError`."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._opened():
                    write()
                return
            except OutputError as error:
                if attempt == _ATTEMPTS or not isinstance(error.__cause__, FileNotFoundError):
                    raise

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Make and open the folders while the block runs. Raise `OutputError`."""
        with ExitStack() as opened:
            for directory in (self._above, self._folder):
                with writing(directory):
                    directory.make()
                    opened.enter_context(directory.opened())
            yield
