// fetch.cc - reads the values that References point at: headers first, which say how many records
// fit, then the records, on several threads if they are many bytes.
#include "scan/fetch.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/parallel.h"
#include "record/unframe.h"
#include "vdl/unframe.h"

namespace eventcodec::scan {

using record::Unframed;

namespace {

Error corrupt(const std::string& what, std::uint64_t offset) {
  return {.code = Errc::kCorrupt,
          .message = what + " at byte " + std::to_string(offset),
          .offset = offset};
}

Error cut_short(std::uint64_t offset) { return corrupt("the file ends inside the record", offset); }

// Reads `bytes` bytes of the record at `offset`.
Status read_bytes(const Descriptor& file, std::uint64_t offset, std::uint8_t* to,
                  std::size_t bytes) {
  for (std::size_t done = 0; done != bytes;) {
    const ssize_t got =
        ::pread(file.get(), to + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", errno);
    if (got == 0) return cut_short(offset);
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Error damage_error(const Unframed& found, std::uint64_t offset) {
  Error error = corrupt(record::reason_of(found.damage), offset);
  error.got = found.got;
  error.want = found.want;
  return error;
}

// How many bytes the record at `offset` has, by a header that was checked; the file has them.
Result<std::uint64_t> size_of_record(const Descriptor& file, Format format, std::uint64_t offset) {
  const bool is_vdl = format == Format::kVisualDl;
  const std::size_t header_bytes = is_vdl ? vdl::kHeaderBytes : record::kHeaderBytes;
  std::array<std::uint8_t, std::max(vdl::kHeaderBytes, record::kHeaderBytes)> bytes;
  const auto size = static_cast<std::uint64_t>(file.status().st_size);
  if (offset > size || header_bytes > size - offset) return cut_short(offset);
  Status status = read_bytes(file, offset, bytes.data(), header_bytes);
  if (!status.ok()) return std::move(status.error());

  const ByteView header(bytes.data(), header_bytes);
  std::uint64_t wanted = 0;
  if (is_vdl) {
    const vdl::Header found = vdl::read_header(header);
    if (found.kind != vdl::Header::Kind::kRecord)
      return corrupt("the record's lengths contradict each other", offset);
    wanted = found.bytes;
  } else {
    const Unframed found = record::unframe(header, record::Verify::kYes);
    if (found.kind == Unframed::Kind::kDamage) return damage_error(found, offset);
    wanted = found.bytes;
  }
  if (wanted > size - offset) return cut_short(offset);
  return wanted;
}

// Checks the bytes of a whole record, and finds its payload.
Status check_record(Format format, ByteView record, std::uint64_t offset, ByteView* payload) {
  if (format == Format::kVisualDl) {
    *payload = record.subspan(vdl::kLengthBytes);
    return {};
  }
  const Unframed found = record::unframe(record, record::Verify::kYes);
  if (found.kind == Unframed::Kind::kDamage) return damage_error(found, offset);
  if (found.kind == Unframed::Kind::kNeedMore)
    return corrupt("the file changed while it was read, in the record", offset);
  *payload = found.payload;
  return {};
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

// So many bytes are worth a thread more.
constexpr std::size_t kWorthThread = std::size_t{1} << 20;

}  // namespace

Result<Fetch> Fetch::plan(const std::string& path, Format format,
                          std::span<const Reference> references, std::size_t threads) {
  return without_bad_alloc([&]() -> Result<Fetch> {
    Result<Descriptor> file = Descriptor::open_file(path);
    if (!file.ok()) return std::move(file.error());
    Fetch fetch(std::move(file.value()));
    fetch.format_ = format;
    fetch.references_ = references;
    fetch.threads_ = threads;
    Status planned = fetch.plan_all(threads > 1 ? kBytesOfThreads : kBytes);
    if (!planned.ok()) return std::move(planned.error());
    return fetch;
  });
}

// The error is that of the first record; a later one is left to whoever asks for it. The rows of a
// record stand together, and those of a value in it.
Status Fetch::plan_all(std::uint64_t most) {
  std::uint64_t total = 0;
  for (std::size_t row = 0; row != references_.size(); ++row) {
    const Reference& reference = references_[row];
    const Reference* const before = row == 0 ? nullptr : &references_[row - 1];
    const bool same_record = before != nullptr && before->offset == reference.offset;
    if (same_record && before->value == reference.value) {
      ++values_.back().rows;
      continue;
    }
    if (!same_record) {
      Result<std::uint64_t> bytes = size_of_record(file_, format_, reference.offset);
      if (!bytes.ok()) return records_.empty() ? Status(std::move(bytes.error())) : Status();
      if (!records_.empty() && bytes.value() > most - std::min(total, most)) break;
      records_.push_back({static_cast<std::size_t>(bytes.value()), values_.size(), 0});
      total += bytes.value();
    }
    ++records_.back().values;
    Fetched& value = values_.emplace_back();
    value.row = row;
    value.rows = 1;
  }
  return {};
}

Status Fetch::read(std::string_view tag, std::span<std::uint8_t* const> memory, const Use& use) {
  return without_bad_alloc([&] { return read_all(tag, memory, use); });
}

Status Fetch::read_all(std::string_view tag, std::span<std::uint8_t* const> memory,
                       const Use& use) {
  std::size_t total = 0;
  for (const Record& record : records_) total += record.bytes;
  std::vector<Status> results(values_.size());
  const auto read_values = [&](std::size_t number) {
    const Record& record = records_[number];
    std::size_t at = record.value;
    Status status = without_bad_alloc([&]() -> Status {
      ByteView payload;
      Status done = read_record(record, memory[number], &payload);
      for (; done.ok(); ++at) {
        Fetched& value = values_[at];
        done = find(payload, tag, &value);
        if (done.ok()) done = use(value.row, value);
        if (!done.ok() || at + 1 == record.value + record.values) break;
      }
      return done;
    });
    results[at] = std::move(status);
  };
  run_parallel(records_.size(), std::min(threads_, 1 + total / kWorthThread), read_values);
  const auto failed = std::ranges::find_if(results, [](const Status& each) { return !each.ok(); });
  values_.resize(static_cast<std::size_t>(failed - results.begin()));
  return values_.empty() && failed != results.end() ? std::move(*failed) : Status();
}

Status Fetch::read_record(const Record& record, std::uint8_t* memory, ByteView* payload) {
  const std::uint64_t offset = references_[values_[record.value].row].offset;
  Status status = read_bytes(file_, offset, memory, record.bytes);
  if (!status.ok()) return status;
  return check_record(format_, {memory, record.bytes}, offset, payload);
}

Status Fetch::find(ByteView payload, std::string_view tag, Fetched* value) const {
  const Reference& reference = references_[value->row];
  const bool found = format_ == Format::kVisualDl ? find_vdl_value(payload, value)
                                                  : find_event_value(payload, reference, value);
  if (!found || as_text(value->value.tag) != tag) {
    return corrupt("another record than when the file was scanned stands", reference.offset);
  }
  return {};
}

Status fetch(const std::string& path, Format format, std::span<const Reference> references,
             std::string_view tag, std::size_t threads, const Use& use, Batch* batch) {
  batch->values.clear();
  batch->records.clear();
  return without_bad_alloc([&]() -> Status {
    Result<Fetch> planned = Fetch::plan(path, format, references, threads);
    if (!planned.ok()) return std::move(planned.error());
    Fetch& plan = planned.value();
    std::size_t total = 0;
    for (const Fetch::Record& record : plan.records()) total += record.bytes;
    std::uint8_t* next = batch->records.reserve(total);
    if (next == nullptr) return Error{.code = Errc::kOutOfMemory, .message = "records"};
    batch->records.commit(total);
    std::vector<std::uint8_t*> memory;
    memory.reserve(plan.records().size());
    for (const Fetch::Record& record : plan.records()) {
      memory.push_back(std::exchange(next, next + record.bytes));
    }
    Status read = plan.read(tag, memory, use);
    batch->values = std::move(plan.values());
    return read;
  });
}

}  // namespace eventcodec::scan
