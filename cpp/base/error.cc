// error.cc - names of error codes and the text of operating-system errors.
#include "base/error.h"

#include <new>
#include <system_error>

namespace eventcodec {

const char* name_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return "invalid argument";
    case Errc::kCorrupt:
      return "corrupt";
    case Errc::kTruncated:
      return "truncated";
    case Errc::kTooLarge:
      return "too large";
    case Errc::kOutOfMemory:
      return "out of memory";
    case Errc::kIo:
      return "io";
    case Errc::kCancelled:
      return "cancelled";
    case Errc::kClosed:
      return "closed";
  }
  return "unknown";
}

Error io_error(const char* operation, int os_error) noexcept {
  Error error{.code = Errc::kIo, .message = {}, .os_error = os_error};
  try {
    // std::generic_category is thread-safe where strerror is not.
    error.message = std::string(operation) + ": " + std::generic_category().message(os_error);
  } catch (const std::bad_alloc&) {
    error.message = "I/O error";  // short enough to need no memory
  }
  return error;
}

}  // namespace eventcodec
