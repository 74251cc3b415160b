// register_scan.cc - EventFile and scan_files: event files to columns.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "scan/carry.h"
#include "scan/descriptor.h"
#include "scan/files.h"

namespace eventcodec::bindings {

py::str to_text(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

std::uint64_t bytes_elsewhere(SharedFile& self, std::size_t id) {
  const auto bytes = self.look([id](const scan::EventFile& file) -> std::optional<std::uint64_t> {
    if (id >= file.series().size()) return std::nullopt;
    const scan::Series& series = file.series()[id];
    return series.saved_rows * scan::row_bytes(series.kind);
  });
  if (!bytes.has_value()) throw py::index_error("no such series");
  return *bytes;
}

std::vector<std::unique_lock<std::mutex>> lock_all(std::vector<SharedFile*> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(files.size());
  for (SharedFile* file : files) locks.push_back(file->lock());
  return locks;
}

namespace {

using scan::Kind;
using scan::Series;

struct SeriesDescription {
  std::string tag;
  const char* kind;
  std::string plugin;
  std::string display_name;
  std::string description;
  std::uint64_t count;
  std::int64_t first_step = 0;
  std::int64_t last_step = 0;
  double first_wall_time = 0;
  double last_wall_time = 0;
};

SeriesDescription describe(const Series& series) {
  const scan::Rows& rows = series.rows;
  SeriesDescription description{
      series.tag,          scan::name_of(series.kind), series.plugin,
      series.display_name, series.description,         series.size(),
  };
  if (!series.saved.empty()) {
    description.first_step = series.saved.front().statistics.first_step;
    description.first_wall_time = series.saved.front().statistics.first_wall_time;
    description.last_step = series.saved.back().statistics.last_step;
    description.last_wall_time = series.saved.back().statistics.last_wall_time;
  }
  if (rows.size == 0) return description;
  if (series.saved.empty()) {
    description.first_step = rows.steps[0];
    description.first_wall_time = rows.wall_times[0];
  }
  description.last_step = rows.steps[rows.size - 1];
  description.last_wall_time = rows.wall_times[rows.size - 1];
  return description;
}

// To those who selected tags or steps, series without rows do not exist.
bool is_selected(const scan::EventFile& file, const Series& series) {
  if (file.selection() == nullptr) return true;
  return !series.unwanted && (series.size() != 0 || file.selection()->steps().is_everything());
}

// kind -> tag -> number of the series, of those that are selected: what is needed to find one, and
// no more, because archives have millions. None when two tags read the same, which bytes that are
// not UTF-8 may.
py::object numbers(SharedFile& self) {
  struct Found {
    std::size_t id;
    std::string tag;
    Kind kind;
  };
  std::vector<Found> found;
  self.look([&](const scan::EventFile& file) {
    found.reserve(file.series().size());
    std::size_t id = 0;
    for (const Series& series : file.series()) {
      if (is_selected(file, series)) found.push_back({id, series.tag, series.kind});
      ++id;
    }
    return 0;
  });
  std::array<py::object, std::size_t{static_cast<std::uint8_t>(Kind::kRaw)} + 1> of_kind;
  py::dict all;
  std::size_t count = 0;
  for (const auto& [id, tag, kind] : found) {
    py::object& tags = of_kind[static_cast<std::uint8_t>(kind)];
    if (!tags) all[scan::name_of(kind)] = tags = py::dict();
    if (PyDict_SetItem(tags.ptr(), to_text(tag).ptr(), py::int_(id).ptr()) != 0) {
      throw py::error_already_set();
    }
  }
  for (const py::object& tags : of_kind) count += tags ? py::len(tags) : 0;
  return count == found.size() ? py::object(all) : py::none();
}

py::list describe_series(SharedFile& self) {
  const auto descriptions = self.look([](const scan::EventFile& file) {
    std::vector<SeriesDescription> found;
    found.reserve(file.series().size());
    for (const Series& series : file.series()) found.push_back(describe(series));
    return found;
  });
  py::list all;
  for (const SeriesDescription& each : descriptions) {
    all.append(py::make_tuple(to_text(each.tag), each.kind, to_text(each.plugin),
                              to_text(each.display_name), to_text(each.description), each.count,
                              each.first_step, each.last_step, each.first_wall_time,
                              each.last_wall_time));
  }
  return all;
}

// "message", "tensor", "empty", or "mixed" for more than one; see scan/columns.h.
const char* form_name(std::uint8_t forms) {
  switch (forms) {
    case scan::kMessageForm:
      return "message";
    case scan::kTensorForm:
      return "tensor";
    case scan::kEmptyForm:
      return "empty";
    default:
      return "mixed";
  }
}

py::list forms(SharedFile& self) {
  const auto found = self.look([](const scan::EventFile& file) {
    std::vector<const char*> names;
    names.reserve(file.series().size());
    for (const Series& series : file.series()) names.push_back(form_name(series.forms));
    return names;
  });
  py::list all;
  for (const char* name : found) all.append(name);
  return all;
}

// (tag, plugin) of the tags that have metadata.
py::list plugins(SharedFile& self) {
  const auto found = self.look([](const scan::EventFile& file) { return file.owners(); });
  py::list all;
  for (const auto& [tag, owner] : found) {
    all.append(py::make_tuple(to_text(tag), to_text(owner.plugin)));
  }
  return all;
}

py::list session_starts(SharedFile& self) {
  const auto starts = self.look([](const scan::EventFile& file) { return file.session_starts(); });
  py::list all;
  for (const scan::SessionStart& each : starts) {
    all.append(py::make_tuple(each.step, py::cast(each.rows)));
  }
  return all;
}

// Where the records of session_starts() stand, for those who read the file in order.
std::vector<std::pair<std::uint64_t, std::int64_t>> restarts(SharedFile& self) {
  return self.look([](const scan::EventFile& file) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> all;
    for (const scan::SessionStart& each : file.session_starts()) {
      all.emplace_back(each.offset, each.step);
    }
    return all;
  });
}

py::list describe_damage(SharedFile& self) {
  const auto damage = self.look([](const scan::EventFile& file) { return file.damage(); });
  py::list all;
  for (const scan::Damage& each : damage) {
    all.append(
        py::make_tuple(each.offset, each.length, each.reason, each.searched, each.records_before));
  }
  return all;
}

template <std::uint64_t (scan::EventFile::*Member)() const>
std::uint64_t count(SharedFile& self) {
  return self.look([](const scan::EventFile& file) { return (file.*Member)(); });
}

scan::Mode parse_mode(std::string_view mode) {
  if (mode == "salvage") return scan::Mode::kSalvage;
  if (mode == "prefix") return scan::Mode::kPrefix;
  if (mode == "strict") return scan::Mode::kStrict;
  throw py::value_error("mode must be \"salvage\", \"prefix\" or \"strict\", got \"" +
                        std::string(mode) + "\"");
}

// One entry per file: None, or the exception that its scan would raise.
py::list scan_files(const std::vector<SharedFile*>& files, std::string_view mode, bool verify,
                    std::size_t threads, bool keep_rows, bool keep_tags, std::uint64_t least_part) {
  if (threads == 0 || least_part == 0) throw py::value_error("must be at least 1");
  const scan::Options options{
      .mode = parse_mode(mode),
      .verify = verify ? record::Verify::kYes : record::Verify::kNo,
      .keep_rows = keep_rows,
      .keep_tags = keep_tags,
      .least_part = least_part,
  };
  std::vector<scan::EventFile*> cores;
  cores.reserve(files.size());
  for (SharedFile* file : files) {
    cores.push_back(&file->file);
    file->threads = threads;
  }
  const std::vector<Status> results = without_gil([&] {
    const auto locks = lock_all(files);
    return scan::scan_files(cores, options, threads);
  });
  // Of Python's own exceptions: who is asked to stop does not want to hear of files.
  for (SharedFile* file : files) {
    if (file->selection != nullptr) file->selection->raise_failure();
  }
  py::list exceptions;
  for (std::size_t i = 0; i != results.size(); ++i) {
    if (results[i].ok()) {
      exceptions.append(py::none());
      continue;
    }
    set_error(results[i].error(), files[i]->file.path());
    exceptions.append(py::error_already_set().value());
  }
  return exceptions;
}

// The places of the files of a run that are to be scanned again; see scan/carry.h.
std::vector<std::size_t> carry_metadata(const std::vector<SharedFile*>& files) {
  std::vector<scan::EventFile*> cores;
  cores.reserve(files.size());
  for (SharedFile* file : files) cores.push_back(&file->file);
  return without_gil([&] {
    const auto locks = lock_all(files);
    return scan::carry_metadata(cores);
  });
}

// What a file is read as, by its first bytes.
const char* format_of(const std::string& path) {
  const scan::Descriptor file = unwrap(scan::Descriptor::open_file(path), path);
  return scan::name_of(unwrap(scan::format_of(file.get(), path), path));
}

}  // namespace

void register_scan(py::module_& module) {
  define_selection(module);
  EventFileClass type(module, "EventFile");
  type.def(py::init<const std::string&, std::shared_ptr<AskingSelection>>(), py::arg("path"),
           py::arg("selection") = py::none())
      .def_property_readonly("records", &count<&scan::EventFile::records>)
      .def_property_readonly("bytes", &count<&scan::EventFile::bytes>)
      .def_property_readonly("pending", &count<&scan::EventFile::pending>)
      .def_property_readonly("committed", &count<&scan::EventFile::committed>)
      .def_property_readonly("generation", &count<&scan::EventFile::generation>)
      .def_property_readonly("path",
                             [](const SharedFile& self) {
                               return py::reinterpret_steal<py::str>(
                                   PyUnicode_DecodeFSDefault(self.file.path().c_str()));
                             })
      .def_property_readonly("format",
                             [](SharedFile& self) {
                               return self.look([](const scan::EventFile& file) {
                                 return scan::name_of(file.format());
                               });
                             })
      .def("damage", &describe_damage)
      .def("numbers", &numbers)
      .def("series", &describe_series)
      .def("forms", &forms)
      .def("plugins", &plugins)
      .def("session_starts", &session_starts)
      .def("restarts", &restarts);
  define_rows(type);
  define_values(type);
  define_saved(module, type);
  module.def("format_of", &format_of, py::arg("path"));
  module.def("carry_metadata", &carry_metadata, py::arg("files"), py::pos_only());
  module.def("scan_files", &scan_files, py::arg("files"), py::kw_only(), py::arg("mode"),
             py::arg("verify"), py::arg("threads"), py::arg("keep_rows"),
             py::arg("keep_tags") = true, py::arg("least_part") = scan::Options{}.least_part);
}

}  // namespace eventcodec::bindings
