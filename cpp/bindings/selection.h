// selection.h - what is read of files, with a Python function that says which tags are wanted.
#pragma once

#include "bindings/pybind.h"
// Python first
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "scan/selection.h"

namespace eventcodec::bindings {

// Asks wanted(tag, curve) with the GIL, from whatever thread scans; see scan/selection.h. What it
// raises is kept until the scan has ended.
class AskingSelection : public std::enable_shared_from_this<AskingSelection> {
 public:
  AskingSelection(const scan::StepRange& steps, py::object wanted);

  [[nodiscard]] std::shared_ptr<const scan::Selection> core() const {
    return {shared_from_this(), &core_};
  }
  // Raises what wanted() has raised, once. For those who have the GIL.
  void raise_failure();

 private:
  std::optional<bool> ask(std::string_view tag, const std::string_view* curve);

  scan::Selection core_;
  py::object wanted_;
  py::object failure_;  // touched with the GIL only
};

void define_selection(py::module_& module);

}  // namespace eventcodec::bindings
