// carry.cc - what the earlier files of a run say of the tags of later ones.
#include "scan/carry.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace eventcodec::scan {

std::vector<std::size_t> carry_metadata(std::span<EventFile* const> files) {
  const auto has_guesses = [](const EventFile* file) { return file->has_guesses(); };
  if (files.empty() || std::none_of(files.begin() + 1, files.end(), has_guesses)) return {};
  std::vector<std::size_t> again;
  std::unordered_map<std::string, Owner> owners;
  for (std::size_t i = 0; i != files.size(); ++i) {
    std::vector<TagOwner> expected;
    for (const std::string& tag : files[i]->guessed_tags()) {
      if (const auto known = owners.find(tag); known != owners.end()) expected.push_back(*known);
    }
    for (auto& [tag, owner] : files[i]->owners()) owners.try_emplace(tag, owner);
    if (expected.empty()) continue;
    files[i]->expect(expected);
    again.push_back(i);
  }
  return again;
}

}  // namespace eventcodec::scan
