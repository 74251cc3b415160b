// pixels.h - arrays of Python as pixels of the PNG encoder.
#pragma once

#include "bindings/pybind.h"
// Python first
#include <pybind11/numpy.h>

#include "png/pixels.h"

namespace eventcodec::bindings {

// Describes an array of shape (count, height, width, channels), which must outlive the result;
// `columns` images stand in a row. Raises for what is no picture.
png::Pixels pixels_of(const py::array& array, std::size_t columns, unsigned depth);

// Bytes of the picture's samples, to tell whether the lock is worth releasing.
std::size_t work_bytes(const png::Pixels& pixels);

}  // namespace eventcodec::bindings
