// Names of instruction sets, and taking them away through the environment.
#include "base/cpu.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "check.h"

namespace cpu = eventcodec::cpu;

// The exit status of a process that reads its features with EVENTCODEC_DISABLE_CPU set to `list`:
// `ok(features)` for an exit with 0; -1 when a signal ended it.
template <class F>
static int status_with(const char* list, F&& ok) {
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    setenv("EVENTCODEC_DISABLE_CPU", list, 1);
    _exit(ok(cpu::features()) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// These two run first: features() reads the environment only once per process.
TEST(an_unknown_name_aborts) {
  CHECK_EQ(status_with("avx1024", [](std::uint32_t) { return true; }), -1);
  CHECK_EQ(status_with("avx2,", [](std::uint32_t) { return true; }), 0);
  CHECK_EQ(status_with("avx2,,sse42", [](std::uint32_t) { return true; }), -1);
}

TEST(every_name_can_be_taken_away) {
  std::string all;
  for (const cpu::FeatureName& feature : cpu::feature_names()) {
    CHECK_EQ(
        status_with(feature.name, [&](std::uint32_t found) { return (found & feature.bit) == 0; }),
        0);
    all += std::string(all.empty() ? "" : ",") + feature.name;
  }
  CHECK_EQ(status_with(all.c_str(), [](std::uint32_t found) { return found == 0; }), 0);
}

TEST(names_and_bits_are_distinct) {
  std::uint32_t seen = 0;
  for (const cpu::FeatureName& feature : cpu::feature_names()) {
    CHECK((seen & feature.bit) == 0);
    seen |= feature.bit;
  }
}

TEST(has_wants_every_bit) {
  CHECK(cpu::has(0));
  CHECK(cpu::has(cpu::features()));
  CHECK(!cpu::has(~cpu::features()) || ~cpu::features() == 0);
}
