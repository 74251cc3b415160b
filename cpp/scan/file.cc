// file.cc - scans one file into columns; the records of event files. (Those of VisualDL:
// vdl_file.cc)
#include "scan/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "scan/descriptor.h"
#include "scan/skip.h"

namespace eventcodec::scan {

using record::DamageKind;
using record::Unframed;

// The values of so many tags are read the quick way when nobody wants to know of them: some 50 MiB.
constexpr std::size_t kTagsForReading = std::size_t{1} << 16;

// Enough to tell what a file is; threads that share a file need not wait for more.
constexpr std::uint64_t kBytesOfFormat = std::uint64_t{64} << 10;

void EventFile::forget() {
  collector_ = Collector(selection_);
  committed_ = 0;
  records_ = 0;
  damage_.clear();
  pieces_.clear();
  ++generation_;
}

std::vector<Damage> EventFile::damage() const {
  std::vector<Damage> all = damage_;
  if (open_damage_ != nullptr)
    all.push_back({committed_, bytes_ - committed_, open_damage_, false, records_});
  return all;
}

Status EventFile::scan(const Options& options, Buffer& buffer, std::size_t threads) {
  Status status = without_bad_alloc([&]() -> Status {
    if (torn_) start_anew();
    return scan_what_is_new(options, buffer, threads);
  });
  const bool torn = !status.ok() && (status.error().code == Errc::kOutOfMemory ||
                                     status.error().code == Errc::kCancelled);
  torn_ = torn_ || torn;
  return status;
}

// An error of the selection is found after each window: until then its tags are taken for unwanted.
Status EventFile::decided() const {
  if (!collector_.is_undecided()) return {};
  return Error{.code = Errc::kCancelled, .message = "whether a tag is wanted could not be told"};
}

// Something stopped in the midst of the collector: what is there can be looked at, and not added
// to.
void EventFile::start_anew() {
  forget();
  identity_.reset();
  settled_ = false;
  torn_ = false;
}

void EventFile::expect(const std::vector<TagOwner>& tags) {
  start_anew();
  for (const TagOwner& tag : tags) collector_.expect(tag);
}

EventFile::Identity EventFile::identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Status EventFile::scan_what_is_new(const Options& options, Buffer& buffer, std::size_t threads) {
  struct stat found{};
  // Of many files most are as they were: not even opened.
  if (settled_ && ::stat(path_.c_str(), &found) == 0 && identity_ == identity_of(found)) return {};
  Result<Descriptor> file = Descriptor::open_file(path_);
  if (!file.ok()) return file.error();
  const Identity identity = identity_of(file.value().status());
  if (settled_ && identity_ == identity) return {};
  if (identity_.has_value() &&
      (identity.device != identity_->device || identity.inode != identity_->inode ||
       identity.bytes < committed_ || may_be_finished(file.value().get(), identity.bytes))) {
    forget();
  }
  const bool is_first = committed_ == 0;
  collector_.recall_tags();
  identity_ = identity;
  open_damage_ = nullptr;
  if (!options.keep_tags) collector_.limit_tags(kTagsForReading);
  if (options.saving != nullptr) {
    Status joined = join_pieces(*options.saving, identity.bytes - committed_);
    if (!joined.ok() && joined.error().code == Errc::kOutOfMemory) return joined;
    if (!joined.ok()) forget();  // they are damaged
  }
  Window window(file.value().get(), committed_, identity.bytes, buffer);
  SearchBudget budget(window.file_bytes() - window.offset());
  if (committed_ == 0 && damage_.empty()) {
    if (Status filled = window.fill(0, kBytesOfFormat); !filled.ok()) return filled;
    format_ = format_of(window.bytes(), path_);
  }
  Status result = format_ == Format::kVisualDl ? take_all_vdl(window, budget, options)
                  : options.saving != nullptr
                      ? take_and_save(window, budget, options)
                      : take_split(window, budget, options, std::max<std::size_t>(threads, 1));
  if (result.ok() && options.saving != nullptr) {
    result = save_rows(*options.saving, options.saving->keep);
  }
  if (!options.keep_rows) collector_.drop_rows();
  if (!options.keep_tags) collector_ = Collector(selection_);
  if (is_first && options.saving == nullptr) collector_.settle();
  begin_ = 0;
  end_.reset();
  settled_ = result.ok();
  bytes_ = std::max(identity.bytes, committed_);
  pending_ = result.ok() && open_damage_ == nullptr ? bytes_ - committed_ : 0;
  return result;
}

// Reads records that start before `limit`, until the file ends, maybe in the middle of one, or
// damage ends the reading. True: the limit was reached.
Result<bool> EventFile::take_until(Window& window, SearchBudget& budget, const Options& options,
                                   std::uint64_t limit) {
  std::uint64_t wanted = 0;
  while (true) {
    if (committed_ >= limit) return true;
    Status status;
    if (window.bytes().size() <= wanted) status = window.fill(wanted, limit);
    if (!status.ok()) return status.error();
    Result<Unframed> found = take_records(window, options, budget, limit);
    if (!found.ok()) return found.error();
    if (status = decided(); !status.ok()) return status.error();
    if (!options.keep_rows) collector_.drop_rows_now_and_then(committed_);
    if (open_damage_ != nullptr) return false;
    if (committed_ >= limit) return true;
    if (found.value().kind == Unframed::Kind::kNeedMore) {
      wanted = found.value().bytes;
      if (window.can_hold(wanted)) continue;
      const Result<bool> go_on = pass_torn_record(window, budget, wanted, options);
      if (!go_on.ok()) return go_on.error();
      if (!go_on.value()) return false;
      wanted = 0;
      continue;
    }
    wanted = 0;
    const Result<bool> go_on = pass_damage(window, budget, found.value(), options);
    if (!go_on.ok()) return go_on.error();
    if (!go_on.value()) return false;
  }
}

void EventFile::note_progress() {
  collector_.set_progress(committed_ - begin_, end_.value_or(identity_->bytes) - begin_);
}

// Takes the records of the window that start before `limit`. Returns the unfinished record or the
// damage that it stopped at, or anything at the limit or with open_damage_ set.
Result<Unframed> EventFile::take_records(Window& window, const Options& options,
                                         SearchBudget& budget, std::uint64_t limit) {
  const PredictFn predict = chosen().fn;
  while (true) {
    Prediction& prediction = collector_.prepare(options.verify == record::Verify::kYes);
    const std::uint8_t* begin = window.bytes().data();
    const std::uint64_t before = prediction.records;
    const std::uint64_t size = std::min<std::uint64_t>(window.bytes().size(), limit - committed_);
    const std::uint8_t* taken = predict(prediction, begin, begin + size);
    records_ += prediction.records - before;
    window.drop(static_cast<std::size_t>(taken - begin));
    committed_ = window.offset();
    note_progress();
    if (committed_ >= limit) return Unframed{.kind = Unframed::Kind::kNeedMore};

    Unframed found = record::unframe(window.bytes(), options.verify);
    if (found.kind == Unframed::Kind::kNeedMore) return found;
    const bool damaged = found.kind == Unframed::Kind::kDamage;
    if (!damaged && collector_.make_expected_room()) continue;
    if (damaged && found.damage != DamageKind::kPayloadCrc) return found;
    if (!damaged && collector_.add(found.payload, committed_)) {
      ++records_;
    } else {
      const char* reason = damaged ? record::reason_of(found.damage) : kMalformedEvent;
      if (options.mode != Mode::kSalvage) {
        Status status = end_at(reason, found, options);
        if (!status.ok()) return status.error();
        return found;
      }
      const std::uint64_t claimed = found.bytes;
      if (damaged) {
        const Result<std::uint64_t> bytes = damaged_bytes(window, found.bytes, budget);
        if (!bytes.ok()) return bytes.error();
        found.bytes = bytes.value();
      }
      damage_.push_back({committed_, found.bytes, reason, found.bytes != claimed, records_});
    }
    window.drop(static_cast<std::size_t>(found.bytes));
    committed_ = window.offset();
    if (committed_ >= limit) return found;
  }
}

// Deals with a header that is none. False: nothing after it can be read for now.
Result<bool> EventFile::pass_damage(Window& window, SearchBudget& budget, const Unframed& found,
                                    const Options& options) {
  const char* reason = record::reason_of(found.damage);
  if (options.mode == Mode::kSalvage) return skip_damage(window, budget, reason);
  Result<bool> zeros = is_zero_to_end(window);
  if (!zeros.ok()) return zeros.error();
  if (zeros.value()) return false;
  Status status = end_at(reason, found, options);
  if (!status.ok()) return status.error();
  return false;
}

// Deals with a record of `bytes` bytes that the file does not hold. False: more of it may come.
Result<bool> EventFile::pass_torn_record(Window& window, SearchBudget& budget, std::uint64_t bytes,
                                         const Options& options) {
  const Result<std::uint64_t> torn = damaged_bytes(window, bytes, budget);
  if (!torn.ok()) return torn.error();
  if (torn.value() == bytes) return false;
  const Unframed found{.kind = Unframed::Kind::kDamage, .damage = DamageKind::kUnfinished};
  const char* reason = record::reason_of(found.damage);
  if (options.mode != Mode::kSalvage) {
    Status status = end_at(reason, found, options);
    if (!status.ok()) return status.error();
    return false;
  }
  damage_.push_back({committed_, torn.value(), reason, true, records_});
  window.drop(static_cast<std::size_t>(torn.value()));
  committed_ = window.offset();
  return true;
}

// Whether the file has grown to the end of a record that was passed over as one that will not be
// finished: that may have been wrong.
bool EventFile::may_be_finished(int fd, std::uint64_t file_bytes) const {
  const std::string_view unfinished = record::reason_of(DamageKind::kUnfinished);
  return std::any_of(damage_.begin(), damage_.end(), [&](const Damage& each) {
    if (format_ != Format::kEvents || each.reason != unfinished) return false;
    std::array<std::uint8_t, record::kLengthBytes> length;
    const ssize_t got = ::pread(fd, length.data(), length.size(), static_cast<off_t>(each.offset));
    return got != static_cast<ssize_t>(length.size()) ||
           load_le<std::uint64_t>(length.data()) + record::kOverheadBytes <=
               file_bytes - each.offset;
  });
}

Result<bool> EventFile::skip_damage(Window& window, SearchBudget& budget, const char* reason) {
  const Result<Skipped> skipped = skip_to_record(
      window, format_ == Format::kVisualDl ? kVisualDlFraming : kEventFraming, budget);
  if (!skipped.ok()) return skipped.error();
  switch (skipped.value().kind) {
    case Skipped::Kind::kZeros:
      return false;
    case Skipped::Kind::kNothing:
      open_damage_ = reason;
      return false;
    case Skipped::Kind::kRecord:
    case Skipped::Kind::kUnfinished:
      break;
  }
  damage_.push_back({committed_, skipped.value().offset - committed_, reason, true, records_});
  committed_ = skipped.value().offset;
  return skipped.value().kind == Skipped::Kind::kRecord;
}

// Ends the reading at committed_: an error in strict mode, else the rest of the file is skipped.
Status EventFile::end_at(const char* reason, const Unframed& found, const Options& options) {
  if (options.mode == Mode::kPrefix) {
    open_damage_ = reason;
    return {};
  }
  return Error{.code = Errc::kCorrupt,
               .message = std::string(reason) + " at byte " + std::to_string(committed_),
               .offset = committed_,
               .got = found.got,
               .want = found.want};
}

}  // namespace eventcodec::scan
