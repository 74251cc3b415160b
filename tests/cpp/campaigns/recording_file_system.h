// recording_file_system.h - files in memory behind the system calls that the engine makes, with
// faults, and a record of every call for crash_disk.h.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "campaigns/crash_disk.h"
#include "stream/file_system.h"

namespace campaigns {

// How often calls go wrong, each a probability.
struct Faults {
  double short_write = 0;
  double interrupted = 0;
  double failed_write = 0;
  double failed_truncate = 0;
  double failed_sync = 0;
  double failed_open = 0;
};

class RecordingFileSystem {
 public:
  // Empties the disk: only the directory "/log" is there.
  void reset(std::uint64_t seed, const Faults& faults) {
    const std::lock_guard lock(mutex_);
    random_ = check::Random(seed);
    faults_ = faults;
    nodes_.clear();
    nodes_.push_back({.path = "/log", .bytes = {}, .is_directory = true});
    by_path_ = {{"/log", 0}};
    descriptors_.clear();
    operations_.clear();
  }
  // Records before number `count` have been promised to be safe.
  void acknowledge(std::size_t count) {
    const std::lock_guard lock(mutex_);
    operations_.push_back({Operation::Kind::kAcknowledge, "", count});
  }
  // Other software takes away a descriptor of the file, or appends to it.
  void steal_descriptors() {
    const std::lock_guard lock(mutex_);
    descriptors_.clear();
  }
  void append_garbage(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = by_path_.find(path);
    if (found != by_path_.end()) append(nodes_[found->second], random_.bytes(13));
  }
  [[nodiscard]] std::vector<Operation> operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  [[nodiscard]] std::size_t faults_injected() const { return injected_; }

  static RecordingFileSystem& instance() {
    static auto* const only = new RecordingFileSystem();
    return *only;
  }
  static const eventcodec::stream::FileSystem& calls() {
    static const eventcodec::stream::FileSystem table{
        .open = [](const char* path, int flags, mode_t) { return instance().open(path, flags); },
        .close = [](int descriptor) { return instance().close(descriptor); },
        .fstat = [](int descriptor, struct stat* s) { return instance().status(descriptor, s); },
        .write = [](int descriptor, const void* bytes,
                    size_t count) { return instance().write(descriptor, bytes, count); },
        .ftruncate = [](int descriptor,
                        off_t bytes) { return instance().truncate(descriptor, bytes); },
        .fdatasync = [](int descriptor) { return instance().sync(descriptor); },
        .fsync = [](int descriptor) { return instance().sync(descriptor); },
        .unlink = [](const char* path) { return instance().unlink(path); },
        .mkdir = [](const char* path, mode_t) { return instance().make_directory(path); },
    };
    return table;
  }

 private:
  struct Node {
    std::string path;
    Bytes bytes;
    bool is_directory = false;
  };
  using Kind = Operation::Kind;

  static int failed(int os_error) {
    errno = os_error;
    return -1;
  }
  bool strikes(double probability) {
    if (!CrashFile::chance(probability, random_)) return false;
    ++injected_;
    return true;
  }
  Node* node_of(int descriptor) {
    const auto found = descriptors_.find(descriptor);
    return found == descriptors_.end() ? nullptr : &nodes_[found->second];
  }
  void append(Node& node, Bytes bytes) {
    const std::size_t offset = node.bytes.size();
    node.bytes.insert(node.bytes.end(), bytes.begin(), bytes.end());
    operations_.push_back({Kind::kWrite, node.path, offset, std::move(bytes)});
  }

  int open(const std::string& path, int flags) {
    const std::lock_guard lock(mutex_);
    if (path != "/" && strikes(faults_.failed_open)) return failed(EMFILE);
    auto found = by_path_.find(path);
    if (found == by_path_.end()) {
      if (path != "/" && (flags & O_CREAT) == 0) return failed(ENOENT);
      nodes_.push_back({.path = path, .bytes = {}, .is_directory = path == "/"});
      found = by_path_.emplace(path, nodes_.size() - 1).first;
      if (path != "/") operations_.push_back({Kind::kCreate, path});
    } else if ((flags & O_EXCL) != 0) {
      return failed(EEXIST);
    }
    descriptors_[++last_descriptor_] = found->second;
    return last_descriptor_;
  }
  int close(int descriptor) {
    const std::lock_guard lock(mutex_);
    return descriptors_.erase(descriptor) == 0 ? failed(EBADF) : 0;
  }
  int status(int descriptor, struct stat* status) {
    const std::lock_guard lock(mutex_);
    const Node* node = node_of(descriptor);
    if (node == nullptr) return failed(EBADF);
    *status = {};
    status->st_dev = 7;
    status->st_ino = static_cast<ino_t>(node - nodes_.data()) + 1;
    status->st_nlink = by_path_.contains(node->path) ? 1 : 0;
    status->st_size = static_cast<off_t>(node->bytes.size());
    return 0;
  }
  ssize_t write(int descriptor, const void* bytes, std::size_t count) {
    const std::lock_guard lock(mutex_);
    Node* node = node_of(descriptor);
    if (node == nullptr) return failed(EBADF);
    if (strikes(faults_.interrupted)) return failed(EINTR);
    if (strikes(faults_.failed_write)) return failed(random_.below(2) == 0 ? ENOSPC : EIO);
    if (count > 1 && strikes(faults_.short_write)) count = 1 + random_.below(count - 1);
    const auto* first = static_cast<const std::uint8_t*>(bytes);
    append(*node, Bytes(first, first + count));
    return static_cast<ssize_t>(count);
  }
  int truncate(int descriptor, off_t size) {
    const std::lock_guard lock(mutex_);
    Node* node = node_of(descriptor);
    if (node == nullptr) return failed(EBADF);
    if (strikes(faults_.failed_truncate)) return failed(EIO);
    node->bytes.resize(static_cast<std::size_t>(size));
    operations_.push_back({Kind::kTruncate, node->path, node->bytes.size()});
    return 0;
  }
  int sync(int descriptor) {
    const std::lock_guard lock(mutex_);
    const Node* node = node_of(descriptor);
    if (node == nullptr) return failed(EBADF);
    if (strikes(faults_.interrupted)) return failed(EINTR);
    if (strikes(faults_.failed_sync)) {
      if (!node->is_directory) operations_.push_back({Kind::kSyncFailed, node->path});
      return failed(EIO);
    }
    operations_.push_back({node->is_directory ? Kind::kSyncDirectory : Kind::kSync, node->path});
    return 0;
  }
  int unlink(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (by_path_.erase(path) == 0) return failed(ENOENT);
    operations_.push_back({Kind::kUnlink, path});
    return 0;
  }
  int make_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (by_path_.contains(path)) return failed(EEXIST);
    if (!by_path_.contains(path.substr(0, path.rfind('/')))) return failed(ENOENT);
    nodes_.push_back({.path = path, .bytes = {}, .is_directory = true});
    by_path_.emplace(path, nodes_.size() - 1);
    operations_.push_back({Kind::kMakeDirectory, path});
    return 0;
  }

  mutable std::mutex mutex_;
  check::Random random_{1};
  Faults faults_;
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> by_path_;
  std::map<int, std::size_t> descriptors_;
  int last_descriptor_ = 1 << 20;  // never one of the kernel's
  std::vector<Operation> operations_;
  std::size_t injected_ = 0;
};

}  // namespace campaigns
