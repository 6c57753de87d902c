"""Machine code beside that of others in a process, and what it needs from them."""

import struct
import subprocess
import sys

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import machine_code
from nncli.engines.compiled.machine_code import Request, addresses, callable_at
from tests.engines.compiled.test_code_cache import SPIN
from tests.engines.compiled.test_team import CASES, new_engine

# What the C library has everywhere; LLVM uses some of them without being told to.
KNOWN = "memcpy memmove memset exp expf log logf log1p log1pf expm1 expm1f pow powf cos cosf"
KNOWN += " sin sinf tanh tanhf sqrt sqrtf fmod fmodf bzero"


@pytest.mark.usefixtures("cache")
def test_a_numba_that_must_not_compile_is_told_like_one_that_is_missing(monkeypatch):
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    with pytest.raises(ImportError, match="NUMBA_DISABLE_JIT is set"):
        machine_code._object_code(SPIN)


@pytest.mark.usefixtures("cache")
def test_a_numba_with_other_internals_is_told_like_one_that_is_missing(monkeypatch):
    monkeypatch.delattr("numba.core.compiler.compile_extra")
    with pytest.raises(ImportError, match=r"Numba \d\S+ is not supported: .*compile_extra"):
        machine_code._object_code(SPIN)


def test_functions_of_the_same_name_in_two_modules_have_different_code():
    modules = ["operations.losses", "operations.scores"]
    pointers = ["float32*", "float32*", "int64*", "int64*", "float64*", *["int64"] * 4]
    requests = [Request(f"{module}.absolute_errors", tuple(pointers)) for module in modules]
    found = addresses(requests)
    assert found[requests[0]] != found[requests[1]]
    assert all(found.values())
    assert len({each.symbol for each in requests}) == 2
    assert addresses(requests) == found
    assert callable_at(addresses([SPIN])[SPIN], [])  # loaded beside the others


OTHERS = """
import numpy as np
from numba import njit
from nncli.engines.compiled.machine_code import Request, addresses
from nncli.engines.compiled.operations.sums import inner

@njit
def users(x, k):
    values = np.arange(4.0) ** x
    return min(k, 7) + x**k + values.sum(), inner(values, values, 4)

if {before}:
    users(2, 9)
pointers = ["float64*", "float64*", "int64*", "int64*", "float64*", *["int64"] * 4]
names = ["optimizers.adam_numbers", "decision.accept", "losses.cross_entropy", "gather.divided"]
assert all(addresses([Request(f"operations.{{each}}", tuple(pointers)) for each in names]).values())
print(*users(2, 9))
"""


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.usefixtures("cache")
def test_a_users_own_functions_run_before_and_after_those_of_the_engine(before):
    code = OTHERS.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["533.0", "98.0"]  # 7 + 512 + 14, and 1 + 16 + 81


COUNTED = """
from collections import Counter
from numba.core import compiler
from nncli.engines.compiled.machine_code import Request, addresses

counts, compiled = Counter(), compiler.CompilerBase._compile_bytecode

def counted(self):
    counts[self.state.func_id.func_qualname, str(self.state.args)] += 1
    return compiled(self)

compiler.CompilerBase._compile_bytecode = counted
pointers = ["float32*", "float32*", "int64*", "int64*", "float64*", *["int64"] * 4]
run = ["int64*", "int64", "int64", "int64*", *["int64"] * 5]
names = ["activations.relu", "losses.squared_errors", "decision.accept", "gradient.squares"]
requests = [Request(f"operations.{each}", tuple(pointers)) for each in names]
addresses([Request("interpreter.run", tuple(run)), *requests])
print(len(counts) > 15, {name for name, count in counts.items() if count > 1})
"""


@pytest.mark.usefixtures("cache")
def test_a_helper_of_several_functions_is_compiled_once():
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True set()\n", "")


def undefined_symbols(code):
    """Return the names that an ELF object file of 64 bits needs from elsewhere."""
    table, size, count = (
        struct.unpack_from("<Q", code, 0x28)[0],
        *struct.unpack_from("<HH", code, 0x3A),
    )
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", code, table + size * each) for each in range(count)
    ]
    names = set()
    for section in sections:
        if section[1] != 2:  # the table of symbols
            continue
        texts = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, _, _, where = struct.unpack_from("<IBBH", code, at)
            if name and not where:
                names.add(code[texts + name : code.index(b"\0", texts + name)].decode())
    return names


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
def test_code_needs_nothing_but_the_c_library():
    for case in CASES:
        new_engine(case)
    objects = [machine_code._object_code(each) for each in machine_code._addresses]
    assert len(objects) > 20
    assert all(each.startswith(b"\x7fELF\x02\x01") for each in objects)
    needed = set().union(*map(undefined_symbols, objects))
    assert needed - {"_GLOBAL_OFFSET_TABLE_"} <= {*KNOWN.split()}
