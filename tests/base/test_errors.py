import pytest

from nncli.base.errors import DataError, OutputError, os_errors_as


def test_an_error_of_the_system_becomes_one_of_nncli_with_its_cause(tmp_path):
    path = tmp_path / "none"
    with pytest.raises(DataError) as caught, os_errors_as(DataError, path):
        path.read_bytes()
    assert str(caught.value) == f"{path}: cannot be read (no such file or directory)"
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_the_message_has_problem_and_remedy():
    with (
        pytest.raises(OutputError, match=r"^it: is full \(no space left\); free some$"),
        os_errors_as(OutputError, "it", "is full", "free some"),
    ):
        raise OSError(28, "No space left")


def test_other_errors_stay_what_they_are():
    with pytest.raises(KeyError), os_errors_as(DataError, "it"):
        raise KeyError
