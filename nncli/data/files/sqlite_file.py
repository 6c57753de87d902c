"""Tables and views from SQLite databases.

The file is untrusted. It is opened read-only, and no code in it runs except the query of a view,
without recursion and within limits: no extension, no trigger, no function that SQLite does not
trust. Values keep their types: numbers, text, or blank; in a column declared as Boolean, 0 and 1
are false and true.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from nncli.base.errors import DataError
from nncli.base.paths import absolute
from nncli.base.words import listed
from nncli.data.files.csv_rows import MOST_ROW_BYTES
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import BOMB_BYTES, BOMB_RATIO, InputFile
from nncli.data.files.value_file import BLOCK_BYTES, BLOCK_ROWS, ValueBlock, ValueFile

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
_SETTINGS = ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0")
_STEPS = 1_000_000  # of SQLite's virtual machine: a few milliseconds
_MOST_STEPS = 2000  # intervals of _STEPS without a row
_SWELLING = ("printf", "format", "zeroblob", "randomblob")
_BOOLEANS = {0: False, 1: True}

Row = tuple[object, ...]


class SqliteFile(ValueFile):
    """A table of a database with its columns read."""

    def __init__(
        self, file: InputFile, hints: Hints = NO_HINTS, *, most_steps: int = _MOST_STEPS
    ) -> None:
        self.name = file.name
        self._most_steps, self._steps = most_steps, 0
        self._path, self._advance = file.path, file.advance
        self._content = file.read() if file.path is None else b""
        size = len(self._content) if file.path is None else file.path.stat().st_size
        self._most_bytes = max(BOMB_BYTES, BOMB_RATIO * size)  # of cells, which a view may generate
        with self._connected() as connection:
            self._table = _chosen(_names(connection), file.name, hints)
            query = f"select * from {_quoted(self._table)} limit 0"
            names = [each[0] for each in connection.execute(query).description]
            super().__init__(file.name, names)
            declared = _declared(connection, self._table)
            self._booleans = {name for name, type_, _ in declared if type_ in ("bool", "boolean")}
            self._computed = {name for name, _, is_computed in declared if is_computed}

    def _value_blocks(self, places: Sequence[int]) -> Iterator[ValueBlock]:
        names = [str(self.own_names[place]) for place in places]
        for name in self._computed.intersection(names):
            raise DataError(
                f"{self.name}: column {name} is computed by the database, which is disabled "
                "for untrusted files; drop it, or copy the table with its values"
            )
        query = f"select {', '.join(map(_quoted, names))} from {_quoted(self._table)}"
        booleans = [at for at, name in enumerate(names) if name in self._booleans]
        with self._connected() as connection:
            first = 0
            for rows in self._grouped(connection.execute(query)):
                self._steps = 0
                columns = [*zip(*rows, strict=True)]
                for at in booleans:
                    columns[at] = tuple(_BOOLEANS.get(each, each) for each in columns[at])
                yield ValueBlock(partial(_row, first), columns)
                first += len(rows)
        if self._path is not None:
            self._advance(self._path.stat().st_size)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Open the database; report errors in one line."""
        try:
            with closing(self._connection()) as connection:
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_ROW_BYTES)
                for setting in _SETTINGS:
                    connection.execute(f"pragma {setting}")
                connection.set_authorizer(_may)
                connection.set_progress_handler(self._is_too_much, _STEPS)
                yield connection
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            if "interrupted" in words:
                words = "the view takes too long"
            raise DataError(
                f"{self.name}: the table cannot be read, or the database is damaged ({words})"
            ) from error

    def _connection(self) -> sqlite3.Connection:
        if self._path is None:
            connection = sqlite3.connect(":memory:")
            # Bytes 18 and 19 declare a write-ahead log, which a database in memory does not have.
            connection.deserialize(self._content[:18] + b"\1\1" + self._content[20:])
            return connection
        journal = Path(f"{self._path}-wal")
        if journal.exists() and journal.stat().st_size:
            raise DataError(
                f"{self.name}: has pending changes of another program in {journal.name}; close "
                "that program, or copy the table to another file"
            )
        place = quote(os.fsencode(absolute(self._path).as_posix()))
        start = "" if place.startswith("/") else "/"  # before the drive on Windows
        return sqlite3.connect(f"file:{start}{place}?mode=ro&immutable=1", uri=True)

    def _grouped(self, rows: Iterable[Row]) -> Iterator[list[Row]]:
        """Yield rows in blocks that fit in memory."""
        block: list[Row] = []
        size = total = 0
        for row in rows:
            block.append(row)
            size += 8 * len(row)
            size += sum(len(each) for each in row if isinstance(each, str | bytes))
            if len(block) >= BLOCK_ROWS or size > BLOCK_BYTES:
                yield block
                total += size
                block, size = [], 0
            if total + size > self._most_bytes:
                raise DataError(
                    f"{self.name}: the view {self._table!r} has more than {BOMB_RATIO} times the "
                    "size of the database; store the rows you need in a table"
                )
        if block:
            yield block

    def _is_too_much(self) -> bool:
        self._steps += 1
        return self._steps > self._most_steps


def _names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of tables and views, without those internal to SQLite."""
    query = "select name from sqlite_master where type in ('table', 'view') order by rowid"
    return [str(name) for (name,) in connection.execute(query) if not _is_internal(str(name))]


def _is_internal(name: str) -> bool:
    return name.lower().startswith("sqlite_")


def _chosen(names: Sequence[str], name: str, hints: Hints) -> str:
    """Return the chosen table, or the only one."""
    if (meant := hints.table_among(names, name, "table")) is not None:
        return meant
    if len(names) == 1:
        hints.take("table", names[0], f"{name}: reading the table {names[0]!r}")
        return names[0]
    if not names:
        raise DataError(f"{name}: has no tables; expected one with rows")
    raise DataError(
        f"{name}: has {len(names)} tables: {listed(names, 10)}; set data.table to one of them"
    )


def _declared(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, bool]]:
    """Return the name of each column, its type in lower case, and whether it is computed."""
    query = "select name, lower(type), hidden in (2, 3) from pragma_table_xinfo(?)"
    connection.set_authorizer(None)
    try:
        return connection.execute(query, (table,)).fetchall()
    finally:
        connection.set_authorizer(_may)


def _may(action: int, first: object, second: object, *others: object) -> int:
    """Allow reading only, without functions that generate large values."""
    is_allowed = action in _ALLOWED and str(second).lower() not in _SWELLING
    return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _row(first: int, row: int) -> str:
    return f"row {first + row}"
