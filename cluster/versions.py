"""Everybody computes with the same versions, or is refused by name."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

from .errors import ClusterError

Versions = Callable[[], Mapping[str, str]]
"""Names and versions of what decides results; called by every process, so it has to be picklable."""


def base_versions() -> dict[str, str]:
    """What decides whether processes understand each other."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in ("distributed", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def refuse_mismatch(ours: Mapping[str, str], others: Mapping[str, Mapping[str, str]]) -> None:
    """Raises ClusterError naming every worker of `others` (by address) and every name whose version is not ours."""
    differences = [
        f"worker {address} has {name} {found.get(name, 'absent')}, this process {ours.get(name, 'absent')}"
        for address, found in sorted(others.items())
        for name in sorted({*ours, *found})
        if found.get(name) != ours.get(name)
    ]
    if differences:
        raise ClusterError("versions differ, results could too: " + "; ".join(differences))
