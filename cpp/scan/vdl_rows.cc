// vdl_rows.cc - sorts the values of VisualDL records into series, under the names that the series
// of event files have.
#include <array>
#include <new>

#include "scan/collector.h"

namespace eventcodec::scan {

using vdl::Component;

namespace {

struct ComponentKind {
  Kind kind;
  std::string_view plugin;
};

// By Component. What event files know has their plugin; the rest keeps VisualDL's name for it.
constexpr std::array<ComponentKind, 12> kComponentKinds = {{
    {Kind::kRaw, ""},
    {Kind::kScalars, "scalars"},
    {Kind::kImages, "images"},
    {Kind::kAudio, "audio"},
    {Kind::kRaw, "embeddings"},
    {Kind::kHistograms, "histograms"},
    {Kind::kPrCurves, "pr_curves"},
    {Kind::kRaw, "meta_data"},
    {Kind::kTensors, "roc_curve"},
    {Kind::kTexts, "text"},
    {Kind::kHparams, "hparams"},
    {Kind::kScalars, "scalars"},
}};

// Several scalars of a chart are series of their own, "<chart>/<name>", and say so in words.
constexpr std::string_view kCurveOf = "curve of the VisualDL chart ";

// Whether `series`, which has the value's tag, holds values of its kind.
bool is_series_of(const Series& series, const vdl::ValueView& value, const ComponentKind& sort) {
  if (series.kind != sort.kind || series.plugin != sort.plugin) return false;
  if (value.component != Component::kTagValue) return series.description.empty();
  return series.description.size() == kCurveOf.size() + value.tag.size() &&
         series.description.ends_with(as_text(value.tag));
}

}  // namespace

Series* Collector::series_of(const vdl::ValueView& value) {
  const ComponentKind& sort = kComponentKinds[static_cast<std::size_t>(value.component)];
  std::string_view tag = as_text(value.tag);
  if (value.component == Component::kTagValue) {
    chart_tag_.assign(tag).append("/").append(as_text(value.sub_tag));
    tag = chart_tag_;
  }
  if (is_beyond_limit(tag)) return nullptr;
  auto found = tags_.find(tag);
  if (found == tags_.end()) found = tags_.try_emplace(std::string(tag)).first;
  for (const std::uint32_t id : found->second.series) {
    if (is_series_of(series_[id], value, sort)) return &series_[id];
  }
  found->second.series.push_back(static_cast<std::uint32_t>(series_.size()));
  Series& series = new_series();
  series.tag = tag;
  series.kind = sort.kind;
  series.plugin = sort.plugin;
  if (value.component == Component::kTagValue) {
    series.display_name = as_text(value.sub_tag);
    series.description.assign(kCurveOf).append(as_text(value.tag));
  } else if (value.component == Component::kMetaData) {
    series.display_name = as_text(vdl::text_of(value.body));
  }
  const std::string_view curve = series.description;
  series.timeless = describes_run(series.kind, series.plugin);
  if (!series.timeless && !is_wanted(tag, &curve)) leave_out(series);
  return &series;
}

void Collector::add(const vdl::ValueView& value, std::uint64_t offset, std::uint64_t bytes) {
  Series* const found = series_of(value);
  if (found == nullptr) return;
  Series& series = *found;
  series.bytes += bytes;
  series.begun = true;
  const bool kept = keeps(series, value.step);
  if (kept && !make_room(series, 1)) throw std::bad_alloc();
  const double wall_time = vdl::wall_time_of(value.timestamp);
  if (series.kind == Kind::kScalars) {
    if (kept) series.append_scalar(value.step, wall_time, static_cast<double>(value.number));
    if (value.component == Component::kScalar) vdl_scalars_.learn(series);
  } else if (kept) {
    series.append_reference(value.step, wall_time, {offset, 0, 0});
  }
}

}  // namespace eventcodec::scan
