// selection.cc - which tags and steps of files become rows.
#include "scan/selection.h"

namespace eventcodec::scan {
namespace {

// Finds `key`, or asks and remembers the answer. The mutex is free meanwhile: who answers may have
// to wait for somebody who waits for it.
template <class Map, class Key, class Ask>
std::optional<bool> find_or_ask(Map& known, std::mutex& mutex, const Key& key, const Ask& ask) {
  {
    const std::scoped_lock lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  const std::optional<bool> answer = ask();
  if (answer.has_value()) {
    const std::scoped_lock lock(mutex);
    known.emplace(key, *answer);
  }
  return answer;
}

}  // namespace

bool describes_run(Kind kind, std::string_view plugin) {
  switch (kind) {
    case Kind::kHparams:
    case Kind::kCustomScalars:
    case Kind::kGraphs:
      return true;
    case Kind::kRaw:
      return plugin == "meta_data";  // the name that VisualDL shows for the run
    default:
      return false;
  }
}

std::optional<bool> Selection::wants(std::string_view tag, const std::string_view* curve) const {
  if (!wants_) return true;
  const auto ask = [&] { return wants_(tag, curve); };
  if (curve == nullptr) return find_or_ask(tags_, mutex_, tag, ask);
  return find_or_ask(curves_, mutex_, std::pair(std::string(tag), std::string(*curve)), ask);
}

}  // namespace eventcodec::scan
