// errors.h - the one place where a core Error becomes a Python exception.
#pragma once

#include "bindings/pybind.h"
// pybind.h first
#include <string_view>

#include "base/error.h"

namespace eventcodec::bindings {

// Sets the Python error for `error`: kIo is an OSError of the errno's own class, kInvalidArgument
// a ValueError, the others the classes of eventcodec.errors. `path` may be empty.
void set_error(const Error& error, std::string_view path);

// set_error, then throws py::error_already_set.
[[noreturn]] void raise(const Error& error, std::string_view path = {});

// The value, or the exception.
template <class T>
T&& unwrap(Result<T>&& result, std::string_view path = {}) {
  if (!result.ok()) raise(result.error(), path);
  return std::move(result.value());
}
inline void unwrap(Status&& status, std::string_view path = {}) {
  if (!status.ok()) raise(status.error(), path);
}

}  // namespace eventcodec::bindings
