// pybind.h - the first include of every file here: Python.h must come before any standard header.
#pragma once

#include <pybind11/pybind11.h>

namespace eventcodec::bindings {
namespace py = pybind11;
}  // namespace eventcodec::bindings
