"""Record docs/pictures/training.gif: real commands in a real pseudo-terminal, on Linux or macOS.

pip install -e '.[docs]' && python docs/pictures/record.py

Typing has its own pace and waits without output are cut short; the rest is the time it took.
"""

import fcntl
import os
import pty
import select
import shlex
import shutil
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
import pyte
from PIL import Image, ImageColor, ImageDraw, ImageFont

ROOT = Path(__file__).parents[2]
COMMANDS = [  # with the seconds to look at what each has printed
    ("nncli init table --data data/rentals.csv --target charge", 1.2),
    ("nncli train rentals.yaml training.epochs=2500", 1.8),
    ("nncli predict runs/rentals-001/weights.npz data/new_rentals.csv", 3.5),
]
COLUMNS, LINES = 80, 26
FONT_SIZE, MARGIN = 15, 14
CELL = CELL_WIDTH, CELL_HEIGHT = 9, 19  # a character of 15 pixels is 9 wide
BACKGROUND, TEXT, PROMPT = "#1b1f27", "#d7dce5", "#7fd88f"
TYPING = 0.04  # seconds for two characters
FRAME = 0.1  # least seconds between two pictures of a running command
LONGEST_WAIT = 0.3  # seconds without output that are shown
QUIET = 0.01  # seconds without output after which a screen is complete


class Frame(NamedTuple):
    """The lines of a screen, its cursor if it is shown, and for how many seconds."""

    lines: list[str]
    cursor: tuple[int, int] | None
    seconds: float


class Terminal:
    """A terminal in which commands are typed and run."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)

    def frame(self, seconds: float, *, cursor: bool = False) -> Frame:
        """Return the screen as it is now."""
        place = (self.screen.cursor.x, self.screen.cursor.y) if cursor else None
        return Frame([*self.screen.display], place, seconds)

    def typed(self, command: str) -> Iterator[Frame]:
        """Type a command after a prompt."""
        self.stream.feed(b"$ ")
        yield self.frame(0.5, cursor=True)
        for start in range(0, len(command), 2):
            self.stream.feed(command[start : start + 2].encode())
            yield self.frame(TYPING, cursor=True)
        yield self.frame(0.3, cursor=True)
        self.stream.feed(b"\r\n")

    def ran(self, command: str, folder: Path) -> Iterator[Frame]:
        """Run a command in a pseudo-terminal and take its frames as its output comes."""
        process, output = started(command, folder)
        shown, since = self.frame(FRAME), time.monotonic()
        for data in chunks(output):
            self.stream.feed(data)
            passed = time.monotonic() - since
            if passed >= FRAME:
                yield shown._replace(seconds=min(passed, LONGEST_WAIT))
                shown, since = self.frame(FRAME), time.monotonic()
        yield shown
        os.close(output)
        if os.waitpid(process, 0)[1] != 0:
            sys.exit("\n".join([f"failed: {command}", *self.screen.display]))


def started(command: str, folder: Path) -> tuple[int, int]:
    """Start a command of nncli and return its process and its pseudo-terminal."""
    process, output = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.chdir(folder)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        arguments = [sys.executable, "-m", *shlex.split(command)]
        os.execve(sys.executable, arguments, environment)
    return process, output


def chunks(output: int) -> Iterator[bytes]:
    """Yield what a process writes, in pieces that end where it pauses."""
    while True:
        data = b""
        while not data or select.select([output], [], [], QUIET)[0]:
            try:
                part = os.read(output, 65536)
            except OSError:  # Linux: the process has ended
                part = b""
            data += part
            if not part:
                break
        if not data:
            return
        yield data


def recorded() -> list[Frame]:
    """Run all commands in a new folder with copies of the data."""
    terminal, frames = Terminal(), []
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(ROOT / "data", Path(name) / "data")
        for command, pause in COMMANDS:
            frames += terminal.typed(command)
            frames += terminal.ran(command, Path(name))
            frames.append(terminal.frame(pause))
    return frames


@cache
def font(name: str) -> ImageFont.FreeTypeFont:
    """Return a monospaced font that comes with matplotlib."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), FONT_SIZE)


@cache
def drawn_line(text: str) -> Image.Image:
    """Return a line of a screen as an image; a typed command is bold behind a green prompt."""
    image = Image.new("RGB", (COLUMNS * CELL_WIDTH, CELL_HEIGHT), BACKGROUND)
    draw = ImageDraw.Draw(image)
    is_command = text.startswith("$ ")
    letters = font("DejaVuSansMono-Bold" if is_command else "DejaVuSansMono")
    for column, character in enumerate(text):
        color = PROMPT if is_command and column == 0 else TEXT
        draw.text((column * CELL_WIDTH, 0), character, color, letters)
    return image


def drawn(frame: Frame) -> Image.Image:
    """Return a screen as an image."""
    size = (COLUMNS * CELL_WIDTH + 2 * MARGIN, LINES * CELL_HEIGHT + 2 * MARGIN)
    image = Image.new("RGB", size, BACKGROUND)
    for line, text in enumerate(frame.lines):
        image.paste(drawn_line(text), (MARGIN, MARGIN + line * CELL_HEIGHT))
    if frame.cursor:
        left, top = (MARGIN + n * m for n, m in zip(frame.cursor, CELL, strict=True))
        image.paste(TEXT, (left, top, left + CELL_WIDTH, top + CELL_HEIGHT - 1))
    return image


def palette() -> Image.Image:
    """Return an image with the colors of all frames: shades of text and prompt."""
    background, *colors = (ImageColor.getrgb(name) for name in (BACKGROUND, TEXT, PROMPT))
    shades = [
        round(dark + (light - dark) * step / 7)
        for color in colors
        for step in range(8)
        for dark, light in zip(background, color, strict=True)
    ]
    image = Image.new("P", (1, 1))
    image.putpalette(shades)
    return image


def save(frames: list[Frame], path: Path) -> None:
    """Write an endless animation."""
    colors = palette()
    first, *others = (
        drawn(frame).quantize(palette=colors, dither=Image.Dither.NONE) for frame in frames
    )
    milliseconds = [round(frame.seconds * 100) * 10 for frame in frames]  # GIF counts hundredths
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0, disposal=1)


if __name__ == "__main__":
    save(recorded(), Path(__file__).parent / "training.gif")
