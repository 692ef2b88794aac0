"""Linux wheels from the source archive: built for x86-64 and aarch64 by one compiler, checked, and tried.

    pip install -r .ci/wheels.txt
    python .ci/wheels.py build DIST        # the source archive and one wheel for each processor
    python .ci/wheels.py try DIST          # each wheel in an environment that has nothing else
    python .ci/wheels.py here DIST         # only the wheel of this processor

zig's C++ compiler makes modules for glibc 2.17 (2012) on any machine; it keeps what it compiled in ZIG_GLOBAL_CACHE_DIR. The wheel
of this machine's processor is tried with the lowest and the newest numpy, also by the golden digests; that of aarch64 with the newest,
in an emulator with Debian's Python (apt install qemu-user), or not at all, which is said.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROCESSORS = ("x86_64", "aarch64")
OLDEST_GLIBC = "2.17"
# What a module may need of the system; nothing of a C++ runtime library.
LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
MAIN_JOB = ["train", "data/cancer.csv", "--label", "diagnosis", "--test", "0.25"]
# Enough for an emulator, in which a training of the default length takes half a minute.
FEW_EPOCHS = "100"
GOLDEN = "test_every_case_with_each_kernel and native and trainer and iris"


def run(*command: object, variables: Mapping[str, str] | None = None, folder: Path = ROOT) -> str:
    """Standard output of a command that must succeed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env={**os.environ, **(variables or {})}, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\nended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def tool(name: str) -> Path:
    return Path(sys.executable).parent / name


def build(dist: Path) -> None:
    import ziglang

    zig = Path(ziglang.__file__).parent / "zig"
    run(sys.executable, "-m", "build", "--sdist", "--outdir", dist, ROOT)
    (archive,) = dist.glob("*.tar.gz")
    print(f"{archive.name}: {archive.stat().st_size / 1e3:.0f} kB")
    with tempfile.TemporaryDirectory() as name:
        for processor in PROCESSORS:
            start, target = time.monotonic(), f"-target {processor}-linux-gnu.{OLDEST_GLIBC}"
            variables = {
                "CC": f"{zig} cc {target}",
                "CXX": f"{zig} c++ {target}",
                "LDFLAGS": "-nostdlib++ -Wl,-s",
                "_PYTHON_HOST_PLATFORM": f"linux-{processor}",
                "ANN_KERNELS": "native",  # without its module a wheel is not wanted
            }
            run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", name, archive, variables=variables)
            (made,) = Path(name).glob(f"*linux_{processor}.whl")
            # Compares the symbols with those of the standard, and writes the tag into the wheel.
            path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
            run(tool("auditwheel"), "repair", "-w", dist, made, variables=path)
            check(wheel_of(dist, processor))
            print(f"{wheel_of(dist, processor).name}: built and checked in {time.monotonic() - start:.0f} s")


def wheel_of(dist: Path, processor: str) -> Path:
    found = list(dist.glob(f"anncli-*_{processor}.whl"))
    if len(found) != 1:
        raise SystemExit(f"expected one wheel for {processor} in {dist}, found {[path.name for path in found]}")
    return found[0]


def check_tags(wheel: Path) -> None:
    """One module for every Python from 3.11 on, and the oldest system that pip of today knows by two names."""
    processor = next((name for name in PROCESSORS if wheel.stem.endswith(name)), "")
    wanted = {f"manylinux2014_{processor}", f"manylinux_2_17_{processor}"}
    python, abi, platforms = wheel.stem.split("-")[2:]
    if (python, abi) != ("cp311", "abi3") or set(platforms.split(".")) != wanted:
        raise SystemExit(f"{wheel.name}: expected the tags cp311-abi3 and {' '.join(sorted(wanted))}")


def check(wheel: Path) -> None:
    """The tags, the limited interface, the contents, and what the module needs of the system."""
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile
    from elftools.elf.gnuversions import GNUVerNeedSection

    check_tags(wheel)
    run(tool("abi3audit"), "--strict", wheel)
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryFile() as file:
        names = archive.namelist()
        modules = [name for name in names if name.endswith(".so")]
        foreign = [name for name in names if name.endswith((".cc", ".h")) or name.startswith(("tests/", "data/"))]
        if modules != ["anncli/compiled/_native.abi3.so"] or foreign:
            raise SystemExit(f"{wheel.name}: expected one module and no sources, found {modules + foreign}")
        file.write(archive.read(modules[0]))
        sections = list(ELFFile(file).iter_sections())
        needed = {t.needed for s in sections if isinstance(s, DynamicSection) for t in s.iter_tags("DT_NEEDED")}
        versions = {
            part.name
            for section in sections
            if isinstance(section, GNUVerNeedSection)
            for _, parts in section.iter_versions()
            for part in parts
        }
    newest = max((number(v) for v in versions if v.startswith("GLIBC_")), default=(0,))
    if needed - LIBRARIES or newest > number(OLDEST_GLIBC) or any(not v.startswith("GLIBC_") for v in versions):
        raise SystemExit(f"{wheel.name}: the module needs {sorted(needed)}, {sorted(versions)}")
    size = wheel.stat().st_size / 1e6
    print(f"{wheel.name}: {size:.1f} MB, needs glibc {'.'.join(map(str, newest))}")


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def requirements(lowest: bool) -> list[str]:
    """What the package depends on, in the lowest versions that it allows, or in the newest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [text.replace(">=", "==") if lowest else text for text in project["dependencies"]]


def check_own_share(python: Path, wheel: Path, folder: Path) -> None:
    """The installation takes less of a processor than that of numpy, whatever the machine is and does beside it."""
    run(python, "-m", "pip", "download", "--no-deps", "--dest", folder, "numpy")
    numpy = next(folder.glob("numpy-*.whl"))
    # The least of three: a busy machine takes longer.
    busy, seconds = min(own_share(python, "anncli", wheel) for _ in range(3))
    most, _ = min(own_share(python, "numpy", numpy) for _ in range(3))
    print(
        f"{wheel.name}: own share of the installation {seconds:.1f} s, {busy:.1f} s of a processor; numpy's {most:.1f} s"
    )
    if busy > most:
        raise SystemExit("the installation takes more of a processor than that of numpy")


def own_share(python: Path, name: str, wheel: Path) -> tuple[float, float]:
    """Seconds of a processor, and seconds, that the installation of a package takes when what it depends on is there."""
    run(python, "-m", "pip", "uninstall", "--yes", name)
    start, before = time.monotonic(), os.times()
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return busy, time.monotonic() - start


def try_here(wheel: Path, lowest: bool, folder: Path) -> Path:
    """The main job and the golden digests with a wheel of this machine; returns the network."""
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "venv", folder)
    run(python, "-m", "pip", "install", *requirements(lowest))
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    variables = {"ANN_KERNELS": "native"}
    words = run(folder / "bin" / "ann", "--version", "-v", variables=variables).split("\n")
    print(f"{wheel.name}: {'; '.join(words[:4])}")
    network = folder / "cancer.nn"
    run(folder / "bin" / "ann", *MAIN_JOB, "-o", network, variables=variables)
    run(folder / "bin" / "ann", "test", network, "data/cancer.csv", "--require", "acc>=0.96", variables=variables)
    if not lowest:
        run(python, "-m", "pip", "install", "pytest", "pytest-timeout")
        golden = ["-q", "-m", "slow", "-k", GOLDEN, ROOT / "tests" / "golden" / "test_golden_bytes.py"]
        print(run(python, "-m", "pytest", *golden, folder=folder).strip().split("\n")[-1])
        check_own_share(python, wheel, folder)
    return network


def debian_python(folder: Path) -> Path | None:
    """Python of Debian for aarch64, with its libraries, unpacked into a folder; None where that cannot be had. Nothing is installed,
    and the lists of this system's packages stay as they are.
    """
    if not all(map(shutil.which, ("qemu-aarch64", "apt-get", "dpkg-deb"))):
        return None
    for name in ("lists/partial", "cache/archives/partial", "root"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    places = {"State::lists": "lists", "State::status": "status", "Cache": "cache"}
    settings = [f"-oDir::{key}={folder / name}" for key, name in places.items()]
    settings += ["-oAPT::Architecture=arm64", "-oAPT::Architectures::=arm64", "-oAPT::Sandbox::User=root"]
    apt = ["apt-get", "-qq", *settings]
    try:
        run(*apt, "update")
        plan = run(*apt, "--simulate", "--no-install-recommends", "install", "python3", "libstdc++6")
        packages = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
        run(*apt, "download", *packages, folder=folder / "cache")
    except SystemExit as reason:
        print(f"{reason}\nDebian's packages for aarch64 are not to be had")
        return None
    for package in (folder / "cache").glob("*.deb"):
        run("dpkg-deb", "-x", package, folder / "root")
    if not (folder / "root" / "lib").exists():
        (folder / "root" / "lib").symlink_to("usr/lib")
    return folder / "root"


def try_in_emulator(wheel: Path, root: Path, folder: Path, trained: Path) -> None:
    """The same with a wheel for aarch64. A network trained here must decide there as it does here."""
    # A processor without SVE: with it qemu 7.2 gives numpy, whose libraries use it, other numbers from run to run.
    python = ["qemu-aarch64", "-cpu", "cortex-a76", "-L", root, root / "usr" / "bin" / "python3"]
    version = run(*python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    tags = [f"--platform=manylinux{tag}_aarch64" for tag in ("_2_17", "2014", "_2_27", "_2_28")]
    pip = [sys.executable, "-m", "pip", "install", "--target", folder, "--only-binary=:all:"]
    run(*pip, "--python-version", version, *tags, wheel, *requirements(lowest=False))
    ann = [*python, "-P", "-m", "anncli"]
    variables = {"PYTHONPATH": str(folder), "ANN_KERNELS": "native", "PYTHONDONTWRITEBYTECODE": "1"}
    words = run(*ann, "--version", "-v", variables=variables).split("\n")
    print(f"{wheel.name}: {'; '.join(words[:4])}")
    networks = [folder / f"threads-{threads}.nn" for threads in (1, 3)]
    for threads, network in zip((1, 3), networks, strict=True):
        run(*ann, *MAIN_JOB, FEW_EPOCHS, "--threads", threads, "-o", network, variables=variables)
    if without_record(networks[0]) != without_record(networks[1]):
        raise SystemExit("one thread and three give different networks on aarch64")
    run(*ann, "test", networks[0], "data/cancer.csv", "--require", "acc>=0.96", variables=variables)
    here = run(trained.parent / "bin" / "ann", "predict", trained, "data/cancer.csv", "--classes")
    if run(*ann, "predict", trained, "data/cancer.csv", "--classes", variables=variables) != here:
        raise SystemExit("a network decides otherwise on aarch64 than here")


def without_record(network: Path) -> list[str]:
    """The lines of a network file but those of the number of threads and of the checksum, which covers them."""
    return [x for x in network.read_text().splitlines() if not x.strip().startswith(("threads:", "checksum:"))]


def try_on_this_machine(dist: Path, work: Path) -> Path:
    """With the lowest versions, which have no wheels for Python 3.13 and later, and with the newest; returns the network of these."""
    wheel = wheel_of(dist, platform.machine())
    if sys.version_info < (3, 13):
        try_here(wheel, True, work / "here-lowest")
    return try_here(wheel, False, work / "here")


def try_all(dist: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        trained = try_on_this_machine(dist, work)
        root = debian_python(work / "debian")
        if root is None:
            print("SKIPPED: the wheel for aarch64 is not tried: it needs qemu-user and Debian's packages for arm64")
            return
        try_in_emulator(wheel_of(dist, "aarch64"), root, work / "aarch64", trained)


def only_here(dist: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        try_on_this_machine(dist, Path(name))


if __name__ == "__main__":
    order, place = sys.argv[1:]
    {"build": build, "try": try_all, "here": only_here}[order](Path(place).resolve())
