// register_arrow.cc - hands columns to Arrow libraries through the C stream interface.
// A column is described in Python by a tuple (name, format, length, null_count, buffers, children,
// dictionary): the format string of Arrow, a list of bytes-like objects (None for an absent
// validity bitmap), a list of columns, and a column or None. No byte of a buffer is copied.
#include "bindings/arrays.h"
// pybind first
#include <cerrno>
#include <deque>
#include <optional>

#include "bindings/arrow_abi.h"

namespace eventcodec::bindings {
namespace {

constexpr const char* kSchemaCapsule = "arrow_schema";
constexpr const char* kStreamCapsule = "arrow_array_stream";
constexpr std::int64_t kNullable = 2;  // ARROW_FLAG_NULLABLE

struct Column {
  std::string name;
  std::string format;
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  std::vector<const void*> buffers;
  std::vector<Column> children;
  std::unique_ptr<Column> dictionary;
};

// A column with the Python buffers that it points into.
struct Table {
  Column root;
  std::deque<BytesLike> held;
};
using SharedTable = std::shared_ptr<const Table>;

// Arrow's consumers release on any thread, with or without the GIL.
void delete_table(const Table* table) {
  if (Py_IsInitialized() == 0) return;  // the buffers went with the interpreter
  const py::gil_scoped_acquire gil;
  delete table;
}

Column parse_column(const py::handle& description, std::deque<BytesLike>& held) {
  const auto parts = py::cast<py::tuple>(description);
  Column column;
  column.name = py::cast<std::string>(parts[0]);
  column.format = py::cast<std::string>(parts[1]);
  column.length = py::cast<std::int64_t>(parts[2]);
  column.null_count = py::cast<std::int64_t>(parts[3]);
  for (const py::handle buffer : parts[4]) {
    column.buffers.push_back(buffer.is_none() ? nullptr : held.emplace_back(buffer).view().data());
  }
  for (const py::handle child : parts[5]) column.children.push_back(parse_column(child, held));
  const py::object dictionary = parts[6];
  if (!dictionary.is_none()) {
    column.dictionary = std::make_unique<Column>(parse_column(dictionary, held));
  }
  return column;
}

SharedTable parse_table(const py::handle& description) {
  auto table = std::make_unique<Table>();
  table->root = parse_column(description, table->held);
  return SharedTable(table.release(), &delete_table);
}

template <class Struct>
void release_if_owned(Struct& owned) {
  if (owned.release != nullptr) owned.release(&owned);
}

// What the private_data of a schema or an array points at. Children live inside.
template <class Struct>
struct Node {
  explicit Node(SharedTable keep, const Column& column)
      : table(std::move(keep)), children(column.children.size()) {
    for (Struct& child : children) pointers.push_back(&child);
  }

  static void release(Struct* self) {
    auto* node = static_cast<Node*>(self->private_data);
    for (Struct& child : node->children) release_if_owned(child);
    release_if_owned(node->dictionary);
    self->release = nullptr;
    delete node;
  }

  SharedTable table;
  std::vector<Struct> children;
  std::vector<Struct*> pointers;
  Struct dictionary{};
  std::vector<const void*> buffers;
};

// Links what schema and array have in common, then fills the nested ones.
template <class Struct, class Fill>
void adopt(Struct* out, std::unique_ptr<Node<Struct>> node, const Column& column, Fill&& fill) {
  out->n_children = static_cast<std::int64_t>(column.children.size());
  out->children = node->pointers.data();
  out->release = &Node<Struct>::release;
  Node<Struct>* owned = node.release();
  out->private_data = owned;
  for (std::size_t i = 0; i != column.children.size(); ++i) {
    fill(&owned->children[i], owned->table, column.children[i]);
  }
  if (column.dictionary == nullptr) return;
  fill(&owned->dictionary, owned->table, *column.dictionary);
  out->dictionary = &owned->dictionary;
}

void fill_schema(ArrowSchema* out, const SharedTable& table, const Column& column) {
  auto node = std::make_unique<Node<ArrowSchema>>(table, column);
  *out = {};
  out->format = column.format.c_str();
  out->name = column.name.c_str();
  out->flags = kNullable;
  adopt(out, std::move(node), column, fill_schema);
}

void fill_array(ArrowArray* out, const SharedTable& table, const Column& column) {
  auto node = std::make_unique<Node<ArrowArray>>(table, column);
  node->buffers = column.buffers;
  *out = {};
  out->length = column.length;
  out->null_count = column.null_count;
  out->n_buffers = static_cast<std::int64_t>(column.buffers.size());
  out->buffers = node->buffers.data();
  adopt(out, std::move(node), column, fill_array);
}

// Runs a fill for a consumer in C: exceptions end here, and nothing half-filled gets out.
template <class Struct, class Fill>
int fill_for_c(Struct* out, const SharedTable& table, Fill&& fill) {
  *out = {};
  try {
    fill(out, table, table->root);
    return 0;
  } catch (const std::bad_alloc&) {
    release_if_owned(*out);
    return ENOMEM;
  }
}

// A stream of one batch.
struct Stream {
  SharedTable table;
  bool done = false;
};

int get_schema(ArrowArrayStream* self, ArrowSchema* out) {
  return fill_for_c(out, static_cast<Stream*>(self->private_data)->table, fill_schema);
}

int get_next(ArrowArrayStream* self, ArrowArray* out) {
  auto* stream = static_cast<Stream*>(self->private_data);
  *out = {};  // released: the end of the stream
  if (stream->done) return 0;
  const int status = fill_for_c(out, stream->table, fill_array);
  stream->done = status == 0;
  return status;
}

const char* get_last_error(ArrowArrayStream* /*self*/) { return "out of memory"; }

void release_stream(ArrowArrayStream* self) {
  delete static_cast<Stream*>(self->private_data);
  self->release = nullptr;
}

// What a consumer did not take over is released with the capsule.
template <class Struct>
void destroy_capsule(PyObject* capsule) {
  auto* held = static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  if (held == nullptr) return;
  release_if_owned(*held);
  delete held;
}

py::capsule arrow_stream(const py::tuple& table) {
  auto stream = std::make_unique<Stream>(Stream{parse_table(table)});
  auto out = std::make_unique<ArrowArrayStream>();
  *out = {&get_schema, &get_next, &get_last_error, &release_stream, stream.release()};
  py::capsule capsule(out.get(), kStreamCapsule, &destroy_capsule<ArrowArrayStream>);
  (void)out.release();
  return capsule;
}

py::capsule arrow_schema(const py::tuple& table) {
  auto out = std::make_unique<ArrowSchema>();
  const SharedTable parsed = parse_table(table);
  fill_schema(out.get(), parsed, parsed->root);
  py::capsule capsule(out.get(), kSchemaCapsule, &destroy_capsule<ArrowSchema>);
  (void)out.release();
  return capsule;
}

// What a consumer asks for: column name -> format, "" for a dictionary.
py::dict arrow_formats(const py::capsule& requested) {
  const auto* schema =
      static_cast<const ArrowSchema*>(PyCapsule_GetPointer(requested.ptr(), kSchemaCapsule));
  if (schema == nullptr) throw py::error_already_set();
  if (schema->release == nullptr) throw py::value_error("the requested schema has been released");
  py::dict formats;
  for (std::int64_t i = 0; i != schema->n_children; ++i) {
    const ArrowSchema& child = *schema->children[i];
    if (child.name == nullptr || child.format == nullptr) continue;
    formats[py::str(child.name)] = py::str(child.dictionary != nullptr ? "" : child.format);
  }
  return formats;
}

}  // namespace

void register_arrow(py::module_& module) {
  module.def("arrow_stream", &arrow_stream, py::arg("table"), py::pos_only());
  module.def("arrow_schema", &arrow_schema, py::arg("table"), py::pos_only());
  module.def("arrow_formats", &arrow_formats, py::arg("requested_schema"), py::pos_only());
}

}  // namespace eventcodec::bindings
