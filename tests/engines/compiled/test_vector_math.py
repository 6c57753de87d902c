"""Largest errors, limits, bits and code of the elementary functions for compiled loops."""

import math
import os
import re
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from tests.engines.compiled import exact

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from numba import njit

from nncli.engines.compiled import vector_math

inf, nan = math.inf, math.nan


class Case(NamedTuple):
    """What a function must be."""

    largest_errors: dict[type, float]  # in units in the last place; the docs have the same ones
    range: tuple[float, float]  # beyond it, the results are limits
    limits: list[tuple[float, float]]


CASES = {
    "exp": Case(
        {np.float32: 1.1, np.float64: 1.1},
        (-746, 710),
        [(0.0, 1), (-0.0, 1), (inf, inf), (-inf, 0), (1e30, inf), (-1e30, 0)],
    ),
    "sigmoid": Case(
        {np.float32: 2.0, np.float64: 2.1},
        (-746, 40),
        [(0.0, 0.5), (-0.0, 0.5), (inf, 1), (-inf, 0), (1e30, 1), (-1e30, 0)],
    ),
    "tanh": Case(
        {np.float32: 1.8, np.float64: 1.8},
        (-25, 25),
        [(0.0, 0.0), (-0.0, -0.0), (inf, 1), (-inf, -1), (1e30, 1), (-1e30, -1)],
    ),
    "log": Case(
        {np.float32: 0.9, np.float64: 0.9},
        (0, 1e300),
        [
            (0.0, -inf),
            (-0.0, -inf),
            (1.0, 0.0),
            (inf, inf),
            (-inf, nan),
            (-1.0, nan),
            (-1e-40, nan),
        ],
    ),
    "softplus": Case(
        {np.float32: 2.2, np.float64: 1.8},
        (-746, 1e300),
        [(inf, inf), (-inf, 0), (1e30, 1e30), (-1e30, 0)],
    ),
    "normal_cdf": Case(
        {np.float32: 2.6, np.float64: 2.2},
        (-38.6, 9),
        [(0.0, 0.5), (-0.0, 0.5), (inf, 1), (-inf, 0), (1e30, 1), (-1e30, 0)],
    ),
}
every_function = pytest.mark.parametrize("name", CASES)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def loop_of(name, **options):
    function = getattr(vector_math, name)

    @njit(error_model="numpy", **options)
    def loop(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])

    return loop


LOOPS = {name: loop_of(name) for name in CASES}


def result_of(name, x):
    out = np.empty_like(x)
    LOOPS[name](x, out)
    return out


def bits_of(x):
    return x.view(f"u{x.itemsize}")


def any_numbers(dtype, size):
    """Return numbers of every exponent and both signs, infinities and NaN included."""
    size_of_bits = np.dtype(dtype).itemsize
    bits = np.random.default_rng(1).integers(0, 2 ** (8 * size_of_bits), size, np.uint64)
    return bits.astype(f"u{size_of_bits}").view(dtype)


@njit
def largest_difference(found, expected, rounded, exponents, ulps):
    """Return the largest error in ulp; infinite if a NaN or infinity is missing or too many."""
    largest = 0.0
    for i in range(len(found)):
        if np.isfinite(rounded[i]):
            error = abs(found[i] - expected[i]) / ulps[exponents[i]]
            largest = max(largest, error if error == error else np.inf)
        elif found[i] != rounded[i] and not (np.isnan(found[i]) and np.isnan(rounded[i])):
            largest = np.inf
    return largest


def largest_error_in_single_precision(name, bits):
    """Return the largest error in ulp, compared with the float64 function.

    That function is compared with exact values by another test.
    """
    x = bits.astype(np.uint32).view(np.float32)
    ulps = 2.0 ** (np.maximum(np.arange(256), 1) - 150)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        expected = result_of(name, x.astype(np.float64))
        rounded = expected.astype(np.float32)
    exponents = bits_of(rounded) >> 23 & 255
    return largest_difference(result_of(name, x), expected, rounded, exponents, ulps)


@every_function
def test_largest_error_at_many_numbers_of_single_precision(name):
    error = largest_error_in_single_precision(name, np.arange(0, 2**32, 4093, np.uint64))
    assert 0.5 <= error <= CASES[name].largest_errors[np.float32]


@pytest.mark.slow
@every_function
def test_largest_error_at_all_numbers_of_single_precision(name):
    size = 2**16  # so that the arrays stay in the cache of the processor
    errors = (
        largest_error_in_single_precision(name, np.arange(first, first + size, dtype=np.uint64))
        for first in range(0, 2**32, size)
    )
    assert max(errors) <= CASES[name].largest_errors[np.float32]


@every_function
def test_largest_errors_of_double_precision(name):
    random, (low, high) = np.random.default_rng(2), CASES[name].range
    x = np.concatenate(
        [
            any_numbers(np.float64, 1500),
            random.uniform(low, min(high, 800), 1000),
            random.uniform(max(low, -3), 3, 1500),
            # around halfway points, where n changes
            (np.arange(-60, 60) + 0.5) * np.log(2) / 2,
            [5e-324, -5e-324, 2.3e-308, 1e-300, np.sqrt(0.5), np.sqrt(2), np.nextafter(1, 0)],
        ]
    )
    x = x[(x > low) & (x < high)]
    found = result_of(name, x)
    for number, value, y in zip(
        x.tolist(), exact.values(getattr(exact, name), x.tolist()), found.tolist(), strict=True
    ):
        nearest = float(value)
        if math.isinf(nearest):
            assert y == nearest
        else:
            error = abs(exact.Decimal(y) - value) / exact.Decimal(math.ulp(nearest))
            assert error <= CASES[name].largest_errors[np.float64], number


@every_function
@both_precisions
def test_limits_and_zeros(name, dtype):
    x, expected = (np.array([*each], dtype) for each in zip(*CASES[name].limits, strict=True))
    found = result_of(name, x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        np.signbit(found[expected == 0]), np.signbit(expected[expected == 0])
    )


@every_function
@both_precisions
def test_nan_stays_nan(name, dtype):
    assert np.isnan(result_of(name, np.array([nan, -nan] * 20, dtype))).all()


@every_function
@both_precisions
def test_bits_do_not_depend_on_the_place_in_a_loop(name, dtype):
    random = np.random.default_rng(3)
    x = np.concatenate([any_numbers(dtype, 60), random.normal(0, 3, 40).astype(dtype)])
    random.shuffle(x)
    whole = result_of(name, x)
    for start in range(40):
        for stop in range(start, len(x) + 1, 3):
            part = np.empty(stop, dtype)[start:]
            LOOPS[name](x[start:stop], part)
            np.testing.assert_array_equal(bits_of(part), bits_of(whole[start:stop]))


@every_function
@both_precisions
def test_bits_do_not_depend_on_the_flags_of_the_caller(name, dtype):
    x = np.random.default_rng(4).normal(0, 3, 1000).astype(dtype)
    out = np.empty_like(x)
    loop_of(name, fastmath={"reassoc", "contract", "nsz", "arcp"})(x, out)
    np.testing.assert_array_equal(bits_of(out), bits_of(result_of(name, x)))


@every_function
@both_precisions
def test_a_loop_is_vector_code_without_calls(name, dtype):
    result_of(name, np.ones(3, dtype))
    kind = {np.float32: "float", np.float64: "double"}[dtype]
    signature = next(each for each in LOOPS[name].signatures if str(dtype.__name__) in str(each))
    code = LOOPS[name].inspect_llvm(signature)
    assert f"x {kind}> @llvm.fmuladd" in code
    called = set(re.findall(r"call [^@\n]*@([^\s(]+)\(", code))
    # The interface to Python calls the loop and functions of Python and Numba.
    assert {each for each in called if not re.match(r"llvm\.|NRT_|_?Py|\w*loop_of", each)} == set()


MODULE = """
from numba import njit
from nncli.engines.compiled import vector_math

@njit(cache=True, error_model="numpy")
def softplus(x, out):
    for i in range(len(x)):
        out[i] = vector_math.softplus(x[i])
"""


def test_a_loop_is_found_in_the_cache_of_numba(tmp_path):
    (tmp_path / "loops.py").write_text(MODULE, encoding="utf-8")
    code = (
        "import numpy as np, loops\n"
        "x = np.linspace(-5, 5, 11); out = np.empty_like(x); loops.softplus(x, out)\n"
        "np.testing.assert_allclose(out, np.logaddexp(0, x), rtol=1e-15)\n"
        "print(sum(loops.softplus.stats.cache_hits.values()))"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": path}
    hits = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for _ in range(2)
    ]
    assert hits == ["0\n", "1\n"]
