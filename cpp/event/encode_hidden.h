// encode_hidden.h - a value that shows nothing and hides what stands before it.  In: a tag.  Out:
// one Value of a Summary.
// TensorBoard's data server drops the points of a tag from the step of a new one on, and takes no
// notice of restarts. Given a value of a kind that the tag does not have, it drops them and shows
// nothing in their place. (data/server/reservoir.rs, StageReservoir::offer; data_compat.rs)
// Readers that sort values by kind pass over an obsolete_old_style_histogram.
#pragma once

#include <string_view>

#include "base/buffer.h"

namespace eventcodec::event {

// Appends to `out`. False: out of memory, and `out` is unchanged.
[[nodiscard]] bool encode_hidden_value(std::string_view tag, Buffer& out);

}  // namespace eventcodec::event
