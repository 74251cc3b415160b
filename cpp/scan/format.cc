// format.cc - which of the two families a file belongs to.
#include "scan/format.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "record/unframe.h"
#include "vdl/unframe.h"

namespace eventcodec::scan {

const char* name_of(Format format) { return format == Format::kVisualDl ? "visualdl" : "events"; }

Format format_of(ByteView begin, std::string_view path) {
  if (begin.size() >= record::kHeaderBytes &&
      record::unframe(begin, record::Verify::kNo).kind != record::Unframed::Kind::kDamage) {
    return Format::kEvents;
  }
  if (vdl::read_header(begin).kind == vdl::Header::Kind::kRecord) return Format::kVisualDl;
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  return name.find("vdlrecords") == std::string_view::npos ? Format::kEvents : Format::kVisualDl;
}

Result<Format> format_of(int fd, std::string_view path) {
  std::array<std::uint8_t, 64> begin{};  // more than either header
  ssize_t got = -1;
  do {
    got = ::pread(fd, begin.data(), begin.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return io_error("read", errno);
  return format_of(ByteView(begin).first(static_cast<std::size_t>(got)), path);
}

}  // namespace eventcodec::scan
