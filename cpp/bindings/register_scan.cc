// register_scan.cc - EventFile and scan_files: event files to columns.
#include "bindings/arrays.h"
// pybind first
#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "bindings/errors.h"
#include "bindings/gil.h"
#include "event/decode_histogram.h"
#include "event/decode_tensor.h"
#include "png/size.h"
#include "scan/descriptor.h"
#include "scan/fetch.h"
#include "scan/files.h"
#include "scan/window.h"
#include "vdl/decode_histogram.h"

namespace eventcodec::bindings {
namespace {

using scan::Kind;
using scan::Loaded;
using scan::Series;

// A scan::EventFile that Python threads may share: whoever scans or looks holds the mutex. Nothing
// of Python is touched while it is held, so that it and the GIL never wait for each other.
struct SharedFile {
  explicit SharedFile(const std::string& path) : file(path) {}

  // f(file) under the mutex. The result is plain data.
  template <class F>
  auto look(F&& f) {
    const std::scoped_lock lock(mutex);
    return f(static_cast<const scan::EventFile&>(file));
  }
  template <class F>
  auto change(F&& f) {
    const std::scoped_lock lock(mutex);
    return f(file);
  }

  scan::EventFile file;
  std::mutex mutex;
};

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

// Text of a file. Tags should be UTF-8, but old files promise nothing: other bytes become \xNN.
py::str to_text(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

// How many bytes of a series would have to be read from pieces.
std::uint64_t bytes_elsewhere(SharedFile& self, std::size_t id) {
  const auto bytes = self.look([id](const scan::EventFile& file) -> std::optional<std::uint64_t> {
    if (id >= file.series().size()) return std::nullopt;
    const Series& series = file.series()[id];
    return series.saved_rows * scan::row_bytes(series.kind);
  });
  if (!bytes.has_value()) throw py::index_error("no such series");
  return *bytes;
}

// f(file) under the mutex, without the GIL if there is much to read.
template <class F>
auto read_pieces(SharedFile& self, std::size_t id, F&& f) {
  const bool much = bytes_elsewhere(self, id) > kWorthReleasing;
  return unwrap(much ? without_gil([&] { return self.change(f); }) : self.change(f),
                self.file.path());
}

// Columns that live on when the file goes away or its series grow.
Loaded rows_of(SharedFile& self, std::size_t id) {
  return read_pieces(self, id, [id](scan::EventFile& file) { return file.load(id); });
}

// What keeps the memory of columns alive for the views of it.
py::capsule owner_of(const Loaded& shared) {
  auto owned = std::make_unique<std::shared_ptr<void>>(shared.memory);
  py::capsule owner(owned.get(), [](void* p) { delete static_cast<std::shared_ptr<void>*>(p); });
  (void)owned.release();
  return owner;
}

// A read-only view of a column.
template <class T>
py::array column_view(std::uint64_t size, const T* data, const py::capsule& owner) {
  py::array_t<T> array(static_cast<py::ssize_t>(size), data, owner);
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

py::tuple columns(SharedFile& self, std::size_t id) {
  const Loaded shared = rows_of(self, id);
  const scan::Rows& rows = shared.rows;
  const py::capsule owner = owner_of(shared);
  py::object values = py::none();
  if (shared.kind == Kind::kScalars) values = column_view(rows.size, rows.values, owner);
  return py::make_tuple(column_view(rows.size, rows.steps, owner),
                        column_view(rows.size, rows.wall_times, owner), values);
}

// Of each row, which item of its value it is: 0 but for the later images or clips of one event.
py::array_t<std::uint32_t> items(SharedFile& self, std::size_t id) {
  const Loaded shared = rows_of(self, id);
  py::array_t<std::uint32_t> array(static_cast<py::ssize_t>(shared.rows.size));
  auto* item = array.mutable_data();
  for (std::uint64_t row = 0; row != shared.rows.size; ++row) {
    item[row] = shared.kind == Kind::kScalars ? 0 : shared.rows.references[row].item;
  }
  return array;
}

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

// kind -> tag -> number of the series: what is needed to find one, and no more, because archives
// have millions. None when two tags read the same, which bytes that are not UTF-8 may.
py::object numbers(SharedFile& self) {
  std::vector<std::pair<std::string, Kind>> found;
  self.look([&](const scan::EventFile& file) {
    found.reserve(file.series().size());
    for (const Series& series : file.series()) found.emplace_back(series.tag, series.kind);
    return 0;
  });
  std::array<py::object, std::size_t{static_cast<std::uint8_t>(Kind::kRaw)} + 1> of_kind;
  py::dict all;
  std::size_t count = 0;
  for (std::size_t i = 0; i != found.size(); ++i) {
    py::object& tags = of_kind[static_cast<std::uint8_t>(found[i].second)];
    if (!tags) all[scan::name_of(found[i].second)] = tags = py::dict();
    if (PyDict_SetItem(tags.ptr(), to_text(found[i].first).ptr(), py::int_(i).ptr()) != 0) {
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

// Of each series, the bytes of the VisualDL records that this object has read; see scan/columns.h.
std::vector<std::uint64_t> sizes(SharedFile& self) {
  return self.look([](const scan::EventFile& file) {
    std::vector<std::uint64_t> found;
    found.reserve(file.series().size());
    for (const Series& series : file.series()) found.push_back(series.bytes);
    return found;
  });
}

// (tag, plugin) of the tags that have metadata.
py::list plugins(SharedFile& self) {
  const auto found = self.look([](const scan::EventFile& file) { return file.plugins(); });
  py::list all;
  for (const auto& [tag, plugin] : found) {
    all.append(py::make_tuple(to_text(tag), to_text(plugin)));
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

// What a row points at, read from the file again.
struct Located {
  std::string tag;
  scan::Format format;
  scan::Reference reference;
};

Located locate(SharedFile& self, std::size_t id, std::size_t row) {
  const Loaded shared = rows_of(self, id);
  if (shared.kind == Kind::kScalars || row >= shared.rows.size)
    throw py::index_error("no such row");
  return self.look([&](const scan::EventFile& file) {
    return Located{file.series()[id].tag, file.format(), shared.rows.references[row]};
  });
}

scan::Reference fetch_row(SharedFile& self, std::size_t id, std::size_t row,
                          scan::Fetched* fetched) {
  const Located at = locate(self, id, row);
  unwrap(without_gil([&] {
           return scan::fetch(self.file.path(), at.format, at.reference, at.tag, fetched);
         }),
         self.file.path());
  return at.reference;
}

[[noreturn]] void raise_malformed(const SharedFile& self, const char* what,
                                  const scan::Reference& reference) {
  raise({.code = Errc::kCorrupt,
         .message = std::string("malformed ") + what + " in the record at byte " +
                    std::to_string(reference.offset),
         .offset = reference.offset},
        self.file.path());
}

bool is_vdl(const scan::Fetched& fetched) {
  return fetched.vdl_value.component != vdl::Component::kNone;
}

py::tuple histogram(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::HistogramData data;
  const bool tensor = fetched.value.payload == event::Payload::kTensorMessage;
  const bool ok = is_vdl(fetched) ? vdl::decode_histogram(fetched.vdl_value.body, &data)
                  : tensor        ? event::decode_histogram_tensor(fetched.value.body, &data)
                                  : event::decode_histogram_proto(fetched.value.body, &data);
  if (!ok) raise_malformed(self, "histogram", reference);
  return py::make_tuple(to_array(std::move(data.left)), to_array(std::move(data.right)),
                        to_array(std::move(data.counts)), data.min, data.max, data.num, data.sum,
                        data.sum_squares);
}

// Digits only, as TensorFlow writes the width and height of an image.
bool parse_size(ByteView text, std::int32_t* value) {
  constexpr std::size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits) return false;
  std::int32_t parsed = 0;
  for (const std::uint8_t digit : text) {
    if (digit < '0' || digit > '9') return false;
    parsed = parsed * 10 + (digit - '0');
  }
  *value = parsed;
  return true;
}

bool decode_image_strings(ByteView tensor, std::uint32_t item, event::ImageView* image) {
  event::TensorShape shape;
  std::vector<ByteView> strings;
  if (!event::decode_tensor_strings(tensor, &shape, &strings)) return false;
  if (strings.size() < 3 + std::size_t{item}) return false;
  image->encoded = strings[2 + std::size_t{item}];
  return parse_size(strings[0], &image->width) && parse_size(strings[1], &image->height);
}

py::tuple image(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::ImageView view;
  if (is_vdl(fetched)) {
    const ByteView encoded = vdl::encoded_image_of(fetched.vdl_value.body);
    const png::Size size = png::size_of(encoded);
    return py::make_tuple(size.width, size.height, to_bytes(encoded));
  }
  const bool tensor = fetched.value.payload == event::Payload::kTensorMessage;
  const bool ok = tensor ? decode_image_strings(fetched.value.body, reference.item, &view)
                         : event::decode_image(fetched.value.body, &view);
  if (!ok) raise_malformed(self, "image", reference);
  return py::make_tuple(view.width, view.height, to_bytes(view.encoded));
}

py::list text(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::TensorShape shape;
  std::vector<ByteView> strings;
  if (is_vdl(fetched)) {
    strings.push_back(vdl::text_of(fetched.vdl_value.body));
  } else if (!event::decode_tensor_strings(fetched.value.body, &shape, &strings)) {
    raise_malformed(self, "text", reference);
  }
  py::list all;
  for (const ByteView string : strings) all.append(to_text(as_text(string)));
  return all;
}

// The Value as it stands in the file, which item of it the row is, and where its record starts.
py::tuple value(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  return py::make_tuple(to_bytes(fetched.bytes), reference.item, reference.offset);
}

py::bytes save(SharedFile& self) {
  Buffer state;
  const bool saved = without_gil(
      [&] { return self.look([&](const scan::EventFile& file) { return file.save(state); }); });
  if (!saved) raise({.code = Errc::kOutOfMemory, .message = "out of memory for saved columns"});
  return to_bytes(state.view());
}

// Nothing where the segment does not have these bytes, or cannot be read.
py::bytes read_segment(const scan::Segment& self, std::uint64_t offset, std::uint64_t length) {
  Buffer content;
  if (!self.holds(offset, length)) return {};
  std::uint8_t* to = content.reserve(length);
  if (to == nullptr) throw std::bad_alloc();
  if (!self.read(offset, {to, static_cast<std::size_t>(length)}, {}, {}).ok()) return {};
  content.commit(length);
  return to_bytes(content.view());
}

// (segment, offset, bytes) of each piece.
using PieceTuple = std::tuple<std::shared_ptr<scan::Segment>, std::uint64_t, std::uint64_t>;

bool restore(SharedFile& self, py::handle state, const std::vector<PieceTuple>& pieces) {
  const BytesLike bytes(state);
  std::vector<scan::Piece> made;
  made.reserve(pieces.size());
  for (const auto& [segment, offset, size] : pieces) made.push_back({segment, offset, size});
  const std::scoped_lock lock(self.mutex);
  return unwrap(self.file.restore(bytes.view(), std::move(made)));
}

// (offset, bytes) of each piece: of one that scan_into() wrote, the offset in its segment.
py::list pieces(SharedFile& self) {
  py::list all;
  for (const scan::Piece& piece : self.look([](const auto& file) { return file.pieces(); })) {
    all.append(py::make_tuple(piece.offset, piece.bytes, piece.segment == nullptr));
  }
  return all;
}

// Reads what is new, with rows in pieces from `offset` of a segment on. Returns the offset behind
// them, and None or the exception of a file that cannot be read. Raises what the segment does.
py::tuple scan_into(SharedFile& self, int segment, std::uint64_t offset, std::uint64_t stretch,
                    std::uint64_t keep) {
  if (stretch == 0) throw py::value_error("must be at least 1");
  scan::PieceWriter writer(segment, offset);
  const scan::Saving saving{.writer = &writer, .stretch = stretch, .keep = keep};
  const Status result = without_gil([&] {
    return self.change([&](scan::EventFile& file) {
      Buffer buffer;
      return file.scan({.saving = &saving}, buffer);
    });
  });
  if (!writer.status().ok()) raise(writer.status().error(), "the index");
  py::object failure = py::none();
  if (!result.ok()) {
    set_error(result.error(), self.file.path());
    failure = py::error_already_set().value();
  }
  return py::make_tuple(writer.offset(), failure);
}

// For each series: count, first and last step and wall time, and of scalars least, greatest, last
// and how many are NaN, of the rows that are not void: lists of (until, step), see scan/saved.h;
// for series without one nothing is void.
py::list statistics(SharedFile& self,
                    const std::vector<std::vector<std::pair<std::uint64_t, std::int64_t>>>& voids) {
  py::list all;
  const std::size_t count = self.look([](const auto& file) { return file.series().size(); });
  std::vector<scan::Void> made;
  for (std::size_t id = 0; id != count; ++id) {
    made.clear();
    if (id < voids.size()) {
      for (const auto& [until, step] : voids[id]) made.push_back({until, step});
    }
    const scan::Statistics of =
        read_pieces(self, id, [&](scan::EventFile& file) { return file.statistics(id, made); });
    all.append(py::make_tuple(of.count, of.first_step, of.last_step, of.first_wall_time,
                              of.last_wall_time, of.least, of.greatest, of.last, of.nans));
  }
  return all;
}

template <std::uint64_t (scan::EventFile::*Member)() const>
std::uint64_t count(SharedFile& self) {
  return self.look([](const scan::EventFile& file) { return (file.*Member)(); });
}

// Holds the mutexes of many files, each once and in one order, so that two scans of the same files
// never wait for each other.
std::vector<std::unique_lock<std::mutex>> lock_all(std::vector<SharedFile*> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(files.size());
  for (SharedFile* file : files) locks.emplace_back(file->mutex);
  return locks;
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
                    std::size_t threads, bool keep_rows, std::uint64_t least_part) {
  if (threads == 0 || least_part == 0) throw py::value_error("must be at least 1");
  const scan::Options options{
      .mode = parse_mode(mode),
      .verify = verify ? record::Verify::kYes : record::Verify::kNo,
      .keep_rows = keep_rows,
      .least_part = least_part,
  };
  std::vector<scan::EventFile*> cores;
  cores.reserve(files.size());
  for (SharedFile* file : files) cores.push_back(&file->file);
  const std::vector<Status> results = without_gil([&] {
    const auto locks = lock_all(files);
    return scan::scan_files(cores, options, threads);
  });
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

// What a file is read as, by its first bytes.
const char* format_of(const std::string& path) {
  const scan::Descriptor file = unwrap(scan::Descriptor::open_file(path), path);
  Buffer buffer;
  scan::Window window(file.get(), 0, static_cast<std::uint64_t>(file.status().st_size), buffer);
  unwrap(window.fill(), path);
  return scan::name_of(scan::format_of(window.bytes(), path));
}

}  // namespace

void register_scan(py::module_& module) {
  py::class_<scan::Segment, std::shared_ptr<scan::Segment>>(module, "Segment")
      .def(py::init<std::string>(), py::arg("path"))
      .def("read", &read_segment, py::arg("offset"), py::arg("length"));
  py::class_<SharedFile>(module, "EventFile")
      .def(py::init<const std::string&>(), py::arg("path"))
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
      .def("sizes", &sizes)
      .def("plugins", &plugins)
      .def("session_starts", &session_starts)
      .def("restarts", &restarts)
      .def("save", &save)
      .def("restore", &restore, py::arg("state"), py::arg("pieces"))
      .def("pieces", &pieces)
      .def("scan_into", &scan_into, py::arg("segment"), py::arg("offset"), py::kw_only(),
           py::arg("stretch"), py::arg("keep"))
      .def("statistics", &statistics, py::arg("voids"))
      .def("columns", &columns, py::arg("series"))
      .def("items", &items, py::arg("series"))
      .def("histogram", &histogram, py::arg("series"), py::arg("row"))
      .def("image", &image, py::arg("series"), py::arg("row"))
      .def("text", &text, py::arg("series"), py::arg("row"))
      .def("value", &value, py::arg("series"), py::arg("row"));
  module.def("format_of", &format_of, py::arg("path"));
  module.def("scan_files", &scan_files, py::arg("files"), py::kw_only(), py::arg("mode"),
             py::arg("verify"), py::arg("threads"), py::arg("keep_rows"),
             py::arg("least_part") = scan::Options{}.least_part);
}

}  // namespace eventcodec::bindings
