"""The GPU engine on the stand-in (always, where there is g++) and on a device (marked `gpu`)."""

import sys

import pytest

from loopwise.kernels import gpu


@pytest.fixture(params=["standin", pytest.param("device", marks=pytest.mark.gpu)])
def cupy(request):
    """The stand-in, and CuPy itself where there is a device."""
    if request.param == "standin":
        return request.getfixturevalue("standin_cupy")
    reason = gpu.unavailable()
    if reason is not None:
        pytest.skip(reason)
    return sys.modules["cupy"]
