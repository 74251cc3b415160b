// event_file_rows.cc - EventFile's columns. (What their rows point at: event_file_values.cc)
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace eventcodec::bindings {

using scan::Kind;
using scan::Loaded;

Loaded rows_of(SharedFile& self, std::size_t id) {
  return read_pieces(self, id, [id](scan::EventFile& file) { return file.load(id); });
}

namespace {

// What keeps the memory of columns alive for the views of it.
py::capsule owner_of(const Loaded& shared) {
  auto owned = std::make_unique<std::shared_ptr<void>>(shared.memory);
  py::capsule owner(owned.get(), [](void* p) { delete static_cast<std::shared_ptr<void>*>(p); });
  (void)owned.release();
  return owner;
}

// A read-only view of a column.
template <class T>
py::object column_view(std::uint64_t size, const T* data, const py::capsule& owner) {
  return array_over(data, size, owner, Writeable::kNo);
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

// The rows of a series that no restart voids, or None for all; first_voids() says from where on
// those in later files do.
std::optional<py::array_t<std::int64_t>> valid_rows(SharedFile& self, std::size_t id,
                                                    scan::FirstVoid first_void) {
  const auto voids =
      self.look([&](const scan::EventFile& file) { return scan::voids_of(file, id, first_void); });
  if (voids.empty()) return std::nullopt;
  const Loaded shared = rows_of(self, id);
  const scan::Rows& rows = shared.rows;
  scan::VoidWalk walk(voids);
  std::vector<std::int64_t> valid;
  for (std::uint64_t row = 0; row != rows.size; ++row) {
    if (!walk.is_void(row, rows.steps[row])) valid.push_back(static_cast<std::int64_t>(row));
  }
  if (valid.size() == rows.size) return std::nullopt;
  return to_array(std::move(valid));
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

// Of each row of anything but scalars, where its value stands: the byte of its record, and the
// number of the value in it.
py::tuple places(SharedFile& self, std::size_t id) {
  const Loaded shared = rows_of(self, id);
  if (shared.kind == Kind::kScalars) throw py::value_error("scalars have no places");
  const auto size = static_cast<py::ssize_t>(shared.rows.size);
  py::array_t<std::uint64_t> records(size);
  py::array_t<std::uint32_t> values(size);
  auto* record = records.mutable_data();
  auto* value = values.mutable_data();
  for (std::uint64_t row = 0; row != shared.rows.size; ++row) {
    record[row] = shared.rows.references[row].offset;
    value[row] = shared.rows.references[row].value;
  }
  return py::make_tuple(records, values);
}

}  // namespace

void define_rows(EventFileClass& type) {
  type.def("columns", &columns, py::arg("series"))
      .def("valid_rows", &valid_rows, py::arg("series"), py::arg("first_void"))
      .def("items", &items, py::arg("series"))
      .def("places", &places, py::arg("series"));
}

}  // namespace eventcodec::bindings
