"""A user's own Pyomo model: which of its variables come first, which of its parameters are uncertain, and how.

Behind `TwoStageProblem.from_pyomo`; everything that is wrong is told at once, by the names of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast, get_args

import numpy as np
import pyomo.environ as pyo

from ..errors import CaseError, Problem, nearest
from ..uncertainty import Correlation, Distribution, Uncertainty
from .compiler import compile_model
from .problem import TwoStageProblem

DISTRIBUTIONS: tuple[type, ...] = get_args(get_args(Distribution)[0])


def own_model(
    model: Any,
    first_stage: Iterable[Any],
    uncertain: Mapping[Any, Any],
    correlations: Sequence[Correlation],
    reports: Iterable[tuple[str, str, Any]],
) -> TwoStageProblem:
    """See `TwoStageProblem.from_pyomo`."""
    problems: list[Problem] = []
    decided = [found for variable in first_stage if (found := _found(model, variable, pyo.Var, problems)) is not None]
    distributions: dict[str, Distribution] = {}
    parameters: list[Any] = []
    for key, given in uncertain.items():
        parameter = _found(model, key, pyo.Param, problems)
        if parameter is None:
            continue
        if not parameter.parent_component().mutable:
            problems.append(Problem("the parameter is fixed in the model: declare it mutable", place=parameter.name))
            continue
        for member, distribution in _members(parameter, given, problems):
            if member.name in distributions:
                problems.append(Problem("is uncertain twice", place=member.name))
            distributions[member.name] = distribution
            parameters.append(member)
    try:
        source = Uncertainty(distributions, correlations)
    except ValueError as error:
        problems.append(Problem(str(error)))
        source = Uncertainty(distributions)
    if problems:
        raise CaseError(problems)
    problem = compile_model(model, decided, parameters, source, reports=reports)
    unused = [name for name, used in zip(distributions, _used(problem), strict=True) if not used]
    if unused:
        message = "nothing in the model depends on it: was its value taken when the model was built?"
        raise CaseError(Problem(message, place=name) for name in unused)
    return problem


def _found(model: Any, wanted: Any, kind: Any, problems: list[Problem]) -> Any:
    """The component or its member, given as such or by name; None, with a problem, where the model has none."""
    what = "variable" if kind is pyo.Var else "parameter"
    if isinstance(wanted, str):
        component = model.find_component(wanted)
        if component is None or component.parent_component().ctype is not kind:
            names = [part.name for part in model.component_objects(kind, descend_into=True)]
            members = [part.name for part in model.component_data_objects(kind, descend_into=True)]
            close = nearest(wanted, (*names, *members))
            problems.append(Problem(f"the model has no {what} of this name", place=wanted, suggestion=close))
            return None
        return component
    component = wanted.parent_component() if hasattr(wanted, "parent_component") else None
    if component is None or component.ctype is not kind:
        problems.append(Problem(f"expected a {what} of the model or its name", typed=str(wanted)))
        return None
    if component.model() is not model.model():
        problems.append(Problem(f"the {what} belongs to another model", place=wanted.name))
        return None
    return wanted


def _members(parameter: Any, given: Any, problems: list[Problem]) -> list[tuple[Any, Distribution]]:
    """(member, distribution) of every part of a parameter, in the model's order."""
    indexed = parameter.is_indexed()
    members = dict(parameter.items()) if indexed else {None: parameter}
    if isinstance(given, Mapping) and indexed:
        stated = cast("Mapping[Any, Any]", given)
        for index in stated:
            if index not in members:
                close = nearest(str(index), map(str, members))
                problems.append(Problem("has no such index", place=parameter.name, typed=str(index), suggestion=close))
        chosen: dict[Any, Any] = {index: stated[index] for index in members if index in stated}
    else:
        chosen = dict.fromkeys(members, given)
    for index, distribution in chosen.items():
        if not isinstance(distribution, DISTRIBUTIONS):
            allowed = tuple(kind.__name__ for kind in DISTRIBUTIONS)
            typed = type(distribution).__name__
            problems.append(Problem("expected a distribution", place=members[index].name, typed=typed, allowed=allowed))
    return [(members[i], d) for i, d in chosen.items() if isinstance(d, DISTRIBUTIONS)]


def _used(problem: TwoStageProblem) -> Any:
    """(K,) which elements anything random or reported depends on."""
    terms = list(problem.random.values())
    if problem.reports is not None:
        terms += [problem.reports.random, problem.reports.random_constant]
    features = np.zeros(len(problem.monomials), dtype=bool)
    for term in terms:
        features[term.coefficients.indices[term.coefficients.data != 0.0]] = True
    return (problem.monomials[features] != 0).any(axis=0)
