"""C11: whatever happens in whatever order, the files hold what the model says."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test
from writer_machine import WriterMachine

EXAMPLES = {"fast": (50, 50), "long": (20_000, 100)}


# The default on_error="warn" warns of what the machine does to the files.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_c11_any_order(campaign: Any) -> None:
    examples, steps = EXAMPLES[campaign.scale]
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],  # shrinking takes minutes; the seed replays
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    ran = 0

    class Counted(WriterMachine):
        def __init__(self) -> None:
            nonlocal ran
            super().__init__()
            ran += 1

    hypothesis.seed(campaign.seed)(Counted)
    run_state_machine_as_test(Counted, settings=settings)
    campaign.report("C11 any order", "P1-P16", trials=ran, hits=ran, lost=0)
