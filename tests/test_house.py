"""The house rules: imports point one way, files stay short, nothing names a machine, every entry explains itself."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from agents.knowledge import KNOWLEDGE
from agents.learning import LEARNERS
from agents.misinformation import MISINFORMATION
from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES
from mechanisms import MECHANISMS
from mechanisms.scoring import SCORES

ROOT = Path(__file__).parents[1]
PACKAGES = ("mechanisms", "agents", "analysis", "scenarios")
LONGEST = 300
NO_TEXT = {".png", ".parquet", ".gz", ".ico"}
OF_A_MACHINE = re.compile(r"(?<![\w.])/(work|root|home|Users|tmp|mnt|opt)/|[A-Z]:\\\\?Users")
KINDS = {**MECHANISMS, **STRATEGIES, **LEARNERS}
FUNCTIONS = {**KNOWLEDGE, **MISINFORMATION, **VALUE_RULES, **BELIEF_RULES, **SCORES}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not in a git repository")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))


# --- the code


def test_imports_point_one_way():
    command = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_the_layers_are_the_four_packages():
    """The contract is about all code there is, so none can be left out of it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert settings["contracts"][0]["layers"] == [*reversed(PACKAGES)]
    assert set(settings["root_packages"]) == set(PACKAGES)


@pytest.mark.parametrize("path", modules(), ids=name)
def test_every_module_says_what_it_is_for(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text
    assert text.splitlines()[0].rstrip().endswith((".", ":", "?"))


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for path in modules()}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_no_file_is_long():
    long = {name(path): len(lines(path)) for path in modules() if len(lines(path)) > LONGEST}
    assert long == {}


def test_no_code_is_commented_out_or_left_to_do():
    left = re.compile(
        r"\b(TODO|FIXME|XXX|HACK)\b|^\s*#\s*(def|class|import|from|return) |breakpoint\(\)|(?<![.\w])print\("
    )
    found = [f"{name(p)}:{number}: {line}" for p in modules() for number, line in lines(p) if left.search(line)]
    assert found == []


def test_nothing_draws_from_global_randomness():
    bad = re.compile(r"np\.random\.(rand|seed|choice|normal|uniform|shuffle|permutation|randint)\b|^\s*import random\b")
    found = [f"{name(p)}:{number}: {line}" for p in modules() for number, line in lines(p) if bad.search(line)]
    assert found == []


@pytest.mark.parametrize("entry", KINDS)
def test_every_mechanism_and_strategy_has_a_name_and_a_summary(entry):
    kind = KINDS[entry]
    assert kind.name == entry
    assert kind.summary.strip()
    assert "\n" not in kind.summary
    assert kind.__doc__


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_every_function_of_a_registry_says_what_it_does(entry):
    first = (FUNCTIONS[entry].__doc__ or "").strip().splitlines()[0]
    assert first
    assert first.endswith((".", ":", ",", "true"))


@pytest.mark.parametrize(
    "registry",
    [MECHANISMS, STRATEGIES, LEARNERS, VALUE_RULES, BELIEF_RULES, KNOWLEDGE, MISINFORMATION, SCORES],
)
def test_names_can_be_typed(registry):
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", entry) for entry in registry)


# --- the repository


def test_nothing_names_a_machine():
    """Temporary folders in tests are made by pytest, so even they need no path."""
    found = []
    for path in tracked():
        if path.suffix in NO_TEXT or path == Path(__file__).resolve() or "tests" in path.relative_to(ROOT).parts[:1]:
            continue
        found += [f"{name(path)}:{number}: {line[:80]}" for number, line in lines(path) if OF_A_MACHINE.search(line)]
    assert found == []


def test_every_tracked_file_is_small_text_without_trailing_blanks():
    for path in tracked():
        assert path.stat().st_size < 1_000_000, name(path)
        if path.suffix not in NO_TEXT:
            text = path.read_bytes().decode("utf-8")
            assert "\r" not in text, name(path)
            assert not text or text.endswith("\n"), name(path)


def test_no_results_or_caches_are_tracked():
    parts = {part for path in tracked() for part in path.relative_to(ROOT).parts}
    assert not parts & {"runs", ".venv", ".cache", "__pycache__", ".hypothesis", "build", "dist"}


def test_the_lock_is_hashed_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in text
    assert "--index-url" not in text
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-"))]
    assert len(pins) > 20
    assert all(re.match(r"[a-zA-Z0-9._-]+==[^ ]+", line) for line in pins)
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_holds_what_the_project_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = set(re.findall(r"^([a-zA-Z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    plain = {pin.lower().replace("_", "-").replace(".", "-") for pin in pinned}
    for need in wanted:
        package = re.match(r"[a-zA-Z0-9._-]+", need).group().lower().replace("_", "-")
        assert package in plain, need


@pytest.mark.parametrize("file", ["README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md"])
def test_what_readers_look_for_is_there(file):
    assert (ROOT / file).read_text(encoding="utf-8").strip()


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    cited = re.search(r"^version: [\"']?([^\"'\n]+)", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited.group(1) == version
