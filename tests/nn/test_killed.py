"""A training run that is killed at random points: the checkpoint is always whole, and nothing of the run is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One process imports adkit, and forks those that are killed: twenty starts of Python would take longer than the runs.
SCRIPT = """
import os, random, signal, sys, time
import numpy as np
from adkit import nn, tree
from adkit.nn.checkpoint import load_checkpoint
from adkit.nn.train import describe_checkpoint, fit

folder, kills = sys.argv[1], int(sys.argv[2])
path = os.path.join(folder, "run.npz")
net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1), nn.Sigmoid(), nn.Linear(2, 1))
x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
t = np.array([[0.0], [1.0], [1.0], [0.0]])

def go(epochs, **more):
    return fit(net, nn.logistic_loss, (x, t), nn.Adam(lr=0.01), epochs=epochs, batch=3, seed=1, every=10**9, **more)

def continued(epochs):
    return go(epochs, save=path, save_every=0, resume=path if os.path.exists(path) else None)

def stamp():
    return os.stat(path).st_mtime_ns if os.path.exists(path) else 0

go(2)  # what is made at first use, once for all forks
random.seed(0)
done, times = [0], 0
while times < kills:
    before = stamp()
    child = os.fork()
    if not child:
        continued(10**6)
        os._exit(1)
    # Every other one is killed after it has saved, however slow the machine is; the others wherever they are.
    patience = time.monotonic() + 60
    while times % 2 and stamp() == before and time.monotonic() < patience:
        time.sleep(0.001)
    time.sleep(random.uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "the run ended before it was killed"
    times += 1
    if os.path.exists(path):
        load_checkpoint(path)
        done.append(describe_checkpoint(path)["step"])
assert done == sorted(done), done
assert done[-1] >= 10, done

epochs = done[-1] // 2 + 20
whole, found = go(epochs), continued(epochs)
assert whole.steps == found.steps == 2 * epochs
for a, b in zip(tree.leaves(whole.params), tree.leaves(found.params), strict=True):
    assert a.tobytes() == b.tobytes()
assert whole.history.rows == found.history.rows
print(len(set(done)) - 1, "of", times, "kills came after steps that were saved")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_killed_twenty_times(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path), "20"], capture_output=True, text=True, env=env,
                           timeout=600, check=False)  # fmt: skip
    assert found.returncode == 0, found.stderr
    saved = int(found.stdout.split()[0])
    assert saved >= 10, found.stdout
    # What a killed process was writing aside may lie there; it is never taken for the checkpoint.
    assert all(name == "run.npz" or name.endswith(".part") for name in os.listdir(tmp_path))
