"""Build the lessons: ``NN_name.py``, a readable source, becomes ``NN_name.ipynb``, executed.

``python notebooks/build.py``            execute every lesson in a clean kernel and write its notebook
``python notebooks/build.py --check``    execute, write nothing, and compare with the committed notebook
``python notebooks/build.py --in-step``  execute nothing: compare the sources with the committed notebooks

A cell tagged ``varies`` prints timings; its output is not compared.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

try:
    import jupytext
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat import NotebookNode
except ModuleNotFoundError as error:
    if __name__ != "__main__":
        raise
    sys.exit(f'notebooks/build.py needs {error.name}: pip install ".[notebooks]" in a checkout of adkit')

HERE = Path(__file__).parent


def lessons() -> list[Path]:
    """The sources, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def read(source: Path) -> NotebookNode:
    """The notebook of a source, not executed; ids and metadata are the same every time."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })  # fmt: skip
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for k, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{k:02d}"
    return notebook


def execute(notebook: NotebookNode) -> NotebookNode:
    """The notebook, executed in a clean kernel; an error in a cell is raised."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # A kernel started under MPLBACKEND=Agg would show the words "<Figure ...>" where a picture belongs.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    where = {"metadata": {"path": str(HERE)}}
    # What a slow cell prints bit by bit is kept as one text, however the bits came.
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", record_timing=False, coalesce_streams=True, resources=where
    )
    client.execute()
    notebook.metadata["language_info"] = nbformat.from_dict({"name": "python"})
    return notebook


def printed(cell: NotebookNode) -> str:
    """What a cell shows as text; pictures are left out."""
    words = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            words.append(f"{output.name}: {output.text}")
        elif "image/png" not in output.get("data", {}):
            words.append(output.get("data", {}).get("text/plain", ""))
    return "".join(words)


def out_of_step(source: Path) -> str | None:
    """Where the committed notebook does not follow its source; None where it does."""
    path = source.with_suffix(".ipynb")
    if not path.exists():
        return f"{path.name} is missing"
    wanted, found = read(source).cells, nbformat.read(path, as_version=4).cells
    if len(wanted) != len(found):
        return f"{path.name} has {len(found)} cells, its source {len(wanted)}"
    for k, (a, b) in enumerate(zip(wanted, found, strict=True)):
        if (a.cell_type, a.source) != (b.cell_type, b.source):
            return f"{path.name}: cell {k} differs from its source"
        if b.cell_type == "code" and b.execution_count is None:
            return f"{path.name}: cell {k} was not executed"
    return None


def differences(source: Path, executed: NotebookNode) -> list[str]:
    """Cells that print something else than the committed notebook shows."""
    committed = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    found = []
    for k, (new, old) in enumerate(zip(executed.cells, committed.cells, strict=True)):
        if "varies" not in new.metadata.get("tags", []) and printed(new) != printed(old):
            found.append(f"cell {k} printed\n{printed(new)}\nthe notebook shows\n{printed(old)}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Build or check the lessons; 1 where one is out of step or fails."""
    parser = argparse.ArgumentParser(description="Build the lessons from their sources, or check them.")
    parser.add_argument("names", nargs="*", help="lessons to build, by the beginning of their names (default: all)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="execute and compare, write nothing")
    how.add_argument("--in-step", action="store_true", help="compare sources and notebooks, execute nothing")
    options = parser.parse_args(arguments)
    chosen = [p for p in lessons() if not options.names or p.stem.startswith(tuple(options.names))]
    if not chosen:
        parser.error(f"no lesson is named {', '.join(options.names)}")
    failed = False
    for source in chosen:
        began = time.perf_counter()
        problem = out_of_step(source) if options.check or options.in_step else None
        if problem is None and not options.in_step:
            try:
                notebook = execute(read(source))
            except CellExecutionError as error:
                problem = f"{source.name}: {error}"
            else:
                if options.check:
                    problem = "\n".join(differences(source, notebook)) or None
                else:
                    nbformat.validate(notebook)
                    nbformat.write(notebook, source.with_suffix(".ipynb"))
        failed |= problem is not None
        print(f"{source.stem}: {problem or 'in step'} ({time.perf_counter() - began:.0f} s)", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
