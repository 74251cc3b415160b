// register_event_writer.cc - the methods of EventWriter, the native half of SummaryWriter.
// add_scalar and add_metrics are METH_FASTCALL descriptors put on the pybind11 class: pybind11's
// own dispatch of arguments costs several times what logging a scalar does.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/event_writer.h"
#include "bindings/gil.h"
#include "bindings/parameters.h"
#include "bindings/scalar_arguments.h"
#include "bindings/writer_methods.h"
// Python first
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "event/encode.h"
#include "record/format.h"
#include "record/frame.h"
#include "stream/event_stream.h"
#include "stream/io_thread.h"

namespace eventcodec::bindings {
namespace {

using event::Stamp;

// Payloads from here on are framed without the GIL, into a chunk of their own.
constexpr std::size_t kLargeSummaryBytes = 128 * 1024;
// add_metrics puts this many bytes of values into one event.
constexpr std::size_t kMetricsEventBytes = 64 * 1024;

// ---- arguments ----

bool parse_stamp(PyObject* step, PyObject* walltime, Stamp* stamp) {
  return parse_step(step, &stamp->step) && parse_walltime(walltime, &stamp->wall_time);
}

// ---- add_scalar ----

Parameters<6> add_scalar_parameters{
    "add_scalar",
    {"tag", "scalar_value", "global_step", "walltime", "new_style", "double_precision"},
    2};

bool parse_form(PyObject* new_style, PyObject* double_precision, event::ScalarForm* form) {
  const int tensor = new_style == nullptr ? 0 : PyObject_IsTrue(new_style);
  const int wide = double_precision == nullptr ? 0 : PyObject_IsTrue(double_precision);
  if (tensor < 0 || wide < 0) return false;
  // As torch: double_precision means something for the new style only.
  if (tensor != 0) {
    *form = wide != 0 ? event::ScalarForm::kDoubleTensor : event::ScalarForm::kFloatTensor;
  }
  return true;
}

bool append_scalar(EventWriter& writer, std::string_view tag, double number, Stamp stamp,
                   event::ScalarForm form) {
  return writer.append(event::scalar_bound(tag.size()), [&](std::uint8_t* payload) {
    return form == event::ScalarForm::kSimple
               ? event::put_scalar(payload, stamp, tag, static_cast<float>(number))
               : event::put_tensor_scalar(payload, stamp, tag, number, form);
  });
}

// A number that is on a device, or that must not overtake one: Python keeps it until it is there.
PyObject* queue_scalar(PyObject* self, PyObject* tag, PyObject* number, Stamp stamp,
                       event::ScalarForm form) {
  return PyObject_CallMethod(self, "_queue_scalar", "OOLdii", tag, number,
                             static_cast<long long>(stamp.step), stamp.wall_time,
                             form != event::ScalarForm::kSimple,
                             form == event::ScalarForm::kDoubleTensor);
}

PyObject* add_scalar(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* values[6] = {};
  EventWriter* writer = writer_of<EventWriter>(self);
  std::string_view tag;
  double number = 0;
  Stamp stamp{};
  PyObject* on_device = nullptr;
  auto form = event::ScalarForm::kSimple;
  if (writer == nullptr || !add_scalar_parameters.sort(args, count, keywords, values) ||
      !parse_tag(values[0], &tag) ||
      !parse_number(values[1], "scalar_value", &number, &on_device) ||
      !parse_stamp(values[2], values[3], &stamp) || !parse_form(values[4], values[5], &form) ||
      !writer->begin_at(self, values[2], stamp.step)) {
    return nullptr;
  }
  if (on_device != nullptr || writer->is_waiting(values[0]) || writer->is_observed()) {
    return queue_scalar(self, values[0], values[1], stamp, form);
  }
  if (!append_scalar(*writer, tag, number, stamp, form)) return nullptr;
  Py_RETURN_NONE;
}

// ---- add_metrics ----

Parameters<3> add_metrics_parameters{"add_metrics", {"metrics", "global_step", "walltime"}, 1};

// True for all numbers that are read without running Python code: subclasses of the plain ones,
// too.
bool is_native_number(PyObject* object) { return PyFloat_Check(object) || PyLong_Check(object); }

// Reads all of a dict before anything is written, into `room`, which only grows; false with a
// Python error set. `*keepalive` owns the tags when the values had to be read by Python code, which
// could change the dict; otherwise the dict does. `*on_device` is set when a number is on a device.
bool parse_metrics(PyObject* mapping, std::vector<Metric>& room, std::span<const Metric>* metrics,
                   py::object* keepalive, PyObject** on_device) {
  if (PyDict_CheckExact(mapping)) {
    const auto size = static_cast<std::size_t>(PyDict_GET_SIZE(mapping));
    if (room.size() < size) room.resize(size);
    Metric* metric = room.data();
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(mapping, &position, &key, &value) != 0) {
      double number = 0;
      if (!parse_plain_number(value, &number)) {
        if (!is_native_number(value)) break;
        if (!parse_number(value, "a metric", &number)) return false;
      }
      if (!parse_tag(key, &metric->tag)) return false;
      metric->value = static_cast<float>(number);
      ++metric;
    }
    *metrics = {room.data(), metric};
    if (metrics->size() == size) return true;
  }
  if (!PyMapping_Check(mapping) || PyObject_HasAttrString(mapping, "items") == 0) {
    PyErr_Format(PyExc_TypeError, "metrics must be a dict of tag -> number, got %R", mapping);
    return false;
  }
  *keepalive = py::reinterpret_steal<py::object>(PyMapping_Items(mapping));
  if (keepalive->ptr() == nullptr) return false;
  const auto size = static_cast<std::size_t>(PyList_GET_SIZE(keepalive->ptr()));
  if (room.size() < size) room.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    PyObject* const item = PyList_GET_ITEM(keepalive->ptr(), static_cast<Py_ssize_t>(i));
    double number = 0;
    if (!parse_tag(PyTuple_GET_ITEM(item, 0), &room[i].tag) ||
        !parse_number(PyTuple_GET_ITEM(item, 1), "a metric", &number, on_device)) {
      return false;
    }
    room[i].value = static_cast<float>(number);
  }
  *metrics = std::span(room).first(size);
  return true;
}

bool append_metrics(EventWriter& writer, Stamp stamp, std::span<const Metric> metrics) {
  if (!writer.begin()) return false;
  while (!metrics.empty()) {
    const event::MetricsExtent extent = event::measure_metrics(metrics, kMetricsEventBytes);
    const auto part = metrics.first(extent.metrics);
    const std::size_t bound = event::kStampBound + extent.bytes;
    const bool logged = writer.put(bound, [&](std::uint8_t* payload) {
      return event::put_metrics(payload, stamp, part, extent.bytes);
    });
    if (!logged) return false;
    metrics = metrics.subspan(extent.metrics);
  }
  return writer.end();
}

// True when one of the keys has calls waiting for a device.
bool any_is_waiting(const EventWriter& writer, PyObject* mapping, const py::object& items) {
  if (!writer.has_waiting()) return false;
  const py::object keys = items.ptr() != nullptr
                              ? py::object(py::dict(items).attr("keys")())
                              : py::reinterpret_steal<py::object>(PyDict_Keys(mapping));
  return std::any_of(keys.begin(), keys.end(),
                     [&](py::handle key) { return writer.is_waiting(key.ptr()); });
}

PyObject* add_metrics(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* values[3] = {};
  EventWriter* writer = writer_of<EventWriter>(self);
  Stamp stamp{};
  py::object keepalive;
  PyObject* on_device = nullptr;
  if (writer == nullptr || !add_metrics_parameters.sort(args, count, keywords, values)) {
    return nullptr;
  }
  // Taken out of the writer while in use: a value's __float__ may log to the same writer.
  std::vector<Metric> room = std::move(writer->metrics_room());
  std::span<const Metric> metrics;
  const bool parsed = parse_metrics(values[0], room, &metrics, &keepalive, &on_device) &&
                      parse_stamp(values[1], values[2], &stamp) &&
                      writer->begin_at(self, values[1], stamp.step);
  const bool queued = parsed && (on_device != nullptr || writer->is_observed() ||
                                 any_is_waiting(*writer, values[0], keepalive));
  const bool appended = parsed && !queued && append_metrics(*writer, stamp, metrics);
  writer->metrics_room() = std::move(room);
  if (queued) {
    return PyObject_CallMethod(self, "_queue_metrics", "OLd",
                               keepalive.ptr() != nullptr ? keepalive.ptr() : values[0],
                               static_cast<long long>(stamp.step), stamp.wall_time);
  }
  if (!appended) return nullptr;
  Py_RETURN_NONE;
}

PyMethodDef add_scalar_method = {
    "add_scalar", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(guarded<add_scalar>)),
    METH_FASTCALL | METH_KEYWORDS,
    "add_scalar($self, tag, scalar_value, global_step=None, walltime=None, new_style=False, "
    "double_precision=False)\n--\n\n"
    "Log one number.\n\n"
    "Args:\n"
    "    tag: name of the series, 1 to 65535 bytes of UTF-8; stored as it is.\n"
    "    scalar_value: a real number: Python or NumPy number, or an array or tensor with one\n"
    "        element. Stored as float32; NaN and infinities are kept.\n"
    "    global_step: the step, a signed 64-bit integer; None is 0. Floats are truncated.\n"
    "    walltime: seconds since 1970, finite; None is now.\n"
    "    new_style: store as a rank-0 tensor with the plugin name \"scalars\", as torch does.\n"
    "    double_precision: with new_style, store float64. TensorBoard's data server does not\n"
    "        show such series.\n\n"
    "Raises:\n"
    "    TypeError, ValueError: a bad argument, quoted; nothing is written.\n"
    "    WriterClosedError: the writer is closed.\n"
    "    OSError: the device fails and the writer was made with on_error=\"raise\".\n\n"
    "Example:\n"
    "    >>> writer.add_scalar(\"loss\", 0.25, 7)\n"};

PyMethodDef add_metrics_method = {
    "add_metrics",
    reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(guarded<add_metrics>)),
    METH_FASTCALL | METH_KEYWORDS,
    "add_metrics($self, metrics, global_step=None, walltime=None)\n--\n\n"
    "Log a dict of numbers that belong to one step, in one call and one event.\n\n"
    "Args:\n"
    "    metrics: mapping of tag to number; the numbers as in add_scalar. An empty one logs\n"
    "        nothing.\n"
    "    global_step: the step, a signed 64-bit integer; None is 0.\n"
    "    walltime: seconds since 1970, finite; None is now.\n\n"
    "Raises:\n"
    "    TypeError, ValueError: a bad argument, quoted; then none of the numbers is written.\n"
    "    WriterClosedError: the writer is closed.\n\n"
    "Example:\n"
    "    >>> writer.add_metrics({\"loss\": 0.25, \"lr\": 3e-4}, 7)\n"};

// ---- whole columns and ready-made summaries ----

using Doubles = py::array_t<double, py::array::c_style>;
using Steps = py::array_t<std::int64_t, py::array::c_style>;

// Encodes rows [from, to) of one series into `chunk`. Touches no Python object.
stream::Extent fill_with_series(Chunk& chunk, std::string_view tag, const double* values,
                                const std::int64_t* steps, const double* walltimes, double now,
                                std::size_t from, std::size_t to) {
  std::uint8_t* record = chunk.data();
  for (std::size_t row = from; row < to; ++row) {
    std::uint8_t* const payload = record + record::kHeaderBytes;
    const Stamp stamp{walltimes == nullptr ? now : walltimes[row], steps[row]};
    std::uint8_t* const end =
        event::put_scalar(payload, stamp, tag, static_cast<float>(values[row]));
    record = record::seal(record, static_cast<std::size_t>(end - payload));
  }
  return {static_cast<std::uint32_t>(record - chunk.data()), static_cast<std::uint32_t>(to - from)};
}

void add_series(const py::object& self, py::handle tag_object, const Doubles& values,
                const Steps& steps, const std::optional<Doubles>& walltimes) {
  auto& writer = self.cast<EventWriter&>();
  std::string_view tag;
  if (!parse_tag(tag_object.ptr(), &tag)) throw py::error_already_set();
  const auto rows = static_cast<std::size_t>(values.size());
  if (rows != 0 && !writer.begin_at(self.ptr(), steps.ptr(),
                                    *std::min_element(steps.data(), steps.data() + rows))) {
    throw py::error_already_set();
  }
  const double* const walltime_data = walltimes.has_value() ? walltimes->data() : nullptr;
  const double now = stream::wall_clock();
  const std::size_t row_bound = event::scalar_bound(tag.size()) + record::kOverheadBytes;
  const std::size_t rows_per_chunk = std::max<std::size_t>(1, (std::size_t{1} << 20) / row_bound);
  if (!writer.begin()) throw py::error_already_set();
  for (std::size_t from = 0; from < rows; from += rows_per_chunk) {
    const std::size_t to = std::min(rows, from + rows_per_chunk);
    Chunk::Owner chunk = create_chunk((to - from) * row_bound);
    const stream::Extent extent = without_gil([&] {
      return fill_with_series(*chunk, tag, values.data(), steps.data(), walltime_data, now, from,
                              to);
    });
    if (!writer.put(std::move(chunk), extent)) throw py::error_already_set();
  }
  if (!writer.end()) throw py::error_already_set();
}

// A chunk with one record around `summary`, made without the GIL.
bool append_large_summary(EventWriter& writer, Stamp stamp, ByteView summary) {
  const std::size_t bytes = event::kStampBound + summary.size() + record::kOverheadBytes;
  Chunk::Owner chunk = create_chunk(bytes);
  const stream::Extent extent = without_gil([&] {
    std::uint8_t* const payload = chunk->data() + record::kHeaderBytes;
    std::uint8_t* const end = event::put_summary(payload, stamp, summary);
    const std::uint8_t* const record_end =
        record::seal(chunk->data(), static_cast<std::size_t>(end - payload));
    return stream::Extent{static_cast<std::uint32_t>(record_end - chunk->data()), 1};
  });
  return writer.begin() && writer.put(std::move(chunk), extent) && writer.end();
}

void add_summary(const py::object& self, const py::object& summary, const py::object& step,
                 const py::object& walltime) {
  auto& writer = self.cast<EventWriter&>();
  Stamp stamp{};
  if (!parse_stamp(step.ptr(), walltime.ptr(), &stamp) ||
      !writer.begin_at(self.ptr(), step.ptr(), stamp.step)) {
    throw py::error_already_set();
  }
  const BytesLike bytes(summary);
  const ByteView view = bytes.view();
  if (view.size() + event::kStampBound > record::kMaxPayloadBytes) {
    raise({.code = Errc::kTooLarge,
           .message = "an event must be smaller than 2 GiB, got a summary of " +
                      std::to_string(view.size()) + " bytes"});
  }
  const bool appended =
      view.size() >= kLargeSummaryBytes
          ? append_large_summary(writer, stamp, view)
          : writer.append(event::kStampBound + view.size(), [&](std::uint8_t* payload) {
              return event::put_summary(payload, stamp, view);
            });
  if (!appended) throw py::error_already_set();
}

// A whole Event, as it is. `step` is its step, or None.
void add_event(const py::object& self, const py::object& event, const py::object& step) {
  auto& writer = self.cast<EventWriter&>();
  std::int64_t number = 0;
  if (!parse_step(step.ptr(), &number) || !writer.begin_at(self.ptr(), step.ptr(), number)) {
    throw py::error_already_set();
  }
  const BytesLike bytes(event);
  const ByteView view = bytes.view();
  if (view.size() > record::kMaxPayloadBytes) {
    raise({.code = Errc::kTooLarge,
           .message = "an event must be smaller than 2 GiB, got one of " +
                      std::to_string(view.size()) + " bytes"});
  }
  const bool appended = writer.append(view.size(), [&](std::uint8_t* payload) {
    return std::copy(view.begin(), view.end(), payload);
  });
  if (!appended) throw py::error_already_set();
}

// What waited for a device is here, and nothing of its tags stands before it.
void append_waited_scalar(EventWriter& writer, py::handle tag_object, double number,
                          std::int64_t step, double wall_time, bool as_tensor, bool wide) {
  std::string_view tag;
  const event::ScalarForm form = !as_tensor ? event::ScalarForm::kSimple
                                 : wide     ? event::ScalarForm::kDoubleTensor
                                            : event::ScalarForm::kFloatTensor;
  if (!parse_tag(tag_object.ptr(), &tag) ||
      !append_scalar(writer, tag, number, {wall_time, step}, form)) {
    throw py::error_already_set();
  }
}

void append_waited_metrics(EventWriter& writer, const py::dict& numbers, std::int64_t step,
                           double wall_time) {
  std::vector<Metric> room;
  std::span<const Metric> metrics;
  py::object keepalive;
  if (!parse_metrics(numbers.ptr(), room, &metrics, &keepalive, nullptr) ||
      !append_metrics(writer, {wall_time, step}, metrics)) {
    throw py::error_already_set();
  }
}

void add_session_start(EventWriter& writer, std::int64_t step) {
  const bool appended = writer.append(event::kSessionStartBound, [&](std::uint8_t* payload) {
    return event::put_session_start(payload, {stream::wall_clock(), step});
  });
  if (!appended) throw py::error_already_set();
}

}  // namespace

void register_event_writer(py::module_& module) {
  py::class_<EventWriter> type(module, "EventWriter", py::module_local());
  type.def(py::init([](std::string directory, std::string suffix,
                       std::optional<std::int64_t> purge_step, const std::string& durability,
                       const std::string& on_error, std::size_t max_pending_bytes,
                       std::uint64_t max_file_bytes, std::int64_t first_second, bool muted) {
             if (muted) return std::make_unique<EventWriter>();
             stream::IoThread::instance().set_resume_later(&resume_io_thread_later);
             return std::make_unique<EventWriter>(
                 stream::FilePlan{.directory = std::move(directory),
                                  .suffix = std::move(suffix),
                                  .purge_step = purge_step,
                                  .first_second = first_second},
                 stream::StreamOptions{.durability = durability_from(durability),
                                       .max_pending_bytes = max_pending_bytes,
                                       .max_file_bytes = max_file_bytes},
                 on_error_from(on_error));
           }),
           py::kw_only(), py::arg("directory"), py::arg("suffix"), py::arg("purge_step"),
           py::arg("durability"), py::arg("on_error"), py::arg("max_pending_bytes"),
           py::arg("max_file_bytes"), py::arg("first_second") = 0, py::arg("muted") = false);
  add_method(type, add_scalar_method);
  add_method(type, add_metrics_method);
  module.def("flush_all", [] { without_gil([] { stream::IoThread::instance().flush_all(); }); });
  type.def("_add_series", &add_series);
  type.def("_add_summary", &add_summary);
  type.def("_add_event", &add_event);
  type.def("_append_scalar", &append_waited_scalar);
  type.def("_append_metrics", &append_waited_metrics);
  type.def("_watch_tags", &EventWriter::watch_tags);
  type.def("_await_step", &EventWriter::await_step);
  type.def("_reopen", &EventWriter::reopen);
  type.def("_set_reopening", &EventWriter::set_reopening);
  type.def("_set_observed", &EventWriter::set_observed);
  type.def("_add_session_start", &add_session_start);
  type.def("_flush", &EventWriter::flush);
  type.def("_close", &EventWriter::close);
  type.def("_stats", &stats_dict);
  type.def_property_readonly("_is_observed", &EventWriter::is_observed);
  type.def_property_readonly("_is_closed", &EventWriter::is_closed);
}

}  // namespace eventcodec::bindings
