"""Work measured in a process of its own, with linear algebra on one thread and memory counted from its start."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
FLAG = "--child"


def apart(script: str, job: Mapping[str, Any]) -> Any:
    """Return what ``script --child JOB`` prints as JSON in its last line.

    Raises
    ------
    RuntimeError : if it fails, with the end of what it says.
    """
    command = [sys.executable, script, FLAG, json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD}, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(script).name} {json.dumps(job)} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def peak() -> float:
    """Return this process's peak resident memory so far, MiB.

    Linux counts into `ru_maxrss` what the parent held when it started the process; ``/proc`` does not.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
