// register_build_info.cc - what was compiled, what the machine has, which kernels were chosen.
#include "bindings/pybind.h"
#include "crc32c/crc32c.h"
#include "histogram/kernels.h"
#include "png/checksums.h"
#include "png/filter.h"
#include "png/pixel_kernels.h"
#include "png/same_bits.h"
#include "png/token_writer.h"
#include "record/kernels.h"
#include "scan/predict.h"

namespace eventcodec::bindings {
namespace {

// One hot path: the kernels this machine can run, best first, and the one in use.
template <class Fn>
py::dict describe(std::span<const Kernel<Fn>> kernels, const Kernel<Fn>& chosen) {
  py::list names;
  for (const Kernel<Fn>& kernel : kernels) {
    if (cpu::has(kernel.required)) names.append(kernel.name);
  }
  py::dict description;
  description["chosen"] = chosen.name;
  description["available"] = py::tuple(names);
  return description;
}

py::dict build_info() {
  py::dict kernels;
  kernels["crc32c"] = describe(crc32c::kernels(), crc32c::chosen());
  kernels["histogram"] = describe(histogram::kernels(), histogram::chosen());
  kernels["record"] = describe(record::seal_kernels(), select(record::seal_kernels()));
  kernels["png_crc32"] = describe(png::crc32_kernels(), png::chosen_crc32());
  kernels["png_adler32"] = describe(png::adler32_kernels(), png::chosen_adler32());
  kernels["png_filter"] = describe(png::filter_kernels(), png::chosen_filter());
  kernels["png_pixels"] = describe(png::pixels_kernels(), png::chosen_pixels());
  kernels["png_runs"] = describe(png::same_bits_kernels(), png::chosen_same_bits());
  kernels["png_tokens"] = describe(png::token_writer_kernels(), png::chosen_token_writer());
  kernels["scan"] = describe(scan::kernels(), scan::chosen());
  py::list features;
  for (const cpu::FeatureName& feature : cpu::feature_names()) {
    if (cpu::has(feature.bit)) features.append(feature.name);
  }
  py::dict info;
  info["version"] = EVENTCODEC_VERSION;
#if defined(__VERSION__) && defined(__clang__)
  info["compiler"] = "clang " __VERSION__;
#elif defined(__VERSION__)
  info["compiler"] = "gcc " __VERSION__;
#else
  info["compiler"] = "unknown";
#endif
#if defined(EVENTCODEC_TEST_BUILD)
  info["test_build"] = true;
#else
  info["test_build"] = false;
#endif
  info["cpu_features"] = py::tuple(features);
  info["kernels"] = kernels;
  return info;
}

}  // namespace

void register_build_info(py::module_& module) { module.def("build_info", &build_info); }

}  // namespace eventcodec::bindings
