// scalar_arguments.cc - Python objects to tags, numbers, steps and times.
#include "bindings/scalar_arguments.h"

#include "bindings/dlpack.h"
// Python first
#include <pybind11/numpy.h>

#include <cmath>

#include "stream/event_file.h"

namespace eventcodec::bindings {
namespace {

bool is_numpy_scalar(PyTypeObject* type) {
  return PyType_IsSubtype(type, numpy_types.floating) ||
         PyType_IsSubtype(type, numpy_types.integer);
}

// An array of real numbers without axes, whose __float__ is as good as its element's. (NumPy frowns
// on the __float__ of one with axes; that of text parses it, that of complex numbers drops half.)
bool is_zero_dimensional_array(PyObject* object) {
  if (Py_TYPE(object) != numpy_types.array) return false;
  const auto* array = py::detail::array_proxy(object);
  const char kind = reinterpret_cast<py::detail::PyArrayDescr_Proxy*>(array->descr)->kind;
  return array->nd == 0 && (kind == 'f' || kind == 'i' || kind == 'u' || kind == 'b');
}

// torch's tensors and parameters.
bool is_tensor(PyTypeObject* type) {
  const std::string_view name = type->tp_name;
  return name == "Tensor" || name == "Parameter";
}

// The number of what can be asked for it straight away: NumPy's real scalars, and tensors, where it
// costs a sixth of the slow path. Their failures (several elements) are explained there.
bool read_cheap_number(PyObject* object, double* number) {
  static PyObject* const item = PyUnicode_InternFromString("item");
  PyTypeObject* const type = Py_TYPE(object);
  if (type->tp_as_number == nullptr || type->tp_as_number->nb_float == nullptr) return false;
  PyObject* converted = nullptr;
  if (is_tensor(type)) {  // __float__ warns of a loss, which is part of a graph
    converted = PyObject_CallMethodNoArgs(object, item);
  } else if (is_zero_dimensional_array(object) || is_numpy_scalar(type)) {
    converted = type->tp_as_number->nb_float(object);
  } else {
    return false;
  }
  if (converted != nullptr) {
    *number = PyFloat_AsDouble(converted);
    Py_DECREF(converted);
  }
  if (PyErr_Occurred() == nullptr) return true;
  PyErr_Clear();
  return false;
}

// Tensors of torch say so themselves; nothing else has the attribute.
bool is_on_device(PyObject* object) {
  static PyObject* const is_cpu = PyUnicode_InternFromString("is_cpu");
  PyObject* answer = PyObject_GetAttr(object, is_cpu);
  if (answer == nullptr) PyErr_Clear();
  Py_XDECREF(answer);
  return answer == Py_False;
}

// Calls eventcodec.summary.scalar.<function>(object, name): the slow path knows arrays, tensors
// and what to say about everything else.
PyObject* call_slow_path(const char* function, PyObject* object, const char* name) {
  PyObject* module = PyImport_ImportModule("eventcodec.summary.scalar");
  if (module == nullptr) return nullptr;
  PyObject* result = PyObject_CallMethod(module, function, "Os", object, name);
  Py_DECREF(module);
  return result;
}

}  // namespace

void register_numpy_types() {
  const py::module_ numpy = py::module_::import("numpy");
  const auto type = [&numpy](const char* name) {
    return reinterpret_cast<PyTypeObject*>(py::object(numpy.attr(name)).release().ptr());
  };
  numpy_types = {.float32 = type("float32"),
                 .float64 = type("float64"),
                 .floating = type("floating"),
                 .integer = type("integer"),
                 .array = type("ndarray")};
}

namespace unusual {

bool parse_tag(PyObject* object, std::string_view* tag) {
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError, "tag must be a str, got %R", object);
    return false;
  }
  Py_ssize_t bytes = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &bytes);
  if (text == nullptr) return false;  // a lone surrogate: UnicodeEncodeError, a ValueError
  if (bytes == 0 || bytes > kMaxTagBytes) {
    PyErr_Format(PyExc_ValueError, "tag must have 1 to %zd bytes of UTF-8, got %zd", kMaxTagBytes,
                 bytes);
    return false;
  }
  *tag = {text, static_cast<std::size_t>(bytes)};
  return true;
}

bool parse_number(PyObject* object, const char* name, double* number, PyObject** on_device) {
  if (PyFloat_Check(object)) {
    *number = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (PyLong_Check(object)) {
    *number = PyLong_AsDouble(object);
    if (*number != -1.0 || PyErr_Occurred() == nullptr) return true;
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "%s does not fit a float: an int beyond 1.8e308", name);
    return false;
  }
  const bool of_numpy = Py_TYPE(object) == numpy_types.array || is_numpy_scalar(Py_TYPE(object));
  if (!of_numpy && read_tensor_number(object, number)) return true;
  if (on_device != nullptr && !of_numpy && is_on_device(object)) {
    *on_device = object;
    return true;
  }
  if (read_cheap_number(object, number)) return true;
  PyObject* converted = call_slow_path("as_number", object, name);
  if (converted == nullptr) return false;
  *number = PyFloat_AsDouble(converted);
  Py_DECREF(converted);
  return *number != -1.0 || PyErr_Occurred() == nullptr;
}

bool parse_step(PyObject* object, std::int64_t* step, const char* name) {
  *step = 0;
  if (object == nullptr || object == Py_None) return true;
  PyObject* integer =
      PyLong_CheckExact(object) ? Py_NewRef(object) : call_slow_path("as_step", object, name);
  if (integer == nullptr) return false;
  int overflow = 0;
  *step = PyLong_AsLongLongAndOverflow(integer, &overflow);
  Py_DECREF(integer);
  if (overflow == 0) return *step != -1 || PyErr_Occurred() == nullptr;
  PyErr_Format(PyExc_ValueError, "%s must fit in a signed 64-bit integer, got %R", name, object);
  return false;
}

}  // namespace unusual

bool parse_walltime(PyObject* object, double* wall_time) {
  if (object == nullptr || object == Py_None) {
    *wall_time = stream::wall_clock();
    return true;
  }
  if (!parse_number(object, "walltime", wall_time)) return false;
  if (std::isfinite(*wall_time)) return true;
  PyErr_Format(PyExc_ValueError, "walltime must be finite seconds since 1970, got %R", object);
  return false;
}

}  // namespace eventcodec::bindings
