// changes.h - which entries of directories have changed, as the kernel tells it (inotify, on
// Linux).  It tells of what is done on this machine, and of no more directories than it has been
// set up for: who must not miss anything looks for himself, too, but need not hurry.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace eventcodec::scan {

class Changes {
 public:
  struct Change {
    std::string directory;  // as add() was given it
    std::string name;       // of the entry; "": the directory itself is gone
    bool is_directory;
  };

  Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  ~Changes();

  // Begins to watch the entries of a directory: files that are written to, and whatever comes. Its
  // name ends with a slash, or is empty for the current directory. False: it is gone, or the kernel
  // watches no more.
  [[nodiscard]] bool add(const std::string& directory);

  // What has changed since the last time. The same entry may be told of more than once.
  [[nodiscard]] std::vector<Change> take();

 private:
  int fd_ = -1;
  std::unordered_map<int, std::string> directories_;  // by number of the watch
};

}  // namespace eventcodec::scan
