// walk.cc - goes through directories.
#include "scan/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace eventcodec::scan {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { (void)::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

OpenDirectory open_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return nullptr;
  OpenDirectory directory(::fdopendir(fd));
  if (directory == nullptr) (void)::close(fd);
  return directory;
}

// What an entry is; of a link, what it leads to. 0 where that is not known.
mode_t type_of(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return S_IFREG;
  if (entry.d_type == DT_DIR) return S_IFDIR;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return 0;
  struct stat status{};
  if (::fstatat(directory, entry.d_name, &status, 0) != 0) return 0;
  return status.st_mode & S_IFMT;
}

}  // namespace

bool Walk::is_marked(const char* name) const {
  return std::any_of(marks_.begin(), marks_.end(), [&](const std::string& mark) {
    return std::strstr(name, mark.c_str()) != nullptr;
  });
}

// False: there is nothing to give of it.
bool Walk::read(Directory& directory) {
  const OpenDirectory opened = open_directory(directory.path);
  if (opened == nullptr) return false;
  const int fd = ::dirfd(opened.get());
  struct stat status{};
  if (::fstat(fd, &status) != 0) return false;
  if (!seen_.emplace(status.st_dev, status.st_ino).second) return false;
  std::string folder = directory.path;
  if (!folder.ends_with('/')) folder += '/';
  const std::size_t first = waiting_.size();
  errno = 0;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    const mode_t type = type_of(fd, *entry);
    if (type == S_IFREG && is_marked(entry->d_name)) directory.names.emplace_back(name);
    if (type == S_IFDIR) waiting_.push_back(folder + entry->d_name);
    errno = 0;  // readdir() alone says what went wrong
  }
  if (errno != 0) {
    waiting_.resize(first);
    return false;
  }
  std::sort(waiting_.begin() + static_cast<std::ptrdiff_t>(first), waiting_.end(),
            std::greater<>());
  std::sort(directory.names.begin(), directory.names.end());
  return true;
}

std::vector<Walk::Directory> Walk::next(std::size_t most) {
  std::vector<Directory> found;
  while (!waiting_.empty() && found.size() < most) {
    Directory directory{std::move(waiting_.back()), {}};
    waiting_.pop_back();
    if (read(directory)) found.push_back(std::move(directory));
  }
  return found;
}

}  // namespace eventcodec::scan
