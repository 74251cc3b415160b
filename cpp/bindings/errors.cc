// errors.cc - the one place where a core Error becomes a Python exception.
#include "bindings/errors.h"

#include <string>

namespace eventcodec::bindings {
namespace {

// An instance of a class of eventcodec.errors. Imported when something failed, not before.
py::object make_codec_error(const char* class_name, const Error& error, std::string_view path) {
  const py::object error_class = py::module_::import("eventcodec.errors").attr(class_name);
  return error_class(error.message, py::arg("path") = py::str(path.data(), path.size()),
                     py::arg("offset") = error.offset, py::arg("got") = error.got,
                     py::arg("want") = error.want);
}

void set_os_error(const Error& error, std::string_view path) {
  // OSError(errno, text, filename) picks the subclass: FileNotFoundError, PermissionError, ...
  const py::object filename =
      path.empty() ? py::object(py::none()) : py::object(py::str(path.data(), path.size()));
  const py::object exception =
      py::reinterpret_borrow<py::object>(PyExc_OSError)(error.os_error, error.message, filename);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

const char* class_name_of(Errc code) {
  switch (code) {
    case Errc::kTruncated:
      return "TruncatedError";
    case Errc::kClosed:
      return "WriterClosedError";
    default:
      return "CorruptRecordError";
  }
}

}  // namespace

void set_error(const Error& error, std::string_view path) {
  switch (error.code) {
    case Errc::kIo:
      return set_os_error(error, path);
    case Errc::kInvalidArgument:
    case Errc::kTooLarge:
      return PyErr_SetString(PyExc_ValueError, error.message.c_str());
    case Errc::kCancelled:  // who cancelled has an exception of his own: see register_scan.cc
      return PyErr_SetString(PyExc_RuntimeError, error.message.c_str());
    case Errc::kOutOfMemory:
      return PyErr_SetString(PyExc_MemoryError, error.message.c_str());
    case Errc::kCorrupt:
    case Errc::kTruncated:
    case Errc::kClosed: {
      const py::object exception = make_codec_error(class_name_of(error.code), error, path);
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
      return;
    }
  }
}

void raise(const Error& error, std::string_view path) {
  set_error(error, path);
  throw py::error_already_set();
}

}  // namespace eventcodec::bindings
