import warnings

from nncli.base.errors import NncliWarning
from nncli.base.notes import warn


def test_a_warning_names_the_first_caller_outside_nncli():
    code = compile("def inner(): return warn('odd')\ndef outer(): return inner()", "own.py", "exec")
    names = {"__name__": "nncli.data.somewhere", "warn": warn}
    exec(code, names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names["outer"]()
        warn("directly")
    assert [(each.category, str(each.message)) for each in caught] == [
        (NncliWarning, "odd"),
        (NncliWarning, "directly"),
    ]
    assert {each.filename for each in caught} == {__file__}
