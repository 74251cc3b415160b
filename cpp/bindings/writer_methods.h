// writer_methods.h - what the methods of every native writer share: finding the writer behind
// `self`, descriptors for the hot ones, options by their names in Python.
#pragma once

#include "bindings/event_writer.h"
// Python first
#include <new>
#include <string>

namespace eventcodec::bindings {

// The writer inside `self`, without pybind11's type look-up: the descriptors below have already
// checked the type. Null, with an error set, when a subclass did not call super().__init__().
template <class Writer>
Writer* writer_of(PyObject* self) {
  const auto* instance = reinterpret_cast<py::detail::instance*>(self);
  void* writer = instance->simple_layout ? instance->simple_value_holder[0]
                                         : instance->nonsimple.values_and_holders[0];
  if (writer == nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "the writer is not initialised: call super().__init__() first");
  }
  return static_cast<Writer*>(writer);
}

// A method that the interpreter calls directly: exhausted memory must not reach it as an exception.
template <PyObject* (*Method)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*)>
PyObject* guarded(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  try {
    return Method(self, args, count, keywords);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

inline Chunk::Owner create_chunk(std::size_t bytes) {
  Chunk::Owner chunk = Chunk::create(bytes);
  if (chunk == nullptr) {
    raise({.code = Errc::kOutOfMemory, .message = "no memory for a chunk of records"});
  }
  return chunk;
}

inline py::dict stats_dict(const EventWriter& writer) {
  const stream::StreamStats stats = writer.stats();
  py::dict dict;
  dict["accepted"] = stats.accepted;
  dict["written"] = stats.written;
  dict["pending"] = stats.pending;
  dict["dropped"] = stats.dropped;
  dict["bytes_written"] = stats.bytes_written;
  dict["segments"] = stats.segments;
  dict["path"] = stats.path;
  dict["last_error"] = stats.last_error;
  return dict;
}

inline Durability durability_from(const std::string& name) {
  if (name == "process") return Durability::kProcess;
  if (name == "sync") return Durability::kSync;
  return Durability::kBuffered;  // the names are checked in Python
}

inline OnError on_error_from(const std::string& name) {
  if (name == "raise") return OnError::kRaise;
  if (name == "drop") return OnError::kDrop;
  return OnError::kWarn;
}

// CPython 3.12 and later warn of a fork in a process with threads, and look for them before os.fork
// returns: ours comes back from the interpreter's loop, after that.
inline void resume_io_thread_later() {
  const auto resume = [](void*) -> int {
    stream::IoThread::instance().resume();
    return 0;
  };
  // Full only when 32 others wait; then the warning is the smaller evil.
  if (Py_AddPendingCall(resume, nullptr) != 0) stream::IoThread::instance().resume();
}

inline void add_method(const py::handle& type, PyMethodDef& method) {
  PyObject* descriptor = PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &method);
  if (descriptor == nullptr ||
      PyObject_SetAttrString(type.ptr(), method.ml_name, descriptor) != 0) {
    throw py::error_already_set();
  }
  Py_DECREF(descriptor);
}

}  // namespace eventcodec::bindings
