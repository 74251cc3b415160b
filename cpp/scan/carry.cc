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
  std::unordered_map<std::string, Owner> owners;
  for (std::size_t i = 0; i != files.size(); ++i) {
    std::vector<TagOwner> expected;
    const auto expect = [&](const std::string& tag) {
      if (const auto known = owners.find(tag); known != owners.end()) expected.push_back(*known);
    };
    const auto expectations = files[i]->expectations();
    for (const auto& [tag, owner] : expectations) expect(tag);
    bool changed = expected != expectations;
    for (const std::string& tag : files[i]->guessed_tags()) expect(tag);
    changed = changed || expected.size() != expectations.size();
    for (auto& [tag, owner] : files[i]->owners()) owners.try_emplace(tag, owner);
    if (!changed) continue;
    files[i]->expect(expected);
    again.push_back(i);
  }
  return again;
}

}  // namespace eventcodec::scan
