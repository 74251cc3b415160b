// event_file_rows.cc - EventFile's columns, and the values that their rows point at, read from the
// file again.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <memory>
#include <optional>
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

// The rows of a series that no restart voids, or None for all; first_voids() says from where on
// those in later files do.
std::optional<py::array_t<std::int64_t>> valid_rows(SharedFile& self, std::size_t id,
                                                    scan::FirstVoid first_void) {
  const auto voids =
      self.look([&](const scan::EventFile& file) { return scan::voids_of(file, id, first_void); });
  if (voids.empty()) return std::nullopt;
  const Loaded shared = rows_of(self, id);
  const scan::Rows& rows = shared.rows;
  scan::VoidWalk walk(voids);
  std::vector<std::int64_t> valid;
  for (std::uint64_t row = 0; row != rows.size; ++row) {
    if (!walk.is_void(row, rows.steps[row])) valid.push_back(static_cast<std::int64_t>(row));
  }
  if (valid.size() == rows.size) return std::nullopt;
  return to_array(std::move(valid));
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

// Rows of a series, and what is needed to read what they point at.
struct Located {
  std::string tag;
  scan::Format format;
  std::vector<scan::Reference> references;
};

// Up to the first row that there is not; IndexError if that is the very first.
Located locate(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  const Loaded shared = rows_of(self, id);
  std::vector<scan::Reference> references;
  references.reserve(rows.size());
  for (const std::size_t row : rows) {
    if (shared.kind == Kind::kScalars || row >= shared.rows.size) break;
    references.push_back(shared.rows.references[row]);
  }
  if (references.empty()) throw py::index_error("no such row");
  return self.look([&](const scan::EventFile& file) {
    return Located{file.series()[id].tag, file.format(), std::move(references)};
  });
}

// What the first of `rows` point at, read from the file again: `decode(value, reference, decoded)`
// is called for each without the GIL, and is false for what is no `what`; `to_python(decoded)`
// makes the list's items of what it gives. There are fewer than rows if they fill a batch, or
// before one that cannot be read: its error is raised when it comes first.
template <class Decoded, class Decode, class ToPython>
py::list fetch_rows(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows,
                    const char* what, const Decode& decode, const ToPython& to_python) {
  const Located at = locate(self, id, rows);
  std::vector<Decoded> decoded(at.references.size());
  const auto use = [&](std::size_t row, const scan::Fetched& fetched) -> Status {
    const scan::Reference& reference = at.references[row];
    if (decode(fetched, reference, &decoded[row])) return {};
    return Error{.code = Errc::kCorrupt,
                 .message = std::string("malformed ") + what + " in the record at byte " +
                            std::to_string(reference.offset),
                 .offset = reference.offset};
  };
  scan::Batch batch;
  unwrap(without_gil([&] {
           return scan::fetch(self.file.path(), at.format, at.references, at.tag, self.threads, use,
                              &batch);
         }),
         self.file.path());
  py::list all(batch.values.size());
  for (std::size_t row = 0; row != batch.values.size(); ++row) {
    all[row] = to_python(decoded[row]);
  }
  return all;
}

bool is_vdl(const scan::Fetched& fetched) {
  return fetched.vdl_value.component != vdl::Component::kNone;
}

bool decode_histogram(const scan::Fetched& fetched, const scan::Reference& /*reference*/,
                      event::HistogramData* data) {
  if (is_vdl(fetched)) return vdl::decode_histogram(fetched.vdl_value.body, data);
  return fetched.value.payload == event::Payload::kTensorMessage
             ? event::decode_histogram_tensor(fetched.value.body, data)
             : event::decode_histogram_proto(fetched.value.body, data);
}

py::list histograms(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  return fetch_rows<event::HistogramData>(
      self, id, rows, "histogram", &decode_histogram, [](event::HistogramData& data) {
        return py::make_tuple(to_array(std::move(data.left)), to_array(std::move(data.right)),
                              to_array(std::move(data.counts)), data.min, data.max, data.num,
                              data.sum, data.sum_squares);
      });
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

bool decode_image(const scan::Fetched& fetched, const scan::Reference& reference,
                  event::ImageView* image) {
  if (is_vdl(fetched)) {
    image->encoded = vdl::encoded_image_of(fetched.vdl_value.body);
    const png::Size size = png::size_of(image->encoded);
    image->width = size.width;
    image->height = size.height;
    return true;
  }
  return fetched.value.payload == event::Payload::kTensorMessage
             ? decode_image_strings(fetched.value.body, reference.item, image)
             : event::decode_image(fetched.value.body, image);
}

py::list images(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  return fetch_rows<event::ImageView>(
      self, id, rows, "image", &decode_image, [](const event::ImageView& image) {
        return py::make_tuple(image.width, image.height, to_bytes(image.encoded));
      });
}

bool decode_text(const scan::Fetched& fetched, const scan::Reference& /*reference*/,
                 std::vector<ByteView>* strings) {
  if (is_vdl(fetched)) {
    strings->push_back(vdl::text_of(fetched.vdl_value.body));
    return true;
  }
  event::TensorShape shape;
  return event::decode_tensor_strings(fetched.value.body, &shape, strings);
}

py::list texts(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  return fetch_rows<std::vector<ByteView>>(self, id, rows, "text", &decode_text,
                                           [](const std::vector<ByteView>& strings) {
                                             py::list all;
                                             for (const ByteView string : strings)
                                               all.append(to_text(as_text(string)));
                                             return all;
                                           });
}

struct Message {
  ByteView bytes;
  scan::Reference reference;
};

// Values as they stand in the file, which item of it the row is, and where its record starts.
py::list messages(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  const auto keep = [](const scan::Fetched& fetched, const scan::Reference& reference,
                       Message* message) {
    *message = {fetched.bytes, reference};
    return true;
  };
  return fetch_rows<Message>(self, id, rows, "value", keep, [](const Message& message) {
    return py::make_tuple(to_bytes(message.bytes), message.reference.item,
                          message.reference.offset);
  });
}

}  // namespace

void define_rows(EventFileClass& type) {
  type.def("columns", &columns, py::arg("series"))
      .def("valid_rows", &valid_rows, py::arg("series"), py::arg("first_void"))
      .def("items", &items, py::arg("series"))
      .def("histograms", &histograms, py::arg("series"), py::arg("rows"))
      .def("images", &images, py::arg("series"), py::arg("rows"))
      .def("texts", &texts, py::arg("series"), py::arg("rows"))
      .def("messages", &messages, py::arg("series"), py::arg("rows"));
}

}  // namespace eventcodec::bindings
