// event_file_saved.cc - what an index keeps of an EventFile: its state, and pieces with its rows.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace eventcodec::bindings {
namespace {

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
  const Result<bool> restored = without_gil([&] {
    return self.change(
        [&](scan::EventFile& file) { return file.restore(bytes.view(), std::move(made)); });
  });
  if (self.selection != nullptr) self.selection->raise_failure();
  return unwrap(Result<bool>(restored));
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
// and how many are NaN, of the rows that no restart voids; first_voids() says from where on those
// in later files do. Of `most` series from number `first` on.
py::list statistics(SharedFile& self, scan::FirstVoid first_void, std::size_t first,
                    std::size_t most) {
  py::list all;
  const std::size_t count = self.look([](const auto& file) { return file.series().size(); });
  const std::size_t begin = std::min(first, count);
  const std::size_t end = begin + std::min(most, count - begin);
  for (std::size_t id = begin; id != end; ++id) {
    const scan::Statistics of = read_pieces(self, id, [&](scan::EventFile& file) {
      return file.statistics(id, scan::voids_of(file, id, first_void));
    });
    all.append(py::make_tuple(of.count, of.first_step, of.last_step, of.first_wall_time,
                              of.last_wall_time, of.least, of.greatest, of.last, of.nans));
  }
  return all;
}

}  // namespace

void define_saved(py::module_& module, EventFileClass& type) {
  py::class_<scan::Segment, std::shared_ptr<scan::Segment>>(module, "Segment")
      .def(py::init<std::string>(), py::arg("path"))
      .def("read", &read_segment, py::arg("offset"), py::arg("length"));
  type.def("save", &save)
      .def("restore", &restore, py::arg("state"), py::arg("pieces"))
      .def("pieces", &pieces)
      .def("scan_into", &scan_into, py::arg("segment"), py::arg("offset"), py::kw_only(),
           py::arg("stretch"), py::arg("keep"))
      .def("statistics", &statistics, py::arg("first_void"), py::arg("first") = 0,
           py::arg("most") = kAllSeries);
}

}  // namespace eventcodec::bindings
