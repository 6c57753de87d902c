"""Compile a function to an object file with Numba, which then optimizes it only once.

Numba optimizes every function that another one calls, generates its machine code and links it into
the caller, where all of this begins again. It also adds a wrapper that reports errors to Python.
Here, the functions are only linked; the whole is optimized without a wrapper. This needs internals
of Numba, which are the same from 0.60 to 0.68.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import codegen, compiler, config, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from nncli.engines.compiling import NotAllowedError

# Those of a function that is called by others: then Numba compiles each only once. Compiled code
# has no Python objects, so that it needs no reference counts ("NRT").
_OPTIONS = {"nopython": True, "no_cpython_wrapper": True, "error_model": "numpy", "_nrt": False}


class _Library(codegen.JITCodeLibrary):
    """Code of a function and of all that it calls.

    Attributes
    ----------
    symbol : str or None
        The name by which the function can be found; None if only other libraries need it.
    """

    symbol: str | None = None

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        if self.symbol is None:
            return
        module = self._final_module
        for each in (*module.functions, *module.global_variables):
            if each.name != self.symbol and not each.is_declaration:
                each.linkage = "internal"
        super()._optimize_final_module()

    def _finalize_specific(self) -> None:
        """Generate no machine code."""

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0, the address of a function that cannot be called in this process."""
        return 0


class _Codegen(codegen.JITCPUCodegen):
    _library_class = _Library

    def _add_module(self, module: Any) -> None:
        """Leave the module out of this process."""

    def set_env(self, env_name: str, env: Any) -> None:
        """Set nothing: it is for Python objects, which these functions do not have."""


def check_allowed() -> None:
    """Raise `NotAllowedError` if Numba must not compile."""
    settings: Any = config  # it sets its attributes when it is imported
    if not settings.DISABLE_JIT:
        return
    if "NUMBA_DISABLE_JIT" in os.environ:
        raise NotAllowedError("the environment variable NUMBA_DISABLE_JIT is set; unset it")
    raise NotAllowedError(
        "NUMBA_DISABLE_JIT is set by disable_jit in .numba_config.yaml; remove it there"
    )


def object_code(
    function: Callable[..., None], arguments: Sequence[str], symbol: str, machine: Any
) -> bytes:
    """Return the object code of a function, with no symbol but its own that others could see.

    Parameters
    ----------
    function : callable
        A Python function that never raises and returns nothing.
    arguments : sequence of str
        Their types; see `machine_code.Request`.
    symbol : str
        The name of the function in the object code, where it takes these arguments alone.
    machine : llvmlite TargetMachine
    """
    library = _compiled(function, [_type(each) for each in arguments], symbol)
    return bytes(machine.emit_object(library._final_module))


@global_compiler_lock
def _compiled(function: Callable[..., None], arguments: list[Any], symbol: str) -> _Library:
    flags: Any = compiler.Flags()
    cpu_target.options.parse_as_flags(flags, _OPTIONS)
    context = cpu_target.target_context
    with _without_machine_code(context):
        found = compiler.compile_extra(
            cpu_target.typing_context, context, function, tuple(arguments), types.void, flags, {}
        )
        library: _Library = found.library
        library.symbol = symbol
        _add_entry(context, library, found.fndesc)
        library.finalize()
    return library


@contextmanager
def _without_machine_code(context: Any) -> Iterator[None]:
    """Let Numba compile to code that is not for this process."""
    context.refresh()  # compiles what Numba itself calls in this process, now and only once
    usual = context._internal_codegen
    context._internal_codegen = _Codegen("nncli")
    context.create_cfunc_wrapper = lambda *given: None  # instead of that of the class
    try:
        yield
    finally:
        context._internal_codegen = usual
        del context.create_cfunc_wrapper


def _add_entry(context: Any, library: _Library, described: Any) -> None:
    """Add the function that others see: it calls Numba's one, and drops its status."""
    module = library.create_ir_module(library.symbol)
    native = context.declare_function(module, described)
    given = [context.get_argument_type(each) for each in described.argtypes]
    entry = ir.Function(module, ir.FunctionType(ir.VoidType(), given), library.symbol)
    builder = ir.IRBuilder(entry.append_basic_block())
    context.call_conv.call_function(
        builder, native, described.restype, described.argtypes, entry.args
    )
    builder.ret_void()
    library.add_ir_module(module)


def _type(name: str) -> Any:
    return types.CPointer(getattr(types, name[:-1])) if name[-1] == "*" else getattr(types, name)
