"""Protects pictures: they reach models that take them, in both wire forms, and stop nothing where they do not."""

import base64
import json

import pytest

from tests.model.conftest import HELLO, TalkTo
from userbot.errors import NeverAgain
from userbot.model.messages import Image, user
from userbot.rehearsal.model import Call, Fault, Said

PICTURE = Image(b"\xff\xd8\xff not really", "image/jpeg")
URL = "data:image/jpeg;base64," + base64.b64encode(PICTURE.data).decode()
ASKED = (HELLO[0], user("Anna: вот", PICTURE))
PONG = Said(calls=(Call("reply", {"text": "Красиво!", "reply_to": None}),))


async def test_a_picture_goes_out_beside_the_words(talk: TalkTo) -> None:
    async with talk(PONG) as t:
        await t.complete(*ASKED)
        body = t.sent()
        assert t.model.asked[-1].messages[1].text == "Anna: вот"
    parts = (body["messages"] if "messages" in body else body["input"])[1]["content"]  # type: ignore[index]
    assert URL in (parts[1]["image_url"], parts[1]["image_url"]["url"] if "messages" in body else None)
    assert parts[1]["type"] == ("image_url" if "messages" in body else "input_image")


async def test_without_words_it_goes_alone(talk: TalkTo) -> None:
    async with talk(PONG) as t:
        await t.complete(HELLO[0], user("", PICTURE, PICTURE))
        assert json.dumps(t.sent()).count(URL) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        Fault.error(400, "Invalid content type. image_url is only supported by certain models.", "invalid_value"),
        Fault.error(404, "No endpoints found that support image input"),
        Fault.error(500, "image input is not supported - hint: you may need to provide the mmproj"),
        Fault.error(400, "This model is not a multimodal model"),
        Fault.http(422, {"detail": [{"loc": ["body", "messages", 1, "content", "str"], "msg": "should be a string"}]}),
        Fault.error(400, "messages[1].content: invalid type: sequence, expected a string"),
    ],
    ids=["openai", "openrouter", "llama.cpp", "vllm", "fastapi", "rust"],
)
async def test_a_model_that_takes_none_is_told_that_there_was_one(talk: TalkTo, refusal: Fault) -> None:
    """And is never sent another: learned once."""
    async with talk(refusal, PONG, PONG) as t:
        await t.complete(*ASKED)
        assert t.model.asked[-1].messages[1].text == "Anna: вот\n[a picture]"
        await t.complete(*ASKED)
        assert [URL in json.dumps(asked.body) for asked in t.model.asked] == [True, False, False]


async def test_one_bad_picture_is_no_reason_to_show_no_others(talk: TalkTo) -> None:
    refusal = Fault.error(400, "Invalid image data: the image exceeds the maximum size")
    async with talk(refusal, PONG, PONG) as t:
        await t.complete(*ASKED)
        await t.complete(*ASKED)
        assert [URL in json.dumps(asked.body) for asked in t.model.asked] == [True, False, True]


async def test_a_refusal_of_something_else_is_one(talk: TalkTo) -> None:
    async with talk(Fault.error(400, "maximum context length is 4096", "context_length_exceeded")) as t:
        with pytest.raises(NeverAgain):
            await t.complete(*ASKED)


async def test_words_about_pictures_without_one_are_no_refusal_of_one(talk: TalkTo) -> None:
    async with talk(Fault.error(400, "image generation is not supported")) as t:
        with pytest.raises(NeverAgain):
            await t.complete(*HELLO)


def test_a_picture_does_not_show_in_a_repr() -> None:
    """A repr in a log would be megabytes of somebody's photograph."""
    assert "not really" not in repr(ASKED)
