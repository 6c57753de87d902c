"""Draw the pictures of docs/plots.md and docs/lectures.md from real runs.

pip install -e '.[docs]' && python docs/pictures/draw_plots.py
"""

from contextlib import chdir
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib.figure import Figure
from PIL import Image

import nncli

FOLDER = Path(__file__).resolve().parent
KINDS = ("curves", "surface", "network")
COLORS = 64  # of a palette, which makes a picture a third as large
WIDTH = 640  # pixels


CONFIGS = FOLDER.parents[1] / "configs"


def main() -> None:
    """Draw a run of XOR, the comparison of two learning rates, and a computational graph."""
    with TemporaryDirectory() as folder, chdir(folder):
        nncli.train(CONFIGS / "xor.yaml", out="xor")
        for kind, figure in nncli.plot("xor", KINDS).items():
            write(figure, kind)
        for rate in ("0.1", "0.01"):
            config = CONFIGS / "lectures" / f"learning_rate_{rate}.yaml"
            nncli.train_seeds(config, {"training.seeds": 3}, out=f"rate-{rate}")
        (figure,) = nncli.compare(["rate-0.1", "rate-0.01"], sort="loss").plot().values()
        write(figure, "rates")
        at = {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}
        write(nncli.derive_plot("f = sigmoid(w0*x0 + w1*x1 + w2)", at), "derivation")


def write(figure: Figure, name: str) -> None:
    """Write a figure as a small PNG next to this file."""
    (path,) = nncli.save_plots({name: figure}, "plots")
    image = Image.open(BytesIO(path.read_bytes())).convert("RGB")
    image = image.resize((WIDTH, round(WIDTH / image.width * image.height)), Image.LANCZOS)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
