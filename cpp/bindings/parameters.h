// parameters.h - the arguments of METH_FASTCALL methods, by position and by keyword.
#pragma once

#include "bindings/pybind.h"
// Python first
#include <cstddef>

namespace eventcodec::bindings {

// Names of a method's parameters, interned, so that a keyword is found by pointer.
template <std::size_t N>
struct Parameters {
  const char* method;
  const char* names[N];
  std::size_t required;
  PyObject* interned[N] = {};

  // Sorts positional and keyword arguments into `values` (nullptr where absent).
  bool sort(PyObject* const* args, Py_ssize_t count, PyObject* keywords, PyObject** values) {
    if (count > static_cast<Py_ssize_t>(N)) {
      PyErr_Format(PyExc_TypeError, "%s() takes at most %zu arguments, got %zd", method, N, count);
      return false;
    }
    for (Py_ssize_t i = 0; i < count; ++i) values[i] = args[i];
    return (keywords == nullptr && count >= static_cast<Py_ssize_t>(required)) ||
           sort_keywords(args, count, keywords, values);
  }

 private:
  bool sort_keywords(PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                     PyObject** values) {
    const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
    for (Py_ssize_t i = 0; i < named; ++i) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
      const std::size_t at = index_of(keyword);
      if (at == N || values[at] != nullptr) {
        PyErr_Format(PyExc_TypeError,
                     at == N ? "%s() got an unexpected keyword argument %R"
                             : "%s() got multiple values for argument %R",
                     method, keyword);
        return false;
      }
      values[at] = args[count + i];
    }
    for (std::size_t i = 0; i < required; ++i) {
      if (values[i] != nullptr) continue;
      PyErr_Format(PyExc_TypeError, "%s() is missing its argument '%s'", method, names[i]);
      return false;
    }
    return true;
  }

  std::size_t index_of(PyObject* keyword) {
    if (interned[0] == nullptr) {
      for (std::size_t i = 0; i < N; ++i) interned[i] = PyUnicode_InternFromString(names[i]);
    }
    for (std::size_t i = 0; i < N; ++i) {
      if (interned[i] == keyword) return i;
    }
    for (std::size_t i = 0; i < N; ++i) {
      if (PyUnicode_Compare(interned[i], keyword) == 0) return i;
    }
    return N;
  }
};

}  // namespace eventcodec::bindings
