"""A page of the playground: its config, its network in training, and what the browser is told.

The browser sends actions, each a JSON object whose ``do`` is a name in `Session.ACTIONS`. It gets
messages, each one line of JSON, whose ``type`` is ``network`` (all that a change of the config
changes, and whether training goes on from the weights before), ``frame`` (what training changes)
or ``findings``.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from threading import Condition
from typing import Any, ClassVar

import numpy as np

from nncli.base.errors import UsageError
from nncli.explain.plots.passes import layer_values
from nncli.nn.entries import Array
from nncli.web.application import Ended
from nncli.web.playground.choices import choices
from nncli.web.playground.config_text import config_text
from nncli.web.playground.example import example
from nncli.web.playground.keeping import MOST_SAVES, findings_of, save
from nncli.web.playground.landscape import Path, landscape, place_of
from nncli.web.playground.lessons import lessons
from nncli.web.playground.messages import (
    frame_message,
    hidden_answer,
    landscape_answer,
    network_message,
    numbers,
    weights_answer,
)
from nncli.web.playground.places import place_in
from nncli.web.playground.points import is_row, with_point, without_point
from nncli.web.playground.setting import MOST_SIZE, Setting, network_inputs, plane_of
from nncli.web.playground.trainer import Trainer
from nncli.web.playground.view import View
from nncli.web.playground.watching import Watch

FRAMES_A_SECOND = 30
_MOST_SECONDS = 10.0  # of an action that trains: one epoch
MOST_UNITS = 100
"""Units of which a page can ask for the weights at once."""

_MOST_MESSAGES = 8  # kept for a browser; older frames are dropped


class Session:
    """A page; its methods may be called by different threads.

    Parameters
    ----------
    setting : Setting
        Its first config.
    saves : iterator of int, optional
        Counts from 1 what all pages of a server save.
    """

    def __init__(self, setting: Setting, saves: Iterator[int] | None = None) -> None:
        self._changed = Condition()
        self._waiting = 0  # actions that wait for their turn
        self._messages: deque[dict[str, Any]] = deque()
        self._is_closed = self._plays = False
        self._builds = 0
        self._saves = saves or count(1)
        self._speed: int | None = None  # steps a second; None for as many as possible
        self._next_frame = self._owed = 0.0
        self._files = setting.files
        with self._files.hidden_in_errors():
            self._build(setting, {})

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an action; return its answer.

        Raises
        ------
        UsageError
            If there is no such action, or it is not possible; nothing has changed.
        """
        name = action.get("do")
        if not isinstance(name, str) or name not in self.ACTIONS:
            raise UsageError("do: found an unknown action")
        self._waiting += 1
        with self._changed:
            self._waiting -= 1
            with self._files.hidden_in_errors():
                answer = self.ACTIONS[name](self, action)
            self._changed.notify_all()
        return dict(self._files.without_paths(answer or {}))

    def next_event(self, seconds: float) -> bytes | None:
        """Train if the page plays, and return the next message, or None if there is none in time.

        Raises
        ------
        Ended
            If the page was closed.
        """
        end = time.perf_counter() + seconds
        while True:
            if self._waiting:
                time.sleep(0.0005)  # a lock is not fair
            with self._changed:
                if self._is_closed:
                    raise Ended
                if not self._messages and (found := self._watch.look(plays=self._plays)):
                    self._tell(found)
                if not self._messages:  # a browser that is behind gets no older frames
                    self._play()
                if self._messages:
                    return json.dumps(self._messages.popleft(), allow_nan=False).encode()
                left = end - time.perf_counter()
                if left <= 0:
                    return None
                pause = self._next_frame - time.perf_counter() if self._plays else left
                if pause > 0:
                    self._changed.wait(min(pause, left))

    def close(self) -> None:
        """End training, and the stream of messages."""
        with self._changed:
            self._is_closed, self._plays = True, False
            self._changed.notify_all()

    def _build(
        self, setting: Setting, kept: Mapping[str, Array], *, pauses: bool = False
    ) -> dict[str, Any]:
        """Begin to train a config, from some of the current weights if they fit; return it.

        Raises `NncliError` if the config is wrong; nothing has changed then.
        """
        job, setting = setting.job(kept)
        plane = plane_of(job.dataset)
        points = None if plane is None else network_inputs(job, plane.points())
        view, trainer = View(job, points), Trainer(job)
        self._setting, self._trainer, self._view = setting, trainer, view
        self._plays &= not pauses
        self._path, self._watch = Path(), Watch(trainer)
        self._before: Array = job.network.parameters.copy()
        self._steps_before = 0
        goes_on = bool(kept and setting.start) and all(
            each.get("goes_on", True) for each in self._messages
        )  # also after what the browser was not told yet
        self._messages.clear()
        self._builds += 1
        told = {"config": setting.values, "build": self._builds}
        network = network_message(setting, job, plane, points)
        self._tell(network | told | {"goes_on": goes_on})
        self._draw()
        return told

    def _play(self) -> None:
        """Train until the next frame is due, then draw it."""
        now = time.perf_counter()
        if not self._plays or now < self._next_frame:
            return
        frame = 1 / FRAMES_A_SECOND
        self._next_frame = now + frame
        if self._speed is None:
            self._trainer.run(frame)
        else:
            self._owed = min(self._owed + self._speed * frame, self._speed)
            if (steps := int(self._owed)) < 1:
                return
            self._owed -= steps
            self._trainer.run(frame, steps)
        if self._trainer.is_over:
            self._plays = False
        self._draw()

    @np.errstate(over="ignore", invalid="ignore")  # of weights that diverge
    def _draw(self) -> None:
        trainer, view = self._trainer, self._view
        snapshot = trainer.job.engine.snapshot()
        view.show(snapshot)
        taken = trainer.steps - self._steps_before
        change = (view.network.parameters - self._before) / max(taken, 1)
        self._before, self._steps_before = view.network.parameters.copy(), trainer.steps
        self._path.add(view.network.parameters)
        self._tell(frame_message(trainer, view, change, plays=self._plays))
        self._watch.notice(plays=self._plays)

    def _tell(self, message: dict[str, Any]) -> None:
        if len(self._messages) == _MOST_MESSAGES:
            del self._messages[1]  # the first may be the network, without which no frame is drawn
        self._messages.append(self._files.without_paths(message))

    def _configure(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Train another config.

        ``keep`` is whether it starts from the current weights, ``start`` has others. Weights that
        nothing has changed are not kept: the seed gives them again.
        """
        config = action.get("config")
        if not isinstance(config, dict):
            raise UsageError("config: expected an object")
        has_changed = self._trainer.steps or self._setting.start
        kept = self._arrays() if action.get("keep") and has_changed else {}
        return self._build(self._setting.changed(config, action.get("start")), kept)

    def _arrays(self) -> dict[str, Array]:
        return self._trainer.network().named

    def _add_point(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Add a training row, and go on from the current weights."""
        return self._train_on(with_point(self._setting.values, self._trainer.job, action))

    def _remove_point(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Remove a training row, and go on from the current weights."""
        row = action.get("row")
        return self._train_on(without_point(self._setting.values, self._trainer.job, row))

    def _train_on(self, values: dict[str, Any]) -> dict[str, Any]:
        return self._build(self._setting.changed(values), self._arrays())

    def _set_playing(self, action: Mapping[str, Any]) -> None:
        plays = action.get("do") == "play"
        self._plays = plays and not self._trainer.is_over
        self._next_frame = self._owed = 0.0
        self._draw()

    def _set_speed(self, action: Mapping[str, Any]) -> None:
        speed = action.get("steps_a_second")
        if speed is not None and (type(speed) is not int or not 1 <= speed <= 1_000_000):
            raise UsageError("steps_a_second: expected null, or an integer from 1 to 1000000")
        self._speed, self._owed = speed, 0.0

    def _step(self, action: Mapping[str, Any]) -> None:
        self._plays = False
        self._trainer.run(0, 1)
        self._draw()

    def _epoch(self, action: Mapping[str, Any]) -> None:
        self._plays = False
        self._trainer.finish_epoch(_MOST_SECONDS)
        self._draw()

    def _reset(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Start again from the first weights, or with another seed."""
        seed = action.get("seed")
        setting = self._setting if seed is None else self._setting.with_seed(seed)
        return self._build(setting, {}, pauses=True)

    def _set_number(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Change one number of an array, such as a weight or a bias, and start from there."""
        arrays = self._arrays()
        value: Any = action.get("value")
        array, at = place_in(arrays, action)
        if type(value) not in (int, float) or not abs(value) <= MOST_SIZE:  # NaN too
            raise UsageError(f"value: expected a number of at most {MOST_SIZE:g}")
        network = self._trainer.job.network
        masks = {} if network.mask is None else network.views(network.mask)
        if array in masks and not masks[array][tuple(at)]:
            raise UsageError("value: this connection does not exist; its weight stays 0")
        arrays[array][tuple(at)] = value
        return self._build(self._setting, arrays)

    def _config(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config that trains the same network, as YAML."""
        return {"yaml": config_text(self._setting, self._trainer.job)}

    def _findings(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the findings about training so far."""
        return {"findings": findings_of(self._trainer)}

    def _save(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Write config and model to a new run directory."""
        if next(self._saves) > MOST_SAVES:
            raise UsageError(
                f"save: {MOST_SAVES} runs are saved, which is the most; start the playground again"
            )
        notes: list[str] = []
        directory = save(self._trainer, self._setting, notes.append)
        return {"saved": directory.as_posix(), "notes": notes}

    def _example(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the worked example of a training row, with a certain unit written out."""
        chosen = action.get("row"), action.get("unit")
        return {"html": example(self._trainer.job, self._view.network, *chosen)}

    def _landscape(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the losses in the plane of two trained numbers."""
        arrays = self._view.network.arrays
        chosen = action.get("numbers")
        if not isinstance(chosen, list) or len(chosen) != 2 or chosen[0] == chosen[1]:
            raise UsageError("numbers: expected two places")
        places = [place_of(arrays, *place_in(arrays, each)) for each in chosen]
        return landscape_answer(landscape(self._view, self._path, places))

    def _hidden(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a layer for the drawn rows."""
        return hidden_answer(self._view.hidden(self._layer_in(action)))

    def _layer_in(self, action: Mapping[str, Any]) -> int:
        layer, layers = action.get("layer"), len(self._trainer.job.blocks)
        if type(layer) is not int or not 0 <= layer < layers:
            raise UsageError(f"layer: expected an integer from 0 to {layers - 1}")
        return layer

    def _weights(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the weights into the first units of a layer, such as to draw them as images."""
        layer, units = self._layer_in(action), action.get("units")
        if type(units) is not int or not 1 <= units <= MOST_UNITS:
            raise UsageError(f"units: expected an integer from 1 to {MOST_UNITS}")
        network = self._view.network
        return weights_answer(network.arrays[network.blocks[layer].weights], units)

    def _values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return what each unit makes of one row of inputs, which are not scaled."""
        inputs, job = action.get("inputs"), self._trainer.job
        if not is_row(inputs, len(job.dataset.columns)):
            raise UsageError(f"inputs: expected {len(job.dataset.columns)} numbers")
        pairs = layer_values(self._view.network, job.scaling, np.array([inputs], np.float64))
        return {"layers": [{"z": numbers(z[0]), "a": numbers(a[0])} for z, a in pairs]}

    def _lessons(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return the lessons."""
        return {"lessons": lessons()}

    def _choices(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the controls offer."""
        return choices()

    ACTIONS: ClassVar[dict[str, Callable[..., dict[str, Any] | None]]] = {
        "configure": _configure,
        "play": _set_playing,
        "pause": _set_playing,
        "speed": _set_speed,
        "step": _step,
        "epoch": _epoch,
        "reset": _reset,
        "number": _set_number,
        "add": _add_point,
        "remove": _remove_point,
        "config": _config,
        "findings": _findings,
        "save": _save,
        "example": _example,
        "landscape": _landscape,
        "hidden": _hidden,
        "values": _values,
        "weights": _weights,
        "lessons": _lessons,
        "choices": _choices,
    }
