// encode_text.h - Summary bytes of a text.  In: a tag and UTF-8 text.  Out: a Summary with one
// Value, as torch and tensorboardX store it: a string tensor of shape [1] under
// "<tag>/text_summary" with the plugin name "text".
#pragma once

#include <string_view>

#include "base/buffer.h"

namespace eventcodec::event {

// Appends to `out`. False: out of memory, and `out` is unchanged.
[[nodiscard]] bool encode_text_summary(std::string_view tag, std::string_view text, Buffer& out);

}  // namespace eventcodec::event
