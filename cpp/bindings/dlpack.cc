// dlpack.cc - the one number of a tensor in the CPU's memory, read where it stands.
#include "bindings/dlpack.h"
// Python first
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "histogram/widen.h"

namespace eventcodec::bindings {
namespace {

using histogram::Dtype;

// ---- the binary interface, as DLPack 1.3 lays it out ----

constexpr std::uint32_t kMajorVersion = 1;
constexpr const char* kAttribute = "__dlpack_c_exchange_api__";
constexpr const char* kCapsuleName = "dlpack_exchange_api";
constexpr std::int32_t kCpu = 1;
enum Code : std::uint8_t { kInt = 0, kUint = 1, kFloat = 2, kBfloat = 4, kBool = 6 };

struct Tensor {
  void* data;
  std::int32_t device_type, device_id;
  std::int32_t axes;
  std::uint8_t code, bits;
  std::uint16_t lanes;
  const std::int64_t* shape;
  const std::int64_t* strides;
  std::uint64_t byte_offset;
};

// Fills a Tensor whose memory `object` keeps; -1 with a Python error set.
using ViewOf = int (*)(void* object, Tensor* view);

struct Functions {
  std::uint32_t major, minor;
  const Functions* older;  // for consumers that know an older major version only
  void (*allocate)();
  void (*managed_of)();
  void (*object_of)();
  ViewOf view_of;  // may be null
  void (*current_stream)();
};

// ---- what types offer ----

struct TensorType {
  PyTypeObject* type = nullptr;
  ViewOf view_of = nullptr;    // null: the type offers nothing
  PyObject* is_neg = nullptr;  // torch's: memory holds the negative of what the tensor stands for
  int refusals = 0;
};

// A refusal of torch collects a stack trace, which costs much more than it could have saved.
constexpr int kMostRefusals = 8;

ViewOf find_view_of(PyObject* functions_capsule) {
  const auto* functions =
      static_cast<const Functions*>(PyCapsule_GetPointer(functions_capsule, kCapsuleName));
  while (functions != nullptr && functions->major > kMajorVersion) functions = functions->older;
  return functions == nullptr || functions->major != kMajorVersion ? nullptr : functions->view_of;
}

// What a type publishes itself; one derived from it may mean something else by its number.
TensorType examine(PyTypeObject* type) {
  TensorType found{.type = type};
  auto* const object = reinterpret_cast<PyObject*>(type);
  PyObject* const own = PyObject_GetAttrString(object, "__dict__");
  PyObject* const capsule = own == nullptr ? nullptr : PyMapping_GetItemString(own, kAttribute);
  if (capsule != nullptr) found.view_of = find_view_of(capsule);
  if (found.view_of != nullptr) found.is_neg = PyObject_GetAttrString(object, "is_neg");
  Py_XDECREF(capsule);
  Py_XDECREF(own);
  PyErr_Clear();
  return found;
}

// Null for a type that offers nothing. Types are kept, so that no other gets their address.
TensorType* tensor_type(PyTypeObject* type) {
  static std::array<TensorType, 32> offering;
  static PyTypeObject* last_without = nullptr;
  if (type == last_without) return nullptr;
  for (TensorType& known : offering) {
    if (known.type == type) return &known;
    if (known.type != nullptr) continue;
    TensorType found = examine(type);
    Py_INCREF(type);
    if (found.view_of == nullptr) {
      Py_XDECREF(std::exchange(last_without, type));
      return nullptr;
    }
    known = found;
    return &known;
  }
  return nullptr;
}

std::optional<Dtype> dtype_of(const Tensor& view) {
  if (view.lanes != 1) return std::nullopt;
  switch (view.code << 8 | view.bits) {
    case kBool << 8 | 8:
      return Dtype::kBool;
    case kInt << 8 | 8:
      return Dtype::kInt8;
    case kInt << 8 | 16:
      return Dtype::kInt16;
    case kInt << 8 | 32:
      return Dtype::kInt32;
    case kInt << 8 | 64:
      return Dtype::kInt64;
    case kUint << 8 | 8:
      return Dtype::kUint8;
    case kUint << 8 | 16:
      return Dtype::kUint16;
    case kUint << 8 | 32:
      return Dtype::kUint32;
    case kUint << 8 | 64:
      return Dtype::kUint64;
    case kFloat << 8 | 16:
      return Dtype::kFloat16;
    case kFloat << 8 | 32:
      return Dtype::kFloat32;
    case kFloat << 8 | 64:
      return Dtype::kFloat64;
    case kBfloat << 8 | 16:
      return Dtype::kBfloat16;
    default:
      return std::nullopt;
  }
}

bool has_one_element(const Tensor& view) {
  for (std::int32_t axis = 0; axis < view.axes; ++axis) {
    if (view.shape[axis] != 1) return false;
  }
  return true;
}

// Whether memory holds what the tensor stands for. torch's views of conjugated complex numbers
// share the memory of the originals; DLPack cannot say so, and torch exports them nevertheless.
bool is_as_stored(const TensorType& type, PyObject* object) {
  if (type.is_neg == nullptr) return true;
  PyObject* const answer = PyObject_CallOneArg(type.is_neg, object);
  if (answer == nullptr) PyErr_Clear();
  Py_XDECREF(answer);
  return answer == Py_False;
}

}  // namespace

bool read_tensor_number(PyObject* object, double* number) {
  TensorType* const type = tensor_type(Py_TYPE(object));
  if (type == nullptr || type->refusals >= kMostRefusals) return false;
  Tensor view{};
  if (type->view_of(object, &view) != 0) {
    PyErr_Clear();
    ++type->refusals;
    return false;
  }
  // Tensors that only describe one, as torch.compile traces them, have no memory.
  if (view.device_type != kCpu || view.data == nullptr || !has_one_element(view)) return false;
  const std::optional<Dtype> dtype = dtype_of(view);
  if (!dtype.has_value() || !is_as_stored(*type, object)) return false;
  const auto* const element = static_cast<const std::uint8_t*>(view.data) + view.byte_offset;
  histogram::with_stored(
      *dtype, [&]<class Stored>(Stored) { *number = static_cast<double>(Stored::load(element)); });
  return true;
}

}  // namespace eventcodec::bindings
