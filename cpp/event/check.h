// check.h - whether other readers take an event.  In: a record's payload.  Out: nothing, or why
// not.  decode.h is lenient, because a reader wants what is there; TensorBoard's readers give up
// on a whole file over one event that is not exactly as its schema says. Iterative; the depth of
// messages is limited.
#pragma once

#include "base/bytes.h"

namespace eventcodec::event {

// Messages inside messages that any event of a real writer has are at most eight deep; protobuf's
// own readers refuse a hundred.
inline constexpr std::size_t kMaxMessageDepth = 32;

// nullptr when every known field of `payload` has its type of the schema, every string is UTF-8,
// messages end where their lengths say, and the wall time is a finite number. Else the reason, in
// words that do not change.
const char* fault_of(ByteView payload);

// Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. Source: RFC 3629.
bool is_utf8(ByteView text);

}  // namespace eventcodec::event
