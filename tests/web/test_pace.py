"""How often a page takes steps and tells of them."""

import json
import time

from tests.web.test_session import messages, session


def played(page, seconds):
    """Return the frames of a page that plays for some time."""
    messages(page)
    page.act({"do": "play"})
    found, end = [], time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        if line := page.next_event(left):
            found.append(json.loads(line))
    return [each for each in found if each["type"] == "frame"]


def test_frames_come_at_most_30_times_a_second():
    frames = played(session(), 0.5)
    assert 1 < len(frames) <= 0.5 * 30 + 2
    assert frames[-1]["step"] > 10 * len(frames)  # as fast as possible in between


def test_a_speed_is_the_most_steps_a_second():
    page = session()
    page.act({"do": "speed", "steps_a_second": 40})
    frames = played(page, 0.5)
    assert 0 < frames[-1]["step"] <= 0.5 * 40 + 2
