"""Protects the files people keep: what is written reads back the same, and what is wrong in one is named."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from userbot.rehearsal.rehearse.recording import (
    KEPT,
    OWNER,
    Expected,
    ExpectedTask,
    Line,
    Person,
    RecordedCall,
    RecordedReply,
    Recording,
    RecordingFault,
)
from userbot.rehearsal.rehearse.saved_file import from_json, read_recording, to_json, write_recording
from userbot.settings_table import SETTINGS, Part

FULL = Recording(
    start=datetime(2026, 11, 23, 9, tzinfo=UTC),
    owner="Павел Орлов",
    people=(Person("anna", "Анна Кузнецова", ((OWNER, "Привет"), ("anna", "Привет!"))), Person("ben", "Ben", (), 7.5)),
    lines=(
        Line(1.5, OWNER, ". договорись\nс @anna"),
        Line(9.0, "anna", "да", reply_to="message 1", waits=False),
        Line(10.0, "anna", "", file="смета.pdf"),
        Line(12.0, OWNER, "сам напишу", to="anna"),
    ),
    replies=(
        RecordedReply(OWNER, 0.5, "ok", (), (12, 3), 0.00125),
        RecordedReply("anna", 2.0, "", (RecordedCall("reply", {"text": "да"}, True), RecordedCall("odd", None, False))),
    ),
    settings={"OWNER_TIMEZONE": "Europe/Moscow"},
    skill="schedule-meeting",
    about="Who says what.",
    until_s=90.0,
    expect=Expected(
        {1: ExpectedTask("completed", "agreed", "anna", "meeting", {"time": "18:30"}, 3, 0)},
        2,
        {"anna": ("час",)},
        {OWNER: ("нет",)},
    ),
)


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    write_recording(FULL, tmp_path / "one.json")
    assert read_recording(tmp_path / "one.json") == FULL


def test_what_says_nothing_is_left_out() -> None:
    bare = to_json(Recording(FULL.start, "P", (), (Line(0, OWNER, ". hi"),)))
    assert bare["lines"] == [{"at_s": 0, "who": "owner", "text": ". hi"}]
    assert "expect" not in bare
    assert "skill" not in bare


def test_no_setting_that_is_kept_is_a_secret_or_an_address() -> None:
    """A saved rehearsal is shown to others: everything of the model's and Telegram's settings stays out."""
    known = {setting.name: setting for setting in SETTINGS}
    assert {known[name].part for name in KEPT} == {Part.OWNER}
    assert not [name for name in KEPT if any(word in name for word in ("KEY", "URL", "PASSWORD", "USERNAME", "PHONE"))]


def test_settings_that_may_not_be_in_it_are_neither_written_nor_read() -> None:
    with_key = replace(FULL, settings={**FULL.settings, "OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://x"})
    assert to_json(with_key)["settings"] == FULL.settings
    with pytest.raises(RecordingFault, match="OPENAI_API_KEY"):
        from_json({**to_json(FULL), "settings": {"OPENAI_API_KEY": "sk-1"}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "no rehearsal"),
        ({"version": 2}, "version 1"),
        ({"extra": 1}, "extra"),
        ({"start": "2026-11-23T09:00:00"}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"lines": {}}, "lines"),
        ({"lines": [{"at_s": 1, "who": "carl", "text": "hi"}]}, r"lines\[0\].*carl"),
        ({"lines": [{"at_s": -1, "who": "anna", "text": "hi"}]}, r"lines\[0\].*at_s"),
        ({"lines": [{"at_s": 1, "who": "anna", "text": "hi", "to": "ben"}]}, "the owner only"),
        ({"lines": [{"at_s": 1, "who": "anna", "text": "hi", "reply_to": "card x"}]}, "card x"),
        ({"lines": [{"at_s": 1, "who": "owner", "text": "hi", "file": "a.pdf"}]}, "only contacts"),
        ({"replies": [{"of": "anna", "took_s": 1, "tokens": [1]}]}, "tokens"),
        ({"replies": [{"of": "anna", "calls": [{"name": "reply", "arguments": "{"}]}]}, "arguments"),
        ({"people": [{"username": "anna", "name": "A"}, {"username": "bob", "name": "A"}]}, "called the same"),
        ({"people": [{"username": "owner", "name": "A"}]}, "owner"),
        ({"expect": {"tasks": {"one": {}}}}, "one"),
        ({"expect": {"tasks": {"1": {"outcome": "fine"}}}}, "outcome"),
        ({"expect": {"says": {"carl": ["x"]}}}, "carl"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordingFault, match=said):
        from_json({**to_json(FULL), **change})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingFault, match=r"nothing\.json cannot be read"):
        read_recording(tmp_path / "nothing.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(RecordingFault, match=r"broken\.json is no JSON"):
        read_recording(tmp_path / "broken.json")
    (tmp_path / "list.json").write_text(json.dumps([1]))
    with pytest.raises(RecordingFault, match=r"list\.json: the file has to be a JSON object"):
        read_recording(tmp_path / "list.json")
