"""Clusters to run on: processes of this machine, one worker per GPU of it, or whatever stands behind an address."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from dask import config
from distributed import Client, LocalCluster
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from .dask_scheme import DaskScheme
from .errors import ClusterError
from .versions import Versions, base_versions

SEEK = 30.0  # seconds that a scheduler is sought, at first and after it was lost
TIME_TO_LIVE = "60s"  # of a worker of ours that gives no sign of life, such as one that was suspended
IGNORE_INTERRUPT = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""Ctrl-C reaches every process of a terminal; it is the client that decides what it means."""


@contextmanager
def open_local(
    workers: int, *, environment: Mapping[str, str] | None = None, versions: Versions = base_versions
) -> Generator[DaskScheme]:
    """`workers` processes of this machine, each with one thread of Dask and the variables of `environment`.

    Lost ones are started again; the scheduler lives in this process.
    """
    variables = {"DASK_LOGGING__DISTRIBUTED": "critical", **(environment or {})}
    with config.set({"distributed.scheduler.worker-ttl": TIME_TO_LIVE}):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            env=variables,
            preload=[IGNORE_INTERRUPT],
        )
    with cluster, _opened(DaskScheme(lambda: Client(cluster), versions=versions)) as scheme:
        yield scheme


@contextmanager
def open_cuda(
    *, environment: Mapping[str, str] | None = None, versions: Versions = base_versions
) -> Generator[DaskScheme]:
    """One worker per GPU of this machine, by dask-cuda. Raises ClusterError where that is not installed."""
    try:
        cuda: Any = import_module("dask_cuda")
    except ModuleNotFoundError:
        raise ClusterError("one worker per GPU needs dask-cuda: pip install dask-cuda") from None
    cluster = cuda.LocalCUDACluster(
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        env=dict(environment or {}),
        preload=[IGNORE_INTERRUPT],
    )
    with cluster, _opened(DaskScheme(lambda: Client(cluster), versions=versions)) as scheme:
        yield scheme


@contextmanager
def open_address(address: str, *, versions: Versions = base_versions, seek: float = SEEK) -> Generator[DaskScheme]:
    """The cluster whose scheduler listens at `address` (tcp://host:port), or whose scheduler file this is.

    Raises ClusterError where nobody answers for `seek` seconds.
    """

    def connect() -> Client:
        tries = Retrying(
            retry=retry_if_exception_type((OSError, TimeoutError)),
            stop=stop_after_delay(seek),
            wait=wait_random_exponential(multiplier=0.2, max=5.0),
            reraise=True,
        )
        try:
            return tries(_client, address, min(seek, 10.0))
        except (OSError, TimeoutError):
            raise ClusterError(f"no Dask scheduler answers at {address} (sought for {seek:g} s)") from None
        except ValueError as error:
            raise ClusterError(
                f"{address!r} is no address of a Dask scheduler: {error}; give tcp://host:port"
            ) from None

    with _opened(DaskScheme(connect, versions=versions, reconnects=True)) as scheme:
        yield scheme


def _client(address: str, timeout: float) -> Client:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions, which we compare ourselves and refuse
        if os.path.isfile(address):  # noqa: PTH113
            return Client(scheduler_file=address, timeout=timeout)
        return Client(address, timeout=timeout)


@contextmanager
def _opened(scheme: DaskScheme) -> Generator[DaskScheme]:
    try:
        yield scheme
    finally:
        scheme.close()
