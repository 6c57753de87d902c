"""The page of decisions lists the loops of the compiled engine."""

import pytest


def test_the_table_of_loops_is_made_from_the_compiled_engine():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    from tests.loop_table import PAGE, PLACE, table_text

    found = PLACE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == table_text()  # python -m tests.loop_table
