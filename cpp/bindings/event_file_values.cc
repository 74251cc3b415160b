// event_file_values.cc - the values that the rows of an EventFile point at, read from the file
// again.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <algorithm>
#include <array>
#include <memory>
#include <span>
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

// `decode(value, references, decoded)` as Fetch calls it, with a place in `decoded` for each row of
// the value; false says that it is no `what`.
template <class Decoded, class Decode>
scan::Use decode_into(std::vector<Decoded>& decoded, const Located& at, const char* what,
                      const Decode& decode) {
  return [&decoded, &at, what, &decode](std::size_t row, const scan::Fetched& value) -> Status {
    const auto references = std::span(at.references).subspan(row, value.rows);
    if (decode(value, references, std::span(decoded).subspan(row, value.rows))) return {};
    const scan::Reference& reference = references.front();
    return Error{.code = Errc::kCorrupt,
                 .message = std::string("malformed ") + what + " in the record at byte " +
                            std::to_string(reference.offset),
                 .offset = reference.offset};
  };
}

// What the first of `rows` point at, read from the file again: `decode` is called for each without
// the GIL, and what it gives may point into `batch`. There are fewer than rows if they are many
// bytes, or before one that cannot be read: its error is raised when it comes first.
template <class Decoded, class Decode>
std::vector<Decoded> fetch_decoded(SharedFile& self, std::size_t id,
                                   const std::vector<std::size_t>& rows, const char* what,
                                   const Decode& decode, scan::Batch* batch) {
  const Located at = locate(self, id, rows);
  std::vector<Decoded> decoded(at.references.size());
  const scan::Use use = decode_into(decoded, at, what, decode);
  unwrap(without_gil([&] {
           return scan::fetch(self.file.path(), at.format, at.references, at.tag, self.threads, use,
                              batch);
         }),
         self.file.path());
  decoded.resize(scan::count_rows(batch->values));
  return decoded;
}

// The same as a list: `to_python(decoded)` makes its items.
template <class Decoded, class Decode, class ToPython>
py::list fetch_rows(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows,
                    const char* what, const Decode& decode, const ToPython& to_python) {
  scan::Batch batch;
  std::vector<Decoded> decoded = fetch_decoded<Decoded>(self, id, rows, what, decode, &batch);
  py::list all(decoded.size());
  for (std::size_t row = 0; row != decoded.size(); ++row) all[row] = to_python(decoded[row]);
  return all;
}

// Objects of type bytes that records are read into, so that what is handed out of a record is
// copied only within it. Nobody else knows the objects before they are taken.
class RecordObjects {
 public:
  explicit RecordObjects(const std::vector<scan::Fetch::Record>& records) {
    objects_.reserve(records.size());
    places_.reserve(records.size());
    for (const scan::Fetch::Record& record : records) {
      PyObject* object = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(record.bytes));
      if (object == nullptr) throw py::error_already_set();
      objects_.push_back(py::reinterpret_steal<py::object>(object));
      places_.push_back(reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(object)));
    }
  }

  [[nodiscard]] std::span<std::uint8_t* const> places() const { return places_; }

  // Moves a part of a record to the front of its object; needs no GIL.
  void move_to_front(std::size_t record, ByteView part) const {
    if (!part.empty()) std::memmove(places_[record], part.data(), part.size());
  }

  // The first `size` bytes of an object, which nobody else will have.
  py::object take(std::size_t record, std::size_t size) {
    PyObject* object = objects_[record].release().ptr();
    if (_PyBytes_Resize(&object, static_cast<Py_ssize_t>(size)) != 0) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(object);
  }

 private:
  std::vector<py::object> objects_;
  std::vector<std::uint8_t*> places_;
};

// The bytes that the rows of one record hand out, as objects; rows with the same bytes share one.
class RecordParts {
 public:
  RecordParts(RecordObjects& objects, std::size_t record, bool is_whole)
      : objects_(objects), record_(record), is_whole_(is_whole) {}

  // `part` stands at the front of a record that `is_whole` its only row's, else anywhere in it.
  py::object object_of(ByteView part) {
    if (is_whole_) return objects_.take(record_, part.size());
    if (!last_ || part.data() != last_part_.data() || part.size() != last_part_.size()) {
      last_ = py::bytes(reinterpret_cast<const char*>(part.data()), part.size());
      last_part_ = part;
    }
    return last_;
  }

 private:
  RecordObjects& objects_;
  std::size_t record_;
  bool is_whole_;
  py::object last_;
  ByteView last_part_;
};

// The same for values that are mostly bytes, the part `bytes_of(decoded)` of their record, which
// `to_python(decoded, bytes)` is given as an object. The only row of a record takes the record's
// own memory; several have a copy each.
template <class Decoded, class Decode, class BytesOf, class ToPython>
py::list fetch_bytes(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows,
                     const char* what, const Decode& decode, const BytesOf& bytes_of,
                     const ToPython& to_python) {
  const Located at = locate(self, id, rows);
  scan::Fetch fetch =
      unwrap(without_gil([&] {
               return scan::Fetch::plan(self.file.path(), at.format, at.references, self.threads);
             }),
             self.file.path());
  const auto& records = fetch.records();
  RecordObjects objects(records);
  std::vector<std::size_t> record_of(fetch.rows());
  std::vector<char> is_alone(records.size());  // the only row of its record
  for (std::size_t i = 0; i != records.size(); ++i) {
    const scan::Fetched& first = fetch.values()[records[i].value];
    const scan::Fetched& last = fetch.values()[records[i].value + records[i].values - 1];
    const std::size_t end = last.row + last.rows;
    is_alone[i] = end - first.row == 1;
    std::fill(record_of.begin() + static_cast<std::ptrdiff_t>(first.row),
              record_of.begin() + static_cast<std::ptrdiff_t>(end), i);
  }
  std::vector<Decoded> decoded(fetch.rows());
  const scan::Use decode_rows = decode_into(decoded, at, what, decode);
  const scan::Use use = [&](std::size_t row, const scan::Fetched& value) -> Status {
    Status status = decode_rows(row, value);
    const std::size_t record = record_of[row];
    if (!status.ok() || is_alone[record] == 0) return status;
    // Pieces that were joined are no more bytes than in the record: this cannot happen.
    const ByteView part = bytes_of(decoded[row]);
    if (part.size() > records[record].bytes) return Error{.code = Errc::kTooLarge, .message = what};
    objects.move_to_front(record, part);
    return {};
  };
  unwrap(without_gil([&] { return fetch.read(at.tag, objects.places(), use); }), self.file.path());
  py::list all(fetch.rows());
  for (std::size_t row = 0; row != fetch.rows();) {
    const std::size_t record = record_of[row];
    RecordParts parts(objects, record, is_alone[record] != 0);
    for (; row != fetch.rows() && record_of[row] == record; ++row) {
      all[row] = to_python(decoded[row], parts.object_of(bytes_of(decoded[row])));
    }
  }
  return all;
}

bool is_vdl(const scan::Fetched& fetched) {
  return fetched.vdl_value.component != vdl::Component::kNone;
}

using References = std::span<const scan::Reference>;

bool decode_histogram(const scan::Fetched& fetched, References /*references*/,
                      std::span<event::HistogramData> to) {
  return std::ranges::all_of(to, [&](event::HistogramData& data) {
    if (is_vdl(fetched)) return vdl::decode_histogram(fetched.vdl_value.body, &data);
    return fetched.value.payload == event::Payload::kTensorMessage
               ? event::decode_histogram_tensor(fetched.value.body, &data)
               : event::decode_histogram_proto(fetched.value.body, &data);
  });
}

// Objects of a frozen dataclass, made as its __init__ makes them but in a fifth of the time: logs
// have millions of histograms.
class HistogramMaker {
 public:
  explicit HistogramMaker(const py::type& type)
      : type_(reinterpret_cast<PyTypeObject*>(type.ptr())) {}

  py::object make(event::HistogramData& data) const {
    if (data.columns == nullptr) data.reserve(0);
    const py::capsule owner(data.columns.release(),
                            [](void* p) { delete[] static_cast<double*>(p); });
    auto made = py::reinterpret_steal<py::object>(type_->tp_alloc(type_, 0));
    if (!made) throw py::error_already_set();
    const auto set = [&](const py::str& name, const py::object& value) {
      if (PyObject_GenericSetAttr(made.ptr(), name.ptr(), value.ptr()) != 0) {
        throw py::error_already_set();
      }
    };
    const auto column = [&](std::span<double> numbers) {
      return array_over(numbers.data(), numbers.size(), owner, Writeable::kYes);
    };
    set(left_, column(data.left));
    set(right_, column(data.right));
    set(counts_, column(data.counts));
    set(min_, py::float_(data.min));
    set(max_, py::float_(data.max));
    set(num_, py::float_(data.num));
    set(sum_, py::float_(data.sum));
    set(sum_squares_, py::float_(data.sum_squares));
    return made;
  }

 private:
  static py::str interned(const char* name) {
    return py::reinterpret_steal<py::str>(PyUnicode_InternFromString(name));
  }

  PyTypeObject* type_;
  py::str left_ = interned("left");
  py::str right_ = interned("right");
  py::str counts_ = interned("counts");
  py::str min_ = interned("min");
  py::str max_ = interned("max");
  py::str num_ = interned("num");
  py::str sum_ = interned("sum");
  py::str sum_squares_ = interned("sum_squares");
};

py::list histograms(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows,
                    const py::type& type) {
  const HistogramMaker maker(type);
  return fetch_rows<event::HistogramData>(
      self, id, rows, "histogram", &decode_histogram,
      [&](event::HistogramData& data) { return maker.make(data); });
}

// The same as columns: min, max, num, sum and sum of squares of each; how many buckets it has; then
// left and right edges and counts of all buckets.
py::tuple histogram_columns(SharedFile& self, std::size_t id,
                            const std::vector<std::size_t>& rows) {
  scan::Batch batch;
  const auto all =
      fetch_decoded<event::HistogramData>(self, id, rows, "histogram", &decode_histogram, &batch);
  std::vector<double> moments;
  std::vector<std::int64_t> lengths;
  std::vector<double> left;
  std::vector<double> right;
  std::vector<double> counts;
  std::size_t buckets = 0;
  for (const event::HistogramData& data : all) buckets += data.left.size();
  for (std::vector<double>* column : {&left, &right, &counts}) column->reserve(buckets);
  const auto append = [](std::vector<double>& to, std::span<const double> from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (const event::HistogramData& data : all) {
    append(moments, std::array{data.min, data.max, data.num, data.sum, data.sum_squares});
    lengths.push_back(static_cast<std::int64_t>(data.left.size()));
    append(left, data.left);
    append(right, data.right);
    append(counts, data.counts);
  }
  return py::make_tuple(to_array(std::move(moments)), to_array(std::move(lengths)),
                        to_array(std::move(left)), to_array(std::move(right)),
                        to_array(std::move(counts)));
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

// The images of a tensor: width and height as text, then one string each.
bool decode_image_strings(ByteView tensor, References references,
                          std::span<event::ImageView> images) {
  event::TensorShape shape;
  std::vector<ByteView> strings;
  event::ImageView size;
  if (!event::decode_tensor_strings(tensor, &shape, &strings) || strings.size() < 2) return false;
  if (!parse_size(strings[0], &size.width) || !parse_size(strings[1], &size.height)) return false;
  for (std::size_t i = 0; i != images.size(); ++i) {
    const std::size_t number = 2 + std::size_t{references[i].item};
    if (number >= strings.size()) return false;
    images[i] = size;
    images[i].encoded = strings[number];
  }
  return true;
}

bool decode_images(const scan::Fetched& fetched, References references,
                   std::span<event::ImageView> images) {
  if (fetched.value.payload == event::Payload::kTensorMessage) {
    return decode_image_strings(fetched.value.body, references, images);
  }
  return std::ranges::all_of(images, [&](event::ImageView& image) {
    if (!is_vdl(fetched)) return event::decode_image(fetched.value.body, &image);
    image.encoded = vdl::encoded_image_of(fetched.vdl_value.body);
    const png::Size size = png::size_of(image.encoded);
    image.width = size.width;
    image.height = size.height;
    return true;
  });
}

py::list images(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  return fetch_bytes<event::ImageView>(
      self, id, rows, "image", &decode_images,
      [](const event::ImageView& image) { return image.encoded; },
      [](const event::ImageView& image, const py::object& encoded) {
        return py::make_tuple(image.width, image.height, encoded);
      });
}

bool decode_texts(const scan::Fetched& fetched, References /*references*/,
                  std::span<std::vector<ByteView>> texts) {
  return std::ranges::all_of(texts, [&](std::vector<ByteView>& strings) {
    if (is_vdl(fetched)) {
      strings.push_back(vdl::text_of(fetched.vdl_value.body));
      return true;
    }
    event::TensorShape shape;
    return event::decode_tensor_strings(fetched.value.body, &shape, &strings);
  });
}

py::list texts(SharedFile& self, std::size_t id, const std::vector<std::size_t>& rows) {
  return fetch_rows<std::vector<ByteView>>(self, id, rows, "text", &decode_texts,
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
  const auto keep = [](const scan::Fetched& fetched, References references, std::span<Message> to) {
    for (std::size_t i = 0; i != to.size(); ++i) to[i] = {fetched.bytes, references[i]};
    return true;
  };
  return fetch_bytes<Message>(
      self, id, rows, "value", keep, [](const Message& message) { return message.bytes; },
      [](const Message& message, const py::object& bytes) {
        return py::make_tuple(bytes, message.reference.item, message.reference.offset);
      });
}

}  // namespace

void define_values(EventFileClass& type) {
  type.def("histograms", &histograms, py::arg("series"), py::arg("rows"), py::arg("type"))
      .def("histogram_columns", &histogram_columns, py::arg("series"), py::arg("rows"))
      .def("images", &images, py::arg("series"), py::arg("rows"))
      .def("texts", &texts, py::arg("series"), py::arg("rows"))
      .def("messages", &messages, py::arg("series"), py::arg("rows"));
}

}  // namespace eventcodec::bindings
