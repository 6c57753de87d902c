import numpy as np
import pytest

from tests.nn.strict import Strict, strict


def test_a_strict_array_accepts_its_own_precision_and_python_numbers():
    array = strict(np.ones(3, np.float32))
    assert isinstance(np.multiply(array, 2.0, out=array), Strict)
    assert (np.add(array, np.ones(3, np.float32)) == 3).all()
    assert array.max() == 2


@pytest.mark.parametrize("other", [np.float64(2), np.ones(3), np.ones((), np.float64)])
def test_a_strict_array_refuses_another_precision(other):
    array = strict(np.ones(3, np.float32))
    with pytest.raises(AssertionError, match="float64"):
        np.multiply(array, other, out=array)
    with pytest.raises(AssertionError, match="float64"):
        array + other
