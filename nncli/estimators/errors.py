"""nncli's errors that are also the built-in errors that scikit-learn users expect."""

from collections.abc import Iterator
from contextlib import contextmanager

from nncli.base.errors import ConfigError, DataError, DivergenceError, NncliError, UsageError


class RowsError(DataError, ValueError):
    """Rows cannot be used."""


class RowsTypeError(DataError, TypeError):
    """Rows are of a type that cannot be used."""


class ParameterError(ConfigError, ValueError):
    """A parameter is invalid."""


class RefusedError(UsageError, ValueError):
    """A call asks for something impossible."""


class DivergedError(DivergenceError, ValueError):
    """Training produced NaN or infinity."""


_KINDS: dict[type[NncliError], type[NncliError]] = {
    DataError: RowsError,
    ConfigError: ParameterError,
    UsageError: RefusedError,
    DivergenceError: DivergedError,
}


@contextmanager
def expected_errors() -> Iterator[None]:
    """Convert nncli's errors to subclasses that are also a `ValueError`, with the same text."""
    try:
        yield
    except NncliError as error:
        if isinstance(error, ValueError | TypeError):
            raise
        kind = next((both for each, both in _KINDS.items() if isinstance(error, each)), None)
        if kind is None:
            raise
        both = kind(str(error))
        if isinstance(both, DivergenceError) and isinstance(error, DivergenceError):
            both.result = error.result
        raise both from error
