// crash_disk.h - a disk that may lose power: what each system call leaves behind, and every state
// in which it may be found afterwards.
//
// What was written since the last sync of a file may have reached the disk or not, in sectors of
// 512 bytes, in any order; a sector may be torn, a new one may read as zeros, and the file may have
// any size it had meanwhile. An entry of a directory counts after an fsync of that directory. After
// a sync that failed the kernel takes the pages for clean, whatever the disk has of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "check.h"

namespace campaigns {

inline constexpr std::size_t kSectorBytes = 512;
using Bytes = std::vector<std::uint8_t>;
using Sector = std::array<std::uint8_t, kSectorBytes>;

// One system call, as far as the disk is concerned.
struct Operation {
  enum class Kind : std::uint8_t {
    kCreate,         // `path`, a file
    kMakeDirectory,  // `path`
    kUnlink,         // `path`
    kWrite,          // `bytes` at `offset` of `path`
    kTruncate,       // `path` to `offset` bytes
    kSync,           // `path`
    kSyncFailed,     // `path`
    kSyncDirectory,  // `path`
    kAcknowledge,    // records before number `offset` are promised to be safe
  };
  Kind kind;
  std::string path;
  std::size_t offset = 0;
  Bytes bytes = {};
};

// What one state of the disk keeps of that which is not synced.
struct Luck {
  double written = 0;  // probability that a sector, a size, a directory entry got through
  double zeroed = 0;   // that a new sector reads as zeros instead
  double torn = 0;     // that a sector is a mixture of two versions
};

class CrashFile {
 public:
  void write(std::size_t offset, const Bytes& bytes) {
    if (now_.size() < offset + bytes.size()) now_.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), now_.begin() + static_cast<std::ptrdiff_t>(offset));
    touch(offset, offset + bytes.size());
  }
  void truncate(std::size_t size) {
    const std::size_t before = now_.size();
    now_.resize(size);
    touch(std::min(size, before), std::max(size, before));
  }
  void sync() {
    std::erase_if(pending_,
                  [this](const auto& entry) { return !abandoned_.contains(entry.first); });
    const Bytes before = std::move(kept_);
    kept_ = now_;
    // What the kernel wrongly takes for clean is still as it was.
    for (const auto& [sector, versions] : pending_) store(kept_, sector, versions.front());
    sizes_ = {kept_.size()};
  }
  void sync_failed() {
    for (const auto& [sector, versions] : pending_) abandoned_.insert(sector);
  }

  [[nodiscard]] Bytes after_crash(const Luck& luck, check::Random& random) const {
    const std::size_t size =
        chance(luck.written, random) ? sizes_.back() : sizes_[random.below(sizes_.size())];
    Bytes bytes = kept_;
    bytes.resize(size);
    for (const auto& [sector, versions] : pending_) {
      if (sector * kSectorBytes >= size) break;
      store(bytes, sector, choose(sector, versions, luck, random));
    }
    return bytes;
  }

  static bool chance(double probability, check::Random& random) {
    return static_cast<double>(random.below(1u << 20)) < probability * (1u << 20);
  }

 private:
  // The sectors of [from, to) have a new version, and the file perhaps a new size.
  void touch(std::size_t from, std::size_t to) {
    sizes_.push_back(now_.size());
    for (std::size_t sector = from / kSectorBytes; sector * kSectorBytes < to; ++sector) {
      std::vector<Sector>& versions = pending_[sector];
      if (versions.empty()) versions.push_back(load(kept_, sector));
      versions.push_back(load(now_, sector));
      abandoned_.erase(sector);  // the whole page is dirty again
    }
  }
  static Sector load(const Bytes& bytes, std::size_t sector) {
    Sector loaded{};
    const std::size_t from = std::min(sector * kSectorBytes, bytes.size());
    std::copy_n(bytes.data() + from, std::min(kSectorBytes, bytes.size() - from), loaded.data());
    return loaded;
  }
  static void store(Bytes& bytes, std::size_t sector, const Sector& stored) {
    const std::size_t from = std::min(sector * kSectorBytes, bytes.size());
    std::copy_n(stored.data(), std::min(kSectorBytes, bytes.size() - from), bytes.data() + from);
  }
  [[nodiscard]] Sector choose(std::size_t sector, const std::vector<Sector>& versions,
                              const Luck& luck, check::Random& random) const {
    const bool is_new = sector * kSectorBytes >= kept_.size();
    if (is_new && chance(luck.zeroed, random)) return {};
    Sector chosen =
        chance(luck.written, random) ? versions.back() : versions[random.below(versions.size())];
    if (chance(luck.torn, random)) {
      const Sector& other = versions[random.below(versions.size())];
      const std::size_t at = random.below(kSectorBytes);
      std::copy(other.begin() + static_cast<std::ptrdiff_t>(at), other.end(),
                chosen.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return chosen;
  }

  Bytes now_;                                           // what the kernel shows
  Bytes kept_;                                          // what the disk has for certain
  std::map<std::size_t, std::vector<Sector>> pending_;  // what it may have of these sectors
  std::set<std::size_t> abandoned_;                     // of them, those no sync will write
  std::vector<std::size_t> sizes_ = {0};
};

class CrashDisk {
 public:
  void apply(const Operation& operation) {
    using Kind = Operation::Kind;
    const std::string& path = operation.path;
    switch (operation.kind) {
      case Kind::kCreate:
        files_[path] = {};
        pending_entries_.insert(path);
        break;
      case Kind::kMakeDirectory:
        pending_entries_.insert(path);
        break;
      case Kind::kUnlink:
        files_.erase(path);
        pending_entries_.erase(path);
        break;
      case Kind::kWrite:
        files_[path].write(operation.offset, operation.bytes);
        break;
      case Kind::kTruncate:
        files_[path].truncate(operation.offset);
        break;
      case Kind::kSync:
        files_[path].sync();
        break;
      case Kind::kSyncFailed:
        files_[path].sync_failed();
        break;
      case Kind::kSyncDirectory:
        std::erase_if(pending_entries_, [&](const std::string& entry) {
          return entry.substr(0, std::max<std::size_t>(1, entry.rfind('/'))) == path;
        });
        break;
      case Kind::kAcknowledge:
        acknowledged_ = operation.offset;
        break;
    }
  }

  // Records before this number must be found, whatever the luck.
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }

  // The files that are found when the power is back.
  [[nodiscard]] std::vector<Bytes> after_crash(const Luck& luck, check::Random& random) const {
    std::set<std::string> gone;
    for (const std::string& entry : pending_entries_) {
      if (!CrashFile::chance(luck.written, random)) gone.insert(entry);
    }
    std::vector<Bytes> found;
    for (const auto& [path, file] : files_) {
      if (is_reachable(path, gone)) found.push_back(file.after_crash(luck, random));
    }
    return found;
  }

 private:
  static bool is_reachable(std::string path, const std::set<std::string>& gone) {
    for (; !path.empty(); path.resize(path.rfind('/'))) {
      if (gone.contains(path)) return false;
    }
    return true;
  }

  std::map<std::string, CrashFile> files_;
  std::set<std::string> pending_entries_;  // of files and directories, not synced
  std::size_t acknowledged_ = 0;
};

}  // namespace campaigns
