"""A study from its file, or from those that come with loopwise, checked."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from ...problems.case_errors import problems_of
from ...problems.case_file import KINDS, SUFFIXES, read_case, validate_case
from ...problems.errors import CaseError, Problem, nearest
from ...problems.yaml_lines import Document, read_yaml
from .checks import problems_of_study
from .definition import Study, StudyFile

_LIBRARY = files(__package__ or "") / "library"


def load_study(name_or_path: str | Path) -> Study:
    """The checked study of a file or of loopwise's own. Raises CaseError with every problem found."""
    path = Path(name_or_path)
    built_in = _LIBRARY / f"{name_or_path}.yaml"
    if path.suffix.lower() not in SUFFIXES and not path.exists() and built_in.is_file():
        text, file, folder = built_in.read_text(encoding="utf-8"), f"{name_or_path} (built-in study)", None
    else:
        try:
            text, file, folder = path.read_text(encoding="utf-8-sig"), str(path), path.resolve().parent
        except (OSError, UnicodeDecodeError) as error:
            names = tuple(entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir())
            what = getattr(error, "strerror", None) or "is not UTF-8 text"
            close = nearest(str(name_or_path), names)
            raise CaseError(Problem(what, file=str(path), allowed=names, suggestion=close)) from None
    document = Document()
    try:
        document = read_yaml(text)
        data = document.data
        if isinstance(data, dict) and cast("dict[str, Any]", data).get("kind") in KINDS:
            raise CaseError(Problem("is a case, not a study; a study has `kind: study` and `cases: [..]`"))
        try:
            definition = StudyFile.model_validate(data)
        except ValidationError as error:
            raise CaseError(problems_of(error, StudyFile, cast("dict[str, Any]", data))) from None
        empty = [path for path, values in definition.grid.items() if not values]
        if empty:
            raise CaseError(Problem("has no value", place=f"grid.{path}") for path in empty)
        study = Study(definition, {case: _data_of(case, folder) for case in definition.cases})
        problems = tuple(problems_of_study(study))
        if problems:
            raise CaseError(problems)
    except CaseError as error:
        raise error.located(file, document.lines) from None
    return study


def _data_of(case: str, folder: Path | None) -> tuple[dict[str, Any], str, Path | None]:
    """A case's data, its name for messages, and where its data files are: beside it, or the study."""
    beside = folder / case if folder is not None else Path(case)
    document, file, place = read_case(beside if beside.is_file() else case)
    validate_case(document, file, place)
    return cast("dict[str, Any]", document.data), file, place or folder
