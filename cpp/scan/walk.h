// walk.h - goes through a directory and all that is inside it, looking for files by their names.
#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace eventcodec::scan {

class Walk {
 public:
  struct Directory {
    std::string path;
    std::vector<std::string> names;  // of its files that were looked for, in sorted order
  };

  // Looks for files whose names contain one of `marks`.
  Walk(std::string root, std::vector<std::string> marks)
      : marks_(std::move(marks)), waiting_{std::move(root)} {}

  // The next directories, at most so many; none at the end. Directories come before those inside
  // them, and in the order of their names. Links are followed, but never in a circle: a directory
  // is given once. One that cannot be read is passed over. May throw std::bad_alloc.
  std::vector<Directory> next(std::size_t most);

 private:
  struct IdentityHash {
    std::size_t operator()(const std::pair<dev_t, ino_t>& identity) const {
      return std::hash<ino_t>{}(identity.second) ^ (std::hash<dev_t>{}(identity.first) << 1);
    }
  };

  bool read(Directory& directory);
  [[nodiscard]] bool is_marked(const char* name) const;

  std::vector<std::string> marks_;
  std::vector<std::string> waiting_;  // the next one is the last
  std::unordered_set<std::pair<dev_t, ino_t>, IdentityHash> seen_;
};

}  // namespace eventcodec::scan
