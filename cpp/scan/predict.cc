// predict.cc - learns what scalar records look like; picks the kernel that reads them.
#include "scan/predict.h"

#include <array>

#include "scan/predict_kernels.h"

namespace eventcodec::scan {
namespace {

constexpr std::array kKernels = {
#if defined(__x86_64__)
    Kernel<PredictFn>{"avx2", cpu::kSse42 | cpu::kAvx2 | cpu::kFastPext, predict_avx2},
    Kernel<PredictFn>{"sse42", cpu::kSse42, predict_sse42},
#endif
    Kernel<PredictFn>{"portable", 0, predict_portable},
};

// With more series what is fetched for their next rows falls out of the second-level cache before
// those rows come.
constexpr std::size_t kMostFetchedAhead = 4096;

}  // namespace

std::span<const Kernel<PredictFn>> kernels() { return kKernels; }

const Kernel<PredictFn>& chosen() {
  static const Kernel<PredictFn>& kernel = select(kernels());
  return kernel;
}

void Predictor::forget() {
  shapes_ = std::vector<Shape>();  // not = {}, which keeps the memory
  prediction_ = {};
}

void Predictor::begin() {
  constexpr std::size_t kFew = 16;
  if (!shapes_.empty()) return;
  shapes_.reserve(kFew);
  shapes_.emplace_back();
  shapes_[0].bytes = 0xffffffff;  // longer than any summary
}

std::optional<std::uint32_t> Predictor::expected() const {
  if (prediction_.current == 0) return std::nullopt;
  return shapes_[prediction_.current].series;
}

void Predictor::follow(std::vector<Series>& all) {
  for (Series& series : all) {
    if (series.shape != 0 && series.shape < shapes_.size())
      shapes_[series.shape].rows = &series.rows;
  }
}

Prediction& Predictor::prepare(bool verify, const StepRange& steps) {
  begin();
  prediction_.shapes = shapes_.data();
  prediction_.verify = verify;
  prediction_.fetch_ahead = shapes_.size() <= kMostFetchedAhead;
  prediction_.steps = steps;
  prediction_.long_crc = crc32c::chosen().fn;
  return prediction_;
}

bool Predictor::describe(ByteView value, const std::uint8_t* number, std::size_t number_bytes,
                         Shape* shape) {
  const auto prefix = static_cast<std::size_t>(number - value.data());
  const std::size_t suffix = value.size() - prefix - number_bytes;
  if (prefix > kMaxShapeBytes || suffix > kMaxShapeBytes) return false;
  store_bytes(shape->prefix, value.first(prefix));
  store_bytes(shape->suffix, value.last(suffix));
  shape->prefix_bytes = static_cast<std::uint32_t>(prefix);
  shape->suffix_bytes = static_cast<std::uint32_t>(suffix);
  shape->number_bytes = static_cast<std::uint32_t>(number_bytes);
  shape->bytes = static_cast<std::uint32_t>(value.size());
  return true;
}

void Predictor::learn(Series& series, std::uint32_t id, ByteView value, const std::uint8_t* number,
                      std::size_t number_bytes) {
  begin();
  Shape shape;
  if (!describe(value, number, number_bytes, &shape)) return;
  shape.rows = &series.rows;
  shape.series = id;
  shape.kept = series.unwanted ? 0 : 1;
  if (series.shape == 0) {
    series.shape = static_cast<std::uint32_t>(shapes_.size());
    shapes_.push_back(shape);
    prediction_.shapes = shapes_.data();
  } else {
    shape.next = shapes_[series.shape].next;
    shapes_[series.shape] = shape;
  }
  shapes_[prediction_.last].next = series.shape;
  shapes_[0].next = 0;
  prediction_.last = series.shape;
  prediction_.current = shapes_[series.shape].next;
}

}  // namespace eventcodec::scan
