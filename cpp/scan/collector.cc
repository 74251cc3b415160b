// collector.cc - sorts the values of events into series.
#include "scan/collector.h"

#include <algorithm>
#include <array>
#include <new>

#include "event/decode_tensor.h"

namespace eventcodec::scan {

using event::Payload;

namespace {

struct PluginKind {
  std::string_view plugin;
  Kind kind;
};

// What a tensor holds, by the plugin that shows it.
constexpr std::array kPluginKinds = {
    PluginKind{"scalars", Kind::kScalars},
    PluginKind{"histograms", Kind::kHistograms},
    PluginKind{"images", Kind::kImages},
    PluginKind{"text", Kind::kTexts},
    PluginKind{"audio", Kind::kAudio},
    PluginKind{"pr_curves", Kind::kPrCurves},
    PluginKind{"mesh", Kind::kMeshes},
    PluginKind{"hparams", Kind::kHparams},
    PluginKind{"custom_scalars", Kind::kCustomScalars},
    PluginKind{"graphs", Kind::kGraphs},
    PluginKind{"graph_run_metadata", Kind::kGraphs},
    PluginKind{"graph_run_metadata_graph", Kind::kGraphs},
    PluginKind{"graph_keras_model", Kind::kGraphs},
    PluginKind{"graph_tagged_run_metadata", Kind::kGraphs},
};

// `otherwise` for a plugin that is not known.
Kind kind_of_plugin(std::string_view plugin, Kind otherwise) {
  for (const PluginKind& known : kPluginKinds) {
    if (known.plugin == plugin) return known.kind;
  }
  return otherwise;
}

// A plugin that is not known may say that its tensors are numbers: TensorBoard's readers give it
// those as scalars. Of whatever else it may say, a tensor is a tensor.
Kind kind_of_tensor(const Owner& owner) {
  const bool is_number = owner.data_class == event::DataClass::kScalar;
  return kind_of_plugin(owner.plugin, is_number ? Kind::kScalars : Kind::kTensors);
}

Owner owner_in(const event::ValueView& value) {
  return {.plugin = std::string(as_text(value.plugin)), .data_class = value.data_class};
}

// The plugin that shows values of the first format, which name none.
std::string_view default_plugin(Kind kind) {
  switch (kind) {
    case Kind::kScalars:
    case Kind::kHistograms:
    case Kind::kImages:
    case Kind::kAudio:
      return name_of(kind);
    default:
      return "";
  }
}

std::uint8_t form_of(Payload payload) {
  if (payload == Payload::kNothing) return kEmptyForm;
  return payload == Payload::kTensorMessage ? kTensorForm : kMessageForm;
}

}  // namespace

Collector::Collector(std::shared_ptr<const Selection> selection)
    : selection_(std::move(selection)) {
  if (selection_ != nullptr) steps_ = selection_->steps();
}

bool Collector::add(ByteView payload, std::uint64_t offset) {
  event::EventView event;
  if (!event::decode_event(payload, &event)) return false;
  switch (event.what) {
    case event::What::kSummaryOfValues:
      return add_summary(event, offset);
    case event::What::kGraph:
    case event::What::kMetaGraph:
    case event::What::kRunMetadata:
      return add_graph(event, offset);
    case event::What::kSession:
      add_session(event, offset);
      return true;
    default:
      return true;
  }
}

bool Collector::add_summary(const event::EventView& event, std::uint64_t offset) {
  rows_.clear();
  joined_.clear();
  first_owners_.clear();
  std::uint32_t index = 0;
  const bool ok =
      event::for_each_value(event, [&](ByteView value) { return decode_row(value, index++); });
  if (!ok) return false;
  return std::all_of(rows_.begin(), rows_.end(),
                     [&](const Row& row) { return append(row, event, offset); });
}

bool Collector::add_graph(const event::EventView& event, std::uint64_t offset) {
  Row row{};
  row.kind = Kind::kGraphs;
  row.items = 1;
  if (!event::decode_graph_value(event, &row.value)) return false;
  return append(row, event, offset);
}

void Collector::add_session(const event::EventView& event, std::uint64_t offset) {
  if (!event::is_session_start(event.body)) return;
  SessionStart start{.step = event.step, .offset = offset, .rows = {}};
  if (row_counts_ + series_.size() <= kMostRowCounts) {
    for (const Series& series : series_) start.rows.push_back(series.size());
    row_counts_ += series_.size();
  }
  session_starts_.push_back(std::move(start));
}

bool Collector::decode_row(ByteView bytes, std::uint32_t index) {
  Row row{};
  row.bytes = bytes;
  row.index = index;
  row.items = 1;
  if (!event::decode_value(bytes, joined_, &row.value)) return false;
  if (row.value.has_metadata) {
    first_owners_.emplace(as_text(row.value.tag), owner_in(row.value));  // not a later one
  }
  switch (row.value.payload) {
    case Payload::kNumber:
      row.kind = Kind::kScalars;
      row.number = static_cast<double>(load_le<float>(row.value.body.data()));
      row.number_at = row.value.body.data();
      row.number_bytes = sizeof(float);
      break;
    case Payload::kHistogramMessage:
      row.kind = Kind::kHistograms;
      break;
    case Payload::kImageMessage:
      row.kind = Kind::kImages;
      break;
    case Payload::kAudioMessage:
      row.kind = Kind::kAudio;
      break;
    case Payload::kTensorMessage:
      if (!classify_tensor(&row)) return false;
      break;
    case Payload::kOpaqueHistogram:
      if (row.value.body.empty()) return true;  // see event/encode_hidden.h
      row.kind = Kind::kRaw;
      break;
    case Payload::kNothing:
      classify_empty(&row);
      break;
  }
  rows_.push_back(row);
  return true;
}

// What the tag's first metadata say, which may stand in this very event: a later value of the
// same tag there has none.
const Owner& Collector::owner_of(Row* row) {
  static const Owner kNobody;
  const std::string_view tag = as_text(row->value.tag);
  const auto found = tags_.find(tag);
  if (found != tags_.end() && found->second.has_metadata) return found->second.owner;
  const auto first = first_owners_.find(tag);
  if (first != first_owners_.end()) return first->second;
  row->guessed = true;
  return kNobody;
}

// hparams stand in the metadata, and so may whatever a plugin keeps that is not known; any other
// value without a payload says nothing but the metadata of its tag.
void Collector::classify_empty(Row* row) {
  const std::string& plugin = owner_of(row).plugin;
  row->kind = kind_of_plugin(plugin, Kind::kRaw);
  if (row->kind == Kind::kHparams || (row->kind == Kind::kRaw && !plugin.empty())) return;
  row->items = 0;
}

// The kind is the plugin's where the tensor is what the plugin expects; else just a tensor.
bool Collector::classify_tensor(Row* row) {
  event::TensorShape shape;
  if (!event::decode_tensor_shape(row->value.body, &shape)) return false;
  row->kind = kind_of_tensor(owner_of(row));
  if (row->kind == Kind::kScalars) {
    event::TensorScalar scalar;
    if (!event::decode_tensor_scalar(row->value.body, &scalar)) {
      row->kind = Kind::kTensors;
      return true;
    }
    row->number = scalar.value;
    row->number_at = scalar.at;
    row->number_bytes = scalar.bytes;
  } else if (row->kind == Kind::kImages) {
    // Width and height as text, then images. An empty batch has none, and is just a tensor: as rows
    // of images nothing would be left of it.
    std::vector<ByteView> strings;
    if (!event::decode_tensor_strings(row->value.body, &shape, &strings) || strings.size() <= 2) {
      row->kind = Kind::kTensors;
      return true;
    }
    row->items = static_cast<std::uint32_t>(strings.size() - 2);
  } else if (row->kind == Kind::kAudio) {
    // [k] clips, or [k, n] of which the first column is the clips: [k, 2] of clip and label mostly.
    std::vector<ByteView> strings;
    if (!event::decode_tensor_strings(row->value.body, &shape, &strings)) {
      row->kind = Kind::kTensors;
      return true;
    }
    const std::uint64_t columns = shape.known && shape.rank == 2 ? shape.dims[1] : 1;
    row->items = static_cast<std::uint32_t>(columns == 0 ? 0 : strings.size() / columns);
    if (row->items == 0) {
      row->kind = Kind::kTensors;
      row->items = 1;
    }
  } else if (row->kind == Kind::kTexts && shape.dtype != event::kString) {
    row->kind = Kind::kTensors;
  }
  return true;
}

bool Collector::is_wanted(std::string_view tag, const std::string_view* curve) {
  if (selection_ == nullptr) return true;
  const std::optional<bool> wanted = selection_->wants(tag, curve);
  undecided_ = undecided_ || !wanted.has_value();
  return wanted.value_or(false);
}

Collector::TagEntry& Collector::entry_of(std::string_view tag) {
  auto found = tags_.find(tag);
  if (found == tags_.end()) {
    found = tags_.emplace(std::string(tag), TagEntry{}).first;
    found->second.wanted = is_wanted(tag, nullptr);
  }
  return found->second;
}

Collector::TagEntry& Collector::entry_of(const event::ValueView& value) {
  TagEntry& entry = entry_of(as_text(value.tag));
  if (value.has_metadata && !entry.has_metadata) {
    entry.has_metadata = true;
    tells_of_tags_ = true;
    entry.owner = owner_in(value);
    entry.display_name = as_text(value.display_name);
    entry.description = as_text(value.description);
  }
  return entry;
}

std::uint32_t Collector::id_of(TagEntry& entry, std::string_view tag, Kind kind) {
  for (const std::uint32_t id : entry.series) {
    if (series_[id].kind == kind) return id;
  }
  const auto id = static_cast<std::uint32_t>(series_.size());
  entry.series.push_back(id);
  Series& series = new_series();
  series.tag = tag;
  series.kind = kind;
  series.timeless = describes_run(kind, {});
  if (!entry.wanted && !series.timeless) leave_out(series);
  return id;
}

// What reads the quick way knows where the series are, and hears of it when they move.
Series& Collector::new_series() {
  constexpr std::size_t kFew = 16;
  if (series_.size() == series_.capacity()) {
    series_.reserve(std::max(kFew, 2 * series_.size()));
    predictor_.follow(series_);
    vdl_scalars_.follow(series_);
  }
  return series_.emplace_back();
}

// The kernel knows nothing of series without rows: it writes to the sink.
void Collector::leave_out(Series& series) {
  if (sink_ == nullptr) sink_ = std::make_unique<Sink>();
  series.unwanted = true;
  series.rows = {.steps = &sink_->step,
                 .wall_times = &sink_->wall_time,
                 .values = &sink_->value,
                 .capacity = 1};
}

void Collector::describe(Series& series, const TagEntry& entry) {
  series.plugin = entry.owner.plugin.empty() ? default_plugin(series.kind) : entry.owner.plugin;
  series.display_name = entry.display_name;
  series.description = entry.description;
}

bool Collector::append(const Row& row, const event::EventView& event, std::uint64_t offset) {
  if (is_beyond_limit(as_text(row.value.tag))) return true;
  TagEntry& entry = entry_of(row.value);
  entry.guessed = entry.guessed || row.guessed;
  has_guesses_ = has_guesses_ || row.guessed;
  tells_of_tags_ = tells_of_tags_ || row.guessed;
  if (row.value.payload == Payload::kNothing && row.items == 0) return true;
  Series& series = series_[id_of(entry, as_text(row.value.tag), row.kind)];
  series.forms |= form_of(row.value.payload);
  if (row.value.has_metadata || !series.begun) describe(series, entry);
  series.described = series.described || row.value.has_metadata;
  series.begun = series.begun || row.items != 0;
  const bool kept = keeps(series, event.step);
  // As the containers here say it; EventFile::scan makes it an Error.
  if (kept && !make_room(series, row.items)) throw std::bad_alloc();
  if (row.kind == Kind::kScalars) {
    if (kept) series.append_scalar(event.step, event.wall_time, row.number);
    learn(series, row);
    return true;
  }
  if (!kept) return true;
  for (std::uint32_t item = 0; item != row.items; ++item) {
    series.append_reference(event.step, event.wall_time, {offset, row.index, item});
  }
  return true;
}

// How many rows a series will have if it goes on as it began: since the first of all rows the file
// has given them at one rate, and up to the last step that is wanted.
double Collector::projected_rows(const Series& series) const {
  // With the row that is to come: a series that is a little short of room takes twice as much.
  const auto size = static_cast<double>(series.rows.size + 1);
  const std::uint64_t from = first_room_.value_or(0);
  double factor = static_cast<double>(total_ - from) / static_cast<double>(done_ - from);
  const std::int64_t first = series.rows.steps[0];
  const std::int64_t last = series.rows.steps[series.rows.size - 1];
  if (!steps_.is_everything() && last > first) {
    const double seen = static_cast<double>(last) - static_cast<double>(first);
    const double wanted = static_cast<double>(steps_.last()) - static_cast<double>(first);
    factor = std::min(factor, wanted / seen);
  }
  return 1.02 * size * factor;
}

// What is worth being put together when a file has been read: a file of up to so many series and
// bytes of rows.
constexpr std::size_t kFewSeries = 1024;
constexpr std::uint64_t kFewBytes = std::uint64_t{256} << 10;

bool Collector::make_room(Series& series, std::uint64_t rows) {
  // Each time a series grows its next record is read the slow way, and most files are small. But a
  // file may change its mind, and of few rows one cannot tell.
  constexpr std::uint64_t kWorthProjecting = 8;
  constexpr std::uint64_t kWorthTrusting = 64;
  constexpr std::uint64_t kMostOfFew = 16;  // times the size
  constexpr std::uint64_t kMostAtOnce = 64;
  const std::uint64_t size = series.rows.size;
  if (size + rows <= series.rows.capacity) return true;
  await_arrivals();
  std::uint64_t wanted = size + rows;
  if (!first_room_.has_value()) first_room_ = done_;
  if (size >= kWorthProjecting && done_ > *first_room_ && total_ > done_) {
    const auto most =
        static_cast<double>((size < kWorthTrusting ? kMostOfFew : kMostAtOnce) * size);
    const double projected = projected_rows(series);
    // A nearly full block is not worth being copied once more.
    wanted = std::max(wanted, static_cast<std::uint64_t>(projected <= 2 * most ? projected : most));
  }
  return series.reserve(wanted, memory_, total_) || series.reserve(size + rows, memory_, total_);
}

bool Collector::make_expected_room() {
  const std::optional<std::uint32_t> id = predictor_.expected();
  if (!id.has_value()) return false;
  Series& series = series_[*id];
  if (series.rows.size != series.rows.capacity || series.unwanted) return false;
  if (!make_room(series, 1)) throw std::bad_alloc();
  return true;
}

void Collector::settle() {
  await_arrivals();
  predictor_.forget();
  vdl_scalars_.forget();
  rows_ = std::vector<Row>();  // not = {}, which keeps the memory
  chart_tag_ = std::string();
  std::uint64_t bytes = 0;
  for (Series& series : series_) {
    series.shape = 0;
    if (!series.unwanted) bytes += series.rows.size * row_bytes(series.kind);
  }
  if (series_.size() > kFewSeries || bytes > kFewBytes) return;
  series_.shrink_to_fit();
  forget_tags();
  const std::shared_ptr<void> block = memory_.take(bytes, 0);
  if (block == nullptr) return;
  std::uint64_t used = 0;
  for (Series& series : series_) {
    if (series.unwanted) continue;
    series.move_to({block, static_cast<std::uint8_t*>(block.get()) + used}, series.rows.size);
    used += series.rows.size * row_bytes(series.kind);
  }
}

// Hands the value with its field header to the predictor, if the header is in its shortest form.
void Collector::learn(Series& series, const Row& row) {
  const std::uint8_t* value = row.bytes.data();
  const std::uint8_t* end = value + row.bytes.size();
  if (row.number_bytes == 0 || row.number_at < value || row.number_at >= end) return;
  const std::uint8_t* header = value - 2;
  constexpr std::size_t kOneByteLength = 0x80;
  if (row.bytes.size() >= kOneByteLength) --header;
  const std::uint8_t* p = header + 1;
  std::uint64_t length = 0;
  if (*header != wire::tag(event::kValue, wire::Type::kBytes)) return;
  if (!wire::read_varint(&p, end, &length) || p != value || length != row.bytes.size()) return;
  const auto id = static_cast<std::uint32_t>(&series - series_.data());
  predictor_.learn(series, id, {header, end}, row.number_at, row.number_bytes);
}

}  // namespace eventcodec::scan
