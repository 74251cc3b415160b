// collector.h - sorts the values of events into series.  In: payloads of records.  Out: rows.
// Knows tags, kinds and metadata; knows nothing of files.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/decode.h"
#include "scan/columns.h"
#include "scan/format.h"
#include "scan/predict.h"
#include "scan/saved.h"
#include "scan/selection.h"
#include "scan/state.h"
#include "scan/vdl_scalars.h"
#include "vdl/decode.h"

namespace eventcodec::scan {

// What decides the kind of a tag's tensors: of the tag's metadata, the first of the run.
struct Owner {
  std::string plugin;
  event::DataClass data_class = event::DataClass::kUnknown;

  bool operator==(const Owner&) const = default;
};
using TagOwner = std::pair<std::string, Owner>;

// A restart of the run: what stands before it has no points from `step` on any more.
struct SessionStart {
  std::int64_t step;
  std::uint64_t offset;             // of its record
  std::vector<std::uint64_t> rows;  // of each series, how many stand before it in this file
};

class Collector {
 public:
  // Without a selection every value becomes rows.
  explicit Collector(std::shared_ptr<const Selection> selection = nullptr);

  // Adds the rows of one event, whose record stands at `offset`. False: the event is malformed (or
  // memory is exhausted) and nothing was added.
  [[nodiscard]] bool add(ByteView payload, std::uint64_t offset);

  // The same with the value of a VisualDL record of `bytes` bytes; in vdl_rows.cc. Throws
  // std::bad_alloc.
  void add(const vdl::ValueView& value, std::uint64_t offset, std::uint64_t bytes);
  // Scalars of series that add() has met, the quick way.
  VdlScalars::Taken take_vdl_scalars(ByteView window) { return vdl_scalars_.take(window, steps_); }

  // The kernel's state; the rows that it appends are those of series().
  Prediction& prepare(bool verify) { return predictor_.prepare(verify, steps_); }

  // Whether the selection could not say of a tag whether it is wanted: what was gathered since is
  // not what it should be.
  [[nodiscard]] bool is_undecided() const { return undecided_; }

  // Forgets the rows of every series, but not the series.
  void drop_rows() {
    for (Series& series : series_) series.rows.size = 0;
  }
  // The same when the scan, which has come to byte `done` of the file, has read enough since the
  // last time to be worth a look at every series.
  void drop_rows_now_and_then(std::uint64_t done) {
    constexpr std::uint64_t kBytesPerSeries = 64;
    if (done - dropped_at_ < kBytesPerSeries * series_.size()) return;
    dropped_at_ = done;
    drop_rows();
  }

  // From here on values of tags that are new are checked, but not gathered, once so many tags are
  // known.
  void limit_tags(std::size_t most) { most_tags_ = most; }
  [[nodiscard]] std::size_t most_tags() const { return most_tags_; }

  // How far the scan is, as bytes of the file: series that run full are given room for the rows
  // that they will have at the end if the file goes on as it began.
  void set_progress(std::uint64_t done, std::uint64_t total) {
    if (done < done_) first_room_.reset();  // another stretch
    done_ = done;
    total_ = total;
  }

  // To be called when a file has been read for the first time. Most files never grow, and archives
  // have very many: gives back what only helps reading, and of few rows the room for more.
  void settle();
  // To be called before more is added.
  void recall_tags();

  // Makes room in the series whose row is expected next. False: it has some, or none is expected.
  [[nodiscard]] bool make_expected_room();

  // Takes over what another collector has gathered from the bytes that follow, beginning empty or
  // from hand_over(): the result is as if this one had gathered it. False: it would not be, because
  // the other did not know the metadata that stand before; nothing changed. Throws std::bad_alloc;
  // then the same is true of the rows.
  [[nodiscard]] bool adopt(Collector& part);

  // After it was adopted: copies the rows to their places in the other, which may be added to at
  // the same time, and forgets rows and restarts, but not the tags, what they are, and how their
  // records look.
  void hand_over();

  // All that add() has gathered, and back: see state.h. restore() is for a new Collector; false:
  // not what save() wrote.
  void save(StateWriter& out) const;
  [[nodiscard]] bool restore(StateReader& in, const std::vector<Piece>& pieces);
  // Drops of what restore() brought what is not selected; in select_restored.cc. On an error
  // nothing of it may be used.
  [[nodiscard]] Status select(const std::vector<Piece>& pieces, Format format);

  [[nodiscard]] const std::vector<Series>& series() const { return series_; }
  [[nodiscard]] Series& series_at(std::size_t id) { return series_[id]; }

  // Rows that go elsewhere and come back; in saved_rows.cc. Those of series that have fewer than
  // `least` stay. On an error the rows are in no order.
  [[nodiscard]] std::uint64_t bytes_to_save(std::uint64_t least) const;
  [[nodiscard]] Status save_rows(PieceWriter& writer, std::uint32_t piece, std::uint64_t least);
  [[nodiscard]] Status take_back(const std::vector<Piece>& pieces, std::uint32_t first);

  // From here on in tags.cc.
  // Bytes of records by tag. Event files: what add_bytes() was told; VisualDL logs: what was read.
  void add_bytes(std::string_view tag, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t bytes_of(std::string_view tag) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> tag_bytes() const;

  // The tags that have metadata here, each with what its first say; in the order of their
  // series, then those without values in no particular one.
  [[nodiscard]] std::vector<TagOwner> owners() const;

  // Tags of which rows were sorted without metadata, and what an earlier file of the run says of
  // them, before anything is added: see carry.h.
  [[nodiscard]] bool has_guesses() const { return has_guesses_; }
  [[nodiscard]] std::vector<std::string> guessed_tags() const;
  void expect(const TagOwner& tag);
  // What expect() was told.
  [[nodiscard]] bool has_expectations() const { return has_expectations_; }
  [[nodiscard]] std::vector<TagOwner> expectations() const;

  [[nodiscard]] const std::vector<SessionStart>& session_starts() const { return session_starts_; }

 private:
  // A file of nothing but restarts and tags must not cost the square of its size.
  static constexpr std::size_t kMostRowCounts = std::size_t{1} << 20;

  // One row before it is appended: an event is decoded whole before anything of it counts.
  struct Row {
    event::ValueView value;
    ByteView bytes;  // the Value, for the predictor
    Kind kind;
    double number;
    const std::uint8_t* number_at;
    std::size_t number_bytes;
    std::uint32_t index;  // of the value in the event
    std::uint32_t items;
    bool guessed;  // the kind was decided without metadata of the tag
  };
  struct TagEntry {
    bool wanted = true;         // by the selection; event files only
    bool has_metadata = false;  // TensorBoard keeps the first metadata of a tag
    bool guessed = false;       // the kind of a row was decided without
    bool expected = false;      // they stand in an earlier file
    Owner owner;
    std::string display_name;
    std::string description;
    std::uint64_t bytes = 0;            // see tag_bytes(); without those in its series
    std::vector<std::uint32_t> series;  // one for each kind that the tag was used for
    std::pair<const std::string, TagEntry>* next = nullptr;  // counted after it the last time
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  bool add_summary(const event::EventView& event, std::uint64_t offset);
  bool add_graph(const event::EventView& event, std::uint64_t offset);
  void add_session(const event::EventView& event, std::uint64_t offset);
  bool decode_row(ByteView bytes, std::uint32_t index);
  bool classify_tensor(Row* row);
  void classify_empty(Row* row);
  const Owner& owner_of(Row* row);
  bool append(const Row& row, const event::EventView& event, std::uint64_t offset);
  [[nodiscard]] bool is_beyond_limit(std::string_view tag) const {
    return tags_.size() >= most_tags_ && !tags_.contains(tag);
  }
  [[nodiscard]] std::uint64_t bytes_of(const TagEntry& entry) const;
  TagEntry& entry_of(std::string_view tag);
  TagEntry& entry_of(const event::ValueView& value);
  Series* series_of(const vdl::ValueView& value);  // nullptr: beyond the limit of tags
  std::uint32_t id_of(TagEntry& entry, std::string_view tag, Kind kind);
  Series& new_series();
  void forget_tags();
  bool is_wanted(std::string_view tag, const std::string_view* curve);
  void leave_out(Series& series);
  Status drop_steps(std::size_t id, const std::vector<Piece>& pieces);
  // Whether a value of the series that stands at this step becomes rows.
  [[nodiscard]] bool keeps(const Series& series, std::int64_t step) const {
    return !series.unwanted && (steps_.holds(step) || series.timeless);
  }
  bool make_room(Series& series, std::uint64_t rows);
  [[nodiscard]] double projected_rows(const Series& series) const;
  [[nodiscard]] bool can_adopt(const Collector& part) const;
  struct Copy {
    void* to;
    const void* from;
    std::size_t bytes;
  };
  void adopt_series(Collector& part);
  void adopt_restarts(Collector& part, std::size_t series_before);
  void adopt_tags(const Collector& part);
  static void adopt_rows(Series& series, Series& part, std::vector<Copy>& leaving);
  void await_arrivals() const;
  static void describe(Series& series, const TagEntry& entry);
  void learn(Series& series, const Row& row);

  // Where the kernel puts the rows of unwanted series, each over the last.
  struct Sink {
    std::int64_t step;
    double wall_time;
    double value;
  };

  std::shared_ptr<const Selection> selection_;
  StepRange steps_;  // those of the selection
  bool undecided_ = false;
  std::unique_ptr<Sink> sink_;
  std::vector<Series> series_;  // grows by new_series() alone
  ColumnMemory memory_;         // of their columns
  using Tags = std::unordered_map<std::string, TagEntry, Hash, std::equal_to<>>;
  Tags tags_;
  bool tags_forgotten_ = false;  // each is that of one series, and has no metadata
  Predictor predictor_;
  VdlScalars vdl_scalars_;
  std::vector<SessionStart> session_starts_;
  std::pair<const std::string, TagEntry>* counted_ = nullptr;  // by add_bytes(), the last
  std::size_t row_counts_ = 0;                                 // in session_starts_
  bool has_guesses_ = false;
  bool tells_of_tags_ = false;  // some tag that add() met has metadata, or its kind was guessed
  bool has_expectations_ = false;
  event::Joined joined_;
  std::vector<Row> rows_;
  // By tag, from first metadata that stand in the event that is being decoded.
  std::unordered_map<std::string_view, Owner> first_owners_;
  std::string chart_tag_;  // scratch
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::optional<std::uint64_t> first_room_;  // done_ when rows began to come
  std::uint64_t dropped_at_ = 0;
  std::vector<std::uint32_t> adopted_as_;  // the number of each series in the adopter
  std::vector<Copy> leaving_;  // rows that hand_over() copies, and the count that it is part of
  std::atomic<std::uint32_t>* arrivals_of_adopter_ = nullptr;
  // How many others have not yet handed over rows that were adopted.
  std::unique_ptr<std::atomic<std::uint32_t>> arrivals_;
  std::size_t most_tags_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace eventcodec::scan
