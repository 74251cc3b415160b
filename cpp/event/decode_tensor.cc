// decode_tensor.cc - reads TensorProto messages.
#include "event/decode_tensor.h"

#include <bit>
#include <cmath>

#include "event/format.h"
#include "wire/read.h"

namespace eventcodec::event {

using wire::Field;
using wire::FieldReader;
using wire::tag;
using wire::Type;

namespace {

constexpr std::uint32_t kReferenceTypeOffset = 100;  // DT_FLOAT_REF and so on

bool decode_dim(ByteView message, std::int64_t* size) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kDimSize, Type::kVarint)) *size = static_cast<std::int64_t>(field.bits);
  }
  return reader.ok();
}

bool add_dim(ByteView message, TensorShape* shape) {
  std::int64_t size = 0;
  if (!decode_dim(message, &size) || size < 0 || shape->rank == kMaxRank) return false;
  if (shape->rank < shape->dims.size()) shape->dims[shape->rank] = static_cast<std::uint64_t>(size);
  ++shape->rank;
  return !__builtin_mul_overflow(shape->elements, static_cast<std::uint64_t>(size),
                                 &shape->elements);
}

bool decode_shape_fields(ByteView message, TensorShape* shape) {
  FieldReader reader(message);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kDim, Type::kBytes) && !add_dim(field.bytes, shape)) return false;
    if (field.key == tag(kUnknownRank, Type::kVarint) && field.bits != 0) shape->known = false;
  }
  return reader.ok();
}

double bfloat16_to_double(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}

template <class T>
double widen(const std::uint8_t* p) {
  return static_cast<double>(load_le<T>(p));
}

// How the values of a dtype stand in a tensor.
struct Layout {
  std::uint32_t field;                          // the *_val field
  Type type;                                    // its wire type when it is not packed
  std::size_t content_bytes;                    // of one element in tensor_content
  double (*from_content)(const std::uint8_t*);  // of one element there
  double (*from_varint)(std::uint64_t);         // of one element of a varint *_val field
};

double from_signed(std::uint64_t bits) {
  return static_cast<double>(static_cast<std::int64_t>(bits));
}
double from_unsigned(std::uint64_t bits) { return static_cast<double>(bits); }

// torch stores the bits of a float32 where the 16 bits of a half belong. No number of 16 bits but
// zero has 32 bits that would fit into 16.
constexpr std::uint64_t kMost16Bits = 0xffff;
double from_float32_bits(std::uint64_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}
double from_half(std::uint64_t bits) {
  if (bits > kMost16Bits) return from_float32_bits(bits);
  return half_to_double(static_cast<std::uint16_t>(bits));
}
double from_bfloat16(std::uint64_t bits) {
  if (bits > kMost16Bits) return from_float32_bits(bits);
  return bfloat16_to_double(static_cast<std::uint16_t>(bits));
}
double half_content(const std::uint8_t* p) { return half_to_double(load_le<std::uint16_t>(p)); }
double bfloat16_content(const std::uint8_t* p) {
  return bfloat16_to_double(load_le<std::uint16_t>(p));
}

constexpr Layout kNotNumeric{0, Type::kBytes, 0, nullptr, nullptr};

Layout layout_of(std::uint32_t dtype) {
  switch (dtype) {
    case kFloat:
      return {kFloatVal, Type::kFixed32, 4, widen<float>, nullptr};
    case kDouble:
      return {kDoubleVal, Type::kFixed64, 8, widen<double>, nullptr};
    case kInt32:
      return {kIntVal, Type::kVarint, 4, widen<std::int32_t>, from_signed};
    case kInt16:
      return {kIntVal, Type::kVarint, 2, widen<std::int16_t>, from_signed};
    case kInt8:
      return {kIntVal, Type::kVarint, 1, widen<std::int8_t>, from_signed};
    case kUint8:
      return {kIntVal, Type::kVarint, 1, widen<std::uint8_t>, from_signed};
    case kUint16:
      return {kIntVal, Type::kVarint, 2, widen<std::uint16_t>, from_signed};
    case kInt64:
      return {kInt64Val, Type::kVarint, 8, widen<std::int64_t>, from_signed};
    case kBool:
      return {kBoolVal, Type::kVarint, 1, widen<std::uint8_t>, from_unsigned};
    case kUint32:
      return {kUint32Val, Type::kVarint, 4, widen<std::uint32_t>, from_unsigned};
    case kUint64:
      return {kUint64Val, Type::kVarint, 8, widen<std::uint64_t>, from_unsigned};
    case kHalf:
      return {kHalfVal, Type::kVarint, 2, half_content, from_half};
    case kBfloat16:
      return {kHalfVal, Type::kVarint, 2, bfloat16_content, from_bfloat16};
    default:
      return kNotNumeric;
  }
}

// Whether a value stands in any *_val field.
bool has_val(ByteView tensor) {
  FieldReader reader(tensor);
  Field field;
  while (reader.next(&field)) {
    const std::uint32_t number = field.key >> 3;
    const bool empty = (field.key & 7) == static_cast<std::uint32_t>(Type::kBytes) &&
                       field.bytes.empty();  // of packed ones none
    if (number >= kFloatVal && number <= kUint64Val && !empty) return true;
  }
  return false;
}

// Calls f(value, pointer or nullptr) for every number that stands in the *_val field.
template <class F>
bool for_each_val(ByteView tensor, const Layout& layout, F&& f) {
  FieldReader reader(tensor);
  Field field;
  const std::uint32_t packed_key = tag(layout.field, Type::kBytes);
  const std::uint32_t single_key = tag(layout.field, layout.type);
  while (reader.next(&field)) {
    bool ok = true;
    if (field.key == packed_key && layout.type == Type::kVarint) {
      ok = wire::for_each_packed_varint(
          field.bytes, [&](std::uint64_t bits) { f(layout.from_varint(bits), nullptr); });
    } else if (field.key == packed_key) {
      if (field.bytes.size() % layout.content_bytes != 0) return false;
      for (std::size_t at = 0; at != field.bytes.size(); at += layout.content_bytes) {
        f(layout.from_content(field.bytes.data() + at), field.bytes.data() + at);
      }
    } else if (field.key == single_key && layout.type == Type::kVarint) {
      f(layout.from_varint(field.bits), nullptr);
    } else if (field.key == single_key) {
      f(layout.from_content(field.bytes.data()), field.bytes.data());
    }
    if (!ok) return false;
  }
  return reader.ok();
}

// The same, and for those that torch's add_tensor puts elsewhere. None at all means zeros, but not
// when there are some where they do not belong.
template <class F>
bool for_each_long_form(ByteView tensor, Layout layout, F&& f) {
  std::size_t count = 0;
  const auto counted = [&](double value, const std::uint8_t* at) {
    f(value, at);
    ++count;
  };
  if (!for_each_val(tensor, layout, counted)) return false;
  if (count == 0 && layout.field == kIntVal) {
    layout.field = kUint32Val;  // of uint8
    layout.from_varint = from_unsigned;
    if (!for_each_val(tensor, layout, counted)) return false;
  }
  return count != 0 || !has_val(tensor);
}

// tensor_content, empty when there is none.
bool find_content(ByteView tensor, ByteView* content) {
  FieldReader reader(tensor);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kTensorContent, Type::kBytes)) *content = field.bytes;
  }
  return reader.ok();
}

// Calls f for every number that stands in the tensor, wherever it stands.
template <class F>
bool for_each_number(ByteView tensor, const Layout& layout, F&& f) {
  ByteView content;
  if (layout.field == 0 || !find_content(tensor, &content)) return false;
  if (content.empty()) return for_each_long_form(tensor, layout, f);
  if (content.size() % layout.content_bytes != 0) return false;
  for (std::size_t at = 0; at != content.size(); at += layout.content_bytes) {
    f(layout.from_content(content.data() + at), content.data() + at);
  }
  return true;
}

}  // namespace

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  double magnitude = 0;
  if (exponent == 0) {
    magnitude = std::ldexp(fraction, -24);
  } else if (exponent == 31) {
    magnitude = fraction == 0 ? HUGE_VAL : std::nan("");
  } else {
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  }
  return std::copysign(magnitude, (bits & 0x8000) != 0 ? -1.0 : 1.0);
}

bool decode_tensor_shape(ByteView tensor, TensorShape* shape) {
  *shape = {};
  FieldReader reader(tensor);
  Field field;
  bool present = false;
  shape->known = true;
  while (reader.next(&field)) {
    if (field.key == tag(kDtype, Type::kVarint)) {
      shape->dtype = static_cast<std::uint32_t>(field.bits);
      if (shape->dtype > kReferenceTypeOffset) shape->dtype -= kReferenceTypeOffset;
    } else if (field.key == tag(kTensorShape, Type::kBytes)) {
      present = true;
      if (!decode_shape_fields(field.bytes, shape)) return false;
    }
  }
  shape->known = shape->known && present;
  if (!shape->known) shape->elements = 1;
  return reader.ok();
}

bool decode_tensor_scalar(ByteView tensor, TensorScalar* scalar) {
  TensorShape shape;
  if (!decode_tensor_shape(tensor, &shape) || shape.elements != 1) return false;
  const Layout layout = layout_of(shape.dtype);
  std::size_t count = 0;
  const bool ok = for_each_number(tensor, layout, [&](double value, const std::uint8_t* at) {
    scalar->value = value;
    scalar->at = at;
    ++count;
  });
  if (!ok || count > 1) return false;
  const bool is_float = shape.dtype == kFloat || shape.dtype == kDouble;
  scalar->bytes = is_float && scalar->at != nullptr ? layout.content_bytes : 0;
  return true;
}

bool decode_tensor_numbers(ByteView tensor, TensorShape* shape, std::vector<double>* numbers) {
  if (!decode_tensor_shape(tensor, shape)) return false;
  const bool ok =
      for_each_number(tensor, layout_of(shape->dtype),
                      [numbers](double value, const std::uint8_t*) { numbers->push_back(value); });
  if (!ok) return false;
  if (!shape->known) shape->elements = numbers->size();
  if (numbers->size() > shape->elements) return false;
  if (numbers->size() == shape->elements) return true;
  if (shape->elements > kMaxFilledElements) return false;
  const double last = numbers->empty() ? 0.0 : numbers->back();
  numbers->resize(static_cast<std::size_t>(shape->elements), last);
  return true;
}

bool decode_tensor_strings(ByteView tensor, TensorShape* shape, std::vector<ByteView>* strings) {
  if (!decode_tensor_shape(tensor, shape) || shape->dtype != kString) return false;
  FieldReader reader(tensor);
  Field field;
  while (reader.next(&field)) {
    if (field.key == tag(kStringVal, Type::kBytes)) strings->push_back(field.bytes);
  }
  return reader.ok();
}

}  // namespace eventcodec::event
