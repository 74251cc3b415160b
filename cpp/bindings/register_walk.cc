// register_walk.cc - Walk: the directories of a log and their event files.
#include "bindings/arrays.h"
// pybind first
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bindings/gil.h"
#include "scan/walk.h"

namespace eventcodec::bindings {
namespace {

// Whoever walks holds the mutex, and never waits for it with the GIL.
struct SharedWalk {
  SharedWalk(std::string root, std::vector<std::string> marks)
      : walk(std::move(root), std::move(marks)) {}

  scan::Walk walk;
  std::mutex mutex;
};

py::object to_path(const std::string& bytes) {
  PyObject* text =
      PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(text);
}

py::list next(SharedWalk& self, std::size_t most) {
  const auto found = without_gil([&] {
    const std::scoped_lock held(self.mutex);
    return self.walk.next(most);
  });
  py::list all(found.size());
  std::size_t at = 0;
  for (const scan::Walk::Directory& each : found) {
    py::list names(each.names.size());
    for (std::size_t i = 0; i != each.names.size(); ++i) names[i] = to_path(each.names[i]);
    all[at++] = py::make_tuple(to_path(each.path), names);
  }
  return all;
}

}  // namespace

void register_walk(py::module_& module) {
  py::class_<SharedWalk>(module, "Walk")
      .def(py::init<std::string, std::vector<std::string>>(), py::arg("root"), py::arg("marks"))
      .def("next", &next, py::arg("most"));
}

}  // namespace eventcodec::bindings
