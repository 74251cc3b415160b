# Every target sets itself up: on a machine with Python, make and a C++20 compiler, `make demo` and
# `make test` need nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := CMakeLists.txt pyproject.toml $(shell find cpp -name '*.cc' -o -name '*.h' -o -name CMakeLists.txt)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Editable, so that Python sources are used as they stand. A test build: EVENTCODEC_DISABLE_CPU
# takes instruction sets away, and warnings are errors.
INSTALL := $(PIP) --no-build-isolation --config-settings=cmake.define.EVENTCODEC_TEST_BUILD=ON \
  --config-settings=cmake.define.EVENTCODEC_WERROR=ON --editable
# cmake and ninja come from the package index, so that the machine needs none of its own.
export PATH := $(abspath $(BIN)):$(PATH)
# How the C++ core is tested: cpp/CMakePresets.json.
PRESETS := dev asan-ubsan tsan

.PHONY: demo test test-cpp test-aarch64 test-python test-pythons test-browser test-clusters
.PHONY: test-frameworks test-paddle test-visualdl-page campaign fuzz bench bench-results chromium
.PHONY: lint format clean
.PHONY: $(PRESETS:%=test-cpp-%)

demo: $(VENV)/.installed-demo
	$(BIN)/eventcodec demo

test: test-cpp test-python

test-cpp: $(PRESETS:%=test-cpp-%)

$(PRESETS:%=test-cpp-%): test-cpp-%: $(VENV)/.tools
	cmake -S cpp --preset $* -G Ninja
	cmake --build build/cpp-$*
	ctest --test-dir build/cpp-$* --output-on-failure --no-tests=error --parallel 2

# The core built for 64-bit ARM and its tests under emulation, some 20 times slower than without.
# Not the campaigns: they take minutes, and one forks while threads run, which the emulator's own
# locks do not survive.
test-aarch64: $(VENV)/.tools
	@command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null || { \
	  echo 'make test-aarch64 needs a compiler and an emulator: on Debian and Ubuntu' \
	    'apt-get install g++-aarch64-linux-gnu qemu-user' >&2; exit 1; }
	cmake -S cpp --preset aarch64 -G Ninja
	cmake --build build/cpp-aarch64
	ctest --test-dir build/cpp-aarch64 --output-on-failure --no-tests=error --parallel 2 \
	  --exclude-regex campaigns

# Campaigns look at the clock: alone. The others share two processes.
test-python: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/campaigns
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/campaigns

# VisualDL's web page with one of our logs in a real browser.
test-visualdl-page: chromium $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/browser/visualdl_page.py

# Graphs of Paddle models, by the original and by us.
test-paddle: $(VENV)/.installed-paddle
	$(BIN)/python -m pytest tests/interop/test_visualdl_graph.py

# The long fault campaigns: tests/campaigns/README.md.
campaign: $(VENV)/.installed-test $(PRESETS:%=test-cpp-%)
	$(BIN)/python tests/campaigns/run_core.py $(PRESETS:%=build/cpp-%)
	$(BIN)/python -m pytest tests/campaigns --campaign=long

# The examples' logs in a real TensorBoard and a real browser. Screenshots are in build/screenshots.
test-browser: chromium $(VENV)/.installed-browser
	$(BIN)/python -m pytest tests/browser/dashboards.py

# Asked before the minutes of the build.
chromium:
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null \
	  && command -v chromedriver >/dev/null \
	  || { echo 'a browser is missing: apt-get install chromium chromium-driver' >&2; exit 2; }

# Trainings with the frameworks and trackers themselves, with their writer and with ours.
test-frameworks: $(VENV)/.installed-frameworks
	$(BIN)/python -m pytest tests/frameworks/trainings.py

# The writer under other versions of Python, without torch: what is not run is printed.
PYTHONS := python3.10 python3.12 python3.13
test-pythons:
	$(PYTHON) tests/pythons.py $(PYTHONS)

# Mutated event files, guided by coverage: `make fuzz SECONDS=3600 SEED=7`. What reaches new code is
# kept in tests/fuzz/corpus.
SECONDS := 300
SEED := 1
fuzz: $(VENV)/.tools
	cmake -S cpp --preset fuzz -G Ninja
	cmake --build build/cpp-fuzz --target fuzz_reader_fuzz_test
	EVENTCODEC_FUZZ_SECONDS=$(SECONDS) EVENTCODEC_FUZZ_SEED=$(SEED) \
	  EVENTCODEC_FUZZ_KEEP=tests/fuzz/corpus build/cpp-fuzz/tests/fuzz_reader_fuzz_test

# The programs of examples/cluster on Ray, Spark (with a Java) and MPI, each on this machine.
test-clusters: $(VENV)/.installed-test $(VENV)/.installed-clusters
	$(BIN)/python -m pytest tests/clusters/programs.py

bench: $(VENV)/.installed-bench
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only

# The table that is committed: run it on a machine that has nothing else to do.
bench-results: $(VENV)/.installed-bench
	$(BIN)/eventcodec bench -o benchmarks/RESULTS.md

CPP_SOURCES = $(shell find cpp tests/cpp -name '*.cc' -o -name '*.h')

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/clang-format --dry-run --Werror $(CPP_SOURCES)
	$(BIN)/codespell

format: $(VENV)/.installed-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(BIN)/clang-format -i $(CPP_SOURCES)

clean:
	rm -rf build $(VENV)

$(VENV)/.tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) 'scikit-build-core>=0.11' 'pybind11>=2.13' 'cmake>=3.21' ninja
	touch $@

$(VENV)/.installed-%: $(VENV)/.tools $(SOURCES)
	$(INSTALL) '.[$*]'
	touch $@
