"""Arrays that refuse operations in another precision."""

import numpy as np


class Strict(np.ndarray):
    """An array whose ufunc calls must stay in its floating type."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **settings):
        if out:
            settings["out"] = tuple(map(_plain, out))
        result = getattr(ufunc, method)(*map(_plain, inputs), **settings)
        for each in (*inputs, *out, result):
            if isinstance(each, np.ndarray | np.generic) and each.dtype.kind == "f":
                assert each.dtype == self.dtype, (
                    f"{ufunc.__name__} leaves the precision: {each.dtype}"
                )
        if out:
            return out[0]
        return result.view(Strict) if isinstance(result, np.ndarray) else result


def strict(array):
    """Return a strict view of an array."""
    return array.view(Strict)


def _plain(array):
    return array.view(np.ndarray) if isinstance(array, Strict) else array
