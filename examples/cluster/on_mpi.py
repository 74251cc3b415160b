"""Bulk commands on the ranks of an MPI program.

    mpiexec -n 4 python -m mpi4py.futures examples/cluster/on_mpi.py LOGS

Needs `pip install mpi4py` and an MPI. Rank 0 hands out the work, the others do it. The log
directory must have the same path on all machines.
"""

from __future__ import annotations

import sys

import mpi4py
from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor

from eventcodec.archive import index

if __name__ == "__main__":
    workers = max(1, MPI.COMM_WORLD.Get_size() - 1)
    with MPIPoolExecutor() as executor:
        report = index(sys.argv[1], executor=executor, workers=workers)
    print(f"mpi4py {mpi4py.__version__}: {report.files} files, {report.read} read")
