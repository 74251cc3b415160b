#include "archive/rewriter.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/salvage.h"
#include "check.h"
#include "event/encode.h"
#include "record/frame.h"
#include "scan/file.h"

namespace archive = eventcodec::archive;
namespace event = eventcodec::event;
namespace record = eventcodec::record;
namespace scan = eventcodec::scan;
using eventcodec::Buffer;
using eventcodec::ByteView;

namespace {

using Bytes = std::vector<std::uint8_t>;

// A file that is only in memory.
class MemoryFile {
 public:
  explicit MemoryFile(ByteView content = {}) : fd_(memfd_create("test", 0)) {
    CHECK_EQ(::write(fd_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  [[nodiscard]] Bytes content() const {
    Bytes bytes(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)));
    CHECK_EQ(::pread(fd_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

 private:
  int fd_;
};

void add(Buffer& out, std::string_view tag, std::int64_t step) {
  Bytes payload(event::scalar_bound(tag.size()));
  const std::uint8_t* end =
      event::put_scalar(payload.data(), {100.0, step}, tag, static_cast<float>(step));
  CHECK(
      record::frame(ByteView(payload).first(static_cast<std::size_t>(end - payload.data())), out));
}

Bytes log_of(int steps) {
  Buffer out;
  Bytes payload(event::kVersionBound);
  const std::uint8_t* end = event::put_version(payload.data(), 100.0);
  CHECK(
      record::frame(ByteView(payload).first(static_cast<std::size_t>(end - payload.data())), out));
  for (int step = 1; step <= steps; ++step) {
    add(out, "a", step);
    add(out, "b", step);
  }
  return {out.data(), out.data() + out.size()};
}

// Any change of any byte: no crash, and what comes out are whole records.
void for_each_harm(const Bytes& log, auto&& f) {
  check::Random random(91);
  for (int round = 0; round < 4000; ++round) {
    Bytes bytes = log;
    for (std::size_t i = 0; i <= random.below(4); ++i) {
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    }
    if (round % 3 == 0) bytes.resize(random.below(bytes.size()));
    f(bytes);
  }
}

std::size_t records_in(const Bytes& bytes) {
  std::size_t at = 0;
  std::size_t count = 0;
  while (at != bytes.size()) {
    const auto found = record::unframe(ByteView(bytes).subspan(at), record::Verify::kYes);
    if (found.kind != record::Unframed::Kind::kRecord) return ~std::size_t{0};
    at += static_cast<std::size_t>(found.bytes);
    ++count;
  }
  return count;
}

}  // namespace

TEST(a_salvaged_file_holds_whole_records) {
  const Bytes log = log_of(20);
  for_each_harm(log, [](const Bytes& bytes) {
    const MemoryFile from(bytes);
    const MemoryFile to;
    const auto report = archive::salvage(from.fd(), to.fd(), {});
    REQUIRE(report.ok());
    const std::size_t version = report.value().version_added ? 1 : 0;
    CHECK_EQ(records_in(to.content()), report.value().records + version);
    std::uint64_t covered = report.value().pending;
    for (const auto& stretch : report.value().stretches) covered += stretch.bytes;
    for (const auto& region : report.value().damage) covered += region.bytes;
    for (const auto& region : report.value().unreadable) covered += region.bytes;
    CHECK_EQ(covered, bytes.size());
  });
}

TEST(a_rewritten_file_holds_whole_records) {
  const Bytes log = log_of(20);
  for_each_harm(log, [](const Bytes& bytes) {
    const MemoryFile from(bytes);
    const MemoryFile to;
    archive::Rules rules;
    rules.tags["a"].every = 3;
    rules.tags["b"].rename = "another name";
    rules.step_shift = 5;
    archive::Rewriter rewriter(std::move(rules));
    const auto copied =
        rewriter.copy({.fd = from.fd(), .restarts = {}, .void_from = {}}, to.fd(), 0);
    REQUIRE(copied.ok());
    CHECK_EQ(records_in(to.content()), rewriter.totals().records_after);
    CHECK_EQ(to.content().size(), rewriter.totals().bytes_after);
  });
}

TEST(restarts_void_what_stands_before_them) {
  const Bytes log = log_of(10);
  const MemoryFile from(log);
  const auto kept = [&](std::vector<std::pair<std::uint64_t, std::int64_t>> restarts,
                        std::optional<std::int64_t> void_from) {
    archive::Rules rules;
    rules.resolve = true;
    archive::Rewriter rewriter(std::move(rules));
    CHECK(
        rewriter
            .copy({.fd = from.fd(), .restarts = std::move(restarts), .void_from = void_from}, -1, 0)
            .ok());
    return rewriter.totals().records_after - 1;
  };
  CHECK_EQ(kept({}, {}), 20u);
  CHECK_EQ(kept({}, 6), 10u);                  // steps 1 to 5
  CHECK_EQ(kept({{log.size(), 9}}, {}), 16u);  // a restart at the end
  CHECK_EQ(kept({{0, 1}}, {}), 20u);           // one at the beginning voids nothing
  CHECK_EQ(kept({{log.size(), 9}, {log.size(), 3}}, {}), 4u);
}

TEST(a_state_comes_back_as_it_was) {
  const Bytes log = log_of(300);
  const MemoryFile from(log);
  scan::EventFile file(from.path());
  Buffer scratch;
  REQUIRE(file.scan({}, scratch).ok());
  scan::PieceWriter writer(-1, 0);
  REQUIRE(file.save(writer).ok());
  const ByteView state = writer.pending();
  scan::EventFile restored(from.path());
  const auto taken = restored.restore(state);
  REQUIRE(taken.ok() && taken.value());
  REQUIRE(restored.scan({}, scratch).ok());
  CHECK_EQ(restored.records(), file.records());
  REQUIRE(restored.series().size() == file.series().size());
  CHECK_EQ(restored.series()[1].rows.size, 300u);
  CHECK_EQ(restored.series()[1].rows.values[299], 300.0);
  // No cut and no flipped byte is taken for a state.
  for (std::size_t size = 0; size < state.size(); size += 7) {
    CHECK(!restored.restore(state.first(size)).value());
    Bytes harmed(state.data(), state.data() + state.size());
    harmed[size] ^= 0x20;
    CHECK(!restored.restore(harmed).value());
  }
}
