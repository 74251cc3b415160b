// restarts.cc - what restarts of a run leave of the points that stand before them.
#include "scan/restarts.h"

#include <algorithm>

#include "scan/file.h"

namespace eventcodec::scan {

std::vector<FirstVoid> first_voids(std::span<const EventFile* const> files) {
  std::vector<FirstVoid> all(files.size());
  FirstVoid least;
  for (std::size_t i = files.size(); i-- != 0;) {
    all[i] = least;
    for (const SessionStart& start : files[i]->session_starts()) {
      least = std::min(start.step, least.value_or(start.step));
    }
  }
  return all;
}

std::vector<Void> voids_of(const EventFile& file, std::size_t series, FirstVoid first_void) {
  std::vector<Void> voids;
  for (const SessionStart& start : file.session_starts()) {
    // Else there was no such series yet.
    if (series < start.rows.size()) voids.push_back({start.rows[series], start.step});
  }
  if (first_void.has_value()) voids.push_back({~std::uint64_t{0}, *first_void});
  // Of each restart, the least step of it and all behind it.
  for (std::size_t i = voids.size(); i-- > 1;) {
    voids[i - 1].step = std::min(voids[i - 1].step, voids[i].step);
  }
  return voids;
}

}  // namespace eventcodec::scan
