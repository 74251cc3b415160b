// tags.cc - what a collector knows of tags besides the rows of their series: whose they are, and
// how many bytes they take.
#include <algorithm>

#include "scan/collector.h"

namespace eventcodec::scan {

std::vector<TagOwner> Collector::owners() const {
  std::vector<TagOwner> found;
  if (tags_forgotten_) return found;  // none has metadata
  for (std::size_t id = 0; id != series_.size(); ++id) {
    const auto entry = tags_.find(std::string_view(series_[id].tag));
    const TagEntry& of = entry->second;
    if (of.has_metadata && !of.expected && of.series.front() == id) {
      found.emplace_back(entry->first, of.owner);
    }
  }
  for (const auto& [tag, entry] : tags_) {
    if (entry.has_metadata && !entry.expected && entry.series.empty()) {
      found.emplace_back(tag, entry.owner);
    }
  }
  return found;
}

// As the predictor, this expects the tag that followed last time, and spares a search in memory
// that no cache holds.
void Collector::add_bytes(std::string_view tag, std::uint64_t bytes) {
  recall_tags();
  auto* known = counted_ == nullptr ? nullptr : counted_->second.next;
  if (known == nullptr || known->first != tag) {
    entry_of(tag);
    known = &*tags_.find(tag);
    if (counted_ != nullptr) counted_->second.next = known;
  }
  known->second.bytes += bytes;
  counted_ = known;
}

std::uint64_t Collector::bytes_of(const TagEntry& entry) const {
  std::uint64_t bytes = entry.bytes;
  for (const std::uint32_t id : entry.series) bytes += series_[id].bytes;
  return bytes;
}

std::uint64_t Collector::bytes_of(std::string_view tag) const {
  if (tags_forgotten_) {
    const auto named = [&](const Series& series) { return series.tag == tag; };
    const auto series = std::find_if(series_.begin(), series_.end(), named);
    return series == series_.end() ? 0 : series->bytes;
  }
  const auto found = tags_.find(tag);
  return found == tags_.end() ? 0 : bytes_of(found->second);
}

std::vector<std::pair<std::string, std::uint64_t>> Collector::tag_bytes() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  all.reserve(tags_forgotten_ ? series_.size() : tags_.size());
  for (const auto& [tag, entry] : tags_) all.emplace_back(tag, bytes_of(entry));
  if (!tags_forgotten_) return all;
  for (const Series& series : series_) all.emplace_back(series.tag, series.bytes);
  return all;
}

std::vector<std::string> Collector::guessed_tags() const {
  std::vector<std::string> found;
  for (const auto& [tag, entry] : tags_) {
    if (entry.guessed) found.push_back(tag);
  }
  return found;
}

void Collector::expect(const TagOwner& tag) {
  TagEntry& entry = entry_of(tag.first);
  entry.has_metadata = true;
  entry.expected = true;
  entry.owner = tag.second;
  has_expectations_ = true;
}

std::vector<TagOwner> Collector::expectations() const {
  std::vector<TagOwner> found;
  for (const auto& [tag, entry] : tags_) {
    if (entry.expected) found.emplace_back(tag, entry.owner);
  }
  return found;
}

// What tags_ knows of most files stands in the series, too.
void Collector::forget_tags() {
  const auto stands_in_series = [&](const auto& known) {
    const auto& [tag, entry] = known;
    return !entry.has_metadata && !entry.guessed && entry.bytes == 0 && entry.series.size() == 1;
  };
  tags_forgotten_ = std::all_of(tags_.begin(), tags_.end(), stands_in_series);
  if (!tags_forgotten_) return;
  tags_ = Tags();
  counted_ = nullptr;
}

void Collector::recall_tags() {
  if (!tags_forgotten_) return;
  tags_forgotten_ = false;
  for (std::size_t id = 0; id != series_.size(); ++id) {
    entry_of(series_[id].tag).series.push_back(static_cast<std::uint32_t>(id));
  }
}

}  // namespace eventcodec::scan
