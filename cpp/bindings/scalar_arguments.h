// scalar_arguments.h - Python objects to tags, numbers, steps and times, at the cost of a look at
// their type. Every function sets a Python error that quotes the value and returns false.
#pragma once

#include "bindings/pybind.h"
// pybind.h first
#include <cstdint>
#include <string_view>

namespace eventcodec::bindings {

// Tags longer than this are a mistake, and TensorBoard could not show them.
inline constexpr Py_ssize_t kMaxTagBytes = 65535;

// A non-empty str; the view lives as long as `object`.
bool parse_tag(PyObject* object, std::string_view* tag);

// True for objects whose number is read without running Python code: float, int, bool, np.float64
// and np.float32.
bool is_plain_number(PyObject* object);

// Any real number: the plain ones, then __float__, then arrays and tensors of one element.
// `name` is the argument's, for messages. A tensor on a device, which only a wait could read, is
// left alone where the caller has a place for it: `*on_device` is the object then.
bool parse_number(PyObject* object, const char* name, double* number,
                  PyObject** on_device = nullptr);

// None is 0; int, or what int() makes of a real number, as torch does. `name` as above.
bool parse_step(PyObject* object, std::int64_t* step, const char* name = "global_step");

// None or nullptr is now.
bool parse_walltime(PyObject* object, double* wall_time);

}  // namespace eventcodec::bindings
