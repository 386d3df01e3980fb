"""What stands around the code: locks, contracts, scripts, the container's recipe."""

import os
import re
import stat
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("build", "run", "dev")


def locked(name: str) -> dict[str, str]:
    """Package to version, as the lock has them."""
    text = (ROOT / f"requirements/{name}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.M))


def wanted(*extras: str) -> list[Requirement]:
    project = PYPROJECT["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / f"requirements/{name}.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())

    assert "://" not in text
    assert not [
        entry
        for entry in entries
        if not re.fullmatch(
            r"[a-z0-9._-]+==\S+( ; .+?)?( \\\n {4}--hash=sha256:[0-9a-f]{64})+", entry
        )
    ]


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("build", [Requirement(line) for line in PYPROJECT["build-system"]["requires"]]),
        ("run", wanted()),
        ("dev", wanted("dev", "bench")),
    ],
)
def test_a_lock_satisfies_the_project(name: str, requirements: list[Requirement]) -> None:
    versions = locked(name)

    assert not [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(
            versions.get(canonicalize_name(requirement.name), "0.dev0")
        )
    ]


@pytest.mark.parametrize("name", ["build", "run"])
def test_what_is_tested_is_what_is_shipped(name: str) -> None:
    dev = locked("dev")

    assert {package: dev.get(package) for package in locked(name)} == locked(name)


def test_what_the_tests_need_is_not_shipped() -> None:
    assert not {"pytest", "playwright", "hypothesis", "ruff", "mypy"} & set(locked("run"))


def test_the_import_contracts_of_the_house_stand() -> None:
    contracts = {
        contract["name"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
    }

    layers = contracts["Imports run one way: pages -> components -> services -> db"]
    assert layers["layers"] == ["pages", "components", "services", "db"]
    assert "Nothing imports app or cli" in contracts
    assert "The simulator stands alone" in contracts
    assert "Only app and cli start the simulator" in contracts
    assert "nicegui" in contracts["No NiceGUI below the components"]["forbidden_modules"]


def test_types_are_checked_strictly_in_all_that_is_delivered() -> None:
    mypy = PYPROJECT["tool"]["mypy"]
    delivered = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]

    assert mypy["strict"]
    assert {*mypy["packages"], *(f"{name}.py" for name in mypy["modules"])} == set(delivered)


def tracked() -> list[Path]:
    """The files of the project: git's list, or all text where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        kinds = ("py", "md", "toml", "lock", "js", "css", "yml")
        return [path for kind in kinds for path in ROOT.glob(f"[!.]*/**/*.{kind}")]
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_what_is_shipped_is_all_that_belongs_to_the_product(tmp_path: Path) -> None:
    shipped = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]

    built = next(
        iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    )

    with zipfile.ZipFile(built) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert {name for name in ours if name.partition("/")[0] in shipped} <= packed
    assert {Path(name).suffix for name in packed} >= {".py", ".js", ".css", ".json", ".woff2"}
    assert {path.name for path in ROOT.glob("*.py")} <= set(shipped), "a module is left behind"
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"} <= set(shipped)


def test_no_file_names_a_path_of_one_machine() -> None:
    # Written so that this line is none itself; root's dot files are those of every node.
    personal = re.compile(r"(?<![\w/.}~-])/(?:root(?!/\.)|home/\w+|Users/\w+|work)/" + r"[\w.]")
    places = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        places += [f"{path.relative_to(ROOT)}: {found[0]}" for found in personal.finditer(text)]

    assert not places


def test_no_secret_file_is_tracked() -> None:
    names = [path.name for path in tracked()]

    assert not [name for name in names if name == ".env" or name.startswith("id_")]
    assert not [name for name in names if name.endswith((".pem", ".key", ".db"))]


def run_script(
    *command: str | Path, path: Path | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a script, with the programs in `path` before all others."""
    places = ([str(path)] if path else []) + ["/usr/bin", "/bin"]
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.pathsep.join(places), "HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def pretend(folder: Path, name: str, script: str) -> None:
    """Put a program of this name into the folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize("name", [".ci/run", "scripts/make-venv", "scripts/find-chromium"])
def test_a_script_can_be_run(name: str) -> None:
    assert (ROOT / name).stat().st_mode & stat.S_IXUSR


def test_ci_ends_with_the_tests_own_status_and_their_closing_lines(tmp_path: Path) -> None:
    closing = "===== 3 passed, 1 failed in 2.50s ====="
    pretend(tmp_path, "make", f"echo '{closing}'; echo 'make: Error'; exit 3")

    ran = run_script(ROOT / ".ci/run", path=tmp_path)

    assert ran.returncode == 3
    assert ran.stdout.rstrip().endswith(closing)


def test_ci_is_content_when_the_tests_are(tmp_path: Path) -> None:
    pretend(tmp_path, "make", 'test "$1" = test && echo "===== 3 passed in 2.50s ====="')

    assert run_script(ROOT / ".ci/run", path=tmp_path).returncode == 0


def test_a_python_that_is_too_old_is_refused_by_its_version(tmp_path: Path) -> None:
    pretend(tmp_path, "old", 'test "$1" = --version && echo Python 3.9.2')

    ran = run_script(ROOT / "scripts/make-venv", tmp_path / "venv", tmp_path / "old", path=tmp_path)

    assert ran.returncode == 1
    assert "3.11, 3.12 or 3.13" in ran.stderr
    assert "found: Python 3.9.2" in ran.stderr
    assert not (tmp_path / "venv").exists()


def test_without_ensurepip_and_without_rights_the_remedy_is_named(tmp_path: Path) -> None:
    pretend(
        tmp_path,
        "python3",
        'case "$2" in *print*) echo 3.11;; *ensurepip*) exit 1;; esac',
    )
    pretend(tmp_path, "id", "echo 1000")

    ran = run_script(ROOT / "scripts/make-venv", tmp_path / "venv", path=tmp_path)

    assert ran.returncode == 1
    assert "sudo apt-get install python3.11-venv" in ran.stderr


def test_an_environment_that_serves_is_kept(tmp_path: Path) -> None:
    (tmp_path / "venv/bin").mkdir(parents=True)
    pretend(tmp_path / "venv/bin", "python", "exit 0")
    pretend(tmp_path, "python3", "exit 1")

    assert run_script(ROOT / "scripts/make-venv", tmp_path / "venv", path=tmp_path).returncode == 0


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chromium"])
def test_a_chromium_that_is_there_is_taken(tmp_path: Path, name: str) -> None:
    pretend(tmp_path, name, "exit 0")

    ran = run_script(ROOT / "scripts/find-chromium", tmp_path, path=tmp_path)

    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.fixture(scope="module")
def service() -> dict[str, object]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert list(compose["services"]) == ["jarvis"]
    service: dict[str, object] = compose["services"]["jarvis"]
    return service


def test_the_container_is_given_as_little_as_it_needs(service: dict[str, object]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] == "512M"
    assert service["init"] is True
    assert service["stop_grace_period"] == "30s"
    assert "privileged" not in service


def test_one_port_is_published_and_only_to_this_machine(service: dict[str, object]) -> None:
    assert service["ports"] == ["${PUBLISH:-127.0.0.1:8080}:8080"]


def test_the_container_writes_to_its_volume_and_reads_the_secrets(
    service: dict[str, object],
) -> None:
    assert service["volumes"] == ["data:/data", "./secrets:/run/jarvis:ro"]


def test_the_image_runs_without_rights_and_is_watched() -> None:
    recipe = (ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER 10001:10001$", recipe, re.M)
    assert re.search(r"^STOPSIGNAL SIGTERM$", recipe, re.M)
    assert re.search(r"^VOLUME /data$", recipe, re.M)
    assert "/healthz" in recipe
    assert recipe.count("--require-hashes") == 2


def test_nothing_reaches_the_image_but_what_is_named() -> None:
    rules = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)

    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert {name for names in copied for name in names.split()} == allowed


def test_the_locks_hold_for_every_python_that_is_promised() -> None:
    assert PYPROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert default_environment()["python_version"] in ("3.11", "3.12", "3.13")
