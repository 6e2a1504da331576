"""The GPU engine on the stand-in (always, where there is g++) and on a device (marked `gpu`)."""

import shutil
import sys

import pytest

from loopwise.kernels import engine as engines
from loopwise.kernels import gpu, recourse
from loopwise.kernels.gpu import launch, source

from . import standin


def forget():
    """What was memoized for another CuPy."""
    for cached in (engines.unavailable, gpu.unavailable, source._module, source.compiled, launch.resident_threads):
        cached.cache_clear()
    recourse._PREPARED.clear()


@pytest.fixture
def standin_cupy(monkeypatch, tmp_path_factory):
    """CuPy's stand-in as `cupy`."""
    if shutil.which("g++") is None:
        pytest.skip("no g++: the kernels cannot be compiled for the stand-in")
    cupy = standin.module(tmp_path_factory.mktemp("kernels"))
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(standin.state, "free", 1 << 30)
    forget()
    standin.counts.clear()
    yield cupy
    forget()


@pytest.fixture(params=["standin", pytest.param("device", marks=pytest.mark.gpu)])
def cupy(request):
    """The stand-in, and CuPy itself where there is a device."""
    if request.param == "standin":
        return request.getfixturevalue("standin_cupy")
    reason = gpu.unavailable()
    if reason is not None:
        pytest.skip(reason)
    return sys.modules["cupy"]
