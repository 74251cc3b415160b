// file.h - scans one event file or VisualDL log into columns, again and again as it grows.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "record/unframe.h"
#include "scan/collector.h"
#include "scan/format.h"
#include "scan/skip.h"
#include "scan/window.h"
#include "vdl/unframe.h"

namespace eventcodec::scan {

// What to do about damage.
enum class Mode : std::uint8_t {
  kSalvage,  // skip the damaged bytes, report them, go on
  kPrefix,   // read up to the first damage and report the rest as skipped
  kStrict,   // the first damage is an error
};

// What happens to rows when not all of them shall be in memory.
struct Saving {
  PieceWriter* writer;
  std::uint64_t stretch;  // bytes of the file after which the rows are handed over
  std::uint64_t keep;     // so many bytes of rows stay in memory at the end
  // Fewer rows of a series stay, too: where they are takes as much as they do.
  std::uint64_t least_rows = 1;
};

// Rows, and what keeps their memory.
struct Loaded {
  Kind kind;
  Rows rows;
  std::shared_ptr<void> memory;
};

struct Options {
  Mode mode = Mode::kSalvage;
  record::Verify verify = record::Verify::kYes;
  bool keep_rows = true;  // false: only tags, records and damage count
  bool keep_tags = true;  // false: of tags no more than help reading, and none at the end
  // The fewest bytes that are worth a thread of their own; a thread reads twice as many at a time,
  // and up to eight times when others are slow.
  std::uint64_t least_part = std::uint64_t{1} << 20;
  const Saving* saving = nullptr;
};

// Why a record whose checksums are right is damage.
inline constexpr const char* kMalformedEvent = "malformed event";
// Why bytes of a VisualDL log, which has no checksums, are damage.
inline constexpr const char* kMalformedRecord = "malformed record";
inline constexpr const char* kContradictingLengths = "lengths contradict each other";

struct Damage {
  std::uint64_t offset;
  std::uint64_t length;
  const char* reason;
  bool searched;                 // what follows was found by a search
  std::uint64_t records_before;  // whole records that stand before it
};

// One file and what was read of it so far. Not for use from two threads at once.
class EventFile {
 public:
  // With a selection, only what is selected becomes rows; series() has the others, too, unwanted or
  // without rows.
  explicit EventFile(std::string path, std::shared_ptr<const Selection> selection = nullptr)
      : path_(std::move(path)), selection_(std::move(selection)), collector_(selection_) {}

  // Reads what was added since the last time. `buffer` is scratch memory that files may share one
  // after the other. A file that shrank or was replaced is read anew, and generation() changes.
  // kIo: the file could not be read; kCorrupt: damage in strict mode; kOutOfMemory, and kCancelled
  // when the selection could not say what is wanted: the next scan reads the file anew. What was
  // read before the error stays. A long file is read on `threads` threads that live for this call;
  // the result is that of one.
  [[nodiscard]] Status scan(const Options& options, Buffer& buffer, std::size_t threads = 1);

  // Appends all that was read to `out`, but for the rows in pieces, so that a later process can go
  // on from here without reading the file again.
  [[nodiscard]] Status save(PieceWriter& out) const;
  // Takes over what save() wrote for this path, with its pieces. The next scan() reads what was
  // added since, or everything when the file is another one. False: not what save() wrote; nothing
  // changed. kOutOfMemory as an error.
  [[nodiscard]] Result<bool> restore(ByteView state, std::vector<Piece> pieces = {});

  // The rows of a series, from where they are: pieces that are damaged are read anew from the file.
  [[nodiscard]] Result<Loaded> load(std::size_t id);
  // Appends the rows of a series of scalars to memory that has room for them all.
  [[nodiscard]] Status copy_scalars(std::size_t id, Rows& into);
  // Of the rows that are not void: see restarts.h. Memory is that of one extent.
  [[nodiscard]] Result<Statistics> statistics(std::size_t id, std::span<const Void> voids);
  // The pieces in which rows of this file are; offsets count from where the writer began.
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

  [[nodiscard]] const std::string& path() const { return path_; }
  // Bytes that are decided: the next scan() begins here.
  [[nodiscard]] std::uint64_t committed() const { return committed_; }
  // What is selected; null for everything.
  [[nodiscard]] const Selection* selection() const { return selection_.get(); }
  [[nodiscard]] const std::vector<Series>& series() const { return collector_.series(); }
  [[nodiscard]] std::vector<TagOwner> owners() const { return collector_.owners(); }
  // Bytes of the records of each tag: of event files, what add_bytes() was told.
  void add_bytes(std::string_view tag, std::uint64_t bytes) { collector_.add_bytes(tag, bytes); }
  [[nodiscard]] std::uint64_t bytes_of(std::string_view tag) const {
    return collector_.bytes_of(tag);
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> tag_bytes() const {
    return collector_.tag_bytes();
  }
  [[nodiscard]] bool has_guesses() const { return collector_.has_guesses(); }
  [[nodiscard]] std::vector<std::string> guessed_tags() const { return collector_.guessed_tags(); }
  [[nodiscard]] bool has_expectations() const { return collector_.has_expectations(); }
  [[nodiscard]] std::vector<TagOwner> expectations() const { return collector_.expectations(); }
  // Forgets what was read: the next scan() reads the file anew, knowing the owners of these tags.
  void expect(const std::vector<TagOwner>& tags);
  [[nodiscard]] const std::vector<SessionStart>& session_starts() const {
    return collector_.session_starts();
  }
  // Skipped regions in file order. One that runs to the end may change when the file grows.
  [[nodiscard]] std::vector<Damage> damage() const;
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // Bytes at the end that are an unfinished record or zeros: not damage, there may be more to come.
  [[nodiscard]] std::uint64_t pending() const { return pending_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // What it was read as; kEvents before the first scan.
  [[nodiscard]] Format format() const { return format_; }

 private:
  // What tells one state of a file from another without reading it.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::int64_t seconds = 0;  // of the last change
    std::int64_t nanoseconds = 0;
    bool operator==(const Identity&) const = default;
  };

  static Identity identity_of(const struct stat& status);

  bool restore_from(StateReader& in);
  // saved_rows.cc
  Status take_and_save(Window& window, SearchBudget& budget, const Options& options);
  Status save_rows(const Saving& saving, std::uint64_t keep);
  Status join_pieces(const Saving& saving, std::uint64_t new_bytes);
  Status read_anew();
  void forget();
  void start_anew();
  Status scan_what_is_new(const Options& options, Buffer& buffer, std::size_t threads);
  Result<bool> take_until(Window& window, SearchBudget& budget, const Options& options,
                          std::uint64_t limit);
  void note_progress();
  [[nodiscard]] Status decided() const;
  Result<record::Unframed> take_records(Window& window, const Options& options,
                                        SearchBudget& budget, std::uint64_t limit);
  // split.cc
  struct Part;
  class Ahead;
  Status take_split(Window& window, SearchBudget& budget, const Options& options,
                    std::size_t threads);
  bool adopt(Part& part, Window& window);
  Result<bool> pass_damage(Window& window, SearchBudget& budget, const record::Unframed& found,
                           const Options& options);
  Result<bool> pass_torn_record(Window& window, SearchBudget& budget, std::uint64_t bytes,
                                const Options& options);
  [[nodiscard]] bool may_be_finished(int fd, std::uint64_t file_bytes) const;
  Result<bool> skip_damage(Window& window, SearchBudget& budget, const char* reason);
  Status end_at(const char* reason, const record::Unframed& found, const Options& options);

  // The same for VisualDL's records; in vdl_file.cc.
  Status take_all_vdl(Window& window, SearchBudget& budget, const Options& options);
  vdl::Unframed take_vdl_records(Window& window);
  void pass_records(Window& window, std::uint64_t bytes, std::uint64_t records);
  Result<bool> pass_vdl_damage(Window& window, SearchBudget& budget, const vdl::Unframed& found,
                               const Options& options);
  Result<bool> pass_unfinished(Window& window, SearchBudget& budget, const Options& options);

  std::string path_;
  std::shared_ptr<const Selection> selection_;
  Collector collector_;
  std::optional<Identity> identity_;
  Format format_ = Format::kEvents;
  bool torn_ = false;            // the last scan ran out of memory, or did not know what is wanted
  bool settled_ = false;         // the last scan came to the end of the file
  std::uint64_t committed_ = 0;  // everything before is decided
  std::uint64_t begin_ = 0;      // of the bytes that are read into this object: see split.cc
  std::optional<std::uint64_t> end_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t pending_ = 0;
  std::uint64_t generation_ = 0;
  std::vector<Damage> damage_;
  std::vector<Piece> pieces_;
  const char* open_damage_ = nullptr;  // why the bytes from committed_ to the end are skipped
};

}  // namespace eventcodec::scan
