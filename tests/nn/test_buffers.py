import numpy as np
import pytest

from nncli.nn.buffers import NARROW, flat_buffer, shaped


@pytest.mark.parametrize("columns", [1, NARROW, NARROW + 1, 100])
@pytest.mark.parametrize("rows", [1, 5, 64])
def test_an_array_has_its_shape_no_gaps_and_the_start_of_the_memory(rows, columns):
    flat = flat_buffer(64, columns, np.float32)
    flat[:] = np.arange(flat.size)
    array = shaped(flat, rows, columns)
    assert array.shape == (rows, columns)
    assert array.flags.c_contiguous or array.flags.f_contiguous
    assert array.base is not None
    assert sorted(array.ravel().tolist()) == list(range(rows * columns))


def test_few_columns_are_stored_by_column_and_others_by_row():
    flat = flat_buffer(64, 100, np.float64)
    assert shaped(flat, 64, NARROW).flags.f_contiguous
    assert shaped(flat, 64, NARROW + 1).flags.c_contiguous
    assert shaped(flat, 3, 4).flags.c_contiguous  # as many columns as rows, or more
