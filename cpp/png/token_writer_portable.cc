// token_writer_portable.cc - the token writer for every machine; the others are tested against it.
#include "png/token_writer_body.h"

namespace eventcodec::png {

void write_tokens_portable(const std::uint8_t* data, const Token* tokens, std::size_t count,
                           const BlockCodes& codes, BitWriter* to) {
  write_tokens(data, tokens, count, codes, to, OneByOne{});
}

}  // namespace eventcodec::png
