"""Checks a release before it leaves: `python tests/release.py dist` writes wheel and sdist there. A few minutes.

It needs the packages build and twine, and a package index for a fresh environment. So it is no part of the tests. It
looks at the last commit, never at the working tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """Return the output of a command. Ends the program if it fails."""
    words = [str(word) for word in command]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def committed(clone: Path) -> dict[str, bytes]:
    names = run("git", "ls-files", "-z", cwd=clone).split("\0")
    return {name: (clone / name).read_bytes() for name in names if name}


def wheel_faults(wheel: Path, files: dict[str, bytes]) -> list[str]:
    """What the wheel holds beside the commit's package, and what it lacks."""
    with zipfile.ZipFile(wheel) as packed:
        held = {name: packed.read(name) for name in packed.namelist() if ".dist-info/" not in name}
    package = {name.removeprefix("src/"): data for name, data in files.items() if name.startswith("src/")}
    return differences(held, package)


def sdist_faults(sdist: Path, files: dict[str, bytes]) -> list[str]:
    with tarfile.open(sdist) as packed:
        members = [member for member in packed.getmembers() if member.isfile()]
        held = {member.name.partition("/")[2]: packed.extractfile(member).read() for member in members}
    return differences({name: data for name, data in held.items() if name != "PKG-INFO"}, files)


def differences(held: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    names = sorted(held.keys() | expected.keys())
    return [name for name in names if held.get(name) != expected.get(name)]


def main(output: str) -> int:
    folder = Path(tempfile.mkdtemp())
    clone, dist = folder / "clone", Path(output).resolve()
    run("git", "clone", "--quiet", ROOT, clone)
    files = committed(clone)
    run(sys.executable, "-m", "build", "--outdir", dist, clone)
    version = run(sys.executable, "-c", "import mien; print(mien.__version__)", PYTHONPATH=str(clone / "src")).strip()
    wheel, sdist = dist / f"mien-{version}-py3-none-any.whl", dist / f"mien-{version}.tar.gz"
    print(run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, NO_COLOR="1").strip())
    for built, faults in ((wheel, wheel_faults(wheel, files)), (sdist, sdist_faults(sdist, files))):
        if faults:
            sys.exit(f"{built.name} differs from the commit in {', '.join(faults)}")
        print(f"{built.name}: {built.stat().st_size / 1e6:.1f} MB, every file as in the commit, and no other")
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", "-c", clone / "constraints.txt", wheel)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    mien = folder / "environment" / "bin" / "mien"
    print(f"installed: {run(mien, '--version', cwd=elsewhere).strip()}")
    print(run(mien, "demo", "--budget", "2kimg", "--faces", "300", cwd=elsewhere).strip())
    print(run(mien, "generate", "last", "--seeds", "0-3", "--grid", cwd=elsewhere).strip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist"))
