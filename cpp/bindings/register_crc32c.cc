// register_crc32c.cc - crc32c and masked_crc32c. Raw METH_FASTCALL functions: pybind11's own
// dispatch costs more than the checksum of a scalar record.
#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "crc32c/crc32c.h"

namespace eventcodec::bindings {
namespace {

// Reads the optional second argument, a CRC to continue from.
bool parse_start(PyObject* value, std::uint32_t* start) {
  const unsigned long long parsed = PyLong_AsUnsignedLongLong(value);
  if (PyErr_Occurred() != nullptr || parsed > 0xffffffffull) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Clear();
      PyErr_Format(PyExc_ValueError, "value must be a CRC in 0..0xffffffff, got %R", value);
    }
    return false;
  }
  *start = static_cast<std::uint32_t>(parsed);
  return true;
}

// Runs `f(view)` over a bytes-like object, without the GIL when it is large. Plain bytes, which do
// not change and which the caller holds, skip the buffer protocol: it costs more than 64 bytes'
// CRC.
template <class F>
PyObject* checksum(PyObject* data, F&& f) {
  if (PyBytes_CheckExact(data)) {
    const ByteView view{reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(data)),
                        static_cast<std::size_t>(PyBytes_GET_SIZE(data))};
    return PyLong_FromUnsignedLong(without_gil_if_large(view.size(), [&] { return f(view); }));
  }
  Py_buffer buffer;
  if (PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE) != 0) return nullptr;
  const ByteView view{static_cast<const std::uint8_t*>(buffer.buf),
                      static_cast<std::size_t>(buffer.len)};
  const std::uint32_t crc = without_gil_if_large(view.size(), [&] { return f(view); });
  PyBuffer_Release(&buffer);
  return PyLong_FromUnsignedLong(crc);
}

PyObject* py_crc32c(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  if (count < 1 || count + named > 2) {
    PyErr_Format(PyExc_TypeError, "crc32c(data, value=0) takes 1 or 2 arguments, got %zd",
                 count + named);
    return nullptr;
  }
  if (named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "value") != 0) {
    PyErr_Format(PyExc_TypeError, "crc32c() got an unexpected keyword argument %R",
                 PyTuple_GET_ITEM(keywords, 0));
    return nullptr;
  }
  std::uint32_t start = 0;
  if (count + named == 2 && !parse_start(args[1], &start)) return nullptr;
  return checksum(args[0], [start](ByteView view) { return crc32c::extend(start, view); });
}

PyObject* py_masked_crc32c(PyObject*, PyObject* data) {
  return checksum(data, [](ByteView view) { return crc32c::MaskedCrc::of(view).bits(); });
}

PyMethodDef methods[] = {
    {"crc32c", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(py_crc32c)),
     METH_FASTCALL | METH_KEYWORDS,
     "crc32c($module, data, value=0)\n--\n\n"
     "CRC-32C (Castagnoli) of a bytes-like object, continuing from `value`.\n\n"
     "Args:\n"
     "    data: bytes, bytearray, memoryview or C-contiguous array, any size.\n"
     "    value: the CRC of what came before, 0 for nothing.\n\n"
     "Returns:\n"
     "    The CRC as an int in 0..0xffffffff: crc32c(b\"123456789\") == 0xe3069283.\n\n"
     "Raises:\n"
     "    TypeError: `data` has no contiguous buffer.\n"
     "    ValueError: `value` is not in 0..0xffffffff.\n\n"
     "Source: RFC 3720 section 12.1.\n"},
    {"masked_crc32c", py_masked_crc32c, METH_O,
     "masked_crc32c($module, data, /)\n--\n\n"
     "The masked CRC-32C that a record stores: rotr(crc, 15) + 0xa282ead8 modulo 2**32.\n\n"
     "Args:\n"
     "    data: bytes, bytearray, memoryview or C-contiguous array, any size.\n\n"
     "Returns:\n"
     "    An int in 0..0xffffffff: masked_crc32c(b\"\") == 0xa282ead8.\n\n"
     "Raises:\n"
     "    TypeError: `data` has no contiguous buffer.\n\n"
     "Source: cpp/FORMAT.md section 1.\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void register_crc32c(py::module_& module) {
  if (PyModule_AddFunctions(module.ptr(), methods) != 0) throw py::error_already_set();
}

}  // namespace eventcodec::bindings
