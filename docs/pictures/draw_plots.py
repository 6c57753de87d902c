"""Draw the pictures of docs/plots.md from a real run.

pip install -e '.[docs]' && python docs/pictures/draw_plots.py
"""

from contextlib import chdir
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import nncli

FOLDER = Path(__file__).resolve().parent
KINDS = ("curves", "surface", "network")
COLORS = 64  # of a palette, which makes a picture a third as large
WIDTH = 640  # pixels


def main() -> None:
    """Train the XOR config, and write a picture per kind."""
    with TemporaryDirectory() as folder, chdir(folder):
        nncli.train(FOLDER.parents[1] / "configs" / "xor.yaml", out="xor")
        for kind, figure in nncli.plot("xor", KINDS).items():
            (path,) = nncli.save_plots({kind: figure}, "plots")
            image = Image.open(BytesIO(path.read_bytes())).convert("RGB")
            image = image.resize((WIDTH, round(WIDTH / image.width * image.height)), Image.LANCZOS)
            image.quantize(COLORS, dither=Image.Dither.NONE).save(
                FOLDER / f"{kind}.png", optimize=True
            )


if __name__ == "__main__":
    main()
