// register_changes.cc - Changes: which entries of directories have changed.
#include "bindings/pybind.h"
// Python first
#include <string>

#include "scan/changes.h"

namespace eventcodec::bindings {
namespace {

using scan::Changes;

py::str to_path(const std::string& bytes) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
}

py::list take(Changes& self) {
  py::list all;
  for (const Changes::Change& each : self.take()) {
    all.append(py::make_tuple(to_path(each.directory), to_path(each.name), each.is_directory));
  }
  return all;
}

}  // namespace

void register_changes(py::module_& module) {
  py::class_<Changes>(module, "Changes")
      .def(py::init<>())
      .def("add", &Changes::add, py::arg("directory"))
      .def("take", &take);
}

}  // namespace eventcodec::bindings
