# Written by regenerate.py from the .proto files beside it: do not edit.
"""Message classes of event files, for type checkers."""

from abc import ABCMeta
from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence
from typing import Any, ClassVar, TypeVar

from typing_extensions import Self

_M = TypeVar("_M")

class _Message:
    @classmethod
    def FromString(cls, data: bytes, /) -> Self: ...
    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...
    def ParseFromString(self, data: bytes, /) -> int: ...
    def MergeFromString(self, data: bytes, /) -> int: ...
    def CopyFrom(self, other: Self, /) -> None: ...
    def MergeFrom(self, other: Self, /) -> None: ...
    def Clear(self) -> None: ...
    def ClearField(self, name: str, /) -> None: ...
    def HasField(self, name: str, /) -> bool: ...
    def WhichOneof(self, name: str, /) -> str | None: ...
    def ListFields(self) -> list[tuple[Any, Any]]: ...
    def ByteSize(self) -> int: ...
    def SetInParent(self) -> None: ...
    DESCRIPTOR: ClassVar[Any]

class _Messages(MutableSequence[_M], metaclass=ABCMeta):
    def add(self, **fields: Any) -> _M: ...
    def MergeFrom(self, other: Iterable[_M], /) -> None: ...

class _MessageMap(MutableMapping[Any, _M], metaclass=ABCMeta):
    def get_or_create(self, key: Any, /) -> _M: ...

class _Enum:
    @staticmethod
    def Name(number: int, /) -> str: ...
    @staticmethod
    def Value(name: str, /) -> int: ...
    @staticmethod
    def keys() -> list[str]: ...
    @staticmethod
    def values() -> list[int]: ...
    @staticmethod
    def items() -> list[tuple[str, int]]: ...

# tensor.proto
class DataType(_Enum):
    DT_INVALID: ClassVar[int]
    DT_FLOAT: ClassVar[int]
    DT_DOUBLE: ClassVar[int]
    DT_INT32: ClassVar[int]
    DT_UINT8: ClassVar[int]
    DT_INT16: ClassVar[int]
    DT_INT8: ClassVar[int]
    DT_STRING: ClassVar[int]
    DT_COMPLEX64: ClassVar[int]
    DT_INT64: ClassVar[int]
    DT_BOOL: ClassVar[int]
    DT_QINT8: ClassVar[int]
    DT_QUINT8: ClassVar[int]
    DT_QINT32: ClassVar[int]
    DT_BFLOAT16: ClassVar[int]
    DT_QINT16: ClassVar[int]
    DT_QUINT16: ClassVar[int]
    DT_UINT16: ClassVar[int]
    DT_COMPLEX128: ClassVar[int]
    DT_HALF: ClassVar[int]
    DT_RESOURCE: ClassVar[int]
    DT_VARIANT: ClassVar[int]
    DT_UINT32: ClassVar[int]
    DT_UINT64: ClassVar[int]
    DT_FLOAT8_E5M2: ClassVar[int]
    DT_FLOAT8_E4M3FN: ClassVar[int]
    DT_FLOAT8_E4M3FNUZ: ClassVar[int]
    DT_FLOAT8_E4M3B11FNUZ: ClassVar[int]
    DT_FLOAT8_E5M2FNUZ: ClassVar[int]
    DT_INT4: ClassVar[int]
    DT_UINT4: ClassVar[int]
    DT_INT2: ClassVar[int]
    DT_UINT2: ClassVar[int]
    DT_FLOAT4_E2M1FN: ClassVar[int]

class TensorShapeProto(_Message):
    class Dim(_Message):
        size: int
        name: str
        def __init__(
            self,
            *,
            size: int | None = ...,
            name: str | None = ...,
        ) -> None: ...
    @property
    def dim(self) -> _Messages[TensorShapeProto.Dim]: ...
    unknown_rank: bool
    def __init__(
        self,
        *,
        dim: Iterable[TensorShapeProto.Dim] | None = ...,
        unknown_rank: bool | None = ...,
    ) -> None: ...

class TensorProto(_Message):
    dtype: int
    @property
    def tensor_shape(self) -> TensorShapeProto: ...
    version_number: int
    tensor_content: bytes
    @property
    def float_val(self) -> MutableSequence[float]: ...
    @property
    def double_val(self) -> MutableSequence[float]: ...
    @property
    def int_val(self) -> MutableSequence[int]: ...
    @property
    def string_val(self) -> MutableSequence[bytes]: ...
    @property
    def scomplex_val(self) -> MutableSequence[float]: ...
    @property
    def int64_val(self) -> MutableSequence[int]: ...
    @property
    def bool_val(self) -> MutableSequence[bool]: ...
    @property
    def dcomplex_val(self) -> MutableSequence[float]: ...
    @property
    def half_val(self) -> MutableSequence[int]: ...
    @property
    def uint32_val(self) -> MutableSequence[int]: ...
    @property
    def uint64_val(self) -> MutableSequence[int]: ...
    float8_val: bytes
    def __init__(
        self,
        *,
        dtype: int | None = ...,
        tensor_shape: TensorShapeProto | None = ...,
        version_number: int | None = ...,
        tensor_content: bytes | None = ...,
        float_val: Iterable[float] | None = ...,
        double_val: Iterable[float] | None = ...,
        int_val: Iterable[int] | None = ...,
        string_val: Iterable[bytes] | None = ...,
        scomplex_val: Iterable[float] | None = ...,
        int64_val: Iterable[int] | None = ...,
        bool_val: Iterable[bool] | None = ...,
        dcomplex_val: Iterable[float] | None = ...,
        half_val: Iterable[int] | None = ...,
        uint32_val: Iterable[int] | None = ...,
        uint64_val: Iterable[int] | None = ...,
        float8_val: bytes | None = ...,
    ) -> None: ...

# summary.proto
class DataClass(_Enum):
    DATA_CLASS_UNKNOWN: ClassVar[int]
    DATA_CLASS_SCALAR: ClassVar[int]
    DATA_CLASS_TENSOR: ClassVar[int]
    DATA_CLASS_BLOB_SEQUENCE: ClassVar[int]

class SummaryMetadata(_Message):
    class PluginData(_Message):
        plugin_name: str
        content: bytes
        def __init__(
            self,
            *,
            plugin_name: str | None = ...,
            content: bytes | None = ...,
        ) -> None: ...
    @property
    def plugin_data(self) -> SummaryMetadata.PluginData: ...
    display_name: str
    summary_description: str
    data_class: int
    def __init__(
        self,
        *,
        plugin_data: SummaryMetadata.PluginData | None = ...,
        display_name: str | None = ...,
        summary_description: str | None = ...,
        data_class: int | None = ...,
    ) -> None: ...

class HistogramProto(_Message):
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    @property
    def bucket_limit(self) -> MutableSequence[float]: ...
    @property
    def bucket(self) -> MutableSequence[float]: ...
    def __init__(
        self,
        *,
        min: float | None = ...,
        max: float | None = ...,
        num: float | None = ...,
        sum: float | None = ...,
        sum_squares: float | None = ...,
        bucket_limit: Iterable[float] | None = ...,
        bucket: Iterable[float] | None = ...,
    ) -> None: ...

class Summary(_Message):
    class Image(_Message):
        height: int
        width: int
        colorspace: int
        encoded_image_string: bytes
        def __init__(
            self,
            *,
            height: int | None = ...,
            width: int | None = ...,
            colorspace: int | None = ...,
            encoded_image_string: bytes | None = ...,
        ) -> None: ...
    class Audio(_Message):
        sample_rate: float
        num_channels: int
        length_frames: int
        encoded_audio_string: bytes
        content_type: str
        def __init__(
            self,
            *,
            sample_rate: float | None = ...,
            num_channels: int | None = ...,
            length_frames: int | None = ...,
            encoded_audio_string: bytes | None = ...,
            content_type: str | None = ...,
        ) -> None: ...
    class Value(_Message):
        tag: str
        simple_value: float
        obsolete_old_style_histogram: bytes
        @property
        def image(self) -> Summary.Image: ...
        @property
        def histo(self) -> HistogramProto: ...
        @property
        def audio(self) -> Summary.Audio: ...
        node_name: str
        @property
        def tensor(self) -> TensorProto: ...
        @property
        def metadata(self) -> SummaryMetadata: ...
        def __init__(
            self,
            *,
            tag: str | None = ...,
            simple_value: float | None = ...,
            obsolete_old_style_histogram: bytes | None = ...,
            image: Summary.Image | None = ...,
            histo: HistogramProto | None = ...,
            audio: Summary.Audio | None = ...,
            node_name: str | None = ...,
            tensor: TensorProto | None = ...,
            metadata: SummaryMetadata | None = ...,
        ) -> None: ...
    @property
    def value(self) -> _Messages[Summary.Value]: ...
    def __init__(
        self,
        *,
        value: Iterable[Summary.Value] | None = ...,
    ) -> None: ...

# event.proto
class Event(_Message):
    wall_time: float
    step: int
    file_version: str
    graph_def: bytes
    @property
    def summary(self) -> Summary: ...
    @property
    def log_message(self) -> LogMessage: ...
    @property
    def session_log(self) -> SessionLog: ...
    @property
    def tagged_run_metadata(self) -> TaggedRunMetadata: ...
    meta_graph_def: bytes
    @property
    def source_metadata(self) -> SourceMetadata: ...
    def __init__(
        self,
        *,
        wall_time: float | None = ...,
        step: int | None = ...,
        file_version: str | None = ...,
        graph_def: bytes | None = ...,
        summary: Summary | None = ...,
        log_message: LogMessage | None = ...,
        session_log: SessionLog | None = ...,
        tagged_run_metadata: TaggedRunMetadata | None = ...,
        meta_graph_def: bytes | None = ...,
        source_metadata: SourceMetadata | None = ...,
    ) -> None: ...

class SourceMetadata(_Message):
    writer: str
    def __init__(
        self,
        *,
        writer: str | None = ...,
    ) -> None: ...

class LogMessage(_Message):
    class Level(_Enum):
        UNKNOWN: ClassVar[int]
        DEBUGGING: ClassVar[int]
        INFO: ClassVar[int]
        WARN: ClassVar[int]
        ERROR: ClassVar[int]
        FATAL: ClassVar[int]
    UNKNOWN: ClassVar[int]
    DEBUGGING: ClassVar[int]
    INFO: ClassVar[int]
    WARN: ClassVar[int]
    ERROR: ClassVar[int]
    FATAL: ClassVar[int]
    level: int
    message: str
    def __init__(
        self,
        *,
        level: int | None = ...,
        message: str | None = ...,
    ) -> None: ...

class SessionLog(_Message):
    class SessionStatus(_Enum):
        STATUS_UNSPECIFIED: ClassVar[int]
        START: ClassVar[int]
        STOP: ClassVar[int]
        CHECKPOINT: ClassVar[int]
    STATUS_UNSPECIFIED: ClassVar[int]
    START: ClassVar[int]
    STOP: ClassVar[int]
    CHECKPOINT: ClassVar[int]
    status: int
    checkpoint_path: str
    msg: str
    def __init__(
        self,
        *,
        status: int | None = ...,
        checkpoint_path: str | None = ...,
        msg: str | None = ...,
    ) -> None: ...

class TaggedRunMetadata(_Message):
    tag: str
    run_metadata: bytes
    def __init__(
        self,
        *,
        tag: str | None = ...,
        run_metadata: bytes | None = ...,
    ) -> None: ...

# graph.proto
class VersionDef(_Message):
    producer: int
    min_consumer: int
    @property
    def bad_consumers(self) -> MutableSequence[int]: ...
    def __init__(
        self,
        *,
        producer: int | None = ...,
        min_consumer: int | None = ...,
        bad_consumers: Iterable[int] | None = ...,
    ) -> None: ...

class AttrValue(_Message):
    class ListValue(_Message):
        @property
        def s(self) -> MutableSequence[bytes]: ...
        @property
        def i(self) -> MutableSequence[int]: ...
        @property
        def f(self) -> MutableSequence[float]: ...
        @property
        def b(self) -> MutableSequence[bool]: ...
        @property
        def type(self) -> MutableSequence[int]: ...
        @property
        def shape(self) -> _Messages[TensorShapeProto]: ...
        @property
        def tensor(self) -> _Messages[TensorProto]: ...
        @property
        def func(self) -> _Messages[NameAttrList]: ...
        def __init__(
            self,
            *,
            s: Iterable[bytes] | None = ...,
            i: Iterable[int] | None = ...,
            f: Iterable[float] | None = ...,
            b: Iterable[bool] | None = ...,
            type: Iterable[int] | None = ...,
            shape: Iterable[TensorShapeProto] | None = ...,
            tensor: Iterable[TensorProto] | None = ...,
            func: Iterable[NameAttrList] | None = ...,
        ) -> None: ...
    @property
    def list(self) -> AttrValue.ListValue: ...
    s: bytes
    i: int
    f: float
    b: bool
    type: int
    @property
    def shape(self) -> TensorShapeProto: ...
    @property
    def tensor(self) -> TensorProto: ...
    placeholder: str
    @property
    def func(self) -> NameAttrList: ...
    def __init__(
        self,
        *,
        list: AttrValue.ListValue | None = ...,
        s: bytes | None = ...,
        i: int | None = ...,
        f: float | None = ...,
        b: bool | None = ...,
        type: int | None = ...,
        shape: TensorShapeProto | None = ...,
        tensor: TensorProto | None = ...,
        placeholder: str | None = ...,
        func: NameAttrList | None = ...,
    ) -> None: ...

class NameAttrList(_Message):
    name: str
    @property
    def attr(self) -> _MessageMap[AttrValue]: ...
    def __init__(
        self,
        *,
        name: str | None = ...,
        attr: Mapping[str, AttrValue] | None = ...,
    ) -> None: ...

class NodeDef(_Message):
    class ExperimentalDebugInfo(_Message):
        @property
        def original_node_names(self) -> MutableSequence[str]: ...
        @property
        def original_func_names(self) -> MutableSequence[str]: ...
        def __init__(
            self,
            *,
            original_node_names: Iterable[str] | None = ...,
            original_func_names: Iterable[str] | None = ...,
        ) -> None: ...
    name: str
    op: str
    @property
    def input(self) -> MutableSequence[str]: ...
    device: str
    @property
    def attr(self) -> _MessageMap[AttrValue]: ...
    @property
    def experimental_debug_info(self) -> NodeDef.ExperimentalDebugInfo: ...
    def __init__(
        self,
        *,
        name: str | None = ...,
        op: str | None = ...,
        input: Iterable[str] | None = ...,
        device: str | None = ...,
        attr: Mapping[str, AttrValue] | None = ...,
        experimental_debug_info: NodeDef.ExperimentalDebugInfo | None = ...,
    ) -> None: ...

class OpDeprecation(_Message):
    version: int
    explanation: str
    def __init__(
        self,
        *,
        version: int | None = ...,
        explanation: str | None = ...,
    ) -> None: ...

class OpDef(_Message):
    class ArgDef(_Message):
        name: str
        description: str
        type: int
        type_attr: str
        number_attr: str
        type_list_attr: str
        is_ref: bool
        def __init__(
            self,
            *,
            name: str | None = ...,
            description: str | None = ...,
            type: int | None = ...,
            type_attr: str | None = ...,
            number_attr: str | None = ...,
            type_list_attr: str | None = ...,
            is_ref: bool | None = ...,
        ) -> None: ...
    class AttrDef(_Message):
        name: str
        type: str
        @property
        def default_value(self) -> AttrValue: ...
        description: str
        has_minimum: bool
        minimum: int
        @property
        def allowed_values(self) -> AttrValue: ...
        def __init__(
            self,
            *,
            name: str | None = ...,
            type: str | None = ...,
            default_value: AttrValue | None = ...,
            description: str | None = ...,
            has_minimum: bool | None = ...,
            minimum: int | None = ...,
            allowed_values: AttrValue | None = ...,
        ) -> None: ...
    name: str
    @property
    def input_arg(self) -> _Messages[OpDef.ArgDef]: ...
    @property
    def output_arg(self) -> _Messages[OpDef.ArgDef]: ...
    @property
    def attr(self) -> _Messages[OpDef.AttrDef]: ...
    summary: str
    description: str
    @property
    def deprecation(self) -> OpDeprecation: ...
    is_aggregate: bool
    is_stateful: bool
    is_commutative: bool
    allows_uninitialized_input: bool
    @property
    def control_output(self) -> MutableSequence[str]: ...
    is_distributed_communication: bool
    def __init__(
        self,
        *,
        name: str | None = ...,
        input_arg: Iterable[OpDef.ArgDef] | None = ...,
        output_arg: Iterable[OpDef.ArgDef] | None = ...,
        attr: Iterable[OpDef.AttrDef] | None = ...,
        summary: str | None = ...,
        description: str | None = ...,
        deprecation: OpDeprecation | None = ...,
        is_aggregate: bool | None = ...,
        is_stateful: bool | None = ...,
        is_commutative: bool | None = ...,
        allows_uninitialized_input: bool | None = ...,
        control_output: Iterable[str] | None = ...,
        is_distributed_communication: bool | None = ...,
    ) -> None: ...

class FunctionDef(_Message):
    class ArgAttrs(_Message):
        @property
        def attr(self) -> _MessageMap[AttrValue]: ...
        def __init__(
            self,
            *,
            attr: Mapping[str, AttrValue] | None = ...,
        ) -> None: ...
    @property
    def signature(self) -> OpDef: ...
    @property
    def node_def(self) -> _Messages[NodeDef]: ...
    @property
    def ret(self) -> MutableMapping[str, str]: ...
    @property
    def attr(self) -> _MessageMap[AttrValue]: ...
    @property
    def control_ret(self) -> MutableMapping[str, str]: ...
    @property
    def arg_attr(self) -> _MessageMap[FunctionDef.ArgAttrs]: ...
    @property
    def resource_arg_unique_id(self) -> MutableMapping[int, int]: ...
    def __init__(
        self,
        *,
        signature: OpDef | None = ...,
        node_def: Iterable[NodeDef] | None = ...,
        ret: Mapping[str, str] | None = ...,
        attr: Mapping[str, AttrValue] | None = ...,
        control_ret: Mapping[str, str] | None = ...,
        arg_attr: Mapping[int, FunctionDef.ArgAttrs] | None = ...,
        resource_arg_unique_id: Mapping[int, int] | None = ...,
    ) -> None: ...

class GradientDef(_Message):
    function_name: str
    gradient_func: str
    def __init__(
        self,
        *,
        function_name: str | None = ...,
        gradient_func: str | None = ...,
    ) -> None: ...

class RegisteredGradient(_Message):
    gradient_func: str
    registered_op_type: str
    def __init__(
        self,
        *,
        gradient_func: str | None = ...,
        registered_op_type: str | None = ...,
    ) -> None: ...

class FunctionDefLibrary(_Message):
    @property
    def function(self) -> _Messages[FunctionDef]: ...
    @property
    def gradient(self) -> _Messages[GradientDef]: ...
    @property
    def registered_gradients(self) -> _Messages[RegisteredGradient]: ...
    def __init__(
        self,
        *,
        function: Iterable[FunctionDef] | None = ...,
        gradient: Iterable[GradientDef] | None = ...,
        registered_gradients: Iterable[RegisteredGradient] | None = ...,
    ) -> None: ...

class GraphDef(_Message):
    @property
    def node(self) -> _Messages[NodeDef]: ...
    @property
    def library(self) -> FunctionDefLibrary: ...
    version: int
    @property
    def versions(self) -> VersionDef: ...
    def __init__(
        self,
        *,
        node: Iterable[NodeDef] | None = ...,
        library: FunctionDefLibrary | None = ...,
        version: int | None = ...,
        versions: VersionDef | None = ...,
    ) -> None: ...

class MetaGraphDef(_Message):
    @property
    def graph_def(self) -> GraphDef: ...
    def __init__(
        self,
        *,
        graph_def: GraphDef | None = ...,
    ) -> None: ...

# plugins.proto
class ScalarPluginData(_Message):
    version: int
    def __init__(
        self,
        *,
        version: int | None = ...,
    ) -> None: ...

class HistogramPluginData(_Message):
    version: int
    def __init__(
        self,
        *,
        version: int | None = ...,
    ) -> None: ...

class TextPluginData(_Message):
    version: int
    def __init__(
        self,
        *,
        version: int | None = ...,
    ) -> None: ...

class ImagePluginData(_Message):
    version: int
    converted_to_tensor: bool
    def __init__(
        self,
        *,
        version: int | None = ...,
        converted_to_tensor: bool | None = ...,
    ) -> None: ...

class AudioPluginData(_Message):
    class Encoding(_Enum):
        UNKNOWN: ClassVar[int]
        WAV: ClassVar[int]
    UNKNOWN: ClassVar[int]
    WAV: ClassVar[int]
    version: int
    encoding: int
    converted_to_tensor: bool
    def __init__(
        self,
        *,
        version: int | None = ...,
        encoding: int | None = ...,
        converted_to_tensor: bool | None = ...,
    ) -> None: ...

class PrCurvePluginData(_Message):
    version: int
    num_thresholds: int
    def __init__(
        self,
        *,
        version: int | None = ...,
        num_thresholds: int | None = ...,
    ) -> None: ...

class MultilineChartContent(_Message):
    @property
    def tag(self) -> MutableSequence[str]: ...
    def __init__(
        self,
        *,
        tag: Iterable[str] | None = ...,
    ) -> None: ...

class MarginChartContent(_Message):
    class Series(_Message):
        value: str
        lower: str
        upper: str
        def __init__(
            self,
            *,
            value: str | None = ...,
            lower: str | None = ...,
            upper: str | None = ...,
        ) -> None: ...
    @property
    def series(self) -> _Messages[MarginChartContent.Series]: ...
    def __init__(
        self,
        *,
        series: Iterable[MarginChartContent.Series] | None = ...,
    ) -> None: ...

class Chart(_Message):
    title: str
    @property
    def multiline(self) -> MultilineChartContent: ...
    @property
    def margin(self) -> MarginChartContent: ...
    def __init__(
        self,
        *,
        title: str | None = ...,
        multiline: MultilineChartContent | None = ...,
        margin: MarginChartContent | None = ...,
    ) -> None: ...

class Category(_Message):
    title: str
    @property
    def chart(self) -> _Messages[Chart]: ...
    closed: bool
    def __init__(
        self,
        *,
        title: str | None = ...,
        chart: Iterable[Chart] | None = ...,
        closed: bool | None = ...,
    ) -> None: ...

class Layout(_Message):
    version: int
    @property
    def category(self) -> _Messages[Category]: ...
    def __init__(
        self,
        *,
        version: int | None = ...,
        category: Iterable[Category] | None = ...,
    ) -> None: ...

# hparams.proto
class HParamType(_Enum):
    DATA_TYPE_UNSET: ClassVar[int]
    DATA_TYPE_STRING: ClassVar[int]
    DATA_TYPE_BOOL: ClassVar[int]
    DATA_TYPE_FLOAT64: ClassVar[int]

class DatasetType(_Enum):
    DATASET_UNKNOWN: ClassVar[int]
    DATASET_TRAINING: ClassVar[int]
    DATASET_VALIDATION: ClassVar[int]

class Status(_Enum):
    STATUS_UNKNOWN: ClassVar[int]
    STATUS_SUCCESS: ClassVar[int]
    STATUS_FAILURE: ClassVar[int]
    STATUS_RUNNING: ClassVar[int]

class Interval(_Message):
    min_value: float
    max_value: float
    def __init__(
        self,
        *,
        min_value: float | None = ...,
        max_value: float | None = ...,
    ) -> None: ...

class HParamInfo(_Message):
    name: str
    display_name: str
    description: str
    type: int
    @property
    def domain_discrete(self) -> Any: ...
    @property
    def domain_interval(self) -> Interval: ...
    differs: bool
    def __init__(
        self,
        *,
        name: str | None = ...,
        display_name: str | None = ...,
        description: str | None = ...,
        type: int | None = ...,
        domain_discrete: Any | None = ...,
        domain_interval: Interval | None = ...,
        differs: bool | None = ...,
    ) -> None: ...

class MetricName(_Message):
    group: str
    tag: str
    def __init__(
        self,
        *,
        group: str | None = ...,
        tag: str | None = ...,
    ) -> None: ...

class MetricInfo(_Message):
    @property
    def name(self) -> MetricName: ...
    display_name: str
    description: str
    dataset_type: int
    def __init__(
        self,
        *,
        name: MetricName | None = ...,
        display_name: str | None = ...,
        description: str | None = ...,
        dataset_type: int | None = ...,
    ) -> None: ...

class Experiment(_Message):
    description: str
    user: str
    time_created_secs: float
    @property
    def hparam_infos(self) -> _Messages[HParamInfo]: ...
    @property
    def metric_infos(self) -> _Messages[MetricInfo]: ...
    name: str
    def __init__(
        self,
        *,
        description: str | None = ...,
        user: str | None = ...,
        time_created_secs: float | None = ...,
        hparam_infos: Iterable[HParamInfo] | None = ...,
        metric_infos: Iterable[MetricInfo] | None = ...,
        name: str | None = ...,
    ) -> None: ...

class SessionStartInfo(_Message):
    @property
    def hparams(self) -> _MessageMap[Any]: ...
    model_uri: str
    monitor_url: str
    group_name: str
    start_time_secs: float
    def __init__(
        self,
        *,
        hparams: Mapping[str, Any] | None = ...,
        model_uri: str | None = ...,
        monitor_url: str | None = ...,
        group_name: str | None = ...,
        start_time_secs: float | None = ...,
    ) -> None: ...

class SessionEndInfo(_Message):
    status: int
    end_time_secs: float
    def __init__(
        self,
        *,
        status: int | None = ...,
        end_time_secs: float | None = ...,
    ) -> None: ...

class HParamsPluginData(_Message):
    version: int
    @property
    def experiment(self) -> Experiment: ...
    @property
    def session_start_info(self) -> SessionStartInfo: ...
    @property
    def session_end_info(self) -> SessionEndInfo: ...
    def __init__(
        self,
        *,
        version: int | None = ...,
        experiment: Experiment | None = ...,
        session_start_info: SessionStartInfo | None = ...,
        session_end_info: SessionEndInfo | None = ...,
    ) -> None: ...

# mesh.proto
class MeshPluginData(_Message):
    class ContentType(_Enum):
        UNDEFINED: ClassVar[int]
        VERTEX: ClassVar[int]
        FACE: ClassVar[int]
        COLOR: ClassVar[int]
    UNDEFINED: ClassVar[int]
    VERTEX: ClassVar[int]
    FACE: ClassVar[int]
    COLOR: ClassVar[int]
    version: int
    name: str
    content_type: int
    json_config: str
    @property
    def shape(self) -> MutableSequence[int]: ...
    components: int
    def __init__(
        self,
        *,
        version: int | None = ...,
        name: str | None = ...,
        content_type: int | None = ...,
        json_config: str | None = ...,
        shape: Iterable[int] | None = ...,
        components: int | None = ...,
    ) -> None: ...

# projector.proto
class SpriteMetadata(_Message):
    image_path: str
    @property
    def single_image_dim(self) -> MutableSequence[int]: ...
    def __init__(
        self,
        *,
        image_path: str | None = ...,
        single_image_dim: Iterable[int] | None = ...,
    ) -> None: ...

class EmbeddingInfo(_Message):
    tensor_name: str
    metadata_path: str
    bookmarks_path: str
    @property
    def tensor_shape(self) -> MutableSequence[int]: ...
    @property
    def sprite(self) -> SpriteMetadata: ...
    tensor_path: str
    def __init__(
        self,
        *,
        tensor_name: str | None = ...,
        metadata_path: str | None = ...,
        bookmarks_path: str | None = ...,
        tensor_shape: Iterable[int] | None = ...,
        sprite: SpriteMetadata | None = ...,
        tensor_path: str | None = ...,
    ) -> None: ...

class ProjectorConfig(_Message):
    model_checkpoint_path: str
    @property
    def embeddings(self) -> _Messages[EmbeddingInfo]: ...
    model_checkpoint_dir: str
    def __init__(
        self,
        *,
        model_checkpoint_path: str | None = ...,
        embeddings: Iterable[EmbeddingInfo] | None = ...,
        model_checkpoint_dir: str | None = ...,
    ) -> None: ...

# run_metadata.proto
class AllocationDescription(_Message):
    requested_bytes: int
    allocated_bytes: int
    allocator_name: str
    allocation_id: int
    has_single_reference: bool
    ptr: int
    def __init__(
        self,
        *,
        requested_bytes: int | None = ...,
        allocated_bytes: int | None = ...,
        allocator_name: str | None = ...,
        allocation_id: int | None = ...,
        has_single_reference: bool | None = ...,
        ptr: int | None = ...,
    ) -> None: ...

class TensorDescription(_Message):
    dtype: int
    @property
    def shape(self) -> TensorShapeProto: ...
    @property
    def allocation_description(self) -> AllocationDescription: ...
    def __init__(
        self,
        *,
        dtype: int | None = ...,
        shape: TensorShapeProto | None = ...,
        allocation_description: AllocationDescription | None = ...,
    ) -> None: ...

class AllocationRecord(_Message):
    alloc_micros: int
    alloc_bytes: int
    def __init__(
        self,
        *,
        alloc_micros: int | None = ...,
        alloc_bytes: int | None = ...,
    ) -> None: ...

class AllocatorMemoryUsed(_Message):
    allocator_name: str
    total_bytes: int
    peak_bytes: int
    live_bytes: int
    allocator_bytes_in_use: int
    @property
    def allocation_records(self) -> _Messages[AllocationRecord]: ...
    def __init__(
        self,
        *,
        allocator_name: str | None = ...,
        total_bytes: int | None = ...,
        peak_bytes: int | None = ...,
        live_bytes: int | None = ...,
        allocator_bytes_in_use: int | None = ...,
        allocation_records: Iterable[AllocationRecord] | None = ...,
    ) -> None: ...

class NodeOutput(_Message):
    slot: int
    @property
    def tensor_description(self) -> TensorDescription: ...
    def __init__(
        self,
        *,
        slot: int | None = ...,
        tensor_description: TensorDescription | None = ...,
    ) -> None: ...

class MemoryStats(_Message):
    temp_memory_size: int
    device_temp_memory_size: int
    persistent_memory_size: int
    device_persistent_memory_size: int
    @property
    def persistent_tensor_alloc_ids(self) -> MutableSequence[int]: ...
    @property
    def device_persistent_tensor_alloc_ids(self) -> MutableSequence[int]: ...
    def __init__(
        self,
        *,
        temp_memory_size: int | None = ...,
        device_temp_memory_size: int | None = ...,
        persistent_memory_size: int | None = ...,
        device_persistent_memory_size: int | None = ...,
        persistent_tensor_alloc_ids: Iterable[int] | None = ...,
        device_persistent_tensor_alloc_ids: Iterable[int] | None = ...,
    ) -> None: ...

class NodeExecStats(_Message):
    node_name: str
    all_start_micros: int
    op_start_rel_micros: int
    op_end_rel_micros: int
    all_end_rel_micros: int
    @property
    def memory(self) -> _Messages[AllocatorMemoryUsed]: ...
    @property
    def output(self) -> _Messages[NodeOutput]: ...
    timeline_label: str
    scheduled_micros: int
    thread_id: int
    @property
    def referenced_tensor(self) -> _Messages[AllocationDescription]: ...
    @property
    def memory_stats(self) -> MemoryStats: ...
    all_start_nanos: int
    op_start_rel_nanos: int
    op_end_rel_nanos: int
    all_end_rel_nanos: int
    scheduled_nanos: int
    def __init__(
        self,
        *,
        node_name: str | None = ...,
        all_start_micros: int | None = ...,
        op_start_rel_micros: int | None = ...,
        op_end_rel_micros: int | None = ...,
        all_end_rel_micros: int | None = ...,
        memory: Iterable[AllocatorMemoryUsed] | None = ...,
        output: Iterable[NodeOutput] | None = ...,
        timeline_label: str | None = ...,
        scheduled_micros: int | None = ...,
        thread_id: int | None = ...,
        referenced_tensor: Iterable[AllocationDescription] | None = ...,
        memory_stats: MemoryStats | None = ...,
        all_start_nanos: int | None = ...,
        op_start_rel_nanos: int | None = ...,
        op_end_rel_nanos: int | None = ...,
        all_end_rel_nanos: int | None = ...,
        scheduled_nanos: int | None = ...,
    ) -> None: ...

class DeviceStepStats(_Message):
    device: str
    @property
    def node_stats(self) -> _Messages[NodeExecStats]: ...
    @property
    def thread_names(self) -> MutableMapping[int, str]: ...
    def __init__(
        self,
        *,
        device: str | None = ...,
        node_stats: Iterable[NodeExecStats] | None = ...,
        thread_names: Mapping[int, str] | None = ...,
    ) -> None: ...

class StepStats(_Message):
    @property
    def dev_stats(self) -> _Messages[DeviceStepStats]: ...
    def __init__(
        self,
        *,
        dev_stats: Iterable[DeviceStepStats] | None = ...,
    ) -> None: ...

class CostGraphDef(_Message):
    class Node(_Message):
        class InputInfo(_Message):
            preceding_node: int
            preceding_port: int
            def __init__(
                self,
                *,
                preceding_node: int | None = ...,
                preceding_port: int | None = ...,
            ) -> None: ...
        class OutputInfo(_Message):
            size: int
            alias_input_port: int
            @property
            def shape(self) -> TensorShapeProto: ...
            dtype: int
            def __init__(
                self,
                *,
                size: int | None = ...,
                alias_input_port: int | None = ...,
                shape: TensorShapeProto | None = ...,
                dtype: int | None = ...,
            ) -> None: ...
        name: str
        device: str
        id: int
        @property
        def input_info(self) -> _Messages[CostGraphDef.Node.InputInfo]: ...
        @property
        def output_info(self) -> _Messages[CostGraphDef.Node.OutputInfo]: ...
        temporary_memory_size: int
        is_final: bool
        @property
        def control_input(self) -> MutableSequence[int]: ...
        compute_cost: int
        host_temp_memory_size: int
        device_temp_memory_size: int
        persistent_memory_size: int
        compute_time: int
        memory_time: int
        device_persistent_memory_size: int
        inaccurate: bool
        def __init__(
            self,
            *,
            name: str | None = ...,
            device: str | None = ...,
            id: int | None = ...,
            input_info: Iterable[CostGraphDef.Node.InputInfo] | None = ...,
            output_info: Iterable[CostGraphDef.Node.OutputInfo] | None = ...,
            temporary_memory_size: int | None = ...,
            is_final: bool | None = ...,
            control_input: Iterable[int] | None = ...,
            compute_cost: int | None = ...,
            host_temp_memory_size: int | None = ...,
            device_temp_memory_size: int | None = ...,
            persistent_memory_size: int | None = ...,
            compute_time: int | None = ...,
            memory_time: int | None = ...,
            device_persistent_memory_size: int | None = ...,
            inaccurate: bool | None = ...,
        ) -> None: ...
    class AggregatedCost(_Message):
        cost: float
        dimension: str
        def __init__(
            self,
            *,
            cost: float | None = ...,
            dimension: str | None = ...,
        ) -> None: ...
    @property
    def node(self) -> _Messages[CostGraphDef.Node]: ...
    @property
    def cost(self) -> _Messages[CostGraphDef.AggregatedCost]: ...
    def __init__(
        self,
        *,
        node: Iterable[CostGraphDef.Node] | None = ...,
        cost: Iterable[CostGraphDef.AggregatedCost] | None = ...,
    ) -> None: ...

class SessionMetadata(_Message):
    name: str
    version: int
    def __init__(
        self,
        *,
        name: str | None = ...,
        version: int | None = ...,
    ) -> None: ...

class RunMetadata(_Message):
    class FunctionGraphs(_Message):
        @property
        def partition_graphs(self) -> _Messages[GraphDef]: ...
        @property
        def pre_optimization_graph(self) -> GraphDef: ...
        @property
        def post_optimization_graph(self) -> GraphDef: ...
        def __init__(
            self,
            *,
            partition_graphs: Iterable[GraphDef] | None = ...,
            pre_optimization_graph: GraphDef | None = ...,
            post_optimization_graph: GraphDef | None = ...,
        ) -> None: ...
    @property
    def step_stats(self) -> StepStats: ...
    @property
    def cost_graph(self) -> CostGraphDef: ...
    @property
    def partition_graphs(self) -> _Messages[GraphDef]: ...
    @property
    def function_graphs(self) -> _Messages[RunMetadata.FunctionGraphs]: ...
    @property
    def session_metadata(self) -> SessionMetadata: ...
    def __init__(
        self,
        *,
        step_stats: StepStats | None = ...,
        cost_graph: CostGraphDef | None = ...,
        partition_graphs: Iterable[GraphDef] | None = ...,
        function_graphs: Iterable[RunMetadata.FunctionGraphs] | None = ...,
        session_metadata: SessionMetadata | None = ...,
    ) -> None: ...

# visualdl.proto
class Record(_Message):
    class Image(_Message):
        encoded_image_string: bytes
        def __init__(
            self,
            *,
            encoded_image_string: bytes | None = ...,
        ) -> None: ...
    class Text(_Message):
        encoded_text_string: str
        def __init__(
            self,
            *,
            encoded_text_string: str | None = ...,
        ) -> None: ...
    class Audio(_Message):
        sample_rate: float
        num_channels: int
        length_frames: int
        encoded_audio_string: bytes
        content_type: str
        def __init__(
            self,
            *,
            sample_rate: float | None = ...,
            num_channels: int | None = ...,
            length_frames: int | None = ...,
            encoded_audio_string: bytes | None = ...,
            content_type: str | None = ...,
        ) -> None: ...
    class Embedding(_Message):
        @property
        def label(self) -> MutableSequence[str]: ...
        @property
        def vectors(self) -> MutableSequence[float]: ...
        def __init__(
            self,
            *,
            label: Iterable[str] | None = ...,
            vectors: Iterable[float] | None = ...,
        ) -> None: ...
    class Embeddings(_Message):
        @property
        def embeddings(self) -> _Messages[Record.Embedding]: ...
        @property
        def label_meta(self) -> MutableSequence[str]: ...
        def __init__(
            self,
            *,
            embeddings: Iterable[Record.Embedding] | None = ...,
            label_meta: Iterable[str] | None = ...,
        ) -> None: ...
    class bytes_embeddings(_Message):
        encoded_labels: bytes
        encoded_vectors: bytes
        def __init__(
            self,
            *,
            encoded_labels: bytes | None = ...,
            encoded_vectors: bytes | None = ...,
        ) -> None: ...
    class Histogram(_Message):
        @property
        def hist(self) -> MutableSequence[float]: ...
        @property
        def bin_edges(self) -> MutableSequence[float]: ...
        def __init__(
            self,
            *,
            hist: Iterable[float] | None = ...,
            bin_edges: Iterable[float] | None = ...,
        ) -> None: ...
    class PRCurve(_Message):
        @property
        def TP(self) -> MutableSequence[int]: ...
        @property
        def FP(self) -> MutableSequence[int]: ...
        @property
        def TN(self) -> MutableSequence[int]: ...
        @property
        def FN(self) -> MutableSequence[int]: ...
        @property
        def precision(self) -> MutableSequence[float]: ...
        @property
        def recall(self) -> MutableSequence[float]: ...
        def __init__(
            self,
            *,
            TP: Iterable[int] | None = ...,
            FP: Iterable[int] | None = ...,
            TN: Iterable[int] | None = ...,
            FN: Iterable[int] | None = ...,
            precision: Iterable[float] | None = ...,
            recall: Iterable[float] | None = ...,
        ) -> None: ...
    class ROC_Curve(_Message):
        @property
        def TP(self) -> MutableSequence[int]: ...
        @property
        def FP(self) -> MutableSequence[int]: ...
        @property
        def TN(self) -> MutableSequence[int]: ...
        @property
        def FN(self) -> MutableSequence[int]: ...
        @property
        def tpr(self) -> MutableSequence[float]: ...
        @property
        def fpr(self) -> MutableSequence[float]: ...
        def __init__(
            self,
            *,
            TP: Iterable[int] | None = ...,
            FP: Iterable[int] | None = ...,
            TN: Iterable[int] | None = ...,
            FN: Iterable[int] | None = ...,
            tpr: Iterable[float] | None = ...,
            fpr: Iterable[float] | None = ...,
        ) -> None: ...
    class HParam(_Message):
        class HparamInfo(_Message):
            int_value: int
            float_value: float
            string_value: str
            name: str
            def __init__(
                self,
                *,
                int_value: int | None = ...,
                float_value: float | None = ...,
                string_value: str | None = ...,
                name: str | None = ...,
            ) -> None: ...
        @property
        def hparamInfos(self) -> _Messages[Record.HParam.HparamInfo]: ...
        @property
        def metricInfos(self) -> _Messages[Record.HParam.HparamInfo]: ...
        name: str
        def __init__(
            self,
            *,
            hparamInfos: Iterable[Record.HParam.HparamInfo] | None = ...,
            metricInfos: Iterable[Record.HParam.HparamInfo] | None = ...,
            name: str | None = ...,
        ) -> None: ...
    class MetaData(_Message):
        display_name: str
        def __init__(
            self,
            *,
            display_name: str | None = ...,
        ) -> None: ...
    class TagValue(_Message):
        tag: str
        value: float
        def __init__(
            self,
            *,
            tag: str | None = ...,
            value: float | None = ...,
        ) -> None: ...
    class Value(_Message):
        id: int
        tag: str
        timestamp: int
        value: float
        @property
        def image(self) -> Record.Image: ...
        @property
        def audio(self) -> Record.Audio: ...
        @property
        def embeddings(self) -> Record.Embeddings: ...
        @property
        def histogram(self) -> Record.Histogram: ...
        @property
        def pr_curve(self) -> Record.PRCurve: ...
        @property
        def meta_data(self) -> Record.MetaData: ...
        @property
        def roc_curve(self) -> Record.ROC_Curve: ...
        @property
        def text(self) -> Record.Text: ...
        @property
        def hparam(self) -> Record.HParam: ...
        @property
        def tag_value(self) -> Record.TagValue: ...
        def __init__(
            self,
            *,
            id: int | None = ...,
            tag: str | None = ...,
            timestamp: int | None = ...,
            value: float | None = ...,
            image: Record.Image | None = ...,
            audio: Record.Audio | None = ...,
            embeddings: Record.Embeddings | None = ...,
            histogram: Record.Histogram | None = ...,
            pr_curve: Record.PRCurve | None = ...,
            meta_data: Record.MetaData | None = ...,
            roc_curve: Record.ROC_Curve | None = ...,
            text: Record.Text | None = ...,
            hparam: Record.HParam | None = ...,
            tag_value: Record.TagValue | None = ...,
        ) -> None: ...
    @property
    def values(self) -> _Messages[Record.Value]: ...
    def __init__(
        self,
        *,
        values: Iterable[Record.Value] | None = ...,
    ) -> None: ...
