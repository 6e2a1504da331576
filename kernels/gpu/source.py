"""CUDA sources as one text each, and the kernels in them, compiled by CuPy when first launched, once per device."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

OPTIONS = ("-std=c++17", "--device-as-default-execution-space")
KERNELS = {
    "recourse.cu": ("solve<false>", "solve<true>", "memory_size<false>", "memory_size<true>"),
    "sums.cu": ("multiply", "cell_sums", "block_moments"),
}  # file -> kernels, all in namespace loopwise
_TYPES: dict[str, type[np.generic]] = {
    "double": np.float64,
    "int": np.int32,
    "Index": np.int64,
    "bool": np.bool_,
    "signed char": np.int8,
}
_PARAMETER = re.compile(r"(?P<constant>const )?(?P<type>[\w ]+?)(?P<pointer> ?\*(?:const )?| )(?P<name>\w+)")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kernel: a number, or a pointer to numbers that it only reads (`constant`) or writes."""

    name: str
    dtype: np.dtype[Any]
    pointer: bool
    constant: bool


@cache
def source(file: str) -> str:
    """A file of kernels/cuda with its includes in place: CuPy's cache of binaries looks at this text alone."""
    folder = files("loopwise.kernels") / "cuda"
    text = (folder / file).read_text(encoding="utf-8")
    return re.sub(r'^#include "(\S+)"$', lambda include: source(include[1]), text, flags=re.MULTILINE)


@cache
def parameters(file: str, kernel: str) -> tuple[Parameter, ...]:
    """Parameters of a kernel in order, as its declaration in the source has them."""
    name = kernel.split("<")[0]
    found = re.search(rf"__global__ void (?:__launch_bounds__\(\d+\) )?{name}\(([^)]*)\)", source(file))
    if found is None:
        raise LookupError(f"{file} declares no kernel {name}")
    result: list[Parameter] = []
    for declared in re.sub(r"\s+", " ", found[1]).strip().split(", "):
        part = _PARAMETER.fullmatch(declared.strip())
        if part is None or part["type"] not in _TYPES:
            raise LookupError(f"{file}: parameter {declared!r} of {name} is of no known type")
        dtype: np.dtype[Any] = np.dtype(_TYPES[part["type"]])
        result.append(Parameter(part["name"], dtype, "*" in part["pointer"], part["constant"] is not None))
    return tuple(result)


@cache
def _module(file: str, device: int) -> Any:  # one module, and so one set of binaries, per device
    cupy: Any = import_module("cupy")
    names = tuple(f"loopwise::{kernel}" for kernel in KERNELS[file])
    return cupy.RawModule(code=source(file), options=OPTIONS, name_expressions=names)


@cache
def compiled(file: str, kernel: str, device: int) -> Any:
    """CuPy's kernel for one device."""
    return _module(file, device).get_function(f"loopwise::{kernel}")
