// rewriter.cc - copies event files event by event, leaving out and changing what rules say.
#include "archive/rewriter.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "archive/event_fields.h"
#include "event/decode_tensor.h"
#include "wire/write.h"

namespace eventcodec::archive {

using event::EventView;
using event::Payload;
using event::ValueView;
using event::What;
using wire::Field;
using wire::FieldReader;

namespace {

Error out_of_memory() { return {.code = Errc::kOutOfMemory, .message = "an event to be written"}; }

[[nodiscard]] bool append_length(Buffer& out, std::uint32_t field, std::uint64_t length) {
  std::uint8_t* p = out.reserve(2 * wire::kMaxVarintBytes);
  if (p == nullptr) return false;
  out.commit(static_cast<std::size_t>(wire::put_length(p, field, length) - p));
  return true;
}

[[nodiscard]] bool append_field(Buffer& out, std::uint32_t field, ByteView bytes) {
  return append_length(out, field, bytes.size()) && out.append(bytes);
}

// The content of the metadata fields of a value, joined: protobuf merges them.
std::vector<std::uint8_t> metadata_of(ByteView value) {
  std::vector<std::uint8_t> content;
  FieldReader reader(value);
  Field field;
  while (reader.next(&field)) {
    if (field.key == wire::tag(event::kMetadata, wire::Type::kBytes)) {
      content.insert(content.end(), field.bytes.begin(), field.bytes.end());
    }
  }
  return content;
}

double number_of(const ValueView& value) {
  if (value.payload == Payload::kNumber) {
    return static_cast<double>(load_le<float>(value.body.data()));
  }
  event::TensorScalar scalar;
  if (value.payload == Payload::kTensorMessage &&
      event::decode_tensor_scalar(value.body, &scalar)) {
    return scalar.value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

bool holds_version(const Step& step) {
  return step.kind == Step::Kind::kRecord && is_version(step.payload());
}

// Whether a value without a payload is data all the same: hyperparameters stand in the metadata.
bool is_data(const ValueView& value, std::string_view plugin) {
  return value.payload != Payload::kNothing || plugin == "hparams";
}

}  // namespace

Result<std::uint64_t> Rewriter::copy(const Source& from, int to, std::uint64_t most_bytes) {
  return without_bad_alloc([&]() -> Result<std::uint64_t> {
    struct stat status{};
    if (::fstat(from.fd, &status) != 0) return io_error("stat", errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    Buffer buffer;
    RecordWalk walk(from.fd, std::min(from.offset, size), size, buffer);
    FileOutput output(to);
    Voids voids{.source = &from, .from = {}};
    voids.from.resize(from.restarts.size() + 1, std::numeric_limits<std::int64_t>::max());
    if (from.void_from.has_value()) voids.from.back() = *from.void_from;
    for (std::size_t i = from.restarts.size(); i-- != 0;) {
      voids.from[i] = std::min(voids.from[i + 1], from.restarts[i].second);
    }
    while (true) {
      const Result<Step> step = walk.next();
      if (!step.ok()) return step.error();
      if (!begun_ && rules_.add_version && to != kNowhere && !holds_version(step.value())) {
        if (Status added = output.append_version(0); !added.ok()) return added.error();
      }
      begun_ = true;
      const bool full = most_bytes != 0 && output.bytes() >= most_bytes;
      if (step.value().kind == Step::Kind::kEnd || full) {
        Status flushed = output.flush();
        totals_.bytes_after += output.bytes();
        if (!flushed.ok()) return flushed.error();
        return step.value().offset;
      }
      totals_.bytes_before += step.value().bytes;
      if (step.value().kind == Step::Kind::kDamage) {
        ++totals_.damaged;
        continue;
      }
      ++totals_.records_before;
      Status taken = take(step.value(), voids, to == kNowhere ? nullptr : &output);
      if (!taken.ok()) return taken.error();
    }
  });
}

// Whether a restart behind `offset` voids what was logged at `step`.
bool Rewriter::is_void(Voids& voids, std::uint64_t offset, std::int64_t step) {
  const auto& restarts = voids.source->restarts;
  while (voids.passed < restarts.size() && restarts[voids.passed].first <= offset) ++voids.passed;
  const bool any = voids.passed < restarts.size() || voids.source->void_from.has_value();
  return any && step >= voids.from[voids.passed];
}

Status Rewriter::take(const Step& step, Voids& voids, FileOutput* output) {
  EventView event;
  if (!event::decode_event(step.payload(), &event)) {
    ++totals_.damaged;
    return {};
  }
  if (event.what == What::kOther && is_version(step.payload())) {
    if (rules_.one_version && has_version_) return {};
    has_version_ = true;
    return rules_.time_shift == 0 ? put_unchanged(step, output) : put_event(step, nullptr, output);
  }
  if (rules_.until.has_value() && event.step >= *rules_.until) return {};
  const bool void_here = rules_.resolve && is_void(voids, step.offset, event.step);
  switch (event.what) {
    case What::kSummaryOfValues:
      return take_summary(step, event, void_here, output);
    case What::kGraph:
    case What::kMetaGraph:
    case What::kRunMetadata:
      return take_whole(step, event, output);
    case What::kSession:
      if (rules_.resolve && event::is_session_start(event.body)) return {};
      break;
    default:
      break;
  }
  return is_stamp_kept() ? put_unchanged(step, output) : put_event(step, nullptr, output);
}

// Training loops log the same tags in the same order: after each the one that followed it last time
// is expected, which spares a search in memory that no cache holds.
Rewriter::Tag& Rewriter::tag_of(std::string_view name) {
  if (last_ != nullptr && last_->second.next != nullptr && last_->second.next->first == name) {
    last_ = last_->second.next;
    return last_->second;
  }
  const auto [found, is_new] = tags_.try_emplace(std::string(name));
  if (last_ != nullptr) last_->second.next = &*found;
  last_ = &*found;
  Tag& tag = found->second;
  if (is_new) {
    const auto rule = rules_.tags.find(found->first);
    tag.rule = rule == rules_.tags.end() ? &rules_.others : &rule->second;
    tag.report = static_cast<std::uint32_t>(reports_.size());
    reports_.emplace_back().tag = name;
  }
  return tag;
}

// Counts a value that no restart voids and no rule drops as a whole; whether it stays.
bool Rewriter::counts(Tag& tag, const ValueView& value, const EventView& event) {
  const std::uint64_t number = tag.counted++;
  if (rules_.collect) {
    reports_[tag.report].steps.push_back(event.step);
    reports_[tag.report].numbers.push_back(number_of(value));
  }
  const TagRule& rule = *tag.rule;
  if (!rule.mask.empty() && (number >= rule.mask.size() || rule.mask[number] == 0)) return false;
  return number % rule.every == 0;
}

// Fills in what becomes of a value.
void Rewriter::decide(Edit& edit, const ValueView& value, const EventView& event, bool is_void) {
  Tag& tag = *edit.tag;
  std::vector<std::uint8_t> metadata;
  if (value.has_metadata && (!tag.has_metadata || !tag.written)) metadata = metadata_of(edit.bytes);
  if (value.has_metadata && !tag.has_metadata) {
    tag.has_metadata = true;
    tag.metadata = metadata;
    tag.plugin = as_text(value.plugin);
  }
  const std::string_view plugin = tag.has_metadata ? std::string_view(tag.plugin) : "";
  edit.keep = !tag.rule->drop;
  if (edit.keep && is_data(value, plugin)) edit.keep = !is_void && counts(tag, value, event);
  // The first value of a tag that stays must carry what TensorBoard knows about the tag.
  edit.add_metadata = edit.keep && !tag.written && tag.has_metadata && metadata != tag.metadata;
  edit.changed = edit.add_metadata || !tag.rule->rename.empty();
  if (edit.keep) tag.written = true;
}

Status Rewriter::take_summary(const Step& step, const EventView& event, bool is_void,
                              FileOutput* output) {
  edits_.clear();
  joined_.clear();
  values_.clear();
  std::size_t value_bytes = 0;
  const bool ok = event::for_each_value(event, [&](ByteView bytes) {
    ValueView value;
    if (!event::decode_value(bytes, joined_, &value)) return false;
    values_.push_back(value);
    edits_.push_back({.bytes = bytes});
    value_bytes += bytes.size();
    return true;
  });
  if (!ok) {
    ++totals_.damaged;
    return {};
  }
  if (edits_.empty())
    return is_stamp_kept() ? put_unchanged(step, output) : put_event(step, nullptr, output);
  const std::uint64_t share = (step.bytes - value_bytes) / edits_.size();
  std::size_t kept = 0;
  bool changed = !is_stamp_kept();
  for (std::size_t i = 0; i != edits_.size(); ++i) {
    Edit& edit = edits_[i];
    edit.tag = &tag_of(as_text(values_[i].tag));
    decide(edit, values_[i], event, is_void);
    TagReport& report = reports_[edit.tag->report];
    ++report.values_before;
    report.bytes_before += edit.bytes.size() + share;
    if (edit.keep) {
      ++report.values_after;
      report.bytes_after += edit.bytes.size() + share;
    }
    kept += edit.keep;
    changed = changed || edit.changed || !edit.keep;
  }
  if (kept == 0) return {};
  return changed ? put_event(step, &edits_, output) : put_unchanged(step, output);
}

// A graph or run metadata: an event of its own, under the tag that TensorBoard shows it. It shows
// graphs whatever restarts say.
Status Rewriter::take_whole(const Step& step, const EventView& event, FileOutput* output) {
  ValueView value;
  if (!event::decode_graph_value(event, &value)) {
    ++totals_.damaged;
    return {};
  }
  Tag& tag = tag_of(as_text(value.tag));
  TagReport& report = reports_[tag.report];
  ++report.values_before;
  report.bytes_before += step.bytes;
  if (tag.rule->drop) return {};
  ++report.values_after;
  report.bytes_after += step.bytes;
  return is_stamp_kept() ? put_unchanged(step, output) : put_event(step, nullptr, output);
}

Status Rewriter::put_unchanged(const Step& step, FileOutput* output) {
  ++totals_.records_after;
  ++totals_.records_unchanged;
  return output == nullptr ? Status{} : output->append(step.record);
}

// Writes the event anew: its stamp moved, of its values those that `edits` keeps (nullptr: all).
Status Rewriter::put_event(const Step& step, const std::vector<Edit>* edits, FileOutput* output) {
  ++totals_.records_after;
  if (output == nullptr) return {};
  const bool is_version_record = is_version(step.payload());
  event_.clear();
  FieldReader reader(step.payload());
  Field field;
  double wall_time = 0;
  std::int64_t old_step = 0;
  const std::uint8_t* start = reader.position();
  others_.clear();
  while (reader.next(&field)) {
    const ByteView whole{start, static_cast<std::size_t>(reader.position() - start)};
    start = reader.position();
    if (field.key == wire::tag(event::kWallTime, wire::Type::kFixed64)) {
      wall_time = field.as_double();
    } else if (field.key == wire::tag(event::kStep, wire::Type::kVarint)) {
      old_step = static_cast<std::int64_t>(field.bits);
    } else if (edits == nullptr || field.key != wire::tag(event::kSummary, wire::Type::kBytes)) {
      if (!others_.append(whole)) return out_of_memory();
    }
  }
  std::uint8_t* p = event_.reserve(32);
  if (p == nullptr) return out_of_memory();
  std::uint8_t* const begin = p;
  const double moved_time = wall_time + rules_.time_shift;
  std::int64_t moved = old_step;
  if (!is_version_record && __builtin_add_overflow(old_step, rules_.step_shift, &moved)) {
    return Error{.code = Errc::kInvalidArgument,
                 .message = "step " + std::to_string(old_step) + " cannot be moved by " +
                            std::to_string(rules_.step_shift) + ": it would leave 64 bits"};
  }
  p = wire::put_double_field(p, event::kWallTime, rules_.time_shift == 0 ? wall_time : moved_time);
  if (moved != 0) p = wire::put_varint_field(p, event::kStep, static_cast<std::uint64_t>(moved));
  event_.commit(static_cast<std::size_t>(p - begin));
  if (!event_.append(others_.view())) return out_of_memory();
  if (edits != nullptr) {
    summary_.clear();
    for (const Edit& edit : *edits) {
      if (edit.keep && !put_value(edit)) return out_of_memory();
    }
    if (!append_field(event_, event::kSummary, summary_.view())) return out_of_memory();
  }
  return output->append_record(event_.view());
}

// Appends a value to summary_: as it stands, or renamed, or with the metadata of its tag.
bool Rewriter::put_value(const Edit& edit) {
  if (!edit.changed) return append_field(summary_, event::kValue, edit.bytes);
  const std::string& name = edit.tag->rule->rename;
  value_.clear();
  if (!name.empty() && !append_field(value_, event::kTag, as_bytes(name))) return false;
  FieldReader reader(edit.bytes);
  Field field;
  const std::uint8_t* start = reader.position();
  while (reader.next(&field)) {
    const ByteView whole{start, static_cast<std::size_t>(reader.position() - start)};
    start = reader.position();
    const bool is_name = field.key == wire::tag(event::kTag, wire::Type::kBytes);
    if (is_name && !name.empty()) continue;
    if (!value_.append(whole)) return false;
  }
  if (edit.add_metadata && !append_field(value_, event::kMetadata, edit.tag->metadata))
    return false;
  return append_field(summary_, event::kValue, value_.view());
}

}  // namespace eventcodec::archive
