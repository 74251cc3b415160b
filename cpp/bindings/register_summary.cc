// register_summary.cc - values to Summary bytes, where the native core makes them.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/scalar_arguments.h"
// Python first
#include <vector>

#include "base/buffer.h"
#include "event/encode_hidden.h"
#include "event/encode_text.h"

namespace eventcodec::bindings {
namespace {

void check_tag(py::handle tag) {
  std::string_view checked;
  if (!parse_tag(tag.ptr(), &checked)) throw py::error_already_set();
}

std::string_view utf8_of(const py::str& text) {
  Py_ssize_t bytes = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &bytes);
  if (data == nullptr) throw py::error_already_set();
  return {data, static_cast<std::size_t>(bytes)};
}

py::bytes text_summary(const py::str& tag, const py::str& text) {
  Buffer summary;
  if (!event::encode_text_summary(utf8_of(tag), utf8_of(text), summary)) {
    raise({.code = Errc::kOutOfMemory, .message = "no memory for a text summary"});
  }
  return to_bytes(summary.view());
}

py::bytes hidden_summary(const std::vector<py::str>& tags) {
  Buffer summary;
  for (const py::str& tag : tags) {
    if (!event::encode_hidden_value(utf8_of(tag), summary)) {
      raise({.code = Errc::kOutOfMemory, .message = "no memory for a summary"});
    }
  }
  return to_bytes(summary.view());
}

}  // namespace

void register_summary(py::module_& module) {
  module.def("check_tag", &check_tag, py::arg("tag"));
  module.def("hidden_summary", &hidden_summary, py::arg("tags"));
  module.def("text_summary", &text_summary, py::arg("tag"), py::arg("text"));
}

}  // namespace eventcodec::bindings
