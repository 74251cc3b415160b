// fetch.cc - reads the value that a Reference points at.
#include "scan/fetch.h"

#include <unistd.h>

#include <cerrno>

#include "record/unframe.h"
#include "scan/descriptor.h"

namespace eventcodec::scan {

using record::Unframed;

namespace {

Error corrupt(const std::string& what, std::uint64_t offset) {
  return {.code = Errc::kCorrupt,
          .message = what + " at byte " + std::to_string(offset),
          .offset = offset};
}

// Fills `record` up to `bytes` bytes, or to the end of the file.
Status read_up_to(int fd, std::uint64_t offset, std::uint64_t bytes, Buffer& record) {
  while (record.size() < bytes) {
    const std::size_t room = static_cast<std::size_t>(bytes) - record.size();
    std::uint8_t* tail = record.reserve(room);
    if (tail == nullptr) return Error{.code = Errc::kOutOfMemory, .message = "record"};
    const ssize_t got = ::pread(fd, tail, room, static_cast<off_t>(offset + record.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) return {};
    record.commit(static_cast<std::size_t>(got));
  }
  return {};
}

// Reads and checks the record at `offset`.
Status read_record(const Descriptor& file, std::uint64_t offset, Buffer& record,
                   ByteView* payload) {
  const auto size = static_cast<std::uint64_t>(file.status().st_size);
  std::uint64_t wanted = record::kHeaderBytes;
  while (true) {
    if (offset > size || wanted > size - offset)
      return corrupt("the file ends inside the record", offset);
    Status status = read_up_to(file.get(), offset, wanted, record);
    if (!status.ok()) return status;
    const Unframed found = record::unframe(record.view(), record::Verify::kYes);
    if (found.kind == Unframed::Kind::kRecord) {
      *payload = found.payload;
      return {};
    }
    if (found.kind == Unframed::Kind::kDamage) {
      Error error = corrupt(record::reason_of(found.damage), offset);
      error.got = found.got;
      error.want = found.want;
      return error;
    }
    if (record.size() < wanted) return corrupt("the file ends inside the record", offset);
    wanted = found.bytes;
  }
}

}  // namespace

Status fetch(const std::string& path, const Reference& reference, std::string_view tag,
             Fetched* fetched) {
  Result<Descriptor> file = Descriptor::open_file(path);
  if (!file.ok()) return file.error();
  ByteView payload;
  Status status = read_record(file.value(), reference.offset, fetched->record, &payload);
  if (!status.ok()) return status;
  event::EventView event;
  std::uint32_t index = 0;
  bool found = false;
  const auto visit = [&](ByteView value) {
    if (index++ != reference.value) return true;
    fetched->bytes = value;
    found = event::decode_value(value, fetched->joined, &fetched->value);
    return false;  // no need for the rest
  };
  if (event::decode_event(payload, &event)) {
    if (event.what == event::What::kSummaryOfValues) {
      (void)event::for_each_value(event, visit);
    } else {
      fetched->bytes = event.body;
      found = event::decode_graph_value(event, &fetched->value);
    }
  }
  if (!found || as_text(fetched->value.tag) != tag) {
    return corrupt("another record than when the file was scanned stands", reference.offset);
  }
  return {};
}

}  // namespace eventcodec::scan
