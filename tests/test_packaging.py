"""A wheel holds every file of the rooms, whether it is built from the tree or from the sdist, and works where it lands.

Compared with the files that git tracks: a YAML case, a template, a schema, a `py.typed` or a CUDA header that the build
leaves out would be missed only by users, since the editable install of the tests reads the tree.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("problems", "kernels", "cluster", "optimizer")
EXTENSION = re.compile(r"loopwise/kernels/_cpu\.[^/]*(so|pyd)")  # compiled where there is a C++ compiler


def ran(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]} {command[1]}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built(what: str, source: Path, target: Path) -> Path:
    """The `sdist` or the pure-Python `wheel` of a source tree, by the build backend itself: no network, no compiler."""
    settings = {"build-dir": str(target / "build")} | ({"wheel.cmake": "false"} if what == "wheel" else {})
    call = f"from scikit_build_core.build import build_{what} as build; build({str(target)!r}, {settings!r})"
    ran(sys.executable, "-c", call, cwd=source)
    (archive,) = target.glob("*.whl" if what == "wheel" else "*.tar.gz")
    return archive


def contents(wheel: Path) -> dict[str, bytes]:
    """Path -> bytes of what a wheel installs; its own metadata left out."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


@pytest.fixture(scope="module")
def tracked() -> dict[str, bytes]:
    """Installed path -> bytes of every file of the rooms that git tracks and that is in the tree."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    names = ran("git", "ls-files", "-z", *ROOMS, cwd=ROOT).split("\0")
    return {f"loopwise/{name}": (ROOT / name).read_bytes() for name in names if name and (ROOT / name).exists()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_tracked_files_are_what_we_think(tracked: dict[str, bytes]) -> None:
    """The comparison below means something only while the tree has the files that builds like to drop."""
    endings = {Path(name).suffix for name in tracked}
    assert {".py", ".yaml", ".html", ".json", ".typed"} <= endings
    assert {f"loopwise/{room}/py.typed" for room in ROOMS} <= set(tracked)


def test_wheel_holds_every_tracked_file(wheel: Path, tracked: dict[str, bytes]) -> None:
    installed = contents(wheel)
    assert not sorted(set(tracked) - set(installed)), "tracked, but not in the wheel"
    assert not [name for name in tracked if installed[name] != tracked[name]], "not the bytes of the tree"


def test_wheel_holds_nothing_else(wheel: Path, tracked: dict[str, bytes]) -> None:
    untracked = ran("git", "ls-files", "-z", "--others", "--exclude-standard", *ROOMS, cwd=ROOT).split("\0")
    surplus = set(contents(wheel)) - set(tracked) - {f"loopwise/{name}" for name in untracked if name}
    assert not sorted(surplus), "caches, tests or build products in the wheel"


def test_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = built("sdist", ROOT, tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    again = built("wheel", source, tmp_path)
    assert contents(again) == contents(wheel)


def test_installed_wheel_works(wheel: Path, tmp_path: Path) -> None:
    """Outside the checkout and without the editable install: console script, case library, schema, starter case."""
    venv.create(tmp_path / "venv", with_pip=False)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    target = tmp_path / "site"
    ran(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel, cwd=tmp_path)
    # Dependencies come from the test environment, but by PYTHONPATH: its .pth files, the editable install, stay unread.
    paths = {"PYTHONPATH": os.pathsep.join((str(target), sysconfig.get_path("purelib")))}
    environment = os.environ | paths

    def python(*arguments: str) -> str:
        return ran(scripts / "python", *arguments, cwd=tmp_path, environment=environment)

    where = python("-c", "import loopwise.problems as p; print(p.__file__)")
    assert Path(where.strip()).is_relative_to(target)
    command = (
        "from importlib.metadata import entry_points as points; "
        "(script,) = points(group='console_scripts', name='loopwise'); script.load()()"
    )
    listed = json.loads(python("-c", command, "cases", "--json"))
    assert {case["name"] for case in listed} == {p.stem for p in (ROOT / "problems" / "library").glob("*.yaml")}
    python("-c", command, "new", "park.yaml")
    assert "a valid case" in python("-c", command, "check", "park.yaml")
    schema = (
        "from importlib.resources import files as f; print((f('loopwise.optimizer')/'result.schema.json').read_text())"
    )
    assert json.loads(python("-c", schema))["properties"]


@pytest.mark.slow
def test_compiled_wheel_adds_the_extension_only(wheel: Path, tmp_path: Path) -> None:
    """What users get from `pip install`: the same files, plus the CPU engine where a compiler is found."""
    settings = f"--config-settings=build-dir={tmp_path / 'build'}"
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", settings, "--wheel-dir", tmp_path)
    ran(*pip, str(ROOT), cwd=tmp_path)
    (full,) = tmp_path.glob("*.whl")
    names = set(contents(full))
    extension = {name for name in names if EXTENSION.fullmatch(name)}
    assert names - extension == set(contents(wheel))
    assert len(extension) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_install_without_a_compiler_serves_the_reference_engine(tmp_path: Path, editable: bool) -> None:
    """CXX leads nowhere and PATH has CMake but no compiler; both ways of installing succeed and say what is missing."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cmake", "ninja", "make", "git"):
        found = shutil.which(name)
        if found is not None:
            (tools / name).symlink_to(found)
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv", "build", "results", ".*_cache"))
    target = tmp_path / "site"
    bare = os.environ | {"CXX": "/nonexistent/c++", "CC": "/nonexistent/cc", "PATH": str(tools)}
    how = ("--editable",) if editable else ()
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, *how, source)
    ran(*pip, cwd=tmp_path, environment=bare)
    # a --target folder is no site folder: its .pth, the editable hook, is read on request
    program = (
        f"import site; site.addsitedir({str(target)!r}); import json, logging, sys; "
        "logging.basicConfig(stream=sys.stdout); "
        "from loopwise.optimizer.selftest import checks; from loopwise.kernels import RecourseLP; "
        "lp = RecourseLP([[1.0, 1.0]], [1.0, 3.0], [2.0, 9.0]); "
        "print([bool(lp.solve([5.0]).objective[0] > 10.9) for _ in range(3)]); "
        "print(json.dumps({c.engine: [c.passed, c.missing] for c in checks()}))"
    )
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(target), sysconfig.get_path("purelib")))}
    said = ran(python, "-c", program, cwd=tmp_path, environment=environment)
    assert said.count("the CPU engine is missing") == 1
    assert "[True, True, True]" in said
    engines = json.loads(said.splitlines()[-1])
    assert engines["reference"] == [True, None]
    assert engines["cpu"][0] is False
    assert "not compiled" in engines["cpu"][1]
