// fetch.cc - reads the value that a Reference points at.
#include "scan/fetch.h"

#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "record/unframe.h"
#include "scan/descriptor.h"
#include "vdl/unframe.h"

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

// What the bytes of a record that were read so far say.
struct Step {
  bool whole = false;
  std::uint64_t wanted = 0;  // not whole: read at least that many bytes
  std::optional<Error> error = std::nullopt;
};

Step step_of_event(ByteView record, std::uint64_t offset, ByteView* payload) {
  const Unframed found = record::unframe(record, record::Verify::kYes);
  if (found.kind == Unframed::Kind::kNeedMore) return {.wanted = found.bytes};
  *payload = found.payload;
  if (found.kind == Unframed::Kind::kRecord) return {.whole = true};
  Error error = corrupt(record::reason_of(found.damage), offset);
  error.got = found.got;
  error.want = found.want;
  return {.error = std::move(error)};
}

Step step_of_vdl(ByteView record, std::uint64_t offset, ByteView* payload) {
  const vdl::Header header = vdl::read_header(record);
  if (header.kind == vdl::Header::Kind::kContradicts) {
    return {.error = corrupt("the record's lengths contradict each other", offset)};
  }
  if (header.kind == vdl::Header::Kind::kNeedMore) return {.wanted = vdl::kHeaderBytes};
  if (record.size() < header.bytes) return {.wanted = header.bytes};
  *payload = record.first(static_cast<std::size_t>(header.bytes)).subspan(vdl::kLengthBytes);
  return {.whole = true};
}

// Reads and checks the record at `offset`.
Status read_record(const Descriptor& file, Format format, std::uint64_t offset, Buffer& record,
                   ByteView* payload) {
  const auto size = static_cast<std::uint64_t>(file.status().st_size);
  const auto step_of = format == Format::kVisualDl ? step_of_vdl : step_of_event;
  std::uint64_t wanted = record::kHeaderBytes;
  while (true) {
    if (offset > size || wanted > size - offset)
      return corrupt("the file ends inside the record", offset);
    Status status = read_up_to(file.get(), offset, wanted, record);
    if (!status.ok()) return status;
    Step step = step_of(record.view(), offset, payload);
    if (step.whole) return {};
    if (step.error.has_value()) return std::move(*step.error);
    if (record.size() < wanted) return corrupt("the file ends inside the record", offset);
    wanted = step.wanted;
  }
}

// Whether the payload of an event file holds the value.
bool find_event_value(ByteView payload, const Reference& reference, Fetched* fetched) {
  event::EventView event;
  std::uint32_t index = 0;
  bool found = false;
  const auto visit = [&](ByteView value) {
    if (index++ != reference.value) return true;
    fetched->bytes = value;
    found = event::decode_value(value, fetched->joined, &fetched->value);
    return false;  // no need for the rest
  };
  if (!event::decode_event(payload, &event)) return false;
  if (event.what == event::What::kSummaryOfValues) {
    (void)event::for_each_value(event, visit);
    return found;
  }
  fetched->bytes = event.body;
  return event::decode_graph_value(event, &fetched->value);
}

bool find_vdl_value(ByteView payload, Fetched* fetched) {
  if (!vdl::decode_record(payload, &fetched->vdl_value)) return false;
  fetched->bytes = fetched->vdl_value.bytes;
  fetched->value.tag = fetched->vdl_value.tag;
  return true;
}

}  // namespace

Status fetch(const std::string& path, Format format, const Reference& reference,
             std::string_view tag, Fetched* fetched) {
  Result<Descriptor> file = Descriptor::open_file(path);
  if (!file.ok()) return file.error();
  ByteView payload;
  Status status = read_record(file.value(), format, reference.offset, fetched->record, &payload);
  if (!status.ok()) return status;
  const bool found = format == Format::kVisualDl ? find_vdl_value(payload, fetched)
                                                 : find_event_value(payload, reference, fetched);
  if (!found || as_text(fetched->value.tag) != tag) {
    return corrupt("another record than when the file was scanned stands", reference.offset);
  }
  return {};
}

}  // namespace eventcodec::scan
