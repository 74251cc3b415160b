"""Trials collect garbage: what other tests have left in memory must not make that slow."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def only_new_garbage():
    """Keep what is there from being looked at by every collection of a trial."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
