"""A scheduler and workers as commands, as on a real cluster; some behind a network link that can be cut."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}  # where workers find the works of these tests
HERE, THERE = "10.213.77.1", "10.213.77.2"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Machines:
    """Processes of `dask`; `host`: where the scheduler is."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host, self.port, self.running = host, free_port(), list[subprocess.Popen[bytes]]()
        self.address = f"tcp://{host}:{self.port}"

    def start(self, *arguments: str, before: tuple[str, ...] = (), **variables: str) -> "subprocess.Popen[bytes]":
        command = [*before, sys.executable, "-m", "dask", *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.running.append(subprocess.Popen(command, env=os.environ | ENVIRONMENT | variables, **quiet))
        return self.running[-1]

    def scheduler(self, host: str = "127.0.0.1", *, before: tuple[str, ...] = (), **variables: str):
        """One that listens already, however long a busy machine took to start it."""
        arguments = "scheduler", "--host", host, "--port", str(self.port), "--no-dashboard"
        process = self.start(*arguments, before=before, **variables)
        while process.poll() is None:
            with suppress(OSError), socket.create_connection((self.host, self.port), timeout=1.0):
                return process
            time.sleep(0.05)
        raise AssertionError(f"the scheduler ended with {process.returncode}")

    def worker(self, *more: str, before: tuple[str, ...] = (), **variables: str) -> "subprocess.Popen[bytes]":
        more = more or ("--no-nanny",)
        arguments = "worker", self.address, "--nthreads", "1", "--no-dashboard", *more
        return self.start(*arguments, before=before, **variables)

    def close(self) -> None:
        """End all of them, nannies before what they would start again."""
        there = [process for process in self.running if process.poll() is None]
        children = [child for process in there for child in psutil.Process(process.pid).children(recursive=True)]
        for process in [*there, *children]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for process in self.running:
            process.wait()


class Link:
    """A network namespace behind a cable: HERE on this side, THERE on its own."""

    def __init__(self, name: str) -> None:
        self.name, self.inside = name, ("ip", "netns", "exec", name)

    def cut(self) -> None:
        _ip("-n", self.name, "link", "set", "there", "down")

    def mend(self) -> None:
        _ip("-n", self.name, "link", "set", "there", "up")


@contextmanager
def linked() -> Generator[Link]:
    """Raises OSError where this machine does not allow it."""
    name = f"loopwise-{os.getpid()}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", name)
        _ip("addr", "add", f"{HERE}/24", "dev", "here")
        _ip("link", "set", "here", "up")
        _ip("-n", name, "addr", "add", f"{THERE}/24", "dev", "there")
        _ip("-n", name, "link", "set", "there", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield Link(name)
    finally:
        with suppress(OSError):  # it would outlive the namespace as long as a process does that runs there
            _ip("link", "del", "here")
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())
