// index_file.cc - reads what is new of a file for an index.
#include "archive/index_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "archive/record_walk.h"
#include "crc32c/crc32c.h"
#include "event/decode.h"
#include "scan/descriptor.h"

namespace eventcodec::archive {
namespace {

// Adds the bytes of an event's record to its tags, as Rewriter counts them.
void count(scan::EventFile& file, const Step& step, event::Joined& joined,
           std::vector<event::ValueView>& values, std::vector<std::uint64_t>& sizes) {
  event::EventView event;
  if (!event::decode_event(step.payload(), &event)) return;
  if (event.what == event::What::kSummaryOfValues) {
    joined.clear();
    values.clear();
    sizes.clear();
    std::uint64_t value_bytes = 0;
    const bool ok = event::for_each_value(event, [&](ByteView bytes) {
      sizes.push_back(bytes.size());
      value_bytes += bytes.size();
      return event::decode_value(bytes, joined, &values.emplace_back());
    });
    if (!ok || values.empty()) return;
    const std::uint64_t share = (step.bytes - value_bytes) / values.size();
    for (std::size_t i = 0; i != values.size(); ++i) {
      file.add_bytes(as_text(values[i].tag), sizes[i] + share);
    }
  } else if (event.what == event::What::kGraph || event.what == event::What::kMetaGraph ||
             event.what == event::What::kRunMetadata) {
    event::ValueView value;
    if (event::decode_graph_value(event, &value)) file.add_bytes(as_text(value.tag), step.bytes);
  }
}

// Adds the bytes of the records from `begin` on to the tags. A VisualDL log has counted its own.
Status count_bytes(scan::EventFile& file, int fd, std::uint64_t begin) {
  if (file.format() == scan::Format::kVisualDl) return {};
  Buffer buffer;
  event::Joined joined;
  std::vector<event::ValueView> values;
  std::vector<std::uint64_t> sizes;
  RecordWalk walk(fd, begin, std::max(begin, file.committed()), buffer);
  while (true) {
    const Result<Step> step = walk.next();
    if (!step.ok()) return step.error();
    if (step.value().kind == Step::Kind::kEnd) return {};
    if (step.value().kind == Step::Kind::kRecord) count(file, step.value(), joined, values, sizes);
  }
}

Result<std::uint32_t> crc_before(int fd, std::uint64_t end, std::uint64_t tail) {
  Buffer bytes;
  const std::uint64_t wanted = std::min(end, tail);
  std::uint8_t* to = bytes.reserve(wanted);
  if (to == nullptr) return Error{.code = Errc::kOutOfMemory, .message = "the end of a file"};
  while (bytes.size() != wanted) {
    const ssize_t got = ::pread(fd, to + bytes.size(), wanted - bytes.size(),
                                static_cast<off_t>(end - wanted + bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) break;  // cut short meanwhile: the next pass will see it
    bytes.commit(static_cast<std::size_t>(got));
  }
  return crc32c::value(bytes.view());
}

}  // namespace

Result<IndexedFile> index_file(scan::EventFile& file, const scan::Saving& saving,
                               std::uint64_t tail) {
  return without_bad_alloc([&]() -> Result<IndexedFile> {
    IndexedFile made{.begin = file.committed()};
    const std::uint64_t generation = file.generation();
    Buffer buffer;
    Status status = file.scan({.saving = &saving}, buffer);
    if (!status.ok()) return status.error();
    if (file.generation() != generation) made.begin = 0;
    const Result<scan::Descriptor> opened = scan::Descriptor::open_file(file.path());
    if (!opened.ok()) return opened.error();
    status = count_bytes(file, opened.value().get(), made.begin);
    if (!status.ok()) return status.error();
    const Result<std::uint32_t> crc = crc_before(opened.value().get(), file.committed(), tail);
    if (!crc.ok()) return crc.error();
    made.tail_crc = crc.value();
    made.state_offset = saving.writer->offset();
    status = file.save(*saving.writer);
    if (!status.ok()) return status.error();
    made.state_bytes = saving.writer->offset() - made.state_offset;
    return made;
  });
}

}  // namespace eventcodec::archive
