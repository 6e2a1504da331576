"""Load a case: a name from the library or the path of a YAML file, checked as a whole, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from pydantic import BaseModel, ValidationError

from .case_errors import problems_of
from .errors import CaseError, Problem, in_file_order, nearest, nearest_line
from .yaml_lines import MAXIMUM_BYTES, Document, read_yaml

KINDS: dict[str, str] = {
    "park": "park.case:ParkCase",
    "water-network": "water_network.case:WaterNetworkCase",
    "heat": "heat.case:HeatCase",
    "pooling": "pooling.case:PoolingCase",
}
"""Kind of case -> module below `loopwise.problems` and pydantic model; imported when a case of the kind is loaded."""

_PACKAGE = __name__.rpartition(".")[0]
_LIBRARY = files(_PACKAGE) / "library"
SUFFIXES = (".yaml", ".yml")
BESIDE_A_CORE = (".tim", ".time", ".sto", ".stoch")


@runtime_checkable
class ChecksItself(Protocol):
    """A case whose parts name each other: it tells every name that is not there, with its dotted place."""

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong beyond single values; empty where the case can be modelled."""
        ...


@dataclass(frozen=True)
class LibraryCase:
    """A case that comes with loopwise; `records`: the data files that its text names, and their content."""

    name: str
    kind: str
    description: str
    text: str
    records: Mapping[str, bytes]


def load_case(name_or_path: str | Path) -> BaseModel:
    """The validated case of a library name or a `.yaml` file; its `kind:` decides the class.

    Validation gets `{"currency": .., "folder": ..}` as context: data files named in the case are found beside it.
    Raises CaseError with every problem found.
    """
    return validate_case(*read_case(name_or_path))


def read_case(name_or_path: str | Path) -> tuple[Document, str, Path | None]:
    """Unchecked data of a case, its name for messages and its folder: what `validate_case` takes. Raises CaseError."""
    text, file, folder = _text_of(str(name_or_path))
    try:
        return read_yaml(text), file, folder
    except CaseError as error:
        raise error.located(file, {}) from None


def validate_case(document: Document, file: str, folder: Path | None = None) -> BaseModel:
    """The case of parsed YAML. Raises CaseError whose problems name `file` and lines."""
    data = document.data
    try:
        if data is None:
            raise CaseError(Problem("the file is empty; `loopwise new FILE` writes a starter case"))
        if not isinstance(data, dict):
            raise CaseError(Problem("expected keys such as `kind: park`, not a list or a single value"))
        raw = cast("dict[str, Any]", data)
        model = case_class(raw.get("kind"))
        field = model.model_fields.get("currency")
        currency = raw.get("currency", field.default if field else None)
        context = {"currency": currency if isinstance(currency, str) else None, "folder": folder}
        try:
            case = model.model_validate(raw, context=context)
        except ValidationError as error:
            raise CaseError(problems_of(error, model, raw)) from None
        if isinstance(case, ChecksItself) and (problems := case.problems()):
            raise CaseError(problems)
        return case
    except CaseError as error:
        raise error.located(file, document.lines) from None


def locate(error: CaseError, name_or_path: str | Path) -> CaseError:
    """What was found wrong after loading, with the file and lines of the case; problems elsewhere stay as they are."""
    try:
        document, file, _ = read_case(name_or_path)
    except CaseError:
        return error
    lines = document.lines

    def located(problem: Problem) -> Problem:
        root = re.split(r"[.\[]", problem.place or "", maxsplit=1)[0]
        if problem.file is not None or not root or root not in lines:
            return problem
        return replace(problem, file=file, line=problem.line or nearest_line(lines, problem.place))

    return CaseError(in_file_order(map(located, error.problems)))


def case_class(kind: object) -> type[BaseModel]:
    """The pydantic model of a kind. Raises CaseError for an unknown kind."""
    if kind is None:
        raise CaseError(Problem("is missing; it says what kind of case this is", place="kind", allowed=tuple(KINDS)))
    if not isinstance(kind, str) or kind not in KINDS:
        close = nearest(str(kind), KINDS)
        raise CaseError(Problem("unknown kind", place="kind", typed=str(kind), allowed=tuple(KINDS), suggestion=close))
    module, name = KINDS[kind].split(":")
    return cast("type[BaseModel]", getattr(import_module(f"{_PACKAGE}.{module}"), name))


def library_cases() -> dict[str, LibraryCase]:
    """The cases that come with loopwise, by name."""
    cases: dict[str, LibraryCase] = {}
    for entry in sorted((_LIBRARY).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            text = entry.read_text(encoding="utf-8")
            data = cast("Mapping[str, object]", read_yaml(text).data)
            name = entry.name.removesuffix(".yaml")
            described = " ".join(str(data.get("description", "")).split())
            records = {other.name: other.read_bytes() for other in _records() if other.name in text}
            cases[name] = LibraryCase(name, str(data["kind"]), described, text, records)
    return cases


def _records() -> list[Traversable]:
    """Data files of the library."""
    return [entry for entry in _LIBRARY.iterdir() if entry.name.endswith((".csv.gz", ".csv", ".parquet"))]


def _text_of(name_or_path: str) -> tuple[str, str, Path | None]:
    """Text, name for messages, and the folder of a case."""
    path = Path(name_or_path)
    if path.suffix.lower() in BESIDE_A_CORE:
        raise CaseError(Problem("belongs to an SMPS core file; name that one (.cor)", file=name_or_path))
    if path.suffix.lower() not in SUFFIXES and not path.is_file():  # a folder called like a case does not hide it
        entry = _LIBRARY / f"{name_or_path}.yaml"
        if "/" not in name_or_path and "\\" not in name_or_path and entry.is_file():
            text = entry.read_text(encoding="utf-8")
            folder = Path(str(_LIBRARY)) if any(other.name in text for other in _records()) else None
            return text, f"{name_or_path} (library)", folder
        if not path.exists():
            names = tuple(library_cases())
            raise CaseError(
                Problem(
                    f"no file and no library case is called {name_or_path!r}",
                    allowed=names,
                    suggestion=nearest(name_or_path, names),
                )
            )
    try:
        if path.is_dir():
            raise CaseError(Problem("is a folder; expected a case file", file=str(path)))
        if path.stat().st_size > MAXIMUM_BYTES:
            megabytes = path.stat().st_size / 1e6
            raise CaseError(
                Problem(
                    f"has {megabytes:.1f} MB; a case file has at most {MAXIMUM_BYTES / 1e6:g} MB", file=name_or_path
                )
            )
        return path.read_text(encoding="utf-8-sig"), name_or_path, path.resolve().parent
    except FileNotFoundError:
        siblings = [p.name for s in SUFFIXES for p in path.parent.glob(f"*{s}")] if path.parent.is_dir() else []
        close = nearest(path.name, siblings) or nearest(path.stem, library_cases())
        raise CaseError(Problem("there is no such file", file=name_or_path, suggestion=close)) from None
    except UnicodeDecodeError as error:
        raise CaseError(Problem(f"is not UTF-8 text (byte {error.start})", file=name_or_path)) from None
    except OSError as error:
        raise CaseError(Problem(f"cannot be read: {error.strerror}", file=name_or_path)) from None
