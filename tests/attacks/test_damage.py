"""A model file with anything changed, removed or added is refused, or equals the original."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import ModelFileError
from nncli.model.model_file import read_model
from tests.attacks.model_files import model_file
from tests.attacks.packing import overwrite

SIZE = len(model_file())

with_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
places = st.integers(0, SIZE - 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path for a model file."""
    found = tmp_path / "weights.npz"
    found.touch()
    return found


def assert_refused(path: Path, content: bytes) -> None:
    """Check that content is refused in one line, unless it is that of the model."""
    if content == model_file():
        return
    overwrite(path, content)
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).removeprefix(str(path)).isprintable()


def test_the_undamaged_file_is_read(path):
    overwrite(path, model_file())
    assert read_model(path).classes == ["no", "yes"]


@with_files
@given(place=places, mask=st.integers(1, 255))
def test_any_changed_byte(path, place, mask):
    content = bytearray(model_file())
    content[place] ^= mask
    assert_refused(path, bytes(content))


@with_files
@given(start=places, length=st.integers(0, SIZE))
@example(start=0, length=1)
def test_any_part(path, start, length):
    assert_refused(path, model_file()[start : start + length])


@with_files
@given(place=st.integers(0, SIZE), more=st.binary(min_size=1, max_size=40))
@example(place=SIZE, more=b"\0")
def test_anything_inserted(path, place, more):
    assert_refused(path, model_file()[:place] + more + model_file()[place:])


@with_files
@given(place=places, length=st.integers(1, 200))
def test_anything_removed(path, place, length):
    assert_refused(path, model_file()[:place] + model_file()[place + length :])


@with_files
@given(place=places, other=st.binary(min_size=2, max_size=40))
def test_anything_overwritten(path, place, other):
    assert_refused(path, model_file()[:place] + other + model_file()[place + len(other) :])


@with_files
@given(one=places, other=places, length=st.integers(1, 200))
def test_any_part_copied_elsewhere(path, one, other, length):
    content = model_file()
    assert_refused(path, content[:other] + content[one : one + length] + content[other + length :])
