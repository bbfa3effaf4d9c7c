"""Protects the way back from a bad call: short lines that name the fault, and no schema that bites."""

import json
from typing import Any

import pytest

from userbot.schemas import MAX_LINE, MAX_LINES, SchemaError, read_schema, strict_faults, violations


def schema(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ANSWER = schema(
    answer={"type": "string"},
    count={"type": ["integer", "null"]},
    mood={"type": ["string", "null"], "enum": ["good", "bad", None]},
    parts={"type": "array", "items": schema(name={"type": "string"})},
)


def test_a_value_that_fits_has_no_violations() -> None:
    fits = {"answer": "да", "count": None, "mood": "good", "parts": [{"name": "x"}]}
    assert violations(ANSWER, fits) == []


def test_every_fault_is_named_with_its_place_and_what_would_be_right() -> None:
    lines = violations(ANSWER, {"answer": 1, "count": "x", "mood": "so-so", "parts": [{}, 3], "more": 1})
    assert set(lines) == {
        "answer: must be string",
        "count: must be integer or null",
        "mood: must be good or bad or null",
        "parts/0: missing: name",
        "parts/1: must be object",
        "unknown properties: more",
    }
    assert violations(ANSWER, {}) == ["missing: answer, count, mood, parts"]


@pytest.mark.parametrize("value", [None, [], "x", 3, True])
def test_what_is_no_object_at_all_is_said_to_be_none(value: object) -> None:
    assert violations(ANSWER, value) == ["must be object"]


def test_huge_values_are_neither_repeated_nor_all_counted() -> None:
    """A contact's flood must not come back through an error message."""
    secret = "s3cret" * 50_000
    wrong = {"answer": {"x": secret}, "count": secret, "mood": secret, secret: 1, "parts": [secret] * 5000}
    lines = violations(ANSWER, wrong)
    assert len(lines) == MAX_LINES + 1
    assert lines[-1] == "and more"
    assert all(len(line) <= MAX_LINE for line in lines)
    assert sum(line.count("s3cret") for line in lines) < 10


def test_deep_nesting_is_a_fault_and_not_a_crash() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert violations(schema(parts={"const": deep}), {"parts": [[[1]]]}) != []
    assert violations(ANSWER, {"parts": deep}) != []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON at line 1"),
        ("[]", '"type": "object"'),
        ('{"type": "string"}', '"type": "object"'),
        (
            '{"type": "object", "properties": {"a": {"type": "strnig"}}}',
            "not a JSON Schema at properties/a/type",
        ),
        ('{"type": "object", "required": "a"}', "not a JSON Schema at required"),
        (
            '{"type": "object", "properties": {"a": {"pattern": "("}}}',
            "not a JSON Schema at properties/a/pattern",
        ),
        ('{"type": "object", "properties": {"a": {"$ref": "http://example.com/x"}}}', "without a $ref"),
        (
            '{"type": "object", "properties": {"a": {"anyOf": [{"$ref": "#"}]}}}',
            "properties/a/anyOf/0: write",
        ),
        ('{"type": "object", "x": ' + "9" * 5000 + "}", "not JSON"),
        ('{"type": "object", "not": ' + '{"not": ' * 5000 + "{}" + "}" * 5001, "nested too deeply"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_schema(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) <= MAX_LINE


def test_a_property_may_be_called_like_a_reference() -> None:
    assert read_schema(json.dumps(schema(**{"$ref": {"type": "string"}})))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (
            {"type": "object", "properties": {"b": {"type": "null"}}, "additionalProperties": False},
            "must be required",
        ),
        (
            {"type": ["object", "null"], "properties": {}, "required": []},
            '"additionalProperties" must be false',
        ),
        ({"type": "string", "format": "date"}, "not every strict endpoint takes format"),
        ({"type": "string", "minLength": 1, "maxLength": 2}, "takes maxLength, minLength"),
        ({"type": "array"}, 'an array needs "items"'),
        ({"description": "anything"}, 'needs a "type"'),
        (
            {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "x"}]},
            "properties/a/anyOf/1: not every",
        ),
    ],
)
def test_what_a_strict_endpoint_would_refuse_is_seen_beforehand(part: dict[str, Any], said: str) -> None:
    faults = strict_faults(schema(a=part))
    assert len(faults) == 1
    assert said in faults[0]
    assert strict_faults(ANSWER) == []
