// error.h - what can go wrong in the core, as values. The core never throws, logs or aborts;
// cpp/bindings/errors.cc turns an Error into a Python exception.
#pragma once

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace eventcodec {

// What the caller may do about it is the difference between the codes.
enum class Errc : std::uint8_t {
  kInvalidArgument,  // the call was wrong; nothing happened
  kCorrupt,          // bytes are wrong: skip them or stop
  kTruncated,        // bytes end early: try again when there are more
  kTooLarge,         // a limit of ours or of the format
  kOutOfMemory,      //
  kIo,               // the operating system said no; os_error holds errno
  kClosed,           // used after close
  kCancelled,        // whoever was asked in between has no answer
};

struct Error {
  Errc code = Errc::kInvalidArgument;
  std::string message;       // one line, with the offending value, without the path
  int os_error = 0;          // errno of kIo
  std::uint64_t offset = 0;  // byte in the file, of kCorrupt and kTruncated
  std::uint32_t got = 0;     // checksum found, where one was wrong
  std::uint32_t want = 0;    // checksum expected
};

// "io", "corrupt", ...: the name used in messages and by Python.
const char* name_of(Errc code);

// Error{kIo} for the current errno: "open: No such file or directory".
Error io_error(const char* operation, int os_error) noexcept;

// Either a T or an Error. Check ok() before value().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  [[nodiscard]] T& value() { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const { return *std::get_if<0>(&state_); }
  [[nodiscard]] Error& error() { return *std::get_if<1>(&state_); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] Error& error() { return *error_; }
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

// f(), or Error{kOutOfMemory} when memory runs out in a string or container inside it. For the
// outermost functions of the core: what f() does must be whole at every allocation.
template <class F>
auto without_bad_alloc(F&& f) noexcept -> decltype(f()) {
  try {
    return std::forward<F>(f)();
  } catch (const std::bad_alloc&) {
    return Error{.code = Errc::kOutOfMemory, .message = "out of memory"};  // needs none
  }
}

}  // namespace eventcodec
