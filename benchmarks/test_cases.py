"""Every case of eventcodec.bench under pytest-benchmark, one test for each contender.

Run with `make bench`. Groups put the contenders of a case side by side; `extra_info` has the rate.
Each contender's result is checked after its last round. A scenario of latencies is one test, whose
`extra_info` has the percentiles of every contender.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest

from eventcodec.bench.cases import CASES, build_case
from eventcodec.bench.compiled import NotCompiledError
from eventcodec.bench.latency import SCENARIOS, measure_latency
from eventcodec.bench.measure import quiet_peers
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import Case, Contender

# The peers warn about their own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")
ROUNDS = 5


@cache
def cases() -> tuple[Case, ...]:
    with quiet_peers():
        return tuple(build_case(name, Sizes()) for name in CASES)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    wanted = [case for case in cases() if case.closes or metafunc.definition.name == "test_call"]
    pairs = [(case, contender) for case in wanted for contender in case.contenders]
    ids = [f"{case.name}-{contender.name}" for case, contender in pairs]
    metafunc.parametrize(("case", "contender"), pairs, ids=ids)


def measure(benchmark, tmp_path, case: Case, contender: Contender, *, to_close: bool) -> None:
    trials = []

    def set_up():
        if trials:
            if not to_close:
                trials[-1].finish()
            trials[-1].clean()
        directory = tmp_path / "trials" / str(len(trials))
        directory.mkdir(parents=True)
        trials.append(contender.start(directory))

    def work():
        trials[-1].run()
        if to_close:
            trials[-1].finish()

    benchmark.group = f"{case.name}, to close" if to_close else case.name
    try:
        benchmark.pedantic(work, setup=set_up, rounds=ROUNDS, warmup_rounds=1)
        if not to_close:
            trials[-1].finish()
        trials[-1].check()
    finally:
        if trials:
            trials[-1].clean()
    if benchmark.stats is not None:
        median = benchmark.stats.stats.median
        count = contender.count or case.count
        benchmark.extra_info[f"{case.unit}s/s"] = count / median
        benchmark.extra_info[f"ns per {case.unit}"] = median / count * 1e9
        if case.size:
            benchmark.extra_info["bytes/s"] = count * case.size / median


def test_call(benchmark, tmp_path, case, contender):
    measure(benchmark, tmp_path, case, contender, to_close=False)


def test_to_close(benchmark, tmp_path, case, contender):
    measure(benchmark, tmp_path, case, contender, to_close=True)


@pytest.mark.parametrize("name", SCENARIOS)
def test_latency(benchmark, name):
    benchmark.group = "latency"
    try:
        rows = benchmark.pedantic(measure_latency, (name, Sizes(), ROUNDS), rounds=1)
    except NotCompiledError as error:
        pytest.skip(str(error))
    for row in rows:
        benchmark.extra_info[row.contender] = dataclasses.asdict(row)
