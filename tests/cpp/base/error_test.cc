// Errors as values.
#include "base/error.h"

#include <cerrno>

#include "check.h"

using eventcodec::Errc;
using eventcodec::Error;
using eventcodec::Result;
using eventcodec::Status;

TEST(a_result_is_a_value_or_an_error) {
  const Result<std::string> good(std::string("yes"));
  CHECK(good.ok());
  CHECK_EQ(good.value(), std::string("yes"));
  const Result<std::string> bad(Error{.code = Errc::kCorrupt, .message = "no", .offset = 40});
  CHECK(!bad.ok());
  CHECK_EQ(bad.error().message, std::string("no"));
  CHECK_EQ(bad.error().offset, std::uint64_t{40});
  CHECK(Status().ok());
  CHECK(!Status(Error{.code = Errc::kClosed}).ok());
}

TEST(an_io_error_holds_the_errno_and_its_text) {
  const Error error = eventcodec::io_error("open", ENOENT);
  CHECK(error.code == Errc::kIo);
  CHECK_EQ(error.os_error, ENOENT);
  CHECK_EQ(error.message, std::string("open: No such file or directory"));
}

TEST(every_code_has_a_name) {
  for (const Errc code : {Errc::kInvalidArgument, Errc::kCorrupt, Errc::kTruncated, Errc::kTooLarge,
                          Errc::kOutOfMemory, Errc::kIo, Errc::kClosed, Errc::kCancelled}) {
    CHECK(std::string_view(eventcodec::name_of(code)) != "unknown");
  }
}
