// module.cc - the table of contents of eventcodec._native.
#include "bindings/pybind.h"
#include "bindings/scalar_arguments.h"

namespace eventcodec::bindings {
void register_archive(py::module_& module);
void register_arrow(py::module_& module);
void register_build_info(py::module_& module);
void register_changes(py::module_& module);
void register_crc32c(py::module_& module);
void register_histogram(py::module_& module);
void register_event_writer(py::module_& module);
void register_gather(py::module_& module);
void register_png(py::module_& module);
void register_scan(py::module_& module);
void register_vdl_writer(py::module_& module);
void register_summary(py::module_& module);
void register_walk(py::module_& module);
void register_record(py::module_& module);
}  // namespace eventcodec::bindings

PYBIND11_MODULE(_native, module) {
  using namespace eventcodec::bindings;
  module.doc() = "The native core of eventcodec. Private: use the functions of `eventcodec`.";
  register_numpy_types();
  register_archive(module);
  register_arrow(module);
  register_build_info(module);
  register_changes(module);
  register_crc32c(module);
  register_histogram(module);
  register_event_writer(module);
  register_png(module);
  register_scan(module);
  register_gather(module);
  register_vdl_writer(module);
  register_summary(module);
  register_walk(module);
  register_record(module);
}
