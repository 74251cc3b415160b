// event_file_rows.cc - EventFile's columns. (What their rows point at: event_file_values.cc)
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <memory>

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

}  // namespace

void define_rows(EventFileClass& type) {
  type.def("columns", &columns, py::arg("series"))
      .def("items", &items, py::arg("series"));
}

}  // namespace eventcodec::bindings
