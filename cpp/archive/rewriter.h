// rewriter.h - copies event files event by event, leaving out and changing what rules say.  In:
// files in the order in which they are read as one run, and rules by tag.  Out: files, and how many
// bytes each tag had and has. What no rule touches is copied bit for bit. Memory grows with the
// number of tags, and, where columns are collected, with their rows.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/file_output.h"
#include "archive/record_walk.h"
#include "event/decode.h"

namespace eventcodec::archive {

// What happens to the values of one tag.
struct TagRule {
  bool drop = false;
  std::string rename;              // "": keeps its name
  std::uint64_t every = 1;         // of the values that count, the first and each n-th after it
  std::vector<std::uint8_t> mask;  // value number i is kept when mask[i] is not 0; empty: all
};

struct Rules {
  std::unordered_map<std::string, TagRule> tags;
  TagRule others;                     // tags that are not named
  std::int64_t step_shift = 0;        // added to the step of every event but the version
  double time_shift = 0;              // seconds, added to every wall time
  std::optional<std::int64_t> until;  // events from this step on are left out
  bool resolve = false;               // leave out what restarts void, and the restarts
  bool one_version = false;           // of the version records only the first of the run stays
  bool add_version = false;           // a run that does not begin with one gets one
  bool collect = false;               // keep the columns of the values that count, for masks
};

// A file of the run, and what later restarts void of it.
struct Source {
  int fd;
  std::uint64_t offset = 0;  // where to begin
  // SessionLog STARTs in this file: where, and from which step on what stands before is void.
  std::vector<std::pair<std::uint64_t, std::int64_t>> restarts;
  std::optional<std::int64_t> void_from;  // by restarts in later files
};

// What became of a tag.
struct TagReport {
  std::string tag;
  std::uint64_t values_before = 0;
  std::uint64_t values_after = 0;
  std::uint64_t bytes_before = 0;  // of records; those of several values share their overhead
  std::uint64_t bytes_after = 0;
  // With Rules::collect, of the values that count: their steps, and their numbers (NaN for what is
  // no scalar).
  std::vector<std::int64_t> steps;
  std::vector<double> numbers;
};

struct RewriteTotals {
  std::uint64_t records_before = 0;
  std::uint64_t records_after = 0;
  std::uint64_t records_unchanged = 0;  // of those after: copied bit for bit
  std::uint64_t damaged = 0;            // regions, and events that cannot be taken apart
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

class Rewriter {
 public:
  explicit Rewriter(Rules rules) : rules_(std::move(rules)) {}

  static constexpr int kNowhere = -1;

  // Copies one file. `to` kNowhere only counts. Stops when the output has `most_bytes`, if that is
  // not 0: the result is the offset to go on from, or the end of the file's records.
  Result<std::uint64_t> copy(const Source& from, int to, std::uint64_t most_bytes);

  [[nodiscard]] const std::vector<TagReport>& tags() const { return reports_; }
  [[nodiscard]] const RewriteTotals& totals() const { return totals_; }

 private:
  struct Tag {
    std::uint32_t report;
    const TagRule* rule;
    std::uint64_t counted = 0;  // values that count, before `every` and `mask`
    bool has_metadata = false;
    bool written = false;                // a value of it is in the output
    std::vector<std::uint8_t> metadata;  // the first that the tag has: TensorBoard keeps that one
    std::string plugin;
    std::pair<const std::string, Tag>* next = nullptr;  // the tag that came after it last time
  };
  // What restarts void at the place where the copy is.
  struct Voids {
    const Source* source;
    std::vector<std::int64_t> from;  // for each restart, the least step of it and all after it
    std::size_t passed = 0;          // restarts that stand before this place
  };
  // One value of an event and what becomes of it.
  struct Edit {
    ByteView bytes;
    Tag* tag = nullptr;
    bool keep = false;
    bool changed = false;
    bool add_metadata = false;
  };

  Status take(const Step& step, Voids& voids, FileOutput* output);
  Status take_summary(const Step& step, const event::EventView& event, bool is_void,
                      FileOutput* output);
  Status take_whole(const Step& step, const event::EventView& event, FileOutput* output);
  Status put_event(const Step& step, const std::vector<Edit>* edits, FileOutput* output);
  Status put_unchanged(const Step& step, FileOutput* output);
  void decide(Edit& edit, const event::ValueView& value, const event::EventView& event,
              bool is_void);
  bool counts(Tag& tag, const event::ValueView& value, const event::EventView& event);
  [[nodiscard]] bool put_value(const Edit& edit);
  Tag& tag_of(std::string_view name);
  [[nodiscard]] bool is_stamp_kept() const {
    return rules_.step_shift == 0 && rules_.time_shift == 0;
  }
  static bool is_void(Voids& voids, std::uint64_t offset, std::int64_t step);

  Rules rules_;
  RewriteTotals totals_;
  std::unordered_map<std::string, Tag> tags_;
  std::pair<const std::string, Tag>* last_ = nullptr;  // the tag that came last
  std::vector<TagReport> reports_;
  std::vector<Edit> edits_;
  event::Joined joined_;
  std::vector<event::ValueView> values_;  // of edits_
  // What is being written: an event, its fields but the stamp and summary, the summary, a value.
  Buffer event_;
  Buffer others_;
  Buffer summary_;
  Buffer value_;
  bool begun_ = false;
  bool has_version_ = false;
};

}  // namespace eventcodec::archive
