"""`userbot rehearse`: the owner's own model tried on invented people, saved, and played again.

The program itself runs in this process, on a Telegram on loopback and in a home of its own; of the owner's settings it
has those of the model and of manners. Tests that keep dialogs call `replay`.
"""

from userbot.rehearsal.rehearse.expectations import differences
from userbot.rehearsal.rehearse.outcome import Outcome, TaskOutcome
from userbot.rehearsal.rehearse.recording import Recording, RecordingFault
from userbot.rehearsal.rehearse.replaying import ReplayFailed, replay, replay_with_model
from userbot.rehearsal.rehearse.saved_file import read_recording, write_recording

__all__ = [
    "Outcome",
    "Recording",
    "RecordingFault",
    "ReplayFailed",
    "TaskOutcome",
    "differences",
    "read_recording",
    "replay",
    "replay_with_model",
    "write_recording",
]
