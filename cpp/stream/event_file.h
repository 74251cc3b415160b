// event_file.h - one event file or VisualDL log on disk: its name, its first records, whole records
// or nothing.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "stream/file_kind.h"

namespace eventcodec::stream {

// Seconds since 1970, as Python's time.time().
double wall_clock();
// The same in VisualDL's unit.
std::int64_t milliseconds_of(double seconds);

// Where and how the files of one writer are made.
struct FilePlan {
  std::string directory;                   // exists
  std::string suffix;                      // ends every file name
  std::optional<std::int64_t> purge_step;  // hide what earlier files logged from this step on
  std::int64_t first_second = 0;           // names are not stamped earlier than this
  FileKind kind = FileKind::kEvents;
  // Of a VisualDL log: the run's name on the page, and the name of the first file, which is
  // continued when it is there; "" for one of our own.
  std::string display_name = {};
  std::string file_name = {};
};

// Makes a directory, and those above it that are missing.
Status make_directories(const std::string& directory);

// How many event files of the process hold a descriptor right now.
int open_descriptors();

// One event file, only ever appended to. Move-only; closes its descriptor.
class EventFile {
 public:
  EventFile() = default;
  ~EventFile();
  EventFile(EventFile&& other) noexcept;
  EventFile& operator=(EventFile&& other) noexcept;

  // Creates events.out.tfevents.<seconds>.<host>.<pid>.<n><suffix> with O_EXCL, trying the next n
  // while the name is taken, and writes the version record (and the session start). Of VisualDL:
  // vdlrecords.<seconds>.log<suffix>, the next second while the name is taken, and the record with
  // the display name.
  static Result<EventFile> create(const FilePlan& plan);

  // Makes sure that the descriptor is this file's: opens it again when it was released, and notices
  // a file that was deleted (ENOENT), replaced or changed by others (ESTALE), or a descriptor that
  // somebody else closed or reuses (EBADF). After an error only forget() is left.
  Status check();
  // Gives the descriptor back to the process until the next check().
  void release_descriptor();
  // Leaves the file as it is on disk, and a descriptor that is not ours alone.
  void forget();

  // Appends up to all of `bytes`; returns how many the kernel took, at least one.
  Result<std::size_t> write(ByteView bytes);
  // Cuts the file back to `bytes`: undoes a record that was written in part.
  Status truncate(std::uint64_t bytes);
  // Waits until everything written is on the device, and the file's directory entry with it.
  Status sync();
  // The same when the descriptor may be somebody else's by now. A file that is no longer at its
  // path has nothing left to wait for.
  Status sync_by_path();

  // False before create() and after forget().
  [[nodiscard]] bool exists() const { return !path_.empty(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  Status open_next_name(const FilePlan& plan);
  Status open_to_continue(const FilePlan& plan);
  Result<bool> open_new();
  Status take_identity();
  Status write_first_records(const FilePlan& plan);
  Status write_meta_record(std::string_view display_name);
  Status write_all(ByteView bytes);
  Status reopen();
  Status sync_directories();
  [[nodiscard]] bool is_ours(const struct stat& status) const;

  int descriptor_ = -1;
  bool directory_synced_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t device_ = 0;  // with inode_, which file path_ was when it was made
  std::uint64_t inode_ = 0;
  std::string directory_;
  std::string path_;
};

}  // namespace eventcodec::stream
