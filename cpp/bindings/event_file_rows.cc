// event_file_rows.cc - EventFile's columns, and the values that their rows point at, read from the
// file again.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "event/decode_histogram.h"
#include "event/decode_tensor.h"
#include "png/size.h"
#include "scan/fetch.h"
#include "vdl/decode_histogram.h"

namespace eventcodec::bindings {
namespace {

using scan::Kind;
using scan::Loaded;

// Columns that live on when the file goes away or its series grow.
Loaded rows_of(SharedFile& self, std::size_t id) {
  return read_pieces(self, id, [id](scan::EventFile& file) { return file.load(id); });
}

// What keeps the memory of columns alive for the views of it.
py::capsule owner_of(const Loaded& shared) {
  auto owned = std::make_unique<std::shared_ptr<void>>(shared.memory);
  py::capsule owner(owned.get(), [](void* p) { delete static_cast<std::shared_ptr<void>*>(p); });
  (void)owned.release();
  return owner;
}

// A read-only view of a column.
template <class T>
py::array column_view(std::uint64_t size, const T* data, const py::capsule& owner) {
  py::array_t<T> array(static_cast<py::ssize_t>(size), data, owner);
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

py::tuple columns(SharedFile& self, std::size_t id) {
  const Loaded shared = rows_of(self, id);
  const scan::Rows& rows = shared.rows;
  const py::capsule owner = owner_of(shared);
  py::object values = py::none();
  if (shared.kind == Kind::kScalars) values = column_view(rows.size, rows.values, owner);
  return py::make_tuple(column_view(rows.size, rows.steps, owner),
                        column_view(rows.size, rows.wall_times, owner), values);
}

// Of each row, which item of its value it is: 0 but for the later images or clips of one event.
py::array_t<std::uint32_t> items(SharedFile& self, std::size_t id) {
  const Loaded shared = rows_of(self, id);
  py::array_t<std::uint32_t> array(static_cast<py::ssize_t>(shared.rows.size));
  auto* item = array.mutable_data();
  for (std::uint64_t row = 0; row != shared.rows.size; ++row) {
    item[row] = shared.kind == Kind::kScalars ? 0 : shared.rows.references[row].item;
  }
  return array;
}

// What a row points at, read from the file again.
struct Located {
  std::string tag;
  scan::Format format;
  scan::Reference reference;
};

Located locate(SharedFile& self, std::size_t id, std::size_t row) {
  const Loaded shared = rows_of(self, id);
  if (shared.kind == Kind::kScalars || row >= shared.rows.size)
    throw py::index_error("no such row");
  return self.look([&](const scan::EventFile& file) {
    return Located{file.series()[id].tag, file.format(), shared.rows.references[row]};
  });
}

scan::Reference fetch_row(SharedFile& self, std::size_t id, std::size_t row,
                          scan::Fetched* fetched) {
  const Located at = locate(self, id, row);
  unwrap(without_gil([&] {
           return scan::fetch(self.file.path(), at.format, at.reference, at.tag, fetched);
         }),
         self.file.path());
  return at.reference;
}

[[noreturn]] void raise_malformed(const SharedFile& self, const char* what,
                                  const scan::Reference& reference) {
  raise({.code = Errc::kCorrupt,
         .message = std::string("malformed ") + what + " in the record at byte " +
                    std::to_string(reference.offset),
         .offset = reference.offset},
        self.file.path());
}

bool is_vdl(const scan::Fetched& fetched) {
  return fetched.vdl_value.component != vdl::Component::kNone;
}

py::tuple histogram(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::HistogramData data;
  const bool tensor = fetched.value.payload == event::Payload::kTensorMessage;
  const bool ok = is_vdl(fetched) ? vdl::decode_histogram(fetched.vdl_value.body, &data)
                  : tensor        ? event::decode_histogram_tensor(fetched.value.body, &data)
                                  : event::decode_histogram_proto(fetched.value.body, &data);
  if (!ok) raise_malformed(self, "histogram", reference);
  return py::make_tuple(to_array(std::move(data.left)), to_array(std::move(data.right)),
                        to_array(std::move(data.counts)), data.min, data.max, data.num, data.sum,
                        data.sum_squares);
}

// Digits only, as TensorFlow writes the width and height of an image.
bool parse_size(ByteView text, std::int32_t* value) {
  constexpr std::size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits) return false;
  std::int32_t parsed = 0;
  for (const std::uint8_t digit : text) {
    if (digit < '0' || digit > '9') return false;
    parsed = parsed * 10 + (digit - '0');
  }
  *value = parsed;
  return true;
}

bool decode_image_strings(ByteView tensor, std::uint32_t item, event::ImageView* image) {
  event::TensorShape shape;
  std::vector<ByteView> strings;
  if (!event::decode_tensor_strings(tensor, &shape, &strings)) return false;
  if (strings.size() < 3 + std::size_t{item}) return false;
  image->encoded = strings[2 + std::size_t{item}];
  return parse_size(strings[0], &image->width) && parse_size(strings[1], &image->height);
}

py::tuple image(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::ImageView view;
  if (is_vdl(fetched)) {
    const ByteView encoded = vdl::encoded_image_of(fetched.vdl_value.body);
    const png::Size size = png::size_of(encoded);
    return py::make_tuple(size.width, size.height, to_bytes(encoded));
  }
  const bool tensor = fetched.value.payload == event::Payload::kTensorMessage;
  const bool ok = tensor ? decode_image_strings(fetched.value.body, reference.item, &view)
                         : event::decode_image(fetched.value.body, &view);
  if (!ok) raise_malformed(self, "image", reference);
  return py::make_tuple(view.width, view.height, to_bytes(view.encoded));
}

py::list text(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  event::TensorShape shape;
  std::vector<ByteView> strings;
  if (is_vdl(fetched)) {
    strings.push_back(vdl::text_of(fetched.vdl_value.body));
  } else if (!event::decode_tensor_strings(fetched.value.body, &shape, &strings)) {
    raise_malformed(self, "text", reference);
  }
  py::list all;
  for (const ByteView string : strings) all.append(to_text(as_text(string)));
  return all;
}

// The Value as it stands in the file, which item of it the row is, and where its record starts.
py::tuple value(SharedFile& self, std::size_t id, std::size_t row) {
  scan::Fetched fetched;
  const scan::Reference reference = fetch_row(self, id, row, &fetched);
  return py::make_tuple(to_bytes(fetched.bytes), reference.item, reference.offset);
}

}  // namespace

void define_rows(EventFileClass& type) {
  type.def("columns", &columns, py::arg("series"))
      .def("items", &items, py::arg("series"))
      .def("histogram", &histogram, py::arg("series"), py::arg("row"))
      .def("image", &image, py::arg("series"), py::arg("row"))
      .def("text", &text, py::arg("series"), py::arg("row"))
      .def("value", &value, py::arg("series"), py::arg("row"));
}

}  // namespace eventcodec::bindings
