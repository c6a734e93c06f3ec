"""What every page that ships with a study must be: the script's own, whole, with its plots beside it."""

import re
from pathlib import Path
from types import ModuleType

from scenarios.studies import Findings, find_study

LARGEST = 150_000


def check_page(name: str, module: ModuleType) -> str:
    """Check the page of a study that ships against its script's template, and return it."""
    folder = Path(module.__file__).parent
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    template = module._PAGE.format_map(_Named(title=module.TITLE))
    assert _headings(text) == _headings(template)
    assert (
        re.search(r"\bnan\b|\binf\b|\{|\}\}", text.replace("'knowledge={kind", "").replace('"complete"}', "")) is None
    )
    assert all(len(line) <= 112 for line in text.splitlines() if not line.startswith(("|", "!", "    ")))
    assert f"    crowdbayes study {name}" in text
    for plot in re.findall(r"\]\((.+?\.svg)\)", text):
        assert 0 < (folder / plot).stat().st_size < LARGEST
    return text


def check_regenerated(name: str, module: ModuleType) -> None:
    """Check that the study, run anew, makes the page that ships."""
    found = find_study(name).study(lambda share, what: None, scale=1.0)
    page = found.page
    for plot in found.plots:
        page = page.replace(f"({plot}.svg)", f"({name}-{plot}.svg)")
    assert page == (Path(module.__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def run(module: ModuleType, scale: float) -> Findings:
    """Run a study small; it must tell how far it is, and be the same every time it is asked for figures."""
    shares = []
    found = module.study(lambda share, what: shares.append(share), scale=scale)
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0
    assert found.page.startswith(f"# {module.TITLE}\n")
    for plot in re.findall(r"\]\((.+?)\.svg\)", found.page):
        assert plot in found.plots
    return found


def _headings(text: str) -> list[str]:
    return [line.partition(" (")[0] for line in text.splitlines() if line.startswith("#")]


class _Named(dict):
    """Fields of a template: any but the title stand for themselves."""

    def __missing__(self, key):
        return _Any()


class _Any:
    def __getitem__(self, key):
        return self

    def __format__(self, how):
        return "0"
