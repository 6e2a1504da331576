"""The kernels compile to SASS for every architecture, with the options that CuPy uses, and fit; no device is needed.

And the stand-in knows nothing that the real CuPy does not have.
"""

import inspect
import io
import re

import pytest

from loopwise.kernels.gpu import source
from tests.kernels.gpu import standin

compiler = pytest.importorskip("cupy.cuda.compiler", reason="CuPy is not installed: pip install 'loopwise[test-gpu]'")
nvrtc = compiler.nvrtc
pytestmark = pytest.mark.slow
# file -> registers of a thread, bytes spilled, bytes of shared memory, at most
LIMITS = {"recourse.cu": (255, 1024, 0), "sums.cu": (96, 0, 0)}


@pytest.mark.parametrize("architecture", [75, 80, 86, 90, 100, 120])
@pytest.mark.parametrize("file", source.KERNELS)
def test_compiles_to_sass_and_fits(file, architecture):
    try:
        supported = nvrtc.getSupportedArchs()
    except Exception as error:  # the wheel without the library
        pytest.skip(f"NVRTC cannot be loaded: {error}")
    if architecture not in supported:
        pytest.skip(f"NVRTC {nvrtc.getVersion()} has no sm_{architecture}")
    names = tuple(f"loopwise::{kernel}" for kernel in source.KERNELS[file])
    log = io.StringIO()
    program = compiler._NVRTCProgram(source.source(file), file, name_expressions=names, method="cubin")
    # CuPy adds -ftz by itself; -v makes the assembler tell what it used
    options = (*source.OPTIONS, "-ftz=true", f"-arch=sm_{architecture}", "-Xptxas=-v")
    binary, mapping = program.compile(options, log)
    assert binary[:4] == b"\x7fELF"
    assert set(mapping) == set(names)
    report = re.findall(r"entry function '(\w+)'(.*?)Compile time", log.getvalue(), re.DOTALL)
    assert len(report) == len(names)
    registers, spilled, shared = LIMITS[file]
    for name, text in report:
        used = [int((re.search(pattern, text) or [0, 0])[1]) for pattern in PATTERNS]
        print(f"sm_{architecture} {name}: registers, bytes spilled in stores and loads, shared: {used}")
        assert used[0] <= registers, (name, used)
        assert max(used[1:3]) <= spilled, (name, used)
        assert used[3] <= shared, (name, used)


PATTERNS = (r"Used (\d+) registers", r"(\d+) bytes spill stores", r"(\d+) bytes spill loads", r"(\d+) bytes smem")


def test_the_stand_in_has_no_name_or_keyword_of_its_own():
    import cupy

    for name, keywords in (standin.FUNCTIONS | standin.CREATORS).items():
        function = getattr(cupy, name)
        if not isinstance(function, cupy.ufunc):
            assert set(keywords) <= set(inspect.signature(function).parameters), name
    for name, keywords in standin.METHODS.items():
        signature = (getattr(cupy.ndarray, name).__doc__ or "").split("\n")[0]
        if name != "view":  # undocumented keyword, passed by place
            assert all(keyword in signature for keyword in keywords), name
    for name, stand_in in vars(standin.cuda).items():
        real = getattr(cupy.cuda, name)
        if isinstance(stand_in, type):
            public = {n for n in vars(stand_in) if not n.startswith("_")} - {"attributes"}
            assert public <= set(dir(real)), name
    assert hasattr(cupy.cuda.driver, "occupancyMaxActiveBlocksPerMultiprocessor")
    assert {"free_bytes"} <= set(dir(cupy.get_default_memory_pool()))
    for name in ("kernel", "num_regs"):
        assert hasattr(cupy.RawKernel, name)
