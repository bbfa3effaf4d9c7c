"""Whole dialogs kept as recordings: what a model once replied is replied again, and must come to the same.

Each file beside this one was said to the real program with `userbot rehearse`, and states in `expect` what is to come
of it. Protects what a change of prompts, tools or code would do to a task as people would see it.
"""

from pathlib import Path

import pytest

from userbot.rehearsal.rehearse import differences, read_recording, replay

DIALOGS = sorted(Path(__file__).parent.glob("*.json"))


def test_there_are_dialogs() -> None:
    assert DIALOGS


@pytest.mark.parametrize("path", DIALOGS, ids=lambda path: path.stem)
async def test_the_dialog_comes_to_what_it_states(path: Path) -> None:
    recording = read_recording(path)
    assert recording.expect is not None, "the file states nothing that is to come of it"
    assert recording.expect.tasks is not None, "the file names no task"
    assert differences(recording.expect, await replay(recording)) == []
