"""A model on loopback whose replies are scripted: an OpenAI-compatible endpoint for tests and demo."""

from userbot.rehearsal.model.asked import Asked, Heard, ToolResult
from userbot.rehearsal.model.recording import Recording
from userbot.rehearsal.model.said import Brain, Call, Expect, Fault, Said, Step, Tokens
from userbot.rehearsal.model.scripted import NOTHING_LEFT, Lane, ScriptedModel

__all__ = [
    "NOTHING_LEFT",
    "Asked",
    "Brain",
    "Call",
    "Expect",
    "Fault",
    "Heard",
    "Lane",
    "Recording",
    "Said",
    "ScriptedModel",
    "Step",
    "Tokens",
    "ToolResult",
]
