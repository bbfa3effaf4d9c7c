"""Whole dialogs kept as recordings: what a model once replied is replied again, and must come to the same.

Each file beside this one was said to the real program with `userbot rehearse`, and states in `expect` what is to come
of it. Protects what a change of prompts, tools or code would do to a task as people would see it. The tests are several
files by what the dialogs are about, so that they run side by side.
"""

from pathlib import Path

from userbot.rehearsal.rehearse import differences, read_recording, replay

DIALOGS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.json"))}


async def comes_to_what_it_states(path: Path) -> None:
    recording = read_recording(path)
    assert recording.expect is not None, "the file states nothing that is to come of it"
    assert recording.expect.tasks is not None, "the file names no task"
    assert differences(recording.expect, await replay(recording)) == []
