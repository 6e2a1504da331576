"""YAML text to plain data, with the line of every place and everything odd refused by name.

Safe by construction: no tags, no duplicate keys, limited depth, and aliases only as long as the expanded document
stays small ("billion laughs" is counted, not built). Scalars follow YAML 1.2: `no` and `10:30` are strings, `1e3` is a
number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from .errors import CaseError, Problem, dotted

MAXIMUM_BYTES = 5_000_000
MAXIMUM_NODES = 300_000
MAXIMUM_DEPTH = 50

_FAST: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it
_TAG = "tag:yaml.org,2002:"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)


class _Loader(_FAST):  # pyright: ignore[reportUntypedBaseClass]
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)


for _name, _pattern, _first in _SCALARS:
    for _character in [*_first, *([""] if _name == "null" else [])]:
        _Loader.yaml_implicit_resolvers.setdefault(_character, []).append(
            (_TAG + _name, re.compile(f"(?:{_pattern})\\Z"))
        )


@dataclass
class Document:
    """Plain data of a YAML text and the line (from 1) of every dotted place in it."""

    data: Any = None
    lines: dict[str, int] = field(default_factory=dict)


def read_yaml(text: str) -> Document:
    """Data and lines of one YAML document. Raises CaseError with line numbers, without the file's name."""
    try:
        _refuse_depth(text)
        root = cast("yaml.Node | None", yaml.compose(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise CaseError(_not_yaml(text, error)) from None
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        message = f"not valid YAML: the character #x{error.character:02x} is not allowed"
        raise CaseError(Problem(message, line=line)) from None
    except yaml.YAMLError as error:
        raise CaseError(Problem(f"not valid YAML: {' '.join(str(error).split())}")) from None
    if root is None:
        return Document()
    _refuse_bomb(root)
    builder = _Builder()
    data = builder.build(root, ())
    if builder.problems:
        raise CaseError(builder.problems)
    return Document(data, builder.lines)


def _not_yaml(text: str, error: yaml.MarkedYAMLError) -> Problem:
    """What the parser did not like, as a sentence."""
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    typed = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    parts = [part for part in (error.problem, error.context) if part]
    what = " ".join(reversed(parts) if (error.problem or "").startswith("but ") else parts)
    if "\t" in typed[: len(typed) - len(typed.lstrip())]:
        what = "a tab stands where the line is indented; YAML takes blanks only"
    return Problem(f"not valid YAML: {what}", line=mark.line + 1 if mark else None)


def _refuse_depth(text: str) -> None:
    """Nesting is checked on the event stream: composing would recurse."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAXIMUM_DEPTH:
            line = event.start_mark.line + 1
            raise CaseError(Problem(f"nested more than {MAXIMUM_DEPTH} levels deep", line=line))


def _refuse_bomb(root: yaml.Node) -> None:
    """Count the nodes that the aliases stand for, without expanding them."""
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1
        known = sizes.get(id(node), 0)
        if known is None:
            raise CaseError(Problem("an alias refers to what it stands in", line=node.start_mark.line + 1))
        if known == 0:
            sizes[id(node)] = None
            parts: list[Any] = node.value
            known = 1 + sum(size(part) for item in parts for part in (item if isinstance(item, tuple) else (item,)))
            sizes[id(node)] = known
        return known

    nodes = size(root)
    if nodes > MAXIMUM_NODES:
        raise CaseError(Problem(f"stands for {nodes:.3g} values with its aliases; at most {MAXIMUM_NODES} are read"))


class _Builder:
    """Plain data from composed nodes; collects problems and lines on the way."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        self.lines.setdefault(dotted(path), node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        return self.refuse(node, path, f"the YAML tag {node.tag!r} is not allowed here")

    def mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse(key_node, path, "a key must be a word, not a list or a mapping")
            elif key_node.tag == _TAG + "merge":
                for source in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                    if isinstance(source, yaml.MappingNode):
                        merged = {**self.mapping(source, path), **merged}
                    else:
                        self.refuse(value_node, path, "'<<' takes a mapping or a list of mappings")
            elif (key := str(key_node.value)) in data:
                self.refuse(key_node, (*path, key), "this key stands here twice")
            else:
                self.lines[dotted((*path, key))] = key_node.start_mark.line + 1
                data[key] = self.build(value_node, (*path, key))
        return {**merged, **data}

    def scalar(self, node: yaml.ScalarNode, path: tuple[str | int, ...]) -> Any:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text) if len(text) < 300 else float("inf")
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            case "str":
                return text
            case _:
                return self.refuse(node, path, f"the YAML tag {node.tag!r} is not allowed here")

    def refuse(self, node: yaml.Node, path: tuple[str | int, ...], message: str) -> None:
        self.problems.append(Problem(message, line=node.start_mark.line + 1, place=dotted(path) or None))
