"""What is wrong with a study, before anything runs: unknown paths and options, values that no case accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...problems.errors import CaseError, Problem, nearest
from .changes import places
from .definition import Study
from .run_options import OPTIONS, PREFIX

MOST_TRIED = 20  # values at one path that are put into a case; of more the rest fails, if it does, when it is run


def problems_of_study(study: Study) -> Iterator[Problem]:
    """Every problem, at its first place in the study."""
    checks, values = _PathChecks(study), study.definition.values()
    for path in [path for path in values if not path.startswith(PREFIX)]:
        for case in study.definition.cases:
            yield from checks.problems(case, path, values[path])
    named = {f"options.{name}": name for name in study.definition.options}
    named |= {f"{values[path][0][0]}.{path}": path.removeprefix(PREFIX) for path in values if path.startswith(PREFIX)}
    unknown = {place: name for place, name in named.items() if name not in OPTIONS}
    for place, name in unknown.items():
        yield Problem("unknown option", place=place, typed=name, allowed=OPTIONS, suggestion=nearest(name, OPTIONS))
    if not unknown:
        yield from _option_problems(study, values)


@dataclass
class _PathChecks:
    """Checks of paths; what a case holds is listed once."""

    study: Study
    known: dict[tuple[str, str | None], frozenset[str]] = field(default_factory=dict[Any, Any])

    def problems(self, case: str, path: str, values: list[tuple[str, Any]]) -> Iterator[Problem]:
        """Of one path in one case, with the (place, value) pairs that are put there."""
        always = self.study.definition.always
        known = self._places(case, path if path in always else None)
        if path not in known:
            message = f"the case {case!r} has nothing there"
            yield Problem(message, place=values[0][0], typed=path, suggestion=_nearest_path(path, known))
            return
        for where, value in _tried(values):
            try:
                self.study.changed_case(case, {**always, path: value})
            except KeyError:
                yield Problem(f"the case {case!r} holds a single value on the way", place=where, typed=path)
            except CaseError as error:
                yield from (replace(p, message=f"{path} = {value}: {p.message}", place=where) for p in error.problems)

    def _places(self, case: str, without: str | None) -> frozenset[str]:
        """Every path of a case with what is always changed, but for the change at the path `without`."""
        key = case, without
        if key not in self.known:
            others = {path: value for path, value in self.study.definition.always.items() if path != without}
            written, checked = self.study.changed_data(case, others), self.study.changed_case(case, others)
            self.known[key] = frozenset({*places(written), *places(checked)})
        return self.known[key]


def _tried(values: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """At most `MOST_TRIED` of them, the least and the greatest number among these."""
    if len(values) <= MOST_TRIED:
        return values
    numbers = sorted((pair for pair in values if isinstance(pair[1], (int, float))), key=lambda pair: pair[1])
    others = [pair for pair in values if not isinstance(pair[1], (int, float))]
    return [*numbers[:1], *numbers[-1:], *others[: MOST_TRIED - 2]]


def _option_problems(study: Study, values: Mapping[str, list[tuple[str, Any]]]) -> Iterator[Problem]:
    """What is wrong with options of all runs, or else with those that are changed."""
    always = study.definition.always
    try:
        study.options_with(always)
    except CaseError as error:
        names = {path.removeprefix(PREFIX): f"always.{path}" for path in always if path.startswith(PREFIX)}
        yield from (replace(p, place=names.get(p.place or "", f"options.{p.place}")) for p in error.problems)
        return
    for path in [path for path in values if path.startswith(PREFIX)]:
        for where, value in _tried(values[path]):
            try:
                study.options_with({**always, path: value})
            except CaseError as error:
                yield from (replace(p, place=f"{where}.{path}") for p in error.problems)


def _nearest_path(path: str, known: frozenset[str]) -> str | None:
    """The known path that is closest, compared with those of as many parts first."""
    alike = [place for place in known if place.count(".") == path.count(".")]
    return nearest(path, alike) or nearest(path, known)
