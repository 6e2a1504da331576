"""Where a run's chunks are computed, from its options."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable

from ..cluster import ClusterError, Scheme, Serial
from ..cluster.versions import base_versions
from ..kernels import Engine
from ..kernels.cpu import threads
from ..kernels.engine import unavailable
from ..problems.errors import CaseError, Problem
from .options import Options
from .result import installed, versions

CUDA = "cuda"  # --cluster cuda: one worker per GPU of this machine
SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def open_scheme(options: Options) -> Generator[Scheme]:
    """The scheme that `--workers` and `--cluster` ask for, closed at the end.

    Raises CaseError where it cannot be had, or where it failed later and nobody inside caught the ClusterError.
    """
    if options.cluster is None and options.workers == 1:
        yield Serial()
        return
    if options.cluster is not None and options.workers > 1:
        message = "an address brings its own workers; leave out one of --workers and --cluster"
        raise CaseError(Problem(message, place="--workers", typed=str(options.workers)))
    place, typed = ("--workers", str(options.workers)) if options.cluster is None else ("--cluster", options.cluster)
    try:
        opened = _cluster(options)
        scheme = opened.__enter__()
    except ModuleNotFoundError as error:
        message = f"needs Dask ({error.name} is missing): pip install 'loopwise[cluster]'"
        raise CaseError(Problem(message, place=place, typed=typed)) from None
    except ClusterError as error:
        raise CaseError(Problem(str(error), place=place, typed=typed)) from None
    try:
        yield scheme
    except ClusterError as error:
        raise CaseError(Problem(str(error), place=place, typed=typed)) from None
    finally:
        opened.__exit__(None, None, None)


def _cluster(options: Options) -> AbstractContextManager[Scheme]:
    from ..cluster.dask_clusters import open_address, open_cuda, open_local  # Dask is an extra

    if options.cluster == CUDA:
        return open_cuda(versions=run_versions)
    if options.cluster is not None:
        return open_address(options.cluster, versions=run_versions)
    share = str(max(1, threads() // options.workers))  # no more threads than cores, whatever the number of workers
    environment = {"LOOPWISE_THREADS": share} | dict.fromkeys(SINGLE_THREADED, "1")
    return open_local(options.workers, environment=environment, versions=run_versions)


def run_versions() -> dict[str, str]:
    """What has to be the same everywhere for results to be the same."""
    kernel = hashlib.sha256()
    _add_sources(files(__package__ or "").joinpath("..", "kernels"), kernel)
    libraries = {name: version for name, version in versions().items() if name != "python"}
    engine = "absent" if unavailable(Engine.CPU) else "there"  # else `auto` takes the slow one, with other last digits
    own = {"loopwise": installed("loopwise"), "kernel": kernel.hexdigest()[:12], "compiled kernel": engine}
    return base_versions() | libraries | own


def _add_sources(folder: Traversable, digest: hashlib._Hash) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            _add_sources(entry, digest)
        elif entry.name.endswith((".py", ".cuh", ".cu", ".hpp", ".cpp")):
            digest.update(entry.name.encode() + entry.read_bytes())
