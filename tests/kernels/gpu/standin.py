"""A stand-in for CuPy on NumPy, for tests: real host code drives the real kernels, compiled for the CPU by g++.

It refuses what CuPy refuses (implicit transfers, keywords that CuPy does not have) and some that CuPy allows (a host
array as an index or a value). Memory from `empty` is poison. Transfers and waits are counted in `counts`. A copy on a
stream of its own happens as late as CUDA may let it happen: when an event behind it is waited for. Everything not named
here does not exist, so that a missing name shows; `test_compile.py` compares names and keywords with the real CuPy.
"""

from __future__ import annotations

import ctypes
import inspect
import re
import subprocess
import sys
import types
from collections import Counter
from pathlib import Path

import numpy as np

counts: Counter[str] = Counter()
state = {"free": 1 << 30, "library": None}

METHODS = {  # of ndarray -> the keywords that CuPy's have
    "sum": ("axis", "dtype", "out", "keepdims"),
    "max": ("axis", "out", "keepdims"),
    "min": ("axis", "out", "keepdims"),
    "any": ("axis", "out", "keepdims"),
    "all": ("axis", "out", "keepdims"),
    "astype": ("dtype", "order", "casting", "subok", "copy"),
    "copy": ("order",),
    "reshape": ("order", "copy"),
    "ravel": ("order",),
    "view": ("dtype",),
}
FUNCTIONS = {
    "abs": (), "maximum": (), "minimum": (), "isfinite": (), "isnan": (),
    "where": (), "flatnonzero": (), "concatenate": ("axis",), "stack": ("axis",), "broadcast_to": (),
    "searchsorted": ("side",), "argsort": ("axis", "kind"), "cumsum": ("axis",), "lexsort": (),
    "histogram": ("bins", "range", "density", "weights"), "bincount": ("weights", "minlength"),
    "unique": ("return_inverse",), "ascontiguousarray": ("dtype",), "zeros_like": ("dtype",),
    "take": ("axis",), "tile": (),
}  # fmt: skip
CREATORS = {"zeros": ("dtype",), "ones": ("dtype",), "full": ("dtype",), "arange": ("dtype",)}


def _wrapped(result):
    if isinstance(result, (np.ndarray, np.generic)):
        array = object.__new__(ndarray)
        array._host = np.asarray(result)
        return array
    if isinstance(result, (tuple, list)):
        return (
            type(result)(_wrapped(r) for r in result) if type(result) in (tuple, list) else tuple(map(_wrapped, result))
        )
    return result


def _host(value):
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError("a host array where a device array is needed")
    if isinstance(value, (tuple, list)):
        return type(value)(_host(v) for v in value)
    return value


def _known(name, keywords, allowed):
    unknown = set(keywords) - set(allowed)
    if unknown:
        raise TypeError(f"cupy.{name} takes no {sorted(unknown)}")


class _Flags:
    def __init__(self, flags):
        self.c_contiguous = flags.c_contiguous


class ndarray:  # noqa: N801  # CuPy's name
    """A device array."""

    __array_priority__ = 100
    __hash__ = None

    def __init__(self, shape, dtype=float):
        host = np.empty(shape, dtype)
        host.view(np.uint8)[...] = 0xCD
        if host.dtype.kind == "f":
            host[...] = np.nan
        self._host = host

    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    flags = property(lambda self: _Flags(self._host.flags))
    T = property(lambda self: _wrapped(self._host.T))
    device = property(lambda self: Device())

    def __array__(self, *arguments, **keywords):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, function, method, *inputs, **keywords):
        if method != "__call__" or any(isinstance(i, np.ndarray) for i in inputs):
            return NotImplemented  # NumPy scalars are welcome
        return _wrapped(function(*(_host(i) for i in inputs), **keywords))

    def get(self, stream=None, order="C", out=None, blocking=True):
        counts["to host"] += 1
        counts["bytes to host"] += self._host.nbytes
        return self._host.copy(order)

    def set(self, array, stream=None):
        if not isinstance(array, np.ndarray) or array.shape != self.shape or array.dtype != self.dtype:
            raise TypeError("set needs a host array of the same shape and type")
        counts["to device"] += 1
        (stream or get_current_stream())._do(lambda: np.copyto(self._host, array))

    def _waited(self):
        counts["waits"] += 1
        return self._host

    def __bool__(self):
        return bool(self._waited())

    def __int__(self):
        return int(self._waited())

    def __float__(self):
        return float(self._waited())

    def __len__(self):
        return len(self._host)

    def __getitem__(self, key):
        return _wrapped(self._host[_host(key)])

    def __setitem__(self, key, value):
        self._host[_host(key)] = _host(value)

    def __getattr__(self, name):
        if name not in METHODS:
            raise AttributeError(f"the stand-in's ndarray has no {name}")

        def method(*arguments, **keywords):
            _known(f"ndarray.{name}", keywords, METHODS[name])
            return _wrapped(getattr(self._host, name)(*map(_host, arguments), **keywords))

        return method


def _operator(name):
    def operator(self, *others):
        if any(isinstance(o, np.ndarray) for o in others):
            raise TypeError("Unsupported type <class 'numpy.ndarray'>")
        result = getattr(self._host, name)(*map(_host, others))
        if result is NotImplemented:
            return result
        return self if name.startswith("__i") and name != "__invert__" else _wrapped(result)

    return operator


for _name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "rshift"]:
    for _kind in ("", "r", "i"):
        setattr(ndarray, f"__{_kind}{_name}__", _operator(f"__{_kind}{_name}__"))
for _name in ["lt", "le", "gt", "ge", "eq", "ne", "neg", "abs", "invert"]:
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))
ndarray.__module__ = "cupy"


def _function(name, allowed):
    def function(*arguments, **keywords):
        _known(name, keywords, allowed)
        if name == "lexsort" and not isinstance(arguments[0], ndarray):
            raise TypeError("cupy.lexsort takes one array of keys")
        if name == "argsort" and keywords.get("kind") not in (None, "stable"):
            raise ValueError("cupy.argsort knows no other kind")
        return _wrapped(getattr(np, name)(*map(_host, arguments), **{k: _host(v) for k, v in keywords.items()}))

    function.__name__ = name
    return function


def asarray(a, dtype=None):
    """The only way in, and counted."""
    if isinstance(a, ndarray):
        return a if dtype is None or a.dtype == dtype else _wrapped(a._host.astype(dtype))
    counts["to device"] += 1
    return _wrapped(np.array(a, dtype=dtype))


def empty(shape, dtype=float):
    """Poison."""
    return ndarray(shape, dtype)


class Event:
    """What was queued on a stream when it was recorded."""

    def __init__(self):
        self._stream, self._place = None, 0

    def record(self, stream=None):
        self._stream = stream or get_current_stream()
        self._place = self._stream._queued

    def synchronize(self):
        if self._stream is not None:
            self._stream._run(self._place)


class Stream:
    """Does what it was given as late as it may; the current stream of the tests does it at once."""

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None, *, late=True):
        self._late, self._pending, self._queued, self._done = late, [], 0, 0

    def _do(self, action):
        self._queued += 1
        self._pending.append(action)
        if not self._late:
            self._run(self._queued)

    def _run(self, place):
        while self._done < place:
            self._done += 1
            self._pending.pop(0)()

    def wait_event(self, event):
        if self._late:
            self._do(event.synchronize)
        else:
            event.synchronize()

    def synchronize(self):
        counts["waits"] += 1
        self._run(self._queued)


_current = Stream(late=False)


def get_current_stream():
    """The computing stream."""
    return _current


class Device:
    """The only one."""

    attributes = {"MultiProcessorCount": 2}  # noqa: RUF012
    id = 0

    def __init__(self, device=0):
        assert device == 0

    mem_info = property(lambda self: (state["free"], 2 * state["free"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


class _Pinned(bytearray):
    pass


def alloc_pinned_memory(size):
    """Poison."""
    return _Pinned(b"\xcd" * size)


cuda = types.SimpleNamespace(
    is_available=lambda: True, Device=Device, Stream=Stream, Event=Event, get_current_stream=get_current_stream,
    alloc_pinned_memory=alloc_pinned_memory,
    driver=types.SimpleNamespace(occupancyMaxActiveBlocksPerMultiprocessor=lambda function, size, shared: 2),
)  # fmt: skip


def get_default_memory_pool():
    """Holds nothing."""
    return types.SimpleNamespace(free_bytes=lambda: 0)


SHIM = """
#include <cmath>
#include <cstddef>
#include <utility>
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
struct Dim { unsigned x, y, z; };
static thread_local Dim threadIdx, blockIdx, blockDim, gridDim;
using std::fabs; using std::sqrt;
template <class... P, std::size_t... I>
static void call(void (*kernel)(P...), void **a, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_reference_t<P> *>(a[I])...);
}
template <class... P> static constexpr int size_of(void (*)(P...), int k) {
    const int sizes[] = {(int)sizeof(P)...};
    return k < (int)sizeof...(P) ? sizes[k] : -1;
}
template <class... P> static void run(void (*kernel)(P...), unsigned blocks, unsigned threads, void **a) {
    gridDim = {blocks, 1, 1}, blockDim = {threads, 1, 1};
    for (unsigned b = 0; b < blocks; b++)
        for (unsigned t = 0; t < threads; t++) {
            blockIdx = {b, 0, 0}, threadIdx = {t, 0, 0};
            call(kernel, a, std::index_sequence_for<P...>{});
        }
}
"""


def build(code, names, folder: Path, stem: str):
    """The kernels of one source as functions of a shared library, by g++."""
    entries = "".join(
        f'extern "C" void run_{k}(unsigned b, unsigned t, void **a) {{ run({name}, b, t, a); }}\n'
        f'extern "C" int size_{k}(int i) {{ return size_of({name}, i); }}\n'
        for k, name in enumerate(names)
    )
    source, library = folder / f"{stem}.cpp", folder / f"{stem}.so"
    source.write_text(SHIM + code + entries)
    command = ["g++", "-std=c++17", "-O2", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC"]
    done = subprocess.run([*command, "-o", library, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    return ctypes.CDLL(str(library))


class RawModule:
    """Compiled when first asked for a kernel."""

    folder: Path = Path()

    def __init__(self, *, code=None, path=None, options=(), name_expressions=None):
        assert "#include" not in re.sub(r"//.*", "", code), "NVRTC finds no files"
        self._code, self._names, self._library = code, tuple(name_expressions), None

    def get_function(self, name):
        """A kernel by one of the name expressions."""
        if self._library is None:
            self._library = _libraries.get(self._code)
        if self._library is None:
            stem = f"kernels{len(_libraries)}"
            self._library = _libraries[self._code] = build(self._code, self._names, RawModule.folder, stem)
        return _Kernel(self._library, self._names.index(name), name)


_libraries: dict[str, ctypes.CDLL] = {}


class _Kernel:
    def __init__(self, library, number, name):
        self._run, self._size = getattr(library, f"run_{number}"), getattr(library, f"size_{number}")
        self.name, self.kernel = name, types.SimpleNamespace(ptr=1)

    def __call__(self, grid, block, arguments, **keywords):
        values = []
        for i, argument in enumerate(arguments):
            if isinstance(argument, ndarray):
                values.append(ctypes.c_void_p(argument._host.ctypes.data))
            else:
                assert isinstance(argument, np.generic), f"{self.name}: argument {i} has no definite size"
                values.append((ctypes.c_char * argument.itemsize).from_buffer_copy(argument.tobytes()))
            assert ctypes.sizeof(values[-1]) == self._size(i), f"{self.name}: argument {i} is of another size"
        assert self._size(len(values)) == -1, f"{self.name}: arguments are missing"
        counts["launches"] += 1
        table = (ctypes.c_void_p * len(values))(*(ctypes.addressof(v) for v in values))
        self._run(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), table)


def module(folder: Path) -> types.ModuleType:
    """The module to put into sys.modules as `cupy`."""
    RawModule.folder = folder
    cupy = types.ModuleType("cupy")
    own = {name: globals()[name] for name in ("ndarray", "asarray", "empty", "cuda", "RawModule")}
    made = {name: _function(name, allowed) for name, allowed in (FUNCTIONS | CREATORS).items()}
    vars(cupy).update(own | made, get_default_memory_pool=get_default_memory_pool)
    return cupy


assert inspect.isclass(ndarray)
assert sys.byteorder == "little"
