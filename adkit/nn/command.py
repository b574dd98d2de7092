"""The command ``python -m adkit.train``: what may be asked for, and what is answered."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from ..console import environment
from ..console.ending import say
from ..console.options import Parser, UsageError, near, whole_number
from ..data import DataFormatError, MissingDataError
from ..files import OutputError, check_writable, write_document
from .checkpoint import CheckpointError
from .gradients import MODES
from .lecture import NETWORKS, Network
from .train import Trained, describe_checkpoint

__all__ = ["answer"]

_EPILOG = """\
networks:
{networks}

exit status: 0; 1 if the loss grew beyond all numbers; 2 for a command that cannot be
carried out; 130 when interrupted (128 + SIGINT, as shells and make expect).
"""
_PICTURES = ("png", "svg", "pdf")


def answer(argv: Sequence[str] | None) -> int:
    """What :func:`adkit.train.main` does once it is loaded."""
    given = _parser().parse_args(list(sys.argv[1:] if argv is None else argv))
    network = _network(given.network)
    _check(given)
    try:
        settings = _settings(given, network)
        if argv is None:
            environment.pin()
        run = network.train(save=given.save, resume=given.resume, progress=given.progress, **settings)
        return _report(given, network, settings, run)
    except (CheckpointError, DataFormatError, MissingDataError) as error:
        raise UsageError(str(error)) from None


def _parser() -> Parser:
    listing = "\n".join(f"  {network.name:<18}{network.about}" for network in NETWORKS.values())
    parser = Parser(
        prog="adkit train",
        description="Train a network of the lecture, with settings that reach its goal.",
        epilog=_EPILOG.format(networks=listing),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("network", metavar="NETWORK", help="one of those below")
    add("--mode", help=f"how the gradient is found: {', '.join(MODES)} (default reverse)")
    add("--seed", metavar="N", help="of the weights, the order of the examples, and all else that is drawn (default 0)")
    add("--epochs", metavar="N", help="how often each example is seen (default: the network's own number)")
    add("--save", metavar="PATH", help="keep a checkpoint there: it is always whole, also if the run is killed")
    add("--resume", metavar="PATH", help="continue the run of a checkpoint, with its mode, seed and epochs")
    add("--plot", metavar="PATH", help=f"draw the learning curves ({', '.join(_PICTURES)})")
    add("--json", metavar="PATH", help="write the result as JSON; - for stdout, and the text then goes to stderr")
    add("--no-progress", action="store_false", dest="progress", help="no progress on the terminal")
    return parser


def _network(name: str) -> Network:
    if name not in NETWORKS:
        raise UsageError(f"no network {name!r}{near(name, NETWORKS) or '; there are: ' + ', '.join(NETWORKS)}")
    network = NETWORKS[name]
    missing = network.missing()
    if missing:
        raise UsageError(missing)
    return network


def _check(given: Any) -> None:
    """UsageError for what would fail only once the work is done."""
    for flag in ("save", "plot", "json"):
        path = getattr(given, flag)
        if path is None:
            continue
        if path == "-" and flag != "json":
            raise UsageError(f"--{flag} takes the path of a file; only --json can go to stdout")
        try:
            check_writable(path)
        except OutputError as error:
            raise UsageError(f"--{flag}: {error}") from None
    if given.plot is not None and os.path.splitext(given.plot)[1].lstrip(".").lower() not in _PICTURES:
        raise UsageError(f"--plot: the name must end in .{', .'.join(_PICTURES)}, not {given.plot!r}")
    files = [os.path.realpath(p) for p in (given.save, given.plot, given.json) if p not in (None, "-")]
    if len(set(files)) < len(files):
        raise UsageError("--save, --plot and --json must name different files")


def _settings(given: Any, network: Network) -> dict[str, Any]:
    """Mode, seed and epochs: as asked for, or else those of the checkpoint, or else the network's own."""
    kept: dict[str, Any] = {} if given.resume is None else describe_checkpoint(given.resume)
    if kept and kept["name"] != network.name:
        raise UsageError(f"--resume: the checkpoint {given.resume!r} is of {kept['name']!r}, not of {network.name!r}")
    mode = given.mode if given.mode is not None else kept.get("mode", "reverse")
    if mode not in MODES:
        raise UsageError(f"no mode {mode!r}{near(mode, MODES) or '; there are: ' + ', '.join(MODES)}")
    seed = whole_number(given.seed, "--seed", 0) if given.seed is not None else kept.get("seed", 0)
    epochs = whole_number(given.epochs, "--epochs", 0) if given.epochs is not None else kept.get("epochs", network.epochs)
    return {"mode": mode, "seed": seed, "epochs": epochs}


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _report(given: Any, network: Network, settings: dict[str, Any], run: Trained) -> int:
    """Say how it went, write the documents, and judge."""
    out: TextIO = sys.stderr if given.json == "-" else sys.stdout
    found = network.scores(run.params, run.state)
    result = {
        "network": network.name, "mode": settings["mode"], "seed": settings["seed"], "epochs": run.epochs, "steps": run.steps,
        **{name: value if value is None or math.isfinite(value) else None for name, value in found.items()},
        "seconds": run.seconds,
    }  # fmt: skip
    print(f"{network.name}: {network.about}", file=out)
    print(f"{network.parameters():,} parameters, mode {settings['mode']}, seed {settings['seed']}", file=out)
    each = f", {run.seconds / run.steps * 1e6:,.0f} us each" if run.steps else ""
    print(f"{run.epochs:,} epoch{_s(run.epochs)}, {run.steps:,} step{_s(run.steps)} in {run.seconds:.2f} s{each}", file=out)
    accuracy = found["train_accuracy"]
    said = "" if accuracy is None else f", accuracy {accuracy:.4f}; accuracy on test examples {found['test_accuracy']:.4f}"
    print(f"loss {found['train_loss']:.6g}{said}", file=out, flush=True)
    if given.plot is not None and len(run.history):
        run.history.plot(given.plot, title=f"{network.name}, {settings['mode']} mode, seed {settings['seed']}")
    if given.json is not None:
        text = json.dumps(result, indent=2) + "\n"
        if given.json == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            write_document(given.json, text)
    if run.ended == "diverged":
        say(f"adkit train: after {run.steps:,} steps the loss of {network.name} is no number any more")
        return 1
    return 0
