// changes.cc - which entries of directories have changed.
#include "scan/changes.h"

#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <utility>

#if defined(__linux__)
#include <sys/inotify.h>
#endif

namespace eventcodec::scan {

#if defined(__linux__)

Changes::Changes() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

Changes::~Changes() {
  if (fd_ >= 0) ::close(fd_);
}

bool Changes::add(const std::string& directory) {
  constexpr std::uint32_t kAsked = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;
  if (fd_ < 0) return false;
  const int watch = ::inotify_add_watch(fd_, directory.empty() ? "." : directory.c_str(), kAsked);
  if (watch < 0) return false;
  directories_[watch] = directory;
  return true;
}

std::vector<Changes::Change> Changes::take() {
  constexpr std::size_t kRead = std::size_t{64} << 10;
  constexpr int kMostReads = 64;  // the rest can wait for the next time
  std::vector<Change> found;
  std::vector<std::uint8_t> events(kRead);
  for (int i = 0; i != kMostReads && fd_ >= 0; ++i) {
    const ::ssize_t size = ::read(fd_, events.data(), events.size());
    if (size <= 0) break;  // nothing more, or interrupted
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, events.data() + at, sizeof event);
      const char* name = reinterpret_cast<const char*>(events.data() + at + sizeof event);
      at += sizeof event + event.len;
      const auto watched = directories_.find(event.wd);  // -1 after an overflow
      if (watched == directories_.end()) continue;
      const bool gone = (event.mask & IN_IGNORED) != 0;
      if (!gone && event.len == 0) continue;  // the directory itself was written to
      Change change{watched->second, gone ? "" : name, gone || (event.mask & IN_ISDIR) != 0};
      // A file that is being written has one event after the other.
      const bool again = !found.empty() && found.back().name == change.name &&
                         found.back().directory == change.directory;
      if (!again) found.push_back(std::move(change));
      if (gone) directories_.erase(watched);
    }
  }
  return found;
}

#else

Changes::Changes() = default;
Changes::~Changes() = default;
bool Changes::add(const std::string& /*directory*/) { return false; }
std::vector<Changes::Change> Changes::take() { return {}; }

#endif

}  // namespace eventcodec::scan
