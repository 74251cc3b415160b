// predict_kernels.h - entry points of the kernels of predict.h.
#pragma once

#include <cstdint>

namespace eventcodec::scan {

struct Prediction;

const std::uint8_t* predict_portable(Prediction& prediction, const std::uint8_t* begin,
                                     const std::uint8_t* end);
const std::uint8_t* predict_sse42(Prediction& prediction, const std::uint8_t* begin,
                                  const std::uint8_t* end);
const std::uint8_t* predict_avx2(Prediction& prediction, const std::uint8_t* begin,
                                 const std::uint8_t* end);

}  // namespace eventcodec::scan
