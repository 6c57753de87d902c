"""Read ``history.csv``."""

import csv
from functools import partial
from io import TextIOWrapper
from itertools import takewhile

from nncli.base.errors import DataError, reason
from nncli.base.storage.directory import Place
from nncli.base.storage.regular_file import open_regular

_LONGEST_LINE = 1 << 20  # characters

Table = dict[str, list[float]]


def lacks_column(place: Place, name: str) -> bool:
    """Return whether a history has a header without a column; False if it has no header."""
    try:
        with open_regular(place) as file:
            header = file.readline(_LONGEST_LINE)
    except OSError:
        return False
    return header.endswith(b"\n") and name.encode() not in header.rstrip().split(b",")


def read_history(path: Place) -> Table:
    """Return the columns of a ``history.csv``, without an incomplete last row.

    Raises
    ------
    DataError
        If the file cannot be read or is not a history.
    """
    try:
        with open_regular(path) as file, TextIOWrapper(file, "utf-8", newline="") as stream:
            lines = iter(partial(stream.readline, _LONGEST_LINE), "")
            whole = takewhile(lambda line: line.endswith("\n"), lines)
            header, *rows = [*csv.reader(whole)] or [[]]
        if header[:2] != ["epoch", "train_loss"]:
            raise ValueError("its header does not start with epoch,train_loss")
        if short := [number for number, row in enumerate(rows, 2) if len(row) != len(header)]:
            raise ValueError(f"line {short[0]} has more or fewer values than the header")
        table: Table = {name: [float(row[at]) for row in rows] for at, name in enumerate(header)}
        return {**table, "epoch": [int(each) for each in table["epoch"]]}
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    except (ValueError, OverflowError, csv.Error) as error:
        raise DataError(f"{path}: is damaged, or not the history of a run ({error})") from error
