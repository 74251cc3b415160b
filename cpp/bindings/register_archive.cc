// register_archive.cc - salvage() and Rewriter: whole event files to whole event files.
#include "bindings/arrays.h"
// pybind first
#include "archive/rewriter.h"
#include "archive/salvage.h"
#include "bindings/errors.h"
#include "bindings/gil.h"
#include "event/check.h"
#include "event/encode.h"
#include "record/frame.h"
#include "scan/format.h"

namespace eventcodec::bindings {
namespace {

using archive::LeftOut;
using archive::Rewriter;
using archive::Salvaged;

// Text of a file: bytes that are not UTF-8 become \xNN.
py::str to_text(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

py::list left_out(const std::vector<LeftOut>& regions) {
  py::list all;
  for (const LeftOut& each : regions) {
    all.append(
        py::make_tuple(each.offset, each.bytes, each.reason, each.searched, each.records_before));
  }
  return all;
}

// None for a VisualDL log, whose records are others, if they should be events.
py::object salvage(int from, int to, bool events, bool copy, const std::string& path) {
  bool is_visualdl = false;
  const Salvaged found =
      unwrap(without_gil([&]() -> Result<Salvaged> {
               if (events) {
                 const auto format = scan::format_of(from, path);
                 if (!format.ok()) return format.error();
                 is_visualdl = format.value() == scan::Format::kVisualDl;
                 if (is_visualdl) return Salvaged{};
               }
               return archive::salvage(from, to, {.events = events, .copy = copy});
             }),
             path);
  if (is_visualdl) return py::none();
  py::list stretches;
  for (const archive::Stretch& each : found.stretches) {
    stretches.append(py::make_tuple(each.offset, each.bytes, each.records, each.searched));
  }
  py::dict report;
  report["damage"] = left_out(found.damage);
  report["unreadable"] = left_out(found.unreadable);
  report["stretches"] = stretches;
  report["records"] = found.records;
  report["bytes"] = found.bytes;
  report["pending_bytes"] = found.pending;
  report["bytes_written"] = found.bytes_written;
  report["version_added"] = found.version_added;
  return report;
}

archive::TagRule rule_of(const py::handle& rule) {
  const auto [drop, rename, every, mask] =
      rule.cast<std::tuple<bool, std::string, std::uint64_t, py::object>>();
  if (every == 0) throw py::value_error("every must be at least 1, got 0");
  archive::TagRule made{.drop = drop, .rename = rename, .every = every, .mask = {}};
  if (!mask.is_none()) {
    const BytesLike bytes(mask);
    made.mask.assign(bytes.view().begin(), bytes.view().end());
  }
  return made;
}

std::unique_ptr<Rewriter> make_rewriter(const py::dict& tags, const py::handle& others,
                                        std::int64_t step_shift, double time_shift,
                                        std::optional<std::int64_t> until, bool resolve,
                                        bool one_version, bool add_version, bool collect) {
  archive::Rules rules{.tags = {},
                       .others = rule_of(others),
                       .step_shift = step_shift,
                       .time_shift = time_shift,
                       .until = until,
                       .resolve = resolve,
                       .one_version = one_version,
                       .add_version = add_version,
                       .collect = collect};
  for (const auto& [tag, rule] : tags) rules.tags[tag.cast<std::string>()] = rule_of(rule);
  return std::make_unique<Rewriter>(std::move(rules));
}

std::uint64_t copy(Rewriter& self, int from, int to, std::uint64_t offset,
                   const std::vector<std::pair<std::uint64_t, std::int64_t>>& restarts,
                   std::optional<std::int64_t> void_from, std::uint64_t most_bytes,
                   const std::string& path) {
  const archive::Source source{
      .fd = from, .offset = offset, .restarts = restarts, .void_from = void_from};
  return unwrap(without_gil([&] { return self.copy(source, to, most_bytes); }), path);
}

py::list tags(const Rewriter& self) {
  py::list all;
  for (const archive::TagReport& each : self.tags()) {
    all.append(py::make_tuple(py::bytes(each.tag), to_text(each.tag), each.values_before,
                              each.values_after, each.bytes_before, each.bytes_after));
  }
  return all;
}

// Of a tag by its number in tags(): steps and numbers of the values that count.
py::tuple columns(const Rewriter& self, std::size_t tag) {
  if (tag >= self.tags().size()) throw py::index_error("no such tag");
  return py::make_tuple(to_array(std::vector<std::int64_t>(self.tags()[tag].steps)),
                        to_array(std::vector<double>(self.tags()[tag].numbers)));
}

py::dict totals(const Rewriter& self) {
  py::dict all;
  all["records_before"] = self.totals().records_before;
  all["records_after"] = self.totals().records_after;
  all["records_unchanged"] = self.totals().records_unchanged;
  all["damaged"] = self.totals().damaged;
  all["bytes_before"] = self.totals().bytes_before;
  all["bytes_after"] = self.totals().bytes_after;
  return all;
}

// Records of one scalar event for each row: float32 where that is exact, else a float64 tensor.
py::bytes scalar_records(const std::string& tag, const py::array_t<std::int64_t>& steps,
                         const py::array_t<double>& wall_times, const py::array_t<double>& values) {
  const auto step = steps.unchecked<1>();
  const auto wall_time = wall_times.unchecked<1>();
  const auto value = values.unchecked<1>();
  if (step.shape(0) != wall_time.shape(0) || step.shape(0) != value.shape(0)) {
    throw py::value_error("steps, wall_times and values must be equally long");
  }
  Buffer records;
  for (py::ssize_t i = 0; i != step.shape(0); ++i) {
    const event::Stamp stamp{.wall_time = wall_time(i), .step = step(i)};
    std::uint8_t* record =
        records.reserve(event::scalar_bound(tag.size()) + record::kOverheadBytes);
    if (record == nullptr) throw std::bad_alloc();
    std::uint8_t* payload = record + record::kHeaderBytes;
    const auto narrow = static_cast<float>(value(i));
    const bool exact = static_cast<double>(narrow) == value(i) || value(i) != value(i);
    const std::uint8_t* end = exact ? event::put_scalar(payload, stamp, tag, narrow)
                                    : event::put_tensor_scalar(payload, stamp, tag, value(i),
                                                               event::ScalarForm::kDoubleTensor);
    const std::uint8_t* after = record::seal(record, static_cast<std::size_t>(end - payload));
    records.commit(static_cast<std::size_t>(after - record));
  }
  return to_bytes(records.view());
}

py::bytes version_record(double wall_time) {
  Buffer record;
  std::array<std::uint8_t, event::kVersionBound> payload{};
  const std::uint8_t* end = event::put_version(payload.data(), wall_time);
  const auto size = static_cast<std::size_t>(end - payload.data());
  if (!record::frame(ByteView(payload).first(size), record)) throw std::bad_alloc();
  return to_bytes(record.view());
}

std::optional<std::string> event_fault(const BytesLike& payload) {
  const char* fault = event::fault_of(payload.view());
  return fault == nullptr ? std::nullopt : std::optional<std::string>(fault);
}

}  // namespace

void register_archive(py::module_& module) {
  module.def("salvage", &salvage, py::arg("source"), py::arg("destination"), py::kw_only(),
             py::arg("events"), py::arg("copy"), py::arg("path"));
  py::class_<Rewriter>(module, "Rewriter")
      .def(py::init(&make_rewriter), py::kw_only(), py::arg("tags"), py::arg("others"),
           py::arg("step_shift") = 0, py::arg("time_shift") = 0.0, py::arg("until") = py::none(),
           py::arg("resolve") = false, py::arg("one_version") = false,
           py::arg("add_version") = false, py::arg("collect") = false)
      .def("copy", &copy, py::arg("source"), py::arg("destination"), py::kw_only(),
           py::arg("offset") = 0, py::arg("restarts"), py::arg("void_from"),
           py::arg("most_bytes") = 0, py::arg("path"))
      .def("tags", &tags)
      .def("columns", &columns, py::arg("tag"))
      .def("totals", &totals);
  module.def("scalar_records", &scalar_records, py::arg("tag"), py::arg("steps"),
             py::arg("wall_times"), py::arg("values"));
  module.def("version_record", &version_record, py::arg("wall_time"));
  module.def("event_fault", [](py::handle payload) { return event_fault(BytesLike(payload)); });
}

}  // namespace eventcodec::bindings
