"""Plots are saved with one drawing, and leave matplotlib as the caller had it."""

import io
import subprocess
import sys

import numpy as np

import nncli
from nncli.explain.plots.style import styled


def drawn():
    return nncli.plot(kinds="losses")["losses"]


def saved(figure, folder):
    (path,) = nncli.save_plots({"one": figure}, folder)
    return path.read_bytes()


def pixels(content):
    from matplotlib.image import imread

    return imread(io.BytesIO(content), "png")


def test_a_png_is_drawn_once_and_looks_as_matplotlib_saves_it(tmp_path):
    from matplotlib.artist import Artist

    class Counter(Artist):
        drawn = 0

        def draw(self, renderer):
            self.drawn += 1

    expected, figure = io.BytesIO(), drawn()
    with styled():
        drawn().savefig(expected, format="png")
    counter, own = Counter(), figure.canvas
    figure.add_artist(counter)
    content = saved(figure, tmp_path)
    assert counter.drawn == 1
    assert np.array_equal(pixels(content), pixels(expected.getvalue()))
    assert figure.canvas is own


def test_no_backend_is_chosen(tmp_path):
    script = """if True:
        import sys, nncli
        nncli.save_plots(nncli.plot(kinds="losses"), sys.argv[1])
        assert "matplotlib.figure" in sys.modules
        print("matplotlib.pyplot" in sys.modules)"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_settings_of_the_caller_come_back():
    import matplotlib

    with matplotlib.rc_context({"font.size": 3, "axes.grid": False}):
        figure = drawn()
        assert matplotlib.rcParams["font.size"] == 3
    assert figure.axes[0].xaxis.label.get_size() == 10
