"""Runs tests of the build that is there."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run(pattern, **environment):
    """Runs the tests that match `pattern`. Raises AssertionError with what failed, also where none matched."""
    done = subprocess.run(["swift", "test", "--skip-build", "--filter", pattern], cwd=ROOT, text=True,
                          env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 or "Test run with 0 tests" in done.stdout:
        wrong = [line for line in done.stdout.splitlines() if line.startswith("✘") or "error:" in line]
        raise AssertionError("\n".join(wrong) or done.stdout[-4000:])
