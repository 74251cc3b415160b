// carry.cc - what the earlier files of a run say of the tags of later ones.
#include "scan/carry.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace eventcodec::scan {

std::vector<std::size_t> carry_metadata(std::span<EventFile* const> files) {
  const auto depends = [](const EventFile* file) {
    return file->has_guesses() || file->has_expectations();
  };
  if (std::none_of(files.begin(), files.end(), depends)) return {};
  std::vector<std::size_t> again;
  std::unordered_map<std::string, std::string> plugins;  // of the first metadata of each tag
  for (std::size_t i = 0; i != files.size(); ++i) {
    std::vector<std::pair<std::string, std::string>> expected;
    const auto expect = [&](const std::string& tag) {
      if (const auto known = plugins.find(tag); known != plugins.end()) expected.push_back(*known);
    };
    const auto expectations = files[i]->expectations();
    for (const auto& [tag, plugin] : expectations) expect(tag);
    bool changed = expected != expectations;
    for (const std::string& tag : files[i]->guessed_tags()) expect(tag);
    changed = changed || expected.size() != expectations.size();
    for (auto& [tag, plugin] : files[i]->plugins()) plugins.try_emplace(tag, plugin);
    if (!changed) continue;
    files[i]->expect(expected);
    again.push_back(i);
  }
  return again;
}

}  // namespace eventcodec::scan
