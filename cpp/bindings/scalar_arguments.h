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

// What the functions below do for objects that are not as usual.
namespace unusual {
bool parse_tag(PyObject* object, std::string_view* tag);
bool parse_number(PyObject* object, const char* name, double* number, PyObject** on_device);
bool parse_step(PyObject* object, std::int64_t* step, const char* name);
}  // namespace unusual

// A non-empty str; the view lives as long as `object`.
inline bool parse_tag(PyObject* object, std::string_view* tag) {
  // Text of ASCII characters alone is kept as the bytes of its UTF-8.
  if (!PyUnicode_Check(object) || !PyUnicode_IS_COMPACT_ASCII(object)) {
    return unusual::parse_tag(object, tag);
  }
  const Py_ssize_t bytes = PyUnicode_GET_LENGTH(object);
  if (bytes == 0 || bytes > kMaxTagBytes) return unusual::parse_tag(object, tag);
  *tag = {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(object)),
          static_cast<std::size_t>(bytes)};
  return true;
}

// Types of NumPy, kept for the life of the process from register_numpy_types() on.
struct NumpyTypes {
  PyTypeObject* float32;
  PyTypeObject* float64;  // derived from float, and laid out alike
  PyTypeObject* floating;
  PyTypeObject* integer;
  PyTypeObject* array;
};
inline NumpyTypes numpy_types{};
void register_numpy_types();

// The layout of np.float32, fixed by NumPy's C API.
struct Float32Scalar {
  PyObject_HEAD float value;
};

// True for numbers that are read without running Python code: float, int, np.float64, np.float32.
inline bool parse_plain_number(PyObject* object, double* number) {
  const PyTypeObject* const type = Py_TYPE(object);
  if (type == &PyFloat_Type || type == numpy_types.float64) {
    *number = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (type == numpy_types.float32) {
    *number = static_cast<double>(reinterpret_cast<Float32Scalar*>(object)->value);
    return true;
  }
  if (type != &PyLong_Type) return false;
  *number = PyLong_AsDouble(object);
  if (*number != -1.0 || PyErr_Occurred() == nullptr) return true;
  PyErr_Clear();  // beyond a float: parse_number says so
  return false;
}

// Any real number: the plain ones, then __float__, then arrays and tensors of one element.
// `name` is the argument's, for messages. A tensor on a device, which only a wait could read, is
// left alone where the caller has a place for it: `*on_device` is the object then.
inline bool parse_number(PyObject* object, const char* name, double* number,
                         PyObject** on_device = nullptr) {
  return parse_plain_number(object, number) ||
         unusual::parse_number(object, name, number, on_device);
}

// None is 0; int, or what int() makes of a real number, as torch does. `name` as above.
inline bool parse_step(PyObject* object, std::int64_t* step, const char* name = "global_step") {
  if (object != nullptr && PyLong_CheckExact(object)) {
    int overflow = 0;
    *step = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow == 0) return true;
  }
  return unusual::parse_step(object, step, name);
}

// None or nullptr is now.
bool parse_walltime(PyObject* object, double* wall_time);

}  // namespace eventcodec::bindings
