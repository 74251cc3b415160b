// register_vdl_writer.cc - the methods of VdlWriter, the native half of VisualDL's LogWriter. The
// engine is EventWriter's; what differs is the bytes of a record, and that a closed writer is
// opened again by the next call, as VisualDL's is.
#include "bindings/arrays.h"
#include "bindings/event_writer.h"
#include "bindings/parameters.h"
#include "bindings/pixels.h"
#include "bindings/scalar_arguments.h"
#include "bindings/writer_methods.h"
// Python first
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "histogram/few_buckets.h"
#include "histogram/few_edges.h"
#include "vdl/encode.h"
#include "vdl/encode_image.h"
#include "vdl/format.h"
#include "wire/write.h"

namespace eventcodec::bindings {
namespace {

using vdl::Stamp;

struct VdlFraming {
  static constexpr std::size_t kHeaderBytes = vdl::kLengthBytes;
  static constexpr std::size_t kOverheadBytes = vdl::kOverheadBytes;
  static std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes) {
    return vdl::seal(record, payload_bytes);
  }
};

class VdlWriter : public EventWriter {
 public:
  using EventWriter::EventWriter;
};

// Messages from here on are copied without the GIL, into a chunk of their own.
constexpr std::size_t kLargeMessageBytes = 128 * 1024;

// ---- arguments ----

// VisualDL's pages exchange "%" with "/", so it can stand in no tag.
bool parse_vdl_tag(PyObject* object, std::string_view* tag) {
  if (!parse_tag(object, tag)) return false;
  if (tag->find('%') == std::string_view::npos) return true;
  PyErr_Format(PyExc_RuntimeError, "%% can't appear in tag, got %R", object);
  return false;
}

// None is now.
bool parse_timestamp(PyObject* object, std::int64_t* timestamp) {
  if (object != nullptr && object != Py_None) return parse_step(object, timestamp, "walltime");
  *timestamp = stream::milliseconds_of(stream::wall_clock());
  return true;
}

bool parse_stamp(PyObject* step, PyObject* walltime, Stamp* stamp) {
  return parse_step(step, &stamp->step, "step") && parse_timestamp(walltime, &stamp->timestamp);
}

// After close() the next call goes on. False with a Python error set.
bool ensure_open(PyObject* self, const VdlWriter& writer) {
  if (!writer.is_closed()) return true;
  PyObject* opened = PyObject_CallMethod(self, "_open_again", nullptr);
  Py_XDECREF(opened);
  return opened != nullptr;
}

// ---- add_scalar ----

Parameters<4> add_scalar_parameters{"add_scalar", {"tag", "value", "step", "walltime"}, 3};

PyObject* add_scalar(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* values[4] = {};
  auto* writer = writer_of<VdlWriter>(self);
  std::string_view tag;
  double number = 0;
  Stamp stamp{};
  if (writer == nullptr || !add_scalar_parameters.sort(args, count, keywords, values) ||
      !parse_vdl_tag(values[0], &tag) || !parse_number(values[1], "value", &number) ||
      !parse_stamp(values[2], values[3], &stamp) || !ensure_open(self, *writer)) {
    return nullptr;
  }
  const bool logged =
      writer->append<VdlFraming>(vdl::scalar_bound(tag.size()), [&](std::uint8_t* payload) {
        return vdl::put_scalar(payload, stamp, tag, static_cast<float>(number));
      });
  if (!logged) return nullptr;
  Py_RETURN_NONE;
}

PyMethodDef add_scalar_method = {
    "add_scalar", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(guarded<add_scalar>)),
    METH_FASTCALL | METH_KEYWORDS,
    "add_scalar($self, tag, value, step, walltime=None)\n--\n\n"
    "Log one number.\n\n"
    "Args:\n"
    "    tag: name of the curve, 1 to 65535 bytes of UTF-8 without \"%\".\n"
    "    value: a real number: Python or NumPy number, or an array or tensor with one element.\n"
    "        Stored as float32; NaN and infinities are kept.\n"
    "    step: the step, a signed 64-bit integer; None is 0. Floats are truncated.\n"
    "    walltime: milliseconds since 1970; None is now.\n\n"
    "Raises:\n"
    "    TypeError, ValueError: a bad argument, quoted; nothing is written.\n"
    "    RuntimeError: \"%\" in the tag, as in VisualDL.\n"
    "    OSError: the device fails and the writer was made with on_error=\"raise\".\n\n"
    "Example:\n"
    "    >>> writer.add_scalar(\"train/loss\", 0.25, 7)\n"};

// ---- the other components ----

// The scalars of one chart, all of them or none.
void add_tag_values(const py::object& self, py::handle tag_object, const py::dict& scalars,
                    py::handle step, py::handle walltime) {
  auto& writer = self.cast<VdlWriter&>();
  std::string_view tag;
  Stamp stamp{};
  std::vector<std::pair<std::string_view, float>> values;
  // The items, because what a value's __float__ does to the dict is not ours to know.
  const py::list items = py::reinterpret_steal<py::list>(PyDict_Items(scalars.ptr()));
  bool parsed =
      parse_vdl_tag(tag_object.ptr(), &tag) && parse_stamp(step.ptr(), walltime.ptr(), &stamp);
  for (const py::handle item : items) {
    if (!parsed) break;
    double number = 0;
    std::string_view sub_tag;
    parsed = parse_tag(PyTuple_GET_ITEM(item.ptr(), 0), &sub_tag) &&
             parse_number(PyTuple_GET_ITEM(item.ptr(), 1), "a scalar", &number);
    values.emplace_back(sub_tag, static_cast<float>(number));
  }
  bool logged = parsed && ensure_open(self.ptr(), writer) && writer.begin();
  for (const auto& value : values) {
    const std::string_view sub_tag = value.first;
    logged =
        logged && writer.put<VdlFraming>(
                      vdl::tag_value_bound(tag.size(), sub_tag.size()), [&](std::uint8_t* payload) {
                        return vdl::put_tag_value(payload, stamp, tag, sub_tag, value.second);
                      });
  }
  if (!logged || !writer.end()) throw py::error_already_set();
}

bool append_large_message(VdlWriter& writer, Stamp stamp, std::string_view tag, std::uint32_t field,
                          ByteView message) {
  const std::size_t bytes = vdl::message_bound(tag.size(), message.size()) + vdl::kOverheadBytes;
  Chunk::Owner chunk = create_chunk(bytes);
  const stream::Extent extent = without_gil([&] {
    std::uint8_t* const payload = chunk->data() + vdl::kLengthBytes;
    std::uint8_t* const end = vdl::put_message(payload, stamp, tag, field, message);
    const std::uint8_t* const record_end =
        vdl::seal(chunk->data(), static_cast<std::size_t>(end - payload));
    return stream::Extent{static_cast<std::uint32_t>(record_end - chunk->data()), 1};
  });
  return writer.begin() && writer.put(std::move(chunk), extent) && writer.end();
}

// A record that stands elsewhere.
bool append_record(VdlWriter& writer, ByteView record) {
  if (record.size() < kLargeMessageBytes) {
    return writer.append<VdlFraming>(record.size() - vdl::kOverheadBytes, [&](std::uint8_t* p) {
      return store_bytes(p, record.subspan(vdl::kLengthBytes));
    });
  }
  Chunk::Owner chunk = create_chunk(record.size());
  without_gil([&] { store_bytes(chunk->data(), record); });
  return writer.begin() &&
         writer.put(std::move(chunk), {static_cast<std::uint32_t>(record.size()), 1}) &&
         writer.end();
}

// A value whose message of the component that stands in `field` is ready-made.
void add_message(const py::object& self, py::handle tag_object, std::uint32_t field,
                 const py::object& message, py::handle step, py::handle walltime) {
  auto& writer = self.cast<VdlWriter&>();
  std::string_view tag;
  Stamp stamp{};
  if (!parse_vdl_tag(tag_object.ptr(), &tag) || !parse_stamp(step.ptr(), walltime.ptr(), &stamp)) {
    throw py::error_already_set();
  }
  const BytesLike bytes(message);
  const ByteView view = bytes.view();
  const std::size_t bound = vdl::message_bound(tag.size(), view.size());
  if (bound > vdl::kMaxPayloadBytes) {
    raise({.code = Errc::kTooLarge,
           .message = "a record must be smaller than 2 GiB, got a value of " +
                      std::to_string(view.size()) + " bytes"});
  }
  const bool appended = ensure_open(self.ptr(), writer) &&
                        (view.size() >= kLargeMessageBytes
                             ? append_large_message(writer, stamp, tag, field, view)
                             : writer.append<VdlFraming>(bound, [&](std::uint8_t* payload) {
                                 return vdl::put_message(payload, stamp, tag, field, view);
                               }));
  if (!appended) throw py::error_already_set();
}

// Pixels of shape (count, height, width, channels) as a PNG, `columns` images in a row.
void add_image(const py::object& self, py::handle tag_object, const py::array& array,
               std::size_t columns, py::handle step, py::handle walltime) {
  auto& writer = self.cast<VdlWriter&>();
  std::string_view tag;
  Stamp stamp{};
  if (!parse_vdl_tag(tag_object.ptr(), &tag) || !parse_stamp(step.ptr(), walltime.ptr(), &stamp)) {
    throw py::error_already_set();
  }
  const png::Pixels pixels = pixels_of(array, columns, 8);
  Buffer out;
  const ByteView record = unwrap(without_gil_if_large(
      work_bytes(pixels), [&] { return vdl::encode_image(stamp, tag, pixels, out); }));
  if (!ensure_open(self.ptr(), writer) || !append_record(writer, record)) {
    throw py::error_already_set();
  }
}

using Floats = py::array_t<float, py::array::c_style>;
using Integers = py::array_t<std::int64_t, py::array::c_style>;

// Whole columns of one curve; with a sub-tag of one curve of a chart.
void add_series(const py::object& self, py::handle tag_object, const std::string& sub_tag,
                const Floats& values, const Integers& steps, const Integers& timestamps) {
  auto& writer = self.cast<VdlWriter&>();
  std::string_view tag;
  if (!parse_vdl_tag(tag_object.ptr(), &tag)) throw py::error_already_set();
  const auto rows = static_cast<std::size_t>(values.size());
  const std::size_t row_bound =
      vdl::tag_value_bound(tag.size(), sub_tag.size()) + vdl::kOverheadBytes;
  const std::size_t rows_per_chunk = std::max<std::size_t>(1, (std::size_t{1} << 20) / row_bound);
  if (!ensure_open(self.ptr(), writer) || !writer.begin()) throw py::error_already_set();
  for (std::size_t from = 0; from < rows; from += rows_per_chunk) {
    const std::size_t to = std::min(rows, from + rows_per_chunk);
    Chunk::Owner chunk = create_chunk((to - from) * row_bound);
    const stream::Extent extent = without_gil([&] {
      std::uint8_t* record = chunk->data();
      for (std::size_t row = from; row < to; ++row) {
        std::uint8_t* const payload = record + vdl::kLengthBytes;
        const Stamp stamp{timestamps.data()[row], steps.data()[row]};
        const float value = values.data()[row];
        std::uint8_t* const end = sub_tag.empty()
                                      ? vdl::put_scalar(payload, stamp, tag, value)
                                      : vdl::put_tag_value(payload, stamp, tag, sub_tag, value);
        record = vdl::seal(record, static_cast<std::size_t>(end - payload));
      }
      return stream::Extent{static_cast<std::uint32_t>(record - chunk->data()),
                            static_cast<std::uint32_t>(to - from)};
    });
    if (!writer.put(std::move(chunk), extent)) throw py::error_already_set();
  }
  if (!writer.end()) throw py::error_already_set();
}

// ---- histograms ----

// Appends one packed field of doubles.
template <class T>
std::uint8_t* put_doubles(std::uint8_t* p, std::uint32_t field, std::span<const T> numbers) {
  p = wire::put_length(p, field, numbers.size() * sizeof(double));
  for (const T number : numbers) p = store_le(p, static_cast<double>(number));
  return p;
}

template <class T>
py::object few_buckets_message_of(const py::array& values, std::size_t buckets) {
  const std::span<const T> numbers(static_cast<const T*>(values.data()),
                                   static_cast<std::size_t>(values.size()));
  std::array<T, histogram::kFewBuckets + 1> limits{};
  const std::span<T> edges(limits.data(), buckets + 1);
  std::array<double, histogram::kFewBuckets> counted{};
  const std::span<double> counts(counted.data(), buckets);
  const bool is_counted = without_gil_if_large(numbers.size_bytes(), [&] {
    if (!histogram::make_few_edges(numbers, edges)) return false;
    histogram::count_few(numbers, edges, counts);
    return true;
  });
  if (!is_counted) return py::none();
  std::array<std::uint8_t, 2 * (histogram::kFewBuckets + 2) * sizeof(double)> message{};
  std::uint8_t* end =
      put_doubles<double>(message.data(), vdl::kHist, std::span<const double>(counts));
  end = put_doubles<T>(end, vdl::kBinEdges, edges);
  return to_bytes({message.data(), end});
}

// The Histogram message of a few buckets of one width, as numpy.histogram makes them; None where
// that is not for count_few: other values than C-contiguous float32 and float64 in this machine's
// byte order, and what make_few_edges refuses.
py::object few_buckets_message(const py::array& values, std::size_t buckets) {
  constexpr int kPlain = int{py::array::c_style} | int{py::detail::npy_api::NPY_ARRAY_ALIGNED_};
  const py::dtype dtype = values.dtype();
  if (buckets < 1 || buckets > histogram::kFewBuckets || (values.flags() & kPlain) != kPlain ||
      dtype.kind() != 'f' || dtype.byteorder() != '=') {
    return py::none();
  }
  if (dtype.itemsize() == sizeof(float)) return few_buckets_message_of<float>(values, buckets);
  if (dtype.itemsize() == sizeof(double)) return few_buckets_message_of<double>(values, buckets);
  return py::none();
}

// ---- files ----

stream::FilePlan plan_of(std::string directory, std::string file_name, std::string suffix,
                         std::string display_name) {
  return {.directory = std::move(directory),
          .suffix = std::move(suffix),
          .purge_step = std::nullopt,
          .kind = stream::FileKind::kVisualDl,
          .display_name = std::move(display_name),
          .file_name = std::move(file_name)};
}

void check_vdl_tag(py::handle tag) {
  std::string_view checked;
  if (!parse_vdl_tag(tag.ptr(), &checked)) throw py::error_already_set();
}

}  // namespace

void register_vdl_writer(py::module_& module) {
  py::class_<VdlWriter> type(module, "VdlWriter", py::module_local());
  type.def(py::init([](std::string directory, std::string file_name, std::string suffix,
                       std::string display_name, const std::string& durability,
                       const std::string& on_error, std::size_t max_pending_bytes, bool muted) {
             if (muted) return std::make_unique<VdlWriter>();
             stream::IoThread::instance().set_resume_later(&resume_io_thread_later);
             return std::make_unique<VdlWriter>(
                 plan_of(std::move(directory), std::move(file_name), std::move(suffix),
                         std::move(display_name)),
                 stream::StreamOptions{.durability = durability_from(durability),
                                       .max_pending_bytes = max_pending_bytes},
                 on_error_from(on_error));
           }),
           py::kw_only(), py::arg("directory"), py::arg("file_name"), py::arg("suffix"),
           py::arg("display_name"), py::arg("durability"), py::arg("on_error"),
           py::arg("max_pending_bytes"), py::arg("muted"));
  type.def(
      "_open",
      [](VdlWriter& writer, std::string directory, std::string file_name, std::string suffix,
         std::string display_name, const std::string& durability, std::size_t max_pending_bytes) {
        writer.open(
            plan_of(std::move(directory), std::move(file_name), std::move(suffix),
                    std::move(display_name)),
            {.durability = durability_from(durability), .max_pending_bytes = max_pending_bytes});
      },
      py::kw_only(), py::arg("directory"), py::arg("file_name"), py::arg("suffix"),
      py::arg("display_name"), py::arg("durability"), py::arg("max_pending_bytes"));
  add_method(type, add_scalar_method);
  type.def("_add_tag_values", &add_tag_values);
  type.def("_add_message", &add_message);
  type.def("_add_image", &add_image);
  type.def("_add_series", &add_series);
  type.def("_flush", &VdlWriter::flush);
  type.def("_close", &VdlWriter::close);
  type.def("_stats", [](const VdlWriter& writer) { return stats_dict(writer); });
  type.def_property_readonly("_is_closed", &VdlWriter::is_closed);
  type.def_property_readonly("_is_forked", &VdlWriter::is_forked);
  module.def("few_buckets_message", &few_buckets_message, py::arg("values"), py::arg("buckets"),
             py::pos_only());
  module.def("check_vdl_tag", &check_vdl_tag, py::arg("tag"));
}

}  // namespace eventcodec::bindings
