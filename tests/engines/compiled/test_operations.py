"""The machine code of operations whose loops must be vector code."""

import re

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from numba import cfunc, types

from nncli.engines.compiled.operations import activations

LONG = ["gelu", "gelu_backward", "mish", "mish_backward"]


def llvm_of(operation):
    """Return the optimized code of an operation in single precision, in LLVM's language."""
    matrix, words = types.CPointer(types.float32), types.CPointer(types.int64)
    numbers, others = types.CPointer(types.float64), [types.int64] * 4
    signature = types.void(matrix, matrix, words, words, numbers, *others)
    return cfunc(signature, error_model="numpy")(operation).inspect_llvm()


@pytest.mark.parametrize("name", LONG)
def test_long_activations_are_vector_code_without_calls(name):
    code = llvm_of(getattr(activations, name))
    assert "x float> @llvm.fmuladd" in code
    called = set(re.findall(r"call [^@\n]*@([^\s(]+)\(", code))
    assert {each for each in called if re.search("slope|mish|softplus|exp|tanh", each)} == set()
