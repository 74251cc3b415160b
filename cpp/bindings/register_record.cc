// register_record.cc - frame() and the Unframer, for RecordWriter and RecordReader.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/gil.h"
#include "record/frame.h"
#include "record/unframer.h"

namespace eventcodec::bindings {
namespace {

using record::Last;
using record::Unframed;
using record::Unframer;

// Copies before it checksums: another thread that changes the bytes meanwhile changes what is
// written, but cannot make a record whose checksum is wrong.
PyObject* frame_view(ByteView payload) {
  if (payload.size() > record::kMaxPayloadBytes) {
    PyErr_Format(PyExc_ValueError,
                 "a record holds at most 2147483647 bytes, got %zu: split the data over records",
                 payload.size());
    return nullptr;
  }
  PyObject* framed = PyBytes_FromStringAndSize(
      nullptr, static_cast<Py_ssize_t>(payload.size() + record::kOverheadBytes));
  if (framed == nullptr) return nullptr;
  auto* bytes = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(framed));
  without_gil_if_large(payload.size(), [bytes, payload] {
    store_bytes(bytes + record::kHeaderBytes, payload);
    return record::seal(bytes, payload.size());
  });
  return framed;
}

PyObject* frame(PyObject*, PyObject* data) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE) != 0) return nullptr;
  PyObject* framed = frame_view(
      {static_cast<const std::uint8_t*>(buffer.buf), static_cast<std::size_t>(buffer.len)});
  PyBuffer_Release(&buffer);
  return framed;
}

PyMethodDef methods[] = {
    {"frame", frame, METH_O,
     "frame($module, data, /)\n--\n\n"
     "The record of a bytes-like object: header, the bytes, footer.\n\n"
     "Source: cpp/FORMAT.md section 1.\n"},
    {nullptr, nullptr, 0, nullptr},
};

void append(Unframer& self, const BytesLike& chunk) {
  if (!self.append(chunk.view())) {
    raise({.code = Errc::kOutOfMemory, .message = "out of memory for the bytes of a record"});
  }
}

// The payloads of at most `limit` records: fewer at damage and when bytes are missing.
py::list take(Unframer& self, std::size_t limit) {
  py::list payloads;
  for (std::size_t i = 0; i < limit; ++i) {
    const Unframed found = self.next();
    if (found.kind != Unframed::Kind::kRecord) break;
    payloads.append(to_bytes(found.payload));
  }
  return payloads;
}

// What stops take(): (reason, got, want), or None when bytes are missing. To be called after take()
// gave fewer than its limit: it would consume a record.
py::object damage(Unframer& self, bool last) {
  const Unframed found = self.next(last ? Last::kYes : Last::kNo);
  if (found.kind != Unframed::Kind::kDamage) return py::none();
  return py::make_tuple(record::reason_of(found.damage), found.got, found.want);
}

py::tuple skip(Unframer& self, bool last) {
  const Unframer::Skipped skipped = self.skip(last ? Last::kYes : Last::kNo);
  return py::make_tuple(skipped.region.offset, skipped.region.length, skipped.complete,
                        skipped.blank, skipped.searched);
}

}  // namespace

void register_record(py::module_& module) {
  if (PyModule_AddFunctions(module.ptr(), methods) != 0) throw py::error_already_set();
  py::class_<Unframer>(module, "Unframer", "Takes the bytes of a file apart into records.")
      .def(py::init([](bool verify) {
             return std::make_unique<Unframer>(verify ? record::Verify::kYes : record::Verify::kNo);
           }),
           py::arg("verify"))
      .def("append", [](Unframer& self, py::handle chunk) { append(self, BytesLike(chunk)); })
      .def("take", &take, py::arg("limit"))
      .def("damage", &damage, py::kw_only(), py::arg("last"))
      .def("skip", &skip, py::kw_only(), py::arg("last"))
      .def_property_readonly("offset", &Unframer::offset)
      .def_property_readonly("pending", &Unframer::pending);
}

}  // namespace eventcodec::bindings
