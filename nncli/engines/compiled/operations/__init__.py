"""The operations of a training step, compiled one by one.

An operation ``f(memory, source, where, state, numbers, step, shard, first, last)`` computes one
part of its result: the units, rows or elements from `first` up to `last`, part number `shard`.

Parameters
----------
memory : pointer to float32 or float64
    All arrays of the network's precision; an array is a number of elements from the start.
source : pointer
    The array outside of the memory that the operation reads, such as the inputs, or nothing.
where : pointer to int64
    The operation's own integers, in the order that its docstring gives.
state, numbers : pointers to int64 and float64
    What all operations share; see `nncli.engines.compiled.state`.
step : int64
    Number of the step in this call, from 0.

Operations never raise and allocate nothing. They are compiled without Numba's reference counts: see
`nncli.engines.compiled.compilation`.
"""
