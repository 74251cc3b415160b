// event_file.cc - one event file on disk.
#include "stream/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "event/encode.h"
#include "record/format.h"
#include "record/frame.h"
#include "stream/file_system.h"
#include "vdl/encode.h"

namespace eventcodec::stream {
namespace {

// A process that takes this many names in one second has another fault.
constexpr int kMaxNameAttempts = 1 << 20;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  std::string host(name.data());
  for (char& c : host) {
    if (c == '/' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  return host;
}

std::atomic<int> descriptor_count{0};

// Unique within the process, so that two writers of one second get two names. Written with six
// digits, so that the segments of one second sort in the order they were made.
unsigned next_number() {
  static std::atomic<unsigned> number{0};
  return number.fetch_add(1, std::memory_order_relaxed);
}

// Appends a sealed record whose payload `put` writes at the pointer it is given.
template <class Put>
std::size_t put_record(std::uint8_t* record, Put&& put) {
  std::uint8_t* payload = record + record::kHeaderBytes;
  const auto payload_bytes = static_cast<std::size_t>(put(payload) - payload);
  return static_cast<std::size_t>(record::seal(record, payload_bytes) - record);
}

Status sync_descriptor(int descriptor) {
  while (file_system().fdatasync(descriptor) != 0) {
    if (errno != EINTR) return io_error("fdatasync", errno);
  }
  return {};
}

}  // namespace

double wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::int64_t milliseconds_of(double seconds) {
  return static_cast<std::int64_t>(std::nearbyint(seconds * 1000));
}

Status make_directories(const std::string& directory) {
  if (file_system().mkdir(directory.c_str(), 0777) == 0 || errno == EEXIST) return {};
  const int failed = errno;
  const std::size_t slash = directory.find_last_of('/');
  if (failed != ENOENT || slash == 0 || slash == std::string::npos) {
    return io_error("mkdir", failed);
  }
  if (Status above = make_directories(directory.substr(0, slash)); !above.ok()) return above;
  if (file_system().mkdir(directory.c_str(), 0777) == 0 || errno == EEXIST) return {};
  return io_error("mkdir", errno);
}

int open_descriptors() { return descriptor_count.load(std::memory_order_relaxed); }

EventFile::~EventFile() { release_descriptor(); }

EventFile::EventFile(EventFile&& other) noexcept { *this = std::move(other); }

EventFile& EventFile::operator=(EventFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(directory_synced_, other.directory_synced_);
  std::swap(size_, other.size_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  std::swap(directory_, other.directory_);
  std::swap(path_, other.path_);
  return *this;
}

Result<EventFile> EventFile::create(const FilePlan& plan) {
  EventFile file;
  Status made = plan.file_name.empty() ? file.open_next_name(plan) : file.open_to_continue(plan);
  const std::uint64_t size = file.size_;
  if (made.ok()) made = file.write_first_records(plan);
  if (made.ok()) return file;
  // A file without its first record is worse than no file.
  if (file.descriptor_ >= 0 && size == 0) file_system().unlink(file.path_.c_str());
  if (file.descriptor_ >= 0 && size != 0) (void)file.truncate(size);
  return std::move(made.error());
}

Status EventFile::open_next_name(const FilePlan& plan) {
  directory_ = plan.directory;
  const long long seconds =
      std::max(static_cast<long long>(wall_clock()), static_cast<long long>(plan.first_second));
  const std::string host = host_name();
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    std::array<char, 64> stamp{};
    std::array<char, 64> process{};
    if (plan.kind == FileKind::kEvents) {
      std::snprintf(stamp.data(), stamp.size(), "/events.out.tfevents.%010lld.", seconds);
      std::snprintf(process.data(), process.size(), ".%ld.%06u", static_cast<long>(getpid()),
                    next_number());
      path_ = directory_ + stamp.data() + host + process.data() + plan.suffix;
    } else {
      // VisualDL reads the file with the greatest name, so the newest must have it.
      std::snprintf(stamp.data(), stamp.size(), "/vdlrecords.%010lld.log", seconds + attempt);
      path_ = directory_ + stamp.data() + plan.suffix;
    }
    const Result<bool> opened = open_new();
    if (!opened.ok()) return opened.error();
    if (opened.value()) return take_identity();
  }
  return io_error("open", EEXIST);
}

// False when the name is taken.
Result<bool> EventFile::open_new() {
  descriptor_ = file_system().open(
      path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0 && errno != EEXIST && errno != EINTR) return io_error("open", errno);
  return descriptor_ >= 0;
}

// The file that the plan names, as long as it may be.
Status EventFile::open_to_continue(const FilePlan& plan) {
  directory_ = plan.directory;
  path_ = directory_ + "/" + plan.file_name;
  do {
    descriptor_ = file_system().open(path_.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) return io_error("open", errno);
  return take_identity();
}

Status EventFile::take_identity() {
  descriptor_count.fetch_add(1, std::memory_order_relaxed);
  struct stat status{};
  if (file_system().fstat(descriptor_, &status) != 0) return io_error("fstat", errno);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Status EventFile::write_first_records(const FilePlan& plan) {
  if (plan.kind == FileKind::kVisualDl) return write_meta_record(plan.display_name);
  std::array<std::uint8_t, 3 * (event::kVersionBound + record::kOverheadBytes)> bytes{};
  const double now = wall_clock();
  std::size_t used =
      put_record(bytes.data(), [&](std::uint8_t* p) { return event::put_version(p, now); });
  if (plan.purge_step.has_value()) {
    used += put_record(bytes.data() + used, [&](std::uint8_t* p) {
      return event::put_session_start(p, {now, *plan.purge_step});
    });
  }
  return write_all(ByteView(bytes).first(used));
}

Status EventFile::write_meta_record(std::string_view display_name) {
  std::vector<std::uint8_t> record(vdl::meta_bound(display_name.size()) + vdl::kOverheadBytes);
  std::uint8_t* const payload = record.data() + vdl::kLengthBytes;
  std::uint8_t* const end = vdl::put_meta(payload, milliseconds_of(wall_clock()), display_name);
  vdl::seal(record.data(), static_cast<std::size_t>(end - payload));
  return write_all({record.data(), end});
}

Status EventFile::reopen() {
  do {
    descriptor_ =
        file_system().open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) return io_error("open", errno);
  descriptor_count.fetch_add(1, std::memory_order_relaxed);
  return {};
}

Status EventFile::check() {
  if (descriptor_ < 0) {
    if (Status reopened = reopen(); !reopened.ok()) return reopened;
  }
  struct stat status{};
  if (file_system().fstat(descriptor_, &status) != 0) return io_error("fstat", errno);
  if (!is_ours(status)) {
    return io_error("the descriptor of the event file was closed by other code", EBADF);
  }
  if (status.st_nlink == 0) return io_error("the event file was deleted", ENOENT);
  if (static_cast<std::uint64_t>(status.st_size) != size_) {
    return io_error("the event file was changed by other software", ESTALE);
  }
  return {};
}

void EventFile::release_descriptor() {
  if (descriptor_ < 0) return;
  // A number that somebody else closed, and perhaps opened, is not ours to close.
  struct stat status{};
  if (file_system().fstat(descriptor_, &status) == 0 && is_ours(status)) {
    file_system().close(descriptor_);
  }
  descriptor_ = -1;
  descriptor_count.fetch_sub(1, std::memory_order_relaxed);
}

bool EventFile::is_ours(const struct stat& status) const {
  return status.st_dev == device_ && status.st_ino == inode_;
}

void EventFile::forget() { *this = EventFile(); }

Status EventFile::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const Result<std::size_t> written = write(bytes);
    if (!written.ok()) return written.error();
    bytes = bytes.subspan(written.value());
  }
  return {};
}

Result<std::size_t> EventFile::write(ByteView bytes) {
  for (;;) {
    const ssize_t written = file_system().write(descriptor_, bytes.data(), bytes.size());
    if (written > 0) {
      size_ += static_cast<std::uint64_t>(written);
      return static_cast<std::size_t>(written);
    }
    if (written == 0) return io_error("write", EIO);
    if (errno != EINTR) return io_error("write", errno);
  }
}

Status EventFile::truncate(std::uint64_t bytes) {
  while (file_system().ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return io_error("ftruncate", errno);
  }
  size_ = bytes;
  return {};
}

Status EventFile::sync() {
  if (Status synced = sync_descriptor(descriptor_); !synced.ok()) return synced;
  return sync_directories();
}

Status EventFile::sync_by_path() {
  const int descriptor = file_system().open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  if (descriptor < 0) return errno == ENOENT ? Status() : io_error("open", errno);
  struct stat status{};
  const bool ours = file_system().fstat(descriptor, &status) == 0 && is_ours(status);
  Status synced = ours ? sync_descriptor(descriptor) : Status();
  file_system().close(descriptor);
  return ours && synced.ok() ? sync_directories() : synced;
}

// A new file survives power loss only when its directory entry does, and so on upwards: whoever
// made the run's directory may have made those above it, too.
Status EventFile::sync_directories() {
  if (directory_synced_) return {};
  std::filesystem::path directory = directory_;
  for (bool top = false; !top;) {
    const int descriptor =
        file_system().open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    // A directory above ours that may not be read was made by somebody else, long ago.
    if (descriptor < 0 && errno == EACCES && directory != directory_) break;
    if (descriptor < 0) return io_error("open directory", errno);
    const int failed = file_system().fsync(descriptor) != 0 ? errno : 0;
    file_system().close(descriptor);
    // EINVAL: a file system that has nothing to sync for a directory.
    if (failed != 0 && failed != EINVAL) return io_error("fsync directory", failed);
    std::filesystem::path parent = directory.parent_path();
    top = parent.empty() || parent == directory;
    directory = std::move(parent);
  }
  directory_synced_ = true;
  return {};
}

}  // namespace eventcodec::stream
