"""Build the documentation site: ``python docs/build.py [--out DIR]``; needs the extra ``docs``, and no network.

What the site is made of is copied to a folder of its own, laid out as the checkout is, so that the pages' links to one another hold
on the site as they do on a forge.  Every warning is an error.
"""

from __future__ import annotations

import argparse
import importlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parent))
from lite import address, lessons, link  # noqa: E402

HERE = Path(__file__).parent
ROOT = HERE.parent

PAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/*.png", "docs/*.svg", "docs/site/**/*", "notebooks/*.ipynb",
    "notebooks/*.md", "paper_figures/drawn/*.svg", "paper_figures/drawn/*.png", "paper_figures/drawn/*.md",
)  # fmt: skip
"""What the site shows; what these pages link to besides is offered for download."""


ROOMS = (
    "adkit", "adkit.testing", "adkit.verify", "adkit.numpy", "adkit.draw", "adkit.nn", "adkit.nn.corridor", "adkit.search",
    "adkit.data", "adkit.data.playground", "adkit.sparse",
)  # fmt: skip
"""The rooms with a public face, in the order of the page."""


def gather(into: Path, site: str | None = None) -> None:
    """Copy the site's sources, and what they link to, into a folder; ``site``: where the lessons can be run in the browser."""
    found = {path for pattern in PAGES for path in ROOT.glob(pattern) if path.is_file()}
    for page in [p for p in found if p.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            if "://" not in target and path.is_file() and ROOT in path.parents:
                found.add(path)
    for path in found:
        copy = into / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for page in (HERE / "site").glob("*.md"):
        shutil.copyfile(page, into / page.name)
    # The README is the site's first page, with the contents below it.
    readme, index = into / "README.md", into / "index.md"
    index.write_text(readme.read_text(encoding="utf-8") + index.read_text(encoding="utf-8"), encoding="utf-8")
    readme.unlink()
    if site is not None:
        links = [f"- [{path.stem[3:].replace('_', ' ')}]({link(site, path)})" for path in lessons()]
        more = ["", "## In the browser", "", "The same lessons, to be run without installing anything:", "", *links, ""]
        with (into / "learn.md").open("a", encoding="utf-8") as learn:
            learn.write("\n".join(more))
    for page in [*into.rglob("*.md"), *into.rglob("*.ipynb")]:
        up = "../" * len(page.relative_to(into).parent.parts)
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(rf"\]\({re.escape(up)}README\.md", f"]({up}index.md", text) if up else
                        text.replace("](README.md", "](index.md"), encoding="utf-8")  # fmt: skip
    import pictures  # adkit itself, only where a site is built

    (into / "pictures.md").write_text(pictures.page(), encoding="utf-8")
    (into / "reference.md").write_text(reference(), encoding="utf-8")


def reference() -> str:
    """The page of the reference: every room with a public face, and all its names."""
    lines = ["# Reference", "", "Every public name, by the room in which it lives.", ""]
    for room in ROOMS:
        module = importlib.import_module(room)
        about = str(module.__doc__).partition("\n")[0].strip()
        names = [name for name in module.__all__ if callable(getattr(module, name))]
        values = [(name, getattr(module, name)) for name in module.__all__]
        tables = [name for name, value in values if not callable(value) and not isinstance(value, ModuleType)]
        lines += [f"## {room}", "", f"{about[:1].upper()}{about[1:]}", "", "```{eval-rst}", f".. currentmodule:: {room}", ""]
        lines += [".. autosummary::", "   :toctree: reference", "   :nosignatures:", ""]
        lines += [*[f"   {name}" for name in names], "```", ""]
        lines += ["Tables and constants, by name: " + ", ".join([f"`{name}`" for name in tables]) + ".", ""] if tables else []
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Build the site; 1 where Sphinx warns."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    where = ROOT / "build" / "site"
    parser.add_argument("--out", type=Path, default=where, metavar="DIR", help="where it goes (default: build/site)")
    parser.add_argument("--lite", type=address, metavar="ADDRESS", help="where the site of docs/lite.py stands (default: none)")
    parser.add_argument("--jobs", default="1", metavar="N", help="processes, or auto (default: 1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="adkit-site-") as work:
        sources = Path(work, "sources")
        gather(sources, options.lite)
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", options.jobs, "-b", "html", "-c", str(HERE)]
        done = subprocess.run([*command, "-d", str(Path(work, "trees")), str(sources), str(options.out)], check=False)
    if done.returncode == 0:
        print(options.out / "index.html")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
