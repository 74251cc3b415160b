"""The native core, by hand; tests/typing checks it against the module."""

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

# numpy says that its arrays are buffers from Python 3.12 on only.
_Array: TypeAlias = Buffer | NDArray[Any]

class _KernelInfo(TypedDict):
    chosen: str
    available: tuple[str, ...]

class _BuildInfo(TypedDict):
    version: str
    compiler: str
    test_build: bool
    cpu_features: tuple[str, ...]
    kernels: dict[str, _KernelInfo]

def build_info() -> _BuildInfo: ...
def crc32c(data: Buffer, value: int = 0) -> int: ...
def masked_crc32c(data: Buffer, /) -> int: ...

class _WriterStats(TypedDict):
    accepted: int
    written: int
    pending: int
    dropped: int
    bytes_written: int
    segments: int
    path: str
    last_error: str

class EventWriter:
    def __init__(
        self,
        *,
        directory: str,
        suffix: str,
        purge_step: int | None,
        durability: str,
        on_error: str,
        max_pending_bytes: int,
        max_file_bytes: int,
        first_second: int = 0,
        muted: bool = False,
    ) -> None: ...
    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None: ...
    def add_metrics(
        self, metrics: Mapping[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None: ...
    def _add_series(
        self,
        tag: str,
        values: NDArray[np.float64],
        steps: NDArray[np.int64],
        walltimes: NDArray[np.float64] | None,
    ) -> None: ...
    def _add_summary(self, summary: Buffer, global_step: Any, walltime: float | None) -> None: ...
    def _add_event(self, event: Buffer, step: Any) -> None: ...
    def _append_scalar(
        self, tag: str, number: float, step: int, wall_time: float, as_tensor: bool, wide: bool
    ) -> None: ...
    def _append_metrics(self, numbers: dict[str, float], step: int, wall_time: float) -> None: ...
    def _watch_tags(self, tags: dict[str, int]) -> None: ...
    def _await_step(self, awaits: bool) -> None: ...
    def _reopen(self) -> None: ...
    def _set_reopening(self, reopening: bool) -> None: ...
    def _set_observed(self, observed: bool) -> None: ...
    def _add_session_start(self, step: int) -> None: ...
    def _flush(self, durable: bool) -> None: ...
    def _close(self) -> None: ...
    def _stats(self) -> _WriterStats: ...
    @property
    def _is_observed(self) -> bool: ...
    @property
    def _is_closed(self) -> bool: ...

def flush_all() -> None: ...
def check_tag(tag: str) -> None: ...
def hidden_summary(tags: list[str]) -> bytes: ...
def text_summary(tag: str, text: str) -> bytes: ...

class VdlWriter:
    def __init__(
        self,
        *,
        directory: str,
        file_name: str,
        suffix: str,
        display_name: str,
        durability: str,
        on_error: str,
        max_pending_bytes: int,
        muted: bool,
    ) -> None: ...
    def _open(
        self,
        *,
        directory: str,
        file_name: str,
        suffix: str,
        display_name: str,
        durability: str,
        max_pending_bytes: int,
    ) -> None: ...
    def add_scalar(self, tag: str, value: Any, step: Any, walltime: int | None = None) -> None: ...
    def _add_tag_values(
        self, main_tag: str, scalars: dict[str, Any], step: Any, walltime: Any, /
    ) -> None: ...
    def _add_message(
        self, tag: str, field: int, message: Buffer, step: Any, walltime: Any, /
    ) -> None: ...
    def _add_image(
        self, tag: str, pixels: NDArray[Any], columns: int, step: Any, walltime: Any, /
    ) -> None: ...
    def _add_series(
        self, tag: str, sub_tag: str, values: _Array, steps: _Array, timestamps: _Array, /
    ) -> None: ...
    def _flush(self, durable: bool, /) -> None: ...
    def _close(self) -> None: ...
    def _stats(self) -> dict[str, Any]: ...
    @property
    def _is_closed(self) -> bool: ...
    @property
    def _is_forked(self) -> bool: ...

def few_buckets_message(values: NDArray[Any], buckets: int, /) -> bytes | None: ...
def check_vdl_tag(tag: str) -> None: ...

class Segment:
    def __init__(self, path: str | bytes) -> None: ...
    def read(self, offset: int, length: int) -> builtins.bytes: ...

class Selection:
    def __init__(
        self, first: int, last: int, wanted: Callable[[str, str | None], bool] | None
    ) -> None: ...

class EventFile:
    def __init__(self, path: str | bytes, selection: Selection | None = None) -> None: ...
    @property
    def records(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def committed(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def format(self) -> str: ...
    def damage(self) -> list[tuple[int, int, str, bool, int]]: ...
    def numbers(self) -> dict[str, dict[str, int]] | None: ...
    def series(self) -> list[tuple[str, str, str, str, str, int, int, int, float, float]]: ...
    def forms(self) -> list[str]: ...
    def sizes(self) -> list[int]: ...
    def plugins(self) -> list[tuple[str, str]]: ...
    def items(self, series: int) -> NDArray[np.uint32]: ...
    def valid_rows(self, series: int, first_void: int | None) -> NDArray[np.int64] | None: ...
    def session_starts(self) -> list[tuple[int, list[int]]]: ...
    def save(self) -> builtins.bytes: ...
    def restore(self, state: Buffer, pieces: list[tuple[Segment, int, int]]) -> bool: ...
    def pieces(self) -> list[tuple[int, int, bool]]: ...
    def scan_into(
        self, segment: int, offset: int, *, stretch: int, keep: int
    ) -> tuple[int, Exception | None]: ...
    def statistics(
        self, first_void: int | None
    ) -> list[tuple[int, int, int, float, float, float, float, float, int]]: ...
    def restarts(self) -> list[tuple[int, int]]: ...
    def columns(
        self, series: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64] | None]: ...
    def histograms(
        self, series: int, rows: list[int]
    ) -> list[
        tuple[
            NDArray[np.float64],
            NDArray[np.float64],
            NDArray[np.float64],
            float,
            float,
            float,
            float,
            float,
        ]
    ]: ...
    def histogram_columns(
        self, series: int, rows: list[int]
    ) -> tuple[
        NDArray[np.float64],
        NDArray[np.int64],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
    ]: ...
    def images(self, series: int, rows: list[int]) -> list[tuple[int, int, builtins.bytes]]: ...
    def texts(self, series: int, rows: list[int]) -> list[list[str]]: ...
    def messages(self, series: int, rows: list[int]) -> list[tuple[builtins.bytes, int, int]]: ...

_ArrowColumn: TypeAlias = tuple[
    str, str, int, int, list[_Array | None], list["_ArrowColumn"], "_ArrowColumn | None"
]

def arrow_stream(table: _ArrowColumn, /) -> Any: ...
def arrow_schema(table: _ArrowColumn, /) -> Any: ...
def arrow_formats(requested_schema: Any, /) -> dict[str, str]: ...
def format_of(path: str | bytes) -> str: ...
def carry_metadata(files: list[EventFile], /) -> list[int]: ...
def scan_files(
    files: list[EventFile],
    *,
    mode: str,
    verify: bool,
    threads: int,
    keep_rows: bool,
    keep_tags: bool = ...,
    least_part: int = ...,
) -> list[Exception | None]: ...

_Uint32s: TypeAlias = NDArray[np.uint32]
# least_step, most_step, stride, origin, every, last
_Choice: TypeAlias = tuple[int, int, int, int, int, int]

def scalar_sources(
    files: list[EventFile],
) -> tuple[list[str], _Uint32s, _Uint32s, _Uint32s, _Uint32s]: ...
def gather_scalars(
    files: list[EventFile],
    runs: NDArray[np.uint32],
    file_numbers: _Uint32s,
    series_numbers: _Uint32s,
    tag_numbers: _Uint32s,
    *,
    choice: _Choice,
    points: int,
    purge: bool,
    threads: int,
) -> tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
    tuple[_Uint32s, NDArray[np.int32]],
    tuple[_Uint32s, NDArray[np.int32]],
]: ...
def chosen_rows(steps: NDArray[np.int64], choice: _Choice) -> NDArray[np.int64]: ...
def largest_triangles(
    steps: NDArray[np.int64], values: NDArray[np.float64], points: int
) -> NDArray[np.int64]: ...
def first_voids(files: Sequence[EventFile]) -> list[int | None] | None: ...
def frame(data: Buffer, /) -> bytes: ...

class _Salvaged(TypedDict):
    damage: list[tuple[int, int, str, bool, int]]
    unreadable: list[tuple[int, int, str, bool, int]]
    stretches: list[tuple[int, int, int, bool]]
    records: int
    bytes: int
    pending_bytes: int
    bytes_written: int
    version_added: bool

def salvage(
    source: int, destination: int, *, events: bool, copy: bool, path: str | bytes
) -> _Salvaged: ...

_TagRule: TypeAlias = tuple[bool, str | bytes, int, Buffer | None]

class Rewriter:
    def __init__(
        self,
        *,
        tags: Mapping[bytes, _TagRule],
        others: _TagRule,
        step_shift: int = 0,
        time_shift: float = 0.0,
        until: int | None = None,
        resolve: bool = False,
        one_version: bool = False,
        collect: bool = False,
    ) -> None: ...
    def copy(
        self,
        source: int,
        destination: int,
        *,
        offset: int = 0,
        restarts: list[tuple[int, int]],
        void_from: int | None,
        most_bytes: int = 0,
        path: str | bytes,
    ) -> int: ...
    def tags(self) -> list[tuple[bytes, str, int, int, int, int]]: ...
    def columns(self, tag: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]: ...
    def totals(self) -> dict[str, int]: ...

def scalar_records(
    tag: str,
    steps: NDArray[np.int64],
    wall_times: NDArray[np.float64],
    values: NDArray[np.float64],
) -> bytes: ...
def version_record(wall_time: float) -> bytes: ...
def event_fault(payload: Buffer) -> str | None: ...

class Unframer:
    def __init__(self, verify: bool) -> None: ...
    def append(self, chunk: Buffer, /) -> None: ...
    def take(self, limit: int) -> list[bytes]: ...
    def damage(self) -> tuple[str, int, int] | None: ...
    def skip(self, *, last: bool) -> tuple[int, int, bool, bool, bool]: ...
    @property
    def offset(self) -> int: ...
    @property
    def pending(self) -> int: ...

_Moments: TypeAlias = tuple[float, float, float, float, float]

def histogram_buckets(
    values: _Array,
    bfloat16: bool,
    edges: _Array | tuple[float, float, int, _Moments] | None,
    max_buckets: int,
    /,
) -> tuple[bytes, bytes, _Moments]: ...
def histogram_deviations(values: _Array, mean: float, /) -> tuple[float, float]: ...
def histogram_moments(values: _Array, /) -> _Moments: ...
def histogram_quartiles(values: _Array, /) -> tuple[float, float]: ...
def histogram_raw_summary(
    tag: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: _Array,
    bucket_counts: _Array,
    /,
) -> bytes: ...
def histogram_summary(
    tag: str,
    values: _Array,
    bfloat16: bool,
    edges: _Array | tuple[float, float, int, _Moments] | None,
    max_buckets: int,
    /,
) -> bytes: ...
def encode_png(
    pixels: NDArray[Any], columns: int, depth: int, stored: bool, threads: int, /
) -> bytes: ...
def image_summary(tag: str, pixels: NDArray[Any], columns: int, /) -> bytes: ...
def png_scanlines(pixels: NDArray[Any], columns: int, depth: int, adaptive: bool, /) -> bytes: ...
def png_wrap(pixels: NDArray[Any], columns: int, depth: int, zlib_stream: Buffer, /) -> bytes: ...
