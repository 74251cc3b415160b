"""Which of the processes of a distributed run this one is."""

from __future__ import annotations

import os
from typing import Literal

__all__ = ["Rank", "find_rank"]

Rank = int | Literal["env"] | None

# What launchers set, the rank among all processes before that on one host: torchrun and most
# trainers, Slurm, Open MPI, MPICH and Intel MPI, and again torchrun.
_VARIABLES = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK")


def find_rank(rank: Rank) -> int | None:
    """Return the rank that a writer is for.

    Args:
        rank: a rank from 0; "env" for what the launcher put into the environment: the first of
            RANK, SLURM_PROCID, OMPI_COMM_WORLD_RANK, PMI_RANK and LOCAL_RANK that is set; None for
            a process that is not one of several.

    Returns:
        The rank; None when there is none, also when no launcher set one.

    Raises:
        TypeError: neither an int nor "env" nor None.
        ValueError: it is negative, or the variable holds no number.

    Example:
        >>> find_rank(3)
        3
    """
    if rank is None:
        return None
    if rank == "env":
        for name in _VARIABLES:
            text = os.environ.get(name)
            if text is None:
                continue
            if not text.isdecimal():
                raise ValueError(f"the environment variable {name} must be a rank, got {text!r}")
            return int(text)
        return None
    if isinstance(rank, bool) or not isinstance(rank, int):
        raise TypeError(f'rank must be an int, "env" or None, got {rank!r}')
    if rank < 0:
        raise ValueError(f"rank must be at least 0, got {rank!r}")
    return rank
