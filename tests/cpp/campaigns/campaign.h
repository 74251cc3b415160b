// campaign.h - how long a campaign is, from which seed, and the line that tells its result.
// EVENTCODEC_CAMPAIGN=long asks for the long form, EVENTCODEC_SEED=N replays a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace campaigns {

inline bool is_long() {
  const char* form = std::getenv("EVENTCODEC_CAMPAIGN");
  return form != nullptr && std::strcmp(form, "long") == 0;
}

inline std::uint64_t seed() {
  const char* given = std::getenv("EVENTCODEC_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20260101;
}

// Prints one CAMPAIGN line at its end.
class Report {
 public:
  Report(const char* campaign, const char* promise) : campaign_(campaign), promise_(promise) {}
  ~Report() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    std::printf(
        "CAMPAIGN {\"campaign\": \"%s\", \"promise\": \"%s\", \"trials\": %llu, \"hits\": %llu, "
        "\"lost\": %llu, \"seconds\": %.1f, \"seed\": %llu}\n",
        campaign_, promise_, static_cast<unsigned long long>(trials),
        static_cast<unsigned long long>(hits), static_cast<unsigned long long>(lost), taken.count(),
        static_cast<unsigned long long>(seed()));
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  std::uint64_t trials = 0;
  std::uint64_t hits = 0;  // trials in which the fault could do harm
  std::uint64_t lost = 0;  // records that were promised and are gone

 private:
  const char* campaign_;
  const char* promise_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace campaigns
