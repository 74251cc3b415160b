// Mutated event files against everything that reads them. As a test, 1,500 of them. For
// longer, guided by coverage in a build with -fsanitize-coverage=trace-pc (`make fuzz`):
//   EVENTCODEC_FUZZ_SECONDS=600 EVENTCODEC_FUZZ_SEED=1 EVENTCODEC_FUZZ_KEEP=tests/fuzz/corpus
// What reached new code is then kept in that folder.
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>

#include "check.h"
#include "event/decode.h"
#include "event/decode_histogram.h"
#include "event/decode_tensor.h"
#include "fuzz/mutate.h"
#include "record/unframer.h"
#include "scan/fetch.h"
#include "scan/files.h"

namespace event = eventcodec::event;
namespace scan = eventcodec::scan;
using eventcodec::ByteView;
using fuzz::Bytes;

namespace {

// Places in the code that were reached, by a hash of their addresses.
constexpr std::size_t kPlaces = std::size_t{1} << 16;
std::uint8_t reached[kPlaces];
std::size_t new_places = 0;

}  // namespace

// Called at every edge of a build with -fsanitize-coverage=trace-pc.
extern "C" __attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  std::uint8_t& seen = reached[(place ^ (place >> 16)) % kPlaces];
  if (seen == 0) {
    seen = 1;
    ++new_places;
  }
}

namespace {

std::vector<Bytes> read_seeds() {
  std::vector<Bytes> seeds;
  for (const char* folder : {"fuzz/corpus", "damage/corpus", "golden"}) {
    const std::filesystem::path root = std::filesystem::path(EVENTCODEC_TESTS) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name.find("tfevents") == std::string::npos) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      Bytes data((std::istreambuf_iterator<char>(in)), {});
      data.resize(std::min(data.size(), fuzz::kMostBytes));
      if (!data.empty()) seeds.push_back(std::move(data));
    }
  }
  std::sort(seeds.begin(), seeds.end());  // the order of a directory is nobody's promise
  return seeds;
}

void decode_everything(ByteView payload) {
  event::EventView view;
  if (!event::decode_event(payload, &view)) return;
  event::Joined joined;
  (void)event::is_session_start(view.body);
  (void)event::for_each_value(view, [&](ByteView value) {
    event::ValueView decoded;
    if (!event::decode_value(value, joined, &decoded)) return true;
    event::TensorShape shape;
    event::TensorScalar scalar;
    event::HistogramData histogram;
    event::ImageView image;
    std::vector<double> numbers;
    std::vector<ByteView> strings;
    (void)event::decode_tensor_scalar(decoded.body, &scalar);
    (void)event::decode_tensor_numbers(decoded.body, &shape, &numbers);
    (void)event::decode_tensor_strings(decoded.body, &shape, &strings);
    (void)event::decode_histogram_proto(decoded.body, &histogram);
    (void)event::decode_histogram_tensor(decoded.body, &histogram);
    (void)event::decode_image(decoded.body, &image);
    return true;
  });
}

// Records and skipped regions follow one another from the start of the file to what is pending.
void unframe_in_chunks(const Bytes& data, check::Random& random) {
  eventcodec::record::Unframer unframer(eventcodec::record::Verify::kYes);
  std::uint64_t passed = 0;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t size = std::min<std::size_t>(data.size() - at, 1 + random.below(2000));
    REQUIRE(unframer.append({data.data() + at, size}));
    at += size;
    const auto last =
        at == data.size() ? eventcodec::record::Last::kYes : eventcodec::record::Last::kNo;
    for (bool more = true; more;) {
      const auto found = unframer.next(last);
      if (found.kind == eventcodec::record::Unframed::Kind::kRecord) {
        passed += found.bytes;
        decode_everything(found.payload);
      } else if (found.kind == eventcodec::record::Unframed::Kind::kDamage) {
        const auto skipped = unframer.skip(last);
        CHECK_EQ(skipped.region.offset, passed);
        if (skipped.complete) passed += skipped.region.length;
        more = skipped.complete;
      } else {
        more = false;
      }
    }
  }
  CHECK(passed + unframer.pending() <= data.size() || unframer.searching());
}

bool same(const scan::EventFile& a, const scan::EventFile& b) {
  const auto equal = [](const scan::Series& x, const scan::Series& y) {
    return x.tag == y.tag && x.kind == y.kind && x.plugin == y.plugin && x.forms == y.forms &&
           x.description == y.description && x.rows.size == y.rows.size &&
           std::equal(x.rows.steps, x.rows.steps + x.rows.size, y.rows.steps);
  };
  const auto equal_damage = [](const scan::Damage& x, const scan::Damage& y) {
    return x.offset == y.offset && x.length == y.length && x.records_before == y.records_before;
  };
  const auto first = a.damage();
  const auto second = b.damage();
  return a.records() == b.records() && a.pending() == b.pending() &&
         std::equal(a.series().begin(), a.series().end(), b.series().begin(), b.series().end(),
                    equal) &&
         std::equal(first.begin(), first.end(), second.begin(), second.end(), equal_damage);
}

// One thread and several find the same; what is damaged lies in the file, in order, apart.
void scan_file(const Bytes& data, check::Random& random) {
  const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK(::write(fd, data.data(), data.size()) == static_cast<ssize_t>(data.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  scan::Options options;
  if (random.below(4) == 0) options.mode = scan::Mode::kPrefix;
  options.least_part = 200 + random.below(4000);
  scan::EventFile one(path);
  scan::EventFile many(path);
  eventcodec::Buffer scratch;
  CHECK(one.scan(options, scratch).ok());
  CHECK(many.scan(options, scratch, 2 + random.below(3)).ok());
  CHECK(same(one, many));
  std::uint64_t passed = 0;
  for (const scan::Damage& each : one.damage()) {
    CHECK(each.offset >= passed);
    passed = each.offset + each.length;
    CHECK(passed <= data.size());
  }
  CHECK(one.pending() <= data.size());
  for (const scan::Series& series : one.series()) {
    if (series.kind == scan::Kind::kScalars || series.rows.size == 0) continue;
    const std::uint64_t row = random.below(series.rows.size);
    const std::span rows(series.rows.references + row, series.rows.size - row);
    const auto accept = [](std::size_t, const scan::Fetched&) -> eventcodec::Status { return {}; };
    scan::Batch batch;
    CHECK(scan::fetch(path, one.format(), rows, series.tag, 1, accept, &batch).ok());
    CHECK(!batch.values.empty());
  }
  ::close(fd);
}

void keep(const Bytes& data, const char* folder) {
  const auto crc = eventcodec::crc32c::value(data);
  char name[64];
  std::snprintf(name, sizeof name, "%08x.tfevents", crc);
  std::ofstream out(std::filesystem::path(folder) / name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void check_one(const Bytes& data, check::Random& random) {
  decode_everything(data);
  unframe_in_chunks(data, random);
  scan_file(data, random);
}

}  // namespace

TEST(mutated_event_files) {
  std::vector<Bytes> seeds = read_seeds();
  REQUIRE(seeds.size() >= 30);
  const std::uint64_t seed = from_environment("EVENTCODEC_FUZZ_SEED", 20240607);
  const std::uint64_t seconds = from_environment("EVENTCODEC_FUZZ_SECONDS", 0);
  const char* folder = std::getenv("EVENTCODEC_FUZZ_KEEP");
  check::Random random(seed);
  for (std::size_t i = 0; i != seeds.size(); ++i) check_one(seeds[i], random);
  const std::size_t before = seeds.size();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::uint64_t trials = 0;
  for (; seconds != 0 ? std::chrono::steady_clock::now() < end : trials != 1500; ++trials) {
    const Bytes data = fuzz::mutate(seeds, random);
    if (data.empty()) continue;
    new_places = 0;
    const int failures = check::failures();
    check_one(data, random);
    if (check::failures() != failures) {
      keep(data, folder == nullptr ? "/tmp" : folder);
      std::fprintf(stderr, "trial %llu of seed %llu\n", static_cast<unsigned long long>(trials),
                   static_cast<unsigned long long>(seed));
      return;
    }
    if (new_places != 0) {
      seeds.push_back(data);
      if (folder != nullptr) keep(data, folder);
    }
  }
  std::printf("%llu trials, %zu of them reached new code\n",
              static_cast<unsigned long long>(trials), seeds.size() - before);
}
