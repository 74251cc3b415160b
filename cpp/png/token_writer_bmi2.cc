// token_writer_bmi2.cc - the same with shifts by any register, which BMI2 brings.
#include "png/token_writer_body.h"

namespace eventcodec::png {

void write_tokens_bmi2(const std::uint8_t* data, const Token* tokens, std::size_t count,
                       const BlockCodes& codes, BitWriter* to) {
  write_tokens(data, tokens, count, codes, to, OneByOne{});
}

}  // namespace eventcodec::png
