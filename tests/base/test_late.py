import subprocess
import sys


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_a_module_is_imported_when_one_of_its_names_is_first_used():
    code = """
import sys
from nncli.base.late import import_late
import_late("fractions")
import fractions
print("decimal" in sys.modules)
third = fractions.Fraction(1, 3)
print("decimal" in sys.modules, third, sys.modules["fractions"].Fraction is fractions.Fraction)
print("Fraction" in vars(fractions))
"""
    assert run(code) == ["False", "True", "1/3", "True", "True"]


def test_a_submodule_of_a_late_package_is_imported_as_usual():
    code = """
from nncli.base.late import import_late
import_late("numpy")
from numpy.typing import NDArray
import numpy as np
print(np.ones(2).sum(), np.random.default_rng(0) is not None)
"""
    assert run(code) == ["2.0", "True"]


def test_an_imported_module_stays():
    code = """
import fractions, sys
from nncli.base.late import import_late
import_late("fractions")
print(sys.modules["fractions"] is fractions)
"""
    assert run(code) == ["True"]
