"""Measures the gradients and JVPs of docs/measured.md, and prints its tables: ``python docs/measured.py [--quick]``.

It runs ``python -m adkit.compare`` problem by problem: verified first, rounds interleaved and shuffled, ratios paired
within a round.  Libraries that are not installed are left out.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

PROBLEMS = (
    ("mlp-784", "1,32,256"), ("xor", "4"), ("chain", "10,1000,100000,1000000"), ("rosenbrock", "10,1000"), ("gmm", "1000"),
    ("rnn", "100"), ("speelpenning", "1000"), ("speelpenning-indexed", "1000"), ("digits-softmax", "32,256"),
    ("digits-mlp", "32,256"), ("digits-mlp-small", "32,256"),
)  # fmt: skip
PEERS = tuple([name for name in ("autograd", "mygrad", "torch") if find_spec(name)])

Row = dict[str, str]


def measure(problem: str, sizes: str, operators: str, methods: str, quick: bool) -> list[Row]:
    """The rows of one problem."""
    command = [
        sys.executable, "-m", "adkit.compare", problem, "--size", sizes, "--operators", operators, "--methods", methods,
        "--budget", "5", "--rounds", "11" if quick else "41", "--csv", "-", "--no-progress", "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr[-400:]}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def ratio(row: Row | None, column: str, interval: bool = False) -> str:
    """One ratio of a row, as it is printed; a dash where there is none."""
    if row is None or row["status"] != "ok" or not row[column]:
        return "-"
    text = f"{float(row[column]):.3g}"
    return f"{text} ({float(row['ratio_low']):.3g} to {float(row['ratio_high']):.3g})" if interval else text


def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    rows = [head, tuple(["---"] * len(head)), *lines]
    return "\n".join(["| " + " | ".join(cells) + " |" for cells in rows])


def main(arguments: list[str]) -> None:
    """Measure everything and print the tables."""
    quick = "--quick" in arguments
    gradients: list[tuple[str, ...]] = []
    tangents: list[tuple[str, ...]] = []
    for problem, sizes in PROBLEMS:
        if quick:
            sizes = sizes.split(",")[0]
        rows = measure(problem, sizes, "value,gradient", ",".join(("hand", "reverse", *PEERS)), quick)
        rows += measure(problem, sizes, "jvp", "forward," + ",".join(PEERS), quick)
        for size in sizes.split(","):
            found: dict[tuple[str, str], Any] = {(r["operator"], r["method"]): r for r in rows if r["size"] == size}
            hand, value = found[("gradient", "hand")], found[("value", "hand")]
            share = float(hand["run_seconds_median"]) / float(value["run_seconds_median"])
            gradients.append((
                f"{problem} {size}", f"{float(hand['run_seconds_median']) * 1e6:.3g}", f"{share:.2g}",
                ratio(found.get(("gradient", "reverse")), "ratio_to_hand", interval=True),
                *[ratio(found.get(("gradient", peer)), "ratio_to_hand") for peer in PEERS],
            ))  # fmt: skip
            tangents.append((
                f"{problem} {size}", ratio(found.get(("jvp", "forward")), "ratio_to_value"),
                *[ratio(found.get(("jvp", peer)), "ratio_to_value") for peer in PEERS],
            ))  # fmt: skip
            print(f"{problem} {size}: done", file=sys.stderr)
    print("## Reverse mode: a gradient, in units of the gradient written by hand\n")
    print(table(("problem, size", "hand, us", "hand / value", "adkit reverse (95 %)", *PEERS), gradients))
    print("\n## Forward mode: a JVP, in units of the function itself\n")
    print(table(("problem, size", "adkit forward", *PEERS), tangents))


if __name__ == "__main__":
    from flags import heed

    heed(__doc__, ("--quick",))
    main(sys.argv[1:])
