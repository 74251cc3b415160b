// arrays.h - named argument types; _native.pyi uses the same names.
#pragma once

#include "bindings/pybind.h"
// pybind.h first
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace eventcodec::bindings {

// A borrowed, C-contiguous read-only view of anything with the buffer protocol (bytes, bytearray,
// memoryview, a C-contiguous array). Holds the buffer for as long as it lives, so the bytes stay
// valid without the GIL; must be destroyed with the GIL held.
class BytesLike {
 public:
  explicit BytesLike(py::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) != 0)
      throw py::error_already_set();
  }
  ~BytesLike() { PyBuffer_Release(&buffer_); }
  BytesLike(const BytesLike&) = delete;
  BytesLike& operator=(const BytesLike&) = delete;

  [[nodiscard]] ByteView view() const {
    return {static_cast<const std::uint8_t*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)};
  }

 private:
  Py_buffer buffer_{};
};

inline py::bytes to_bytes(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

enum class Writeable : bool { kNo, kYes };

// An array over memory that `owner` keeps. (What py::array_t does, at a third of the time: archives
// have millions of columns.)
template <class T>
py::object array_over(T* data, std::size_t size, const py::capsule& owner, Writeable writeable) {
  const auto& api = py::detail::npy_api::get();
  const Py_intptr_t shape[] = {static_cast<Py_intptr_t>(size)};
  auto array = py::reinterpret_steal<py::object>(api.PyArray_NewFromDescr_(
      api.PyArray_Type_, py::dtype::of<std::remove_const_t<T>>().release().ptr(), 1, shape, nullptr,
      const_cast<std::remove_const_t<T>*>(data),
      writeable == Writeable::kYes ? py::detail::npy_api::NPY_ARRAY_WRITEABLE_ : 0, nullptr));
  if (!array) throw py::error_already_set();
  if (api.PyArray_SetBaseObject_(array.ptr(), owner.inc_ref().ptr()) != 0) {
    throw py::error_already_set();
  }
  return array;
}

// Hands a vector to NumPy without a copy; the array owns it.
template <class T>
py::array_t<T> to_array(std::vector<T>&& values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  const T* data = owned->data();
  const auto size = static_cast<py::ssize_t>(owned->size());
  py::capsule owner(owned.release(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(size, data, owner);
}

}  // namespace eventcodec::bindings
