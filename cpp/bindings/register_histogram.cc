// register_histogram.cc - histograms as arrays and as Summary bytes. Raw METH_FASTCALL functions:
// a histogram of 1000 values costs little more than pybind11's own dispatch.
#include "bindings/arrays.h"
#include "bindings/errors.h"
#include "bindings/gil.h"
// Python first
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "event/encode_histogram.h"
#include "histogram/bucketize.h"
#include "histogram/buckets.h"
#include "histogram/count_edges.h"
#include "histogram/statistics.h"

namespace eventcodec::bindings {
namespace {

using histogram::Dtype;

// Protobuf's own limit of a message.
constexpr std::size_t kMaxMessage = (std::size_t{1} << 31) - 1;

// A C-contiguous buffer with its element type; released with the GIL held.
class TypedBuffer {
 public:
  TypedBuffer() = default;
  ~TypedBuffer() { PyBuffer_Release(&buffer_); }
  TypedBuffer(const TypedBuffer&) = delete;
  TypedBuffer& operator=(const TypedBuffer&) = delete;

  [[nodiscard]] bool open(PyObject* object) {
    return PyObject_GetBuffer(object, &buffer_, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) == 0;
  }
  [[nodiscard]] const char* format() const {
    return buffer_.format == nullptr ? "B" : buffer_.format;
  }
  [[nodiscard]] const std::uint8_t* data() const {
    return static_cast<const std::uint8_t*>(buffer_.buf);
  }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(buffer_.len / buffer_.itemsize);
  }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(buffer_.len); }
  [[nodiscard]] std::size_t item_bytes() const {
    return static_cast<std::size_t>(buffer_.itemsize);
  }

 private:
  Py_buffer buffer_{};
};

// The element type of a buffer format of one native character (see Python's struct module).
bool dtype_of(const TypedBuffer& buffer, Dtype* dtype) {
  const char* format = buffer.format();
  if (format[0] == '\0' || format[1] != '\0') return false;
  const std::size_t bytes = buffer.item_bytes();
  const auto by_size = [bytes](Dtype b1, Dtype b2, Dtype b4, Dtype b8) {
    return bytes == 1 ? b1 : bytes == 2 ? b2 : bytes == 4 ? b4 : b8;
  };
  switch (format[0]) {
    case '?':
      *dtype = Dtype::kBool;
      return true;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
      *dtype = by_size(Dtype::kInt8, Dtype::kInt16, Dtype::kInt32, Dtype::kInt64);
      return true;
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
      *dtype = by_size(Dtype::kUint8, Dtype::kUint16, Dtype::kUint32, Dtype::kUint64);
      return true;
    case 'e':
      *dtype = Dtype::kFloat16;
      return true;
    case 'f':
      *dtype = Dtype::kFloat32;
      return true;
    case 'd':
      *dtype = Dtype::kFloat64;
      return true;
    default:
      return false;
  }
}

// float64 numbers; numpy's buffers of them are aligned, others are refused.
bool open_doubles(PyObject* object, const char* argument, TypedBuffer* buffer,
                  std::span<const double>* doubles) {
  Dtype dtype{};
  if (!buffer->open(object)) return false;
  if (!dtype_of(*buffer, &dtype) || dtype != Dtype::kFloat64 ||
      reinterpret_cast<std::uintptr_t>(buffer->data()) % alignof(double) != 0) {
    PyErr_Format(PyExc_TypeError, "%s must be an aligned float64 array, got format '%s'", argument,
                 buffer->format());
    return false;
  }
  *doubles = {reinterpret_cast<const double*>(buffer->data()), buffer->count()};
  return true;
}

bool invalid(std::string message) {
  set_error({.code = Errc::kInvalidArgument, .message = std::move(message)}, {});
  return false;
}

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// Bytes that Python allocates and the core fills, freed at the end unless given away.
template <class T>
class PyMemory {
 public:
  PyMemory() = default;
  ~PyMemory() { PyMem_RawFree(data_); }
  PyMemory(const PyMemory&) = delete;
  PyMemory& operator=(const PyMemory&) = delete;
  [[nodiscard]] bool allocate_zeroed(std::size_t count) {
    data_ = static_cast<T*>(PyMem_RawCalloc(count, sizeof(T)));
    count_ = count;
    if (data_ == nullptr) PyErr_NoMemory();
    return data_ != nullptr;
  }
  [[nodiscard]] std::span<T> span() { return {data_, count_}; }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

// Takes a buffer of numbers as the core's Values.
bool open_values(PyObject* object, bool bfloat16, TypedBuffer* buffer, histogram::Values* values) {
  if (!buffer->open(object)) return false;
  if (!dtype_of(*buffer, &values->dtype)) {
    PyErr_Format(PyExc_TypeError, "values have the buffer format '%s', which is no number",
                 buffer->format());
    return false;
  }
  if (bfloat16) {
    if (values->dtype != Dtype::kUint16) return invalid("bfloat16 bits must be uint16");
    values->dtype = Dtype::kBfloat16;
  }
  values->data = buffer->data();
  values->count = buffer->count();
  if (values->count != 0) return true;
  return invalid("values must hold one number at least, got an empty array");
}

// What both functions below are asked: count `values` between the default edges when `edges` is
// None, between `count` buckets of one width when it is a tuple (first, last, count, moments),
// whose moments somebody took to know the ends, or between the edges that it is; then merge down to
// about max_buckets when that is not 0.
class Counting {
 public:
  // Arguments: values, bfloat16, edges, max_buckets.
  [[nodiscard]] bool run(PyObject* const* args) {
    histogram::Values values{};
    if (!open_values(args[0], args[1] == Py_True, &values_, &values)) return false;
    const Py_ssize_t max_buckets = PyLong_AsSsize_t(args[3]);
    if (max_buckets < 0) {
      return PyErr_Occurred() == nullptr ? invalid("max_buckets must not be negative") : false;
    }
    const bool counted = args[2] == Py_None       ? count_default(values)
                         : PyTuple_Check(args[2]) ? count_uniform(values, args[2])
                                                  : count_given(values, args[2]);
    if (!counted) return false;
    if (max_buckets != 0 && !merge(static_cast<std::size_t>(max_buckets))) return false;
    const histogram::Buckets trimmed = histogram::trim(buckets_);
    if (trimmed.counts.empty()) {
      return invalid("none of the " + std::to_string(values.count) +
                     " values lies in a bucket: all are NaN, infinite or outside " +
                     text_of(buckets_.edges.front()) + " to " + text_of(buckets_.edges.back()) +
                     "; leave them out, or pass edges that enclose them as bins");
    }
    buckets_ = trimmed;
    return true;
  }

  [[nodiscard]] const histogram::Moments& moments() const { return tally_.moments; }
  [[nodiscard]] const histogram::Buckets& buckets() const { return buckets_; }

 private:
  [[nodiscard]] bool count_default(histogram::Values values) {
    without_gil_if_large(values_.bytes(), [&] { histogram::bucketize(values, &tally_); });
    set_buckets(histogram::default_edges(), tally_.counts);
    return true;
  }

  [[nodiscard]] bool count_given(histogram::Values values, PyObject* object) {
    std::span<const double> edges;
    if (!open_doubles(object, "edges", &edges_buffer_, &edges)) return false;
    if (!check(edges, false) || !count(values, edges, histogram::count_between)) return false;
    without_gil_if_large(values_.bytes(),
                         [&] { tally_.moments = histogram::take_moments(values); });
    return true;
  }

  [[nodiscard]] bool count_uniform(histogram::Values values, PyObject* description) {
    double first = 0;
    double last = 0;
    Py_ssize_t buckets = 0;
    histogram::Moments& m = tally_.moments;
    if (PyArg_ParseTuple(description, "ddn(ddddd)", &first, &last, &buckets, &m.min, &m.max, &m.num,
                         &m.sum, &m.sum_squares) == 0) {
      return false;
    }
    if (buckets < 1 || static_cast<std::size_t>(buckets) > histogram::kMaxBuckets) {
      return invalid("bins must make 1 to 2^30 buckets, got " + std::to_string(buckets));
    }
    if (!std::isfinite(last - first)) {
      return invalid("the range of the values is too wide for uniform bins: " + text_of(first) +
                     " to " + text_of(last));
    }
    if (!edges_.allocate_zeroed(static_cast<std::size_t>(buckets) + 1)) return false;
    histogram::fill_uniform_edges(first, last, edges_.span());
    return check(edges_.span(), true) && count(values, edges_.span(), histogram::count_uniform);
  }

  template <class F>
  [[nodiscard]] bool count(histogram::Values values, std::span<const double> edges, const F& into) {
    PyMemory<std::uint64_t> exact;
    if (!exact.allocate_zeroed(edges.size() - 1) || !counts_.allocate_zeroed(edges.size() - 1)) {
      return false;
    }
    without_gil_if_large(values_.bytes(), [&] { into(values, edges, exact.span()); });
    for (std::size_t i = 0; i < exact.span().size(); ++i) {
      counts_.span()[i] = static_cast<double>(exact.span()[i]);
    }
    set_buckets(edges, counts_.span());
    return true;
  }

  static bool check(std::span<const double> edges, bool strictly) {
    if (edges.size() < 2) {
      return invalid("bins must have two edges at least, got " + std::to_string(edges.size()));
    }
    if (edges.size() - 1 > histogram::kMaxBuckets) {
      return invalid("bins make too many buckets: " + std::to_string(edges.size() - 1));
    }
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
      const bool rises = strictly ? edges[i] < edges[i + 1] : edges[i] <= edges[i + 1];
      if (!rises) {
        return invalid("the edges of bins must increase and not be NaN, got " + text_of(edges[i]) +
                       " before " + text_of(edges[i + 1]));
      }
    }
    return true;
  }

  void set_buckets(std::span<const double> edges, std::span<double> counts) {
    mutable_counts_ = counts;
    buckets_ = {edges, counts};
  }

  [[nodiscard]] bool merge(std::size_t max_buckets) {
    if (!merged_edges_.allocate_zeroed(buckets_.edges.size())) return false;
    std::copy(buckets_.edges.begin(), buckets_.edges.end(), merged_edges_.span().begin());
    const std::size_t left =
        histogram::merge_neighbours(max_buckets, merged_edges_.span(), mutable_counts_);
    buckets_ = {merged_edges_.span().first(left + 1), mutable_counts_.first(left)};
    return true;
  }

  TypedBuffer values_;
  TypedBuffer edges_buffer_;
  histogram::Tally tally_;
  PyMemory<double> edges_;
  PyMemory<double> counts_;
  PyMemory<double> merged_edges_;
  std::span<double> mutable_counts_;
  histogram::Buckets buckets_;
};

PyObject* wrong_count(const char* signature, Py_ssize_t got) {
  PyErr_Format(PyExc_TypeError, "%s got %zd arguments", signature, got);
  return nullptr;
}

// bytes with the Summary of one histogram.
PyObject* encode(PyObject* tag, const event::HistogramFields& fields) {
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(tag, &length);
  if (text == nullptr) return nullptr;
  const std::string_view name(text, static_cast<std::size_t>(length));
  const std::size_t size = event::histogram_summary_bytes(name, fields);
  if (size > kMaxMessage) {
    invalid("a Summary of " + std::to_string(size) + " bytes is more than a message may have, " +
            std::to_string(kMaxMessage));
    return nullptr;
  }
  PyObject* bytes = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size));
  if (bytes == nullptr) return nullptr;
  event::put_histogram_summary(reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(bytes)), name,
                               fields);
  return bytes;
}

PyObject* py_histogram_summary(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 5) {
    return wrong_count("histogram_summary(tag, values, bfloat16, edges, max_buckets)", count);
  }
  Counting counting;
  if (!counting.run(args + 1)) return nullptr;
  return encode(args[0], {counting.moments(), counting.buckets().edges, counting.buckets().counts});
}

// bytes of doubles, which NumPy wraps without a copy, read-only.
PyObject* doubles_to_bytes(std::span<const double> values) {
  return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(values.data()),
                                   static_cast<Py_ssize_t>(values.size_bytes()));
}

PyObject* moments_tuple(const histogram::Moments& m) {
  return Py_BuildValue("(ddddd)", m.min, m.max, m.num, m.sum, m.sum_squares);
}

PyObject* py_histogram_buckets(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 4) {
    return wrong_count("histogram_buckets(values, bfloat16, edges, max_buckets)", count);
  }
  Counting counting;
  if (!counting.run(args)) return nullptr;
  return Py_BuildValue("(NNN)", doubles_to_bytes(counting.buckets().edges),
                       doubles_to_bytes(counting.buckets().counts),
                       moments_tuple(counting.moments()));
}

PyObject* py_histogram_raw_summary(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 8) {
    return wrong_count(
        "histogram_raw_summary(tag, min, max, num, sum, sum_squares, limits, counts)", count);
  }
  std::array<double, 5> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = PyFloat_AsDouble(args[i + 1]);
    if (numbers[i] == -1.0 && PyErr_Occurred() != nullptr) return nullptr;
  }
  TypedBuffer limits_buffer;
  TypedBuffer counts_buffer;
  event::HistogramFields fields{
      {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]}, {}, {}};
  if (!open_doubles(args[6], "bucket_limits", &limits_buffer, &fields.limits) ||
      !open_doubles(args[7], "bucket_counts", &counts_buffer, &fields.counts)) {
    return nullptr;
  }
  if (fields.limits.size() != fields.counts.size()) {
    invalid("bucket_limits and bucket_counts must be of one length, got " +
            std::to_string(fields.limits.size()) + " and " + std::to_string(fields.counts.size()));
    return nullptr;
  }
  return encode(args[0], fields);
}

// (min, max, num, sum, sum_squares); all NaN but num when there is a NaN.
PyObject* py_histogram_moments(PyObject*, PyObject* object) {
  TypedBuffer buffer;
  histogram::Values values{};
  if (!open_values(object, false, &buffer, &values)) return nullptr;
  histogram::Moments moments{};
  without_gil_if_large(buffer.bytes(), [&] { moments = histogram::take_moments(values); });
  return moments_tuple(moments);
}

// (25 %, 75 %) of finite values.
PyObject* py_histogram_quartiles(PyObject*, PyObject* object) {
  TypedBuffer buffer;
  histogram::Values values{};
  if (!open_values(object, false, &buffer, &values)) return nullptr;
  histogram::Quartiles quartiles{};
  if (!without_gil_if_large(buffer.bytes(),
                            [&] { return histogram::find_quartiles(values, &quartiles); })) {
    return PyErr_NoMemory();
  }
  return Py_BuildValue("(dd)", quartiles.lower, quartiles.upper);
}

// (mean square, mean cube) of what finite values differ from `mean`.
PyObject* py_histogram_deviations(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return wrong_count("histogram_deviations(values, mean)", count);
  const double mean = PyFloat_AsDouble(args[1]);
  if (mean == -1.0 && PyErr_Occurred() != nullptr) return nullptr;
  TypedBuffer buffer;
  histogram::Values values{};
  if (!open_values(args[0], false, &buffer, &values)) return nullptr;
  histogram::Deviations deviations{};
  without_gil_if_large(buffer.bytes(),
                       [&] { deviations = histogram::take_deviations(values, mean); });
  return Py_BuildValue("(dd)", deviations.squares, deviations.cubes);
}

template <class F>
PyCFunction as_method(F function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"histogram_summary", as_method(py_histogram_summary), METH_FASTCALL, nullptr},
    {"histogram_buckets", as_method(py_histogram_buckets), METH_FASTCALL, nullptr},
    {"histogram_raw_summary", as_method(py_histogram_raw_summary), METH_FASTCALL, nullptr},
    {"histogram_moments", py_histogram_moments, METH_O, nullptr},
    {"histogram_quartiles", py_histogram_quartiles, METH_O, nullptr},
    {"histogram_deviations", as_method(py_histogram_deviations), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void register_histogram(py::module_& module) {
  if (PyModule_AddFunctions(module.ptr(), methods) != 0) throw py::error_already_set();
}

}  // namespace eventcodec::bindings
