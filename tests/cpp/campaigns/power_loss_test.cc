// Campaign C6: the power fails after any system call of the writer, and the disk keeps what it
// likes of that which was not synced. Records that a durable flush acknowledged are found again,
// and whatever is found is a whole record that was logged, once.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "campaigns/campaign.h"
#include "campaigns/recording_file_system.h"
#include "check.h"
#include "event/encode.h"
#include "record/frame.h"
#include "record/unframer.h"
#include "stream/event_stream.h"

namespace event = eventcodec::event;
namespace record = eventcodec::record;
namespace stream = eventcodec::stream;
using campaigns::Bytes;
using campaigns::CrashDisk;
using campaigns::Luck;
using campaigns::Operation;
using campaigns::RecordingFileSystem;
using stream::EventStream;

namespace {

// Logs through the engine, and remembers every payload by its number, which is one less than its
// step.
class Workload {
 public:
  explicit Workload(std::uint64_t seed) : random_(seed) {}

  std::vector<Operation> run() {
    auto& disk = RecordingFileSystem::instance();
    disk.reset(random_.next(), faults());
    stream::StreamOptions options;
    if (random_.below(2) == 0) options.max_file_bytes = 2000 + random_.below(20000);
    auto opened = EventStream::open({.directory = random_.below(2) == 0 ? "/log" : "/log/runs/one",
                                     .suffix = "",
                                     .purge_step = {}},
                                    options);
    if (!opened.ok()) return disk.operations();
    const std::shared_ptr<EventStream> writer = opened.value();
    for (std::uint64_t left = 10 + random_.below(50); left != 0; --left) step(*writer);
    writer->stop();
    (void)writer->close(std::chrono::seconds(5));
    return disk.operations();
  }

  [[nodiscard]] const std::vector<Bytes>& payloads() const { return payloads_; }

 private:
  campaigns::Faults faults() {
    campaigns::Faults faults;
    if (random_.below(3) == 0) return faults;
    faults.short_write = 0.3;
    faults.interrupted = 0.1;
    faults.failed_write = random_.below(2) == 0 ? 0 : 0.1;
    faults.failed_truncate = random_.below(2) == 0 ? 0 : 0.5;
    faults.failed_sync = random_.below(3) == 0 ? 0.1 : 0;
    faults.failed_open = random_.below(4) == 0 ? 0.05 : 0;
    return faults;
  }

  void step(EventStream& writer) {
    switch (random_.below(8)) {
      case 0:
        (void)writer.flush(false);
        break;
      case 1:
      case 2:
        if (writer.flush(true).ok()) {
          RecordingFileSystem::instance().acknowledge(payloads_.size());
        }
        break;
      case 3:
        if (random_.below(8) == 0) RecordingFileSystem::instance().steal_descriptors();
        if (random_.below(8) == 0) {
          RecordingFileSystem::instance().append_garbage(writer.stats().path);
        }
        break;
      default:
        for (std::uint64_t left = random_.below(40); left != 0; --left) add(writer);
    }
  }

  void add(EventStream& writer) {
    const std::string tag(1 + random_.below(random_.below(4) == 0 ? 1500 : 40), 't');
    std::uint8_t* start = writer.reserve(event::scalar_bound(tag.size()) + 16);
    if (start == nullptr) return;
    const auto step = static_cast<std::int64_t>(payloads_.size()) + 1;
    std::uint8_t* const payload = start + record::kHeaderBytes;
    std::uint8_t* const end = event::put_scalar(payload, {1.0, step}, tag, 0.5f);
    payloads_.emplace_back(payload, end);
    writer.commit(record::seal(start, static_cast<std::size_t>(end - payload)));
  }

  check::Random random_;
  std::vector<Bytes> payloads_;
};

// The number of a logged record, or -1 when it is none: the step comes after the wall time.
std::int64_t number_of(eventcodec::ByteView payload) {
  if (payload.size() < 11 || payload[9] != 0x10) return -1;
  std::int64_t number = 0;
  for (std::size_t at = 10, shift = 0; at < payload.size() && shift < 63; ++at, shift += 7) {
    number |= static_cast<std::int64_t>(payload[at] & 0x7f) << shift;
    if ((payload[at] & 0x80) == 0) return number - 1;
  }
  return -1;
}

bool is_version(eventcodec::ByteView payload) {
  Bytes version(event::kVersionBound);
  const auto size =
      static_cast<std::size_t>(event::put_version(version.data(), 1.0) - version.data());
  constexpr std::size_t kAfterWallTime = 9;
  return payload.size() == size &&
         std::memcmp(payload.data() + kAfterWallTime, version.data() + kAfterWallTime,
                     size - kAfterWallTime) == 0;
}

// What reading a state of the disk gives.
struct Found {
  std::vector<std::uint8_t> seen;  // by number: how often
  std::size_t phantoms = 0;
};

void read_file(const Bytes& file, const std::vector<Bytes>& payloads, Found& found) {
  record::Unframer unframer(record::Verify::kYes);
  CHECK(unframer.append(file));
  for (;;) {
    const record::Unframed next = unframer.next();
    if (next.kind == record::Unframed::Kind::kNeedMore) return;
    if (next.kind == record::Unframed::Kind::kDamage) {
      if (!unframer.skip(record::Last::kYes).complete) return;
      continue;
    }
    const std::int64_t number = number_of(next.payload);
    if (number >= 0 && static_cast<std::size_t>(number) < payloads.size() &&
        next.payload.size() == payloads[static_cast<std::size_t>(number)].size() &&
        std::memcmp(next.payload.data(), payloads[static_cast<std::size_t>(number)].data(),
                    next.payload.size()) == 0) {
      ++found.seen[static_cast<std::size_t>(number)];
    } else if (!is_version(next.payload)) {
      ++found.phantoms;
    }
  }
}

Luck some_luck(std::uint64_t state, check::Random& random) {
  switch (state) {
    case 0:
      return {.written = 0};
    case 1:
      return {.written = 1};
    case 2:
      return {.written = 1, .zeroed = 1};
    default:
      return {.written = static_cast<double>(random.below(5)) / 4,
              .zeroed = static_cast<double>(random.below(3)) / 4,
              .torn = static_cast<double>(random.below(3)) / 8};
  }
}

// Checks one state; how many promised records are lost in it.
std::size_t check_state(const CrashDisk& disk, const std::vector<Bytes>& payloads, const Luck& luck,
                        check::Random& random) {
  Found found{.seen = std::vector<std::uint8_t>(payloads.size())};
  for (const Bytes& file : disk.after_crash(luck, random)) read_file(file, payloads, found);
  std::size_t lost = 0;
  for (std::size_t number = 0; number < disk.acknowledged(); ++number) {
    lost += found.seen[number] == 0 ? 1 : 0;
  }
  CHECK_EQ(found.phantoms, 0u);
  for (const std::uint8_t times : found.seen) CHECK(times <= 1);
  return lost;
}

}  // namespace

TEST(power_loss_costs_no_record_that_was_acknowledged) {
  campaigns::Report report("C6 power loss", "P3 P4 P6");
  stream::replace_file_system(RecordingFileSystem::calls());
  const std::uint64_t wanted = campaigns::is_long() ? 5'000'000 : 50'000;
  check::Random random(campaigns::seed());
  for (std::uint64_t workload = 0; report.trials < wanted && check::failures() == 0; ++workload) {
    const std::uint64_t workload_seed = campaigns::seed() + workload;
    Workload logged(workload_seed);
    const std::vector<Operation> operations = logged.run();
    CrashDisk disk;
    for (std::size_t done = 0; done < operations.size(); ++done) {
      disk.apply(operations[done]);
      for (std::uint64_t state = 0; state < 8; ++state) {
        const Luck luck = some_luck(state, random);
        const std::size_t lost = check_state(disk, logged.payloads(), luck, random);
        report.trials += 1;
        report.hits += disk.acknowledged() != 0 ? 1 : 0;
        report.lost += lost;
        if (lost != 0 || check::failures() != 0) {
          std::fprintf(stderr, "workload seed %llu, after operation %zu of %zu: %zu lost\n",
                       static_cast<unsigned long long>(workload_seed), done, operations.size(),
                       lost);
          check::fail(__FILE__, __LINE__, "a promise was broken");
          return;
        }
      }
    }
  }
  std::printf("%zu faults injected\n", RecordingFileSystem::instance().faults_injected());
  stream::replace_file_system(stream::kKernel);
}
