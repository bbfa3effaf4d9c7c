"""JSON Schemas that skills bring along: read them safely, name what breaks them, judge them as strict tools.

Values are held against a schema here whenever a model has filled one in; what comes out are short lines for
the model to mend its call, which never repeat the value itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MAX_LINES = 8
MAX_LINE = 200
# What every strict tool endpoint takes. More than this some of them refuse with a 400.
STRICT_KEYWORDS = frozenset(
    {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "anyOf",
        "title",
        "description",
    }
)
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_SCHEMA_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_SCHEMAS = (
    *("items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)


class SchemaError(ValueError):
    """Not a schema that can be used; the text says why."""


def read_schema(text: str) -> Mapping[str, Any]:
    """A JSON Schema (2020-12) of an object. References are refused: they could be endless, or lead out."""
    try:
        schema = _parsed(text)
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise SchemaError('must be a JSON Schema with "type": "object" at its top')
        Draft202012Validator.check_schema(schema)
        for where, part in _parts(schema, ""):
            if _REFERENCES.intersection(part):
                raise SchemaError(f"{where or 'top'}: write the part out where it is meant, without a $ref")
    except jsonschema.SchemaError as error:
        where = "/".join(str(step) for step in error.absolute_path)
        raise SchemaError(_cut(f"not a JSON Schema at {where or 'top'}: {error.message}")) from error
    except RecursionError as error:
        raise SchemaError("nested too deeply") from error
    return schema


def violations(schema: Mapping[str, Any], value: object) -> list[str]:
    """How `value` breaks `schema`: at most MAX_LINES short lines, without its values; [] when it does not."""
    lines: dict[str, None] = {}  # `required` comes once per missing property, and one line names them all
    try:
        for error in Draft202012Validator(schema).iter_errors(value):
            if len(lines) == MAX_LINES:
                return [*lines, "and more"]
            lines[_cut(_line(error))] = None
    except RecursionError:
        return ["nested too deeply"]
    return list(lines)


def strict_faults(schema: Mapping[str, Any]) -> list[str]:
    """Why this schema could not be a strict tool parameter; [] when it could."""
    faults: list[str] = []
    for where, part in _parts(schema, ""):
        name = where or "top"
        foreign = sorted(set(part) - STRICT_KEYWORDS)
        if foreign:
            faults.append(_cut(f"{name}: not every strict endpoint takes {', '.join(foreign)}"))
        kinds = part.get("type", ())
        if "object" in kinds:  # a type's name, or a list of them
            properties = part.get("properties", {})
            optional = sorted(set(properties) - set(part.get("required", ())))
            if optional:
                faults.append(_cut(f"{name}: must be required, with null allowed instead: {', '.join(optional)}"))
            if part.get("additionalProperties") is not False:
                faults.append(f'{name}: "additionalProperties" must be false')
        if "array" in kinds and "items" not in part:
            faults.append(f'{name}: an array needs "items"')
        if not part.keys() & {"type", "anyOf", "enum"}:
            faults.append(f'{name}: needs a "type"')
    return faults


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SchemaError(f"not JSON at line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError("not JSON") from error


def _parts(schema: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schema and every schema in it, each with the place it stands at."""
    yield where, schema
    inner: list[tuple[str, object]] = [(key, schema[key]) for key in _SCHEMAS if key in schema]
    for key in _SCHEMA_MAPS:
        inner.extend((f"{key}/{name}", part) for name, part in schema.get(key, {}).items())
    for key in _SCHEMA_LISTS:
        inner.extend((f"{key}/{n}", part) for n, part in enumerate(schema.get(key, ())))
    for key, part in inner:
        if isinstance(part, dict):  # true and false are schemas too, with nothing inside
            yield from _parts(part, f"{where}/{key}" if where else key)


def _line(error: ValidationError) -> str:
    where = "/".join(str(step) for step in error.absolute_path)
    return f"{where}: {_what(error)}" if where else _what(error)


def _what(error: ValidationError) -> str:
    rule: str = str(error.validator)
    limit: Any = error.validator_value
    value: Any = error.instance
    known: Any = error.schema
    if rule == "type":
        return f"must be {_alternatives(limit if isinstance(limit, list) else [limit])}"
    if rule == "required":
        return f"missing: {', '.join(name for name in limit if name not in value)}"
    if rule == "additionalProperties" and limit is False:
        unknown = [name[:40] for name in value if name not in known.get("properties", {})]
        return f"unknown properties: {', '.join(unknown[:5])}"
    if rule == "enum":
        return f"must be {_alternatives(limit)}"
    if rule in ("anyOf", "oneOf", "allOf", "not", "if"):
        return f"fits none of the forms its {rule} allows"
    return f"breaks the rule {rule} {json.dumps(limit, ensure_ascii=False)}"


def _alternatives(values: Sequence[object]) -> str:
    return " or ".join("null" if value is None else str(value) for value in values)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"
