// event_file_saved.cc - what an index keeps of an EventFile: its state, pieces with its rows, and
// what it says of its tags.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "archive/index_file.h"
#include "base/utf8.h"

namespace eventcodec::bindings {
namespace {

using scan::Series;

// (segment, offset, bytes) of each piece.
using PieceTuple = std::tuple<std::shared_ptr<scan::Segment>, std::uint64_t, std::uint64_t>;

// Takes over the state in a segment. False: it is none, or cannot be read.
bool restore(SharedFile& self, const scan::Segment& segment, std::uint64_t offset,
             std::uint64_t length, const std::vector<PieceTuple>& pieces) {
  std::vector<scan::Piece> made;
  made.reserve(pieces.size());
  for (const auto& [holder, begin, size] : pieces) made.push_back({holder, begin, size});
  const auto work = [&]() -> Result<bool> {
    Buffer content;
    if (!segment.holds(offset, length)) return false;
    std::uint8_t* to = content.reserve(length);
    if (to == nullptr) return Error{.code = Errc::kOutOfMemory, .message = "saved columns"};
    if (!segment.read(offset, {to, static_cast<std::size_t>(length)}, {}, {}).ok()) return false;
    content.commit(length);
    return self.change(
        [&](scan::EventFile& file) { return file.restore(content.view(), std::move(made)); });
  };
  // A selection may ask for the GIL.
  const bool alone = self.selection == nullptr && length < kWorthReleasing;
  const Result<bool> restored = alone ? work() : without_gil(work);
  if (self.selection != nullptr) self.selection->raise_failure();
  return unwrap(Result<bool>(restored));
}

// (offset, bytes) of each piece: of one that index_into() wrote, the offset in its segment.
py::list pieces(SharedFile& self) {
  py::list all;
  for (const scan::Piece& piece : self.look([](const auto& file) { return file.pieces(); })) {
    all.append(py::make_tuple(piece.offset, piece.bytes, piece.segment == nullptr));
  }
  return all;
}

// A segment that is being written, and how many rows of a series are worth a place in it.
struct SegmentWriter {
  scan::PieceWriter writer;
  std::uint64_t least_rows;
};

// Reads what is new: see archive/index_file.h. Returns None or the exception of a file that cannot
// be read, where it began, the checksum of the last `tail` bytes, and offset and length of the
// state. Raises what the segment does.
py::tuple index_into(SharedFile& self, SegmentWriter& segment, std::uint64_t stretch,
                     std::uint64_t keep, std::uint64_t tail) {
  if (stretch == 0) throw py::value_error("must be at least 1");
  const scan::Saving saving{.writer = &segment.writer,
                            .stretch = stretch,
                            .keep = keep,
                            .least_rows = segment.least_rows};
  const Result<archive::IndexedFile> made = without_gil([&] {
    return self.change(
        [&](scan::EventFile& file) { return archive::index_file(file, saving, tail); });
  });
  if (!segment.writer.status().ok()) raise(segment.writer.status().error(), "the index");
  py::object failure = py::none();
  archive::IndexedFile found;
  if (made.ok()) {
    found = made.value();
  } else {
    set_error(made.error(), self.file.path());
    failure = py::error_already_set().value();
  }
  return py::make_tuple(failure, found.begin, found.tail_crc, found.state_offset,
                        found.state_bytes);
}

py::object number_or_none(double value) {
  return value == value ? py::object(py::float_(value)) : py::none();
}

// A row of the table `tags`: see index_database.py.
py::tuple row_of(const py::str& run, const Series& series, const scan::Statistics& of,
                 std::uint64_t bytes) {
  const py::object none = py::none();
  const bool some = of.count != 0;
  const bool scalars = series.kind == scan::Kind::kScalars;
  const bool numbers = scalars && of.count > of.nans;
  const py::object nans = scalars ? py::object(py::int_(of.nans)) : none;
  return py::make_tuple(
      run, to_text(series.tag), scan::name_of(series.kind), to_text(series.plugin), of.count,
      of.first_step, of.last_step, number_or_none(of.first_wall_time),
      number_or_none(of.last_wall_time), numbers ? number_or_none(of.least) : none,
      numbers ? number_or_none(of.greatest) : none, scalars && some ? number_or_none(of.last) : none,
      nans, bytes == 0 ? none : py::object(py::int_(bytes)));
}

// The rows of the series from number `begin` to `end`, None for those of which all is void.
// first_voids() says from where on later files void what is here.
py::list index_rows(SharedFile& self, const py::str& run, scan::FirstVoid first_void,
                    std::size_t begin, std::size_t end) {
  py::list all;
  const std::size_t count = self.look([](const auto& file) { return file.series().size(); });
  for (std::size_t id = begin; id < std::min(end, count); ++id) {
    const scan::Statistics of = read_pieces(self, id, [&](scan::EventFile& file) {
      return file.statistics(id, scan::voids_of(file, id, first_void));
    });
    // Nothing adds series but a scan, which nobody else begins.
    const Series& series = self.file.series()[id];
    if (series.size() != 0 && of.count == 0) {
      all.append(py::none());
    } else {
      all.append(row_of(run, series, of, self.file.bytes_of(series.tag)));
    }
  }
  return all;
}

// Whether no two tags can be one text, as bytes that are not UTF-8 may.
bool has_plain_tags(SharedFile& self) {
  return self.look([](const scan::EventFile& file) {
    const auto is_plain = [](const Series& series) { return is_utf8(as_bytes(series.tag)); };
    return std::all_of(file.series().begin(), file.series().end(), is_plain);
  });
}

// (tag, bytes of its records), also of tags without series.
py::list tag_bytes(SharedFile& self) {
  py::list all;
  for (const auto& [tag, bytes] : self.look([](const auto& file) { return file.tag_bytes(); })) {
    all.append(py::make_tuple(to_text(tag), bytes));
  }
  return all;
}

}  // namespace

void define_saved(py::module_& module, EventFileClass& type) {
  py::class_<scan::Segment, std::shared_ptr<scan::Segment>>(module, "Segment")
      .def(py::init<std::string>(), py::arg("path"));
  py::class_<SegmentWriter>(module, "SegmentWriter")
      .def(py::init([](int descriptor, std::uint64_t least_rows) {
             return std::make_unique<SegmentWriter>(
                 SegmentWriter{scan::PieceWriter(descriptor, 0), least_rows});
           }),
           py::arg("descriptor"), py::kw_only(), py::arg("least_rows"))
      .def("flush", [](SegmentWriter& self) {
        unwrap(without_gil([&] { return self.writer.flush(); }), "the index");
      });
  type.def("restore", &restore, py::arg("segment"), py::arg("offset"), py::arg("length"),
           py::arg("pieces"))
      .def("pieces", &pieces)
      .def("index_into", &index_into, py::arg("segment"), py::kw_only(), py::arg("stretch"),
           py::arg("keep"), py::arg("tail"))
      .def("index_rows", &index_rows, py::arg("run"), py::arg("first_void"), py::arg("begin"),
           py::arg("end"))
      .def_property_readonly("series_count",
                             [](SharedFile& self) {
                               return self.look([](const auto& file) { return file.series().size(); });
                             })
      .def("has_plain_tags", &has_plain_tags)
      .def("tag_bytes", &tag_bytes);
}

}  // namespace eventcodec::bindings
