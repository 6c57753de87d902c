"""Single machine instructions that Numba lacks, for use in compiled functions."""

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)

# LLVM's names of the instruction for spinning loops, with their arguments. On ARM it is ISB, which
# takes about as long as PAUSE; YIELD takes no time, so that waits would be many times shorter.
_X86 = ("llvm.x86.sse2.pause", ())
_ARM = ("llvm.aarch64.isb", (ir.Constant(ir.IntType(32), 15),))
_PAUSES = {"x86_64": _X86, "amd64": _X86, "aarch64": _ARM, "arm64": _ARM}


def _at(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _word_at(builder: Any, address: Any, offset: Any) -> Any:
    return _at(builder, builder.add(address, offset), _WORD)


@intrinsic
def add_at(typing: Any, address: Any, offset: Any, number: Any) -> Any:
    """Add to the int64 some bytes after an address, atomically; return its old value."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _word_at(builder, *arguments[:2])
        return builder.atomic_rmw("add", where, arguments[2], "seq_cst")

    return types.int64(types.int64, types.int64, types.int64), code


@intrinsic
def replace(typing: Any, address: Any, offset: Any, old: Any, new: Any) -> Any:
    """Replace such an int64, atomically, if it is `old`; return whether it was."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.cmpxchg(_word_at(builder, *arguments[:2]), *arguments[2:], "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(*[types.int64] * 4), code


@intrinsic
def load(typing: Any, address: Any, offset: Any) -> Any:
    """Return an int64 that another thread may have written, and see all that it wrote before."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_word_at(builder, *arguments), "acquire", 8)

    return types.int64(types.int64, types.int64), code


@intrinsic
def store(typing: Any, address: Any, offset: Any, number: Any) -> Any:
    """Write an int64 that other threads read with `load`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[2], _word_at(builder, *arguments[:2]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), code


@intrinsic
def prefetch(typing: Any, numbers: Any, offset: Any) -> Any:
    """Begin to bring the memory some bytes after a pointer to the cache; it need not exist."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flag, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        address = builder.gep(builder.bitcast(arguments[0], byte), arguments[1:])
        builder.call(function, [address, flag(0), flag(3), flag(1)])  # to read, to keep, data
        return context.get_dummy_value()

    return types.void(numbers, types.int64), code


@intrinsic
def item_bytes(typing: Any, numbers: Any) -> Any:
    """Return the size of what a pointer points to."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        size = context.get_abi_sizeof(context.get_data_type(numbers.dtype))
        return context.get_constant(types.int64, size)

    return types.int64(numbers), code


@intrinsic
def word(typing: Any, address: Any) -> Any:
    """Return an int64 in memory."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_at(builder, arguments[0], _WORD))

    return types.int64(types.int64), code


@intrinsic
def pause(typing: Any) -> Any:
    """Tell the processor that this is a spinning loop."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        name, numbers = _PAUSES.get(platform.machine().lower(), (None, ()))
        if name:
            kind = ir.FunctionType(ir.VoidType(), [each.type for each in numbers])
            builder.call(builder.module.declare_intrinsic(name, fnty=kind), numbers)
        return context.get_dummy_value()

    return types.void(), code


@intrinsic
def call_word(typing: Any, address: Any) -> Any:
    """Call a C function ``int f(void)``, such as sched_yield."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(_at(builder, arguments[0], kind), [])
        return context.get_dummy_value()

    return types.void(types.int64), code


@intrinsic
def call_operation(
    typing: Any,
    address: Any,
    memory: Any,
    source: Any,
    where: Any,
    state: Any,
    numbers: Any,
    step: Any,
    shard: Any,
    first: Any,
    last: Any,
) -> Any:
    """Call an operation at an address; see `operations`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [each.type for each in arguments[1:]])
        builder.call(_at(builder, arguments[0], kind), arguments[1:])
        return context.get_dummy_value()

    words = [types.int64] * 4
    return types.void(*words, state, types.int64, *words), code


@intrinsic
def shifted(typing: Any, pointer: Any, count: Any) -> Any:
    """Return a pointer to the element `count` places after that of `pointer`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), code


@intrinsic
def pointer_like(typing: Any, address: Any, like: Any) -> Any:
    """Return an address as a pointer of the same type as `like`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return like(types.int64, like), code


@intrinsic
def multiplied_high(typing: Any, one: Any, other: Any) -> Any:
    """Return the upper 64 bits of the product of two uint64."""
    wide = ir.IntType(128)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        both = [builder.zext(each, wide) for each in arguments]
        product = builder.lshr(builder.mul(*both), ir.Constant(wide, 64))
        return builder.trunc(product, _WORD)

    return types.uint64(types.uint64, types.uint64), code
