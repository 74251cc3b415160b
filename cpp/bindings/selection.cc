// selection.cc - what is read of files, with a Python function that says which tags are wanted.
#include "bindings/selection.h"

#include "bindings/event_file.h"
#include "bindings/gil.h"

namespace eventcodec::bindings {

AskingSelection::AskingSelection(const scan::StepRange& steps, py::object wanted)
    : core_(
          steps, wanted.is_none()
                     ? scan::Selection::Wants{}
                     : [this](std::string_view tag,
                              const std::string_view* curve) { return ask(tag, curve); }),
      wanted_(std::move(wanted)) {}

std::optional<bool> AskingSelection::ask(std::string_view tag, const std::string_view* curve) {
  return with_gil([&]() -> std::optional<bool> {
    if (failure_) return std::nullopt;
    try {
      const py::object described = curve == nullptr ? py::object(py::none()) : to_text(*curve);
      return wanted_(to_text(tag), described).cast<bool>();
    } catch (const py::error_already_set& error) {
      failure_ = error.value();
    }
    return std::nullopt;
  });
}

void AskingSelection::raise_failure() {
  const py::object failure = std::move(failure_);
  failure_ = py::object();
  if (!failure) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(failure.ptr())), failure.ptr());
  throw py::error_already_set();
}

void define_selection(py::module_& module) {
  py::class_<AskingSelection, std::shared_ptr<AskingSelection>>(module, "Selection")
      .def(py::init([](std::int64_t first, std::int64_t last, py::object wanted) {
             if (first > last) throw py::value_error("no steps");
             const scan::StepRange steps{
                 first, static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)};
             return std::make_shared<AskingSelection>(steps, std::move(wanted));
           }),
           py::arg("first"), py::arg("last"), py::arg("wanted"));
}

}  // namespace eventcodec::bindings
