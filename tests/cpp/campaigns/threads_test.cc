// Campaign C13: several streams, several producers for each with a lock between them, flushers,
// closers, streams that come and go, and forks, all at once. Run under ThreadSanitizer, it finds
// data races; everywhere it checks that every record is there once and in each thread's order.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "campaigns/campaign.h"
#include "campaigns/temporary_directory.h"
#include "check.h"
#include "event/encode.h"
#include "record/format.h"
#include "record/frame.h"
#include "stream/event_stream.h"
#include "stream/io_thread.h"

namespace event = eventcodec::event;
namespace record = eventcodec::record;
namespace stream = eventcodec::stream;
using campaigns::TemporaryDirectory;
using stream::EventStream;

namespace {

constexpr std::size_t kStreams = 4;
constexpr std::size_t kProducers = 4;  // for each stream
constexpr std::int64_t kThreadFactor = 1'000'000'000;

#ifdef __SANITIZE_THREAD__
constexpr bool kSanitizesThreads = true;
#else
constexpr bool kSanitizesThreads = false;
#endif

// A stream with the lock that its producers share, as Python's threads share the GIL.
struct Shared {
  std::shared_ptr<EventStream> writer;
  std::mutex producer;
};

std::shared_ptr<EventStream> open_stream(const std::string& directory) {
  auto opened = EventStream::open({.directory = directory, .suffix = "", .purge_step = {}},
                                  {.max_file_bytes = 1 << 20});
  CHECK(opened.ok());
  return opened.ok() ? opened.value() : nullptr;
}

bool try_add(EventStream& writer, std::int64_t step) {
  std::uint8_t* start = writer.reserve(event::scalar_bound(4) + record::kOverheadBytes);
  if (start == nullptr) return false;
  std::uint8_t* const payload = start + record::kHeaderBytes;
  std::uint8_t* const end = event::put_scalar(payload, {1.0, step}, "loss", 0.5f);
  writer.commit(record::seal(start, static_cast<std::size_t>(end - payload)));
  return true;
}

// Logs until told to stop; how many records.
std::int64_t produce(Shared& shared, std::size_t thread, const std::atomic<bool>& stop) {
  std::int64_t count = 0;
  const auto base = static_cast<std::int64_t>(thread) * kThreadFactor + 1;
  while (!stop) {
    for (int burst = 0; burst < 50; ++burst) {
      const std::lock_guard lock(shared.producer);
      if (try_add(*shared.writer, base + count)) ++count;
    }
    // One of the producers waits for what it logged.
    if (thread == 0) CHECK(shared.writer->secure(std::chrono::seconds(60)).ok());
    // Ten minutes of the short pause would write a full disk.
    std::this_thread::sleep_for(std::chrono::microseconds(campaigns::is_long() ? 20'000 : 200));
  }
  return count;
}

void open_and_close(const std::string& directory, const std::atomic<bool>& stop) {
  while (!stop) {
    const auto writer = open_stream(directory);
    for (int i = 1; i <= 5; ++i) CHECK(try_add(*writer, i));
    writer->stop();
    CHECK(writer->close(std::chrono::seconds(5)).ok());
    CHECK_EQ(writer->stats().written, 5u);
  }
}

// Children that log to the parent's stream and to their own.
void fork_children(const std::string& directory, Shared& shared, const std::atomic<bool>& stop) {
  while (!stop) {
    std::unique_lock lock(shared.producer);
    const pid_t child = fork();
    if (child == 0) {
      const bool forked = (shared.writer->attention() & EventStream::kForked) != 0;
      // ThreadSanitizer cannot follow the threads of such a child.
      const bool ok =
          forked && (kSanitizesThreads ||
                     (shared.writer->reopen_after_fork().ok() && try_add(*shared.writer, 1) &&
                      shared.writer->flush(false).ok() && open_stream(directory) != nullptr));
      _exit(ok ? 0 : 1);
    }
    lock.unlock();
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_EQ(status, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// The step of a scalar, which follows the wall time.
std::int64_t step_of(eventcodec::ByteView payload) {
  std::int64_t step = 0;
  for (std::size_t at = 10, shift = 0; at < payload.size(); ++at, shift += 7) {
    step |= static_cast<std::int64_t>(payload[at] & 0x7f) << shift;
    if ((payload[at] & 0x80) == 0) break;
  }
  return step;
}

void check_files(const TemporaryDirectory& directory, const std::vector<std::int64_t>& counts) {
  std::vector<std::int64_t> seen(kProducers, 0);
  std::vector<std::string> files = directory.files();
  std::sort(files.begin(), files.end());
  for (const std::string& path : files) {
    bool first = true;
    campaigns::for_each_record(path, [&](eventcodec::ByteView payload) {
      if (!std::exchange(first, false)) {
        const std::int64_t step = step_of(payload) - 1;
        const auto thread = static_cast<std::size_t>(step / kThreadFactor);
        REQUIRE(thread < kProducers);
        CHECK_EQ(step % kThreadFactor, seen[thread]);
        ++seen[thread];
      }
    });
  }
  for (std::size_t thread = 0; thread < kProducers; ++thread) {
    CHECK_EQ(seen[thread], counts[thread]);
  }
}

}  // namespace

TEST(threads_lose_nothing_and_race_nowhere) {
  campaigns::Report report("C13 threads", "P15");
  const TemporaryDirectory churn;
  const TemporaryDirectory forked;
  std::vector<std::unique_ptr<TemporaryDirectory>> directories;
  std::vector<std::unique_ptr<Shared>> streams;
  for (std::size_t i = 0; i < kStreams; ++i) {
    directories.push_back(std::make_unique<TemporaryDirectory>());
    streams.push_back(std::make_unique<Shared>());
    streams.back()->writer = open_stream(directories.back()->path());
  }
  Shared for_children{.writer = open_stream(forked.path()), .producer = {}};

  std::atomic<bool> stop{false};
  std::vector<std::vector<std::int64_t>> counts(kStreams, std::vector<std::int64_t>(kProducers));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kStreams; ++i) {
    for (std::size_t k = 0; k < kProducers; ++k) {
      threads.emplace_back([&, i, k] { counts[i][k] = produce(*streams[i], k, stop); });
    }
    threads.emplace_back([&, i] {
      while (!stop) {
        CHECK(streams[i]->writer->flush(i == 0).ok());
        const auto stats = streams[i]->writer->stats();
        CHECK_EQ(stats.accepted, stats.written + stats.pending + stats.dropped);
      }
    });
  }
  threads.emplace_back([&] { open_and_close(churn.path(), stop); });
  threads.emplace_back([&] { fork_children(forked.path(), for_children, stop); });
  threads.emplace_back([&] {
    while (!stop) {
      stream::IoThread::instance().flush_all();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  std::this_thread::sleep_for(std::chrono::seconds(campaigns::is_long() ? 600 : 5));
  stop = true;
  for (std::thread& thread : threads) thread.join();

  for (std::size_t i = 0; i < kStreams; ++i) {
    streams[i]->writer->stop();
    // Two threads close at once; both must come back.
    std::thread other([&] { (void)streams[i]->writer->close(std::chrono::seconds(5)); });
    CHECK(streams[i]->writer->close(std::chrono::seconds(5)).ok());
    other.join();
    check_files(*directories[i], counts[i]);
    for (const std::int64_t count : counts[i]) report.trials += static_cast<std::uint64_t>(count);
  }
  report.hits = report.trials;
}
