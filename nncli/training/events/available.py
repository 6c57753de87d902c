"""Whether TensorBoard's package is installed and works; only its message types are used."""

from importlib.util import find_spec

from nncli.base.extras import install_command
from nncli.base.words import on_one_line

NOT_INSTALLED = "tensorboard is not installed; get it with: "


def missing_tensorboard() -> str | None:
    """Return why TensorBoard's files cannot be written, if that is known without an import."""
    if find_spec("tensorboard") is None:
        return NOT_INSTALLED + install_command("tensorboard")
    return None


def broken_tensorboard() -> str | None:
    """Return why TensorBoard's files cannot be written, after importing what they need."""
    try:
        from PIL import ImageFont  # noqa: F401
        from tensorboard.compat.proto import event_pb2, graph_pb2  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name == "tensorboard":
            return NOT_INSTALLED + install_command("tensorboard")
        return _explained(error)
    except Exception as error:  # protobuf raises a TypeError for messages of another version
        return _explained(error)
    return None


def _explained(error: Exception) -> str:
    return f"tensorboard cannot be used: {on_one_line(str(error).partition(chr(10))[0])}"
