"""As much of JSON Schema, draft 7, as the schema of the settings uses; an unknown keyword is an error."""

import re

_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict}


def fits(value, schema, root):
    """Return whether *value* is valid against *schema*, whose references are those of *root*."""
    if "$ref" in schema:  # draft 7 ignores what is beside it
        return fits(value, root["definitions"][schema["$ref"].removeprefix("#/definitions/")], root)
    return all(
        _KEYWORDS[key](value, argument, schema, root) for key, argument in schema.items() if key not in _ANNOTATIONS
    )


def _is_of(value, kind):
    if kind == "integer":
        return not isinstance(value, bool) and isinstance(value, int | float) and value == value // 1
    return isinstance(value, _TYPES[kind])


def _type(value, kinds, _schema, _root):
    return any(_is_of(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _properties(value, parts, _schema, root):
    return not isinstance(value, dict) or all(fits(value[key], parts[key], root) for key in value if key in parts)


def _others(value, part, schema, root):
    if not isinstance(value, dict):
        return True
    others = [each for key, each in value.items() if key not in schema.get("properties", {})]
    return not others if part is False else all(fits(each, part, root) for each in others)


_ANNOTATIONS = {"$schema", "$id", "title", "description", "definitions"}
_KEYWORDS = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": lambda v, part, _, root: not isinstance(v, dict) or all(fits(key, part, root) for key in v),
    "required": lambda v, keys, *_: not isinstance(v, dict) or set(keys) <= v.keys(),
    "items": lambda v, part, _, root: not isinstance(v, list) or all(fits(each, part, root) for each in v),
    "minItems": lambda v, least, *_: not isinstance(v, list) or len(v) >= least,
    "enum": lambda v, choices, *_: v in choices,
    "minimum": lambda v, least, *_: isinstance(v, bool) or not isinstance(v, int | float) or v >= least,
    "minLength": lambda v, least, *_: not isinstance(v, str) or len(v) >= least,
    "maxLength": lambda v, most, *_: not isinstance(v, str) or len(v) <= most,
    "pattern": lambda v, pattern, *_: not isinstance(v, str) or re.search(pattern, v) is not None,
    "anyOf": lambda v, parts, _, root: any(fits(v, part, root) for part in parts),
    "not": lambda v, part, _, root: not fits(v, part, root),
}
