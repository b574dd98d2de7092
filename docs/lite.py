"""Build a JupyterLite site: the lessons in the reader's browser, with adkit's wheel inside.  Off by default: no gate runs it.

    python -m pip install "jupyterlite-core>=0.6" "jupyterlite-pyodide-kernel>=0.6" jupyter-server
    python docs/lite.py --url ADDRESS [--out DIR] [--pyodide FILE-OR-ADDRESS]

ADDRESS is where the site will stand; from it the links to the lessons are made, which ``python docs/build.py --lite ADDRESS``
puts on the documentation site.  The site itself is relative and stands anywhere.

What was verified: the site is built, adkit's wheel is in it, and a browser opens it and shows a lesson.  What could not be,
without a network in that browser: that a lesson runs there.  Pyodide, the Python that runs in the browser, comes from its
makers' address when a reader opens a lesson, unless ``--pyodide`` names an archive of it, which is then copied into the site.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit

HERE = Path(__file__).parent
ROOT = HERE.parent

FIRST = "%pip install -q adkit"
"""What a lesson begins with there: the wheel inside of the site, not one from elsewhere."""


def address(text: str) -> str:
    """The address of a site, as a folder; an error where it is none."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is no address of a site; give one such as it stands in the browser, with https://")
    return text.rstrip("/") + "/"


def lessons() -> list[Path]:
    """The notebooks, in the reader's order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def link(site: str, lesson: Path) -> str:
    """Where a lesson opens.

    >>> link("ADDRESS/", Path("notebooks/06_one graph.ipynb"))
    'ADDRESS/lab/index.html?path=06_one%20graph.ipynb'
    """
    return f"{site}lab/index.html?path={quote(lesson.name)}"


def contents(into: Path) -> None:
    """The lessons without outputs, each with a first cell that installs adkit, and the module that they share."""
    for path in lessons():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        first = {"cell_type": "code", "execution_count": None, "id": "install", "metadata": {}, "outputs": [], "source": [FIRST]}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        notebook["cells"].insert(0, first)
        (into / path.name).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in (ROOT / "notebooks").glob("[a-z]*.py"):
        if path.name != "build.py":
            shutil.copyfile(path, into / path.name)


def main(arguments: list[str] | None = None) -> int:
    """Build the site; 2 where what builds it is missing."""
    parser = argparse.ArgumentParser(description="Build a JupyterLite site with the lessons and adkit's wheel.")
    parser.add_argument("--url", type=address, required=True, metavar="ADDRESS", help="where the site will stand")
    where = ROOT / "build" / "lite"
    parser.add_argument("--out", type=Path, default=where, metavar="DIR", help="where it goes (default: build/lite)")
    parser.add_argument("--pyodide", metavar="FILE-OR-ADDRESS", help="an archive of Pyodide, to be copied into the site")
    options = parser.parse_args(arguments)
    needed = ("jupyterlite_core", "jupyterlite_pyodide_kernel", "jupyter_server")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        packages = " ".join([f'"{name.replace("_", "-")}"' for name in missing])
        print(f"lite: this needs {' and '.join(missing)}: python -m pip install {packages}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="adkit-lite-") as work:
        wheels, files = Path(work, "wheels"), Path(work, "files")
        files.mkdir()
        subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels), str(ROOT)], check=True)
        (wheel,) = wheels.glob("adkit-*.whl")
        contents(files)
        command = [sys.executable, "-m", "jupyterlite_core.app", "build", "--lite-dir", work, "--contents", str(files)]
        command += ["--output-dir", str(options.out.resolve()), "--piplite-wheels", str(wheel), "--force"]
        done = subprocess.run([*command, *(["--pyodide", options.pyodide] if options.pyodide else [])], cwd=work, check=False)
    if done.returncode:
        return done.returncode
    for path in lessons():
        print(link(options.url, path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
