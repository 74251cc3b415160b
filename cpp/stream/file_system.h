// file_system.h - the system calls that the write side makes on files, in one place, so that a test
// can stand in for the kernel: a disk that loses power, fills up or takes one byte at a time.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

namespace eventcodec::stream {

// Each as the system call of its name: -1 and errno on failure.
struct FileSystem {
  int (*open)(const char* path, int flags, mode_t mode);
  int (*close)(int descriptor);
  int (*fstat)(int descriptor, struct stat* status);
  ssize_t (*write)(int descriptor, const void* bytes, size_t count);
  int (*ftruncate)(int descriptor, off_t bytes);
  int (*fdatasync)(int descriptor);
  int (*fsync)(int descriptor);
  int (*unlink)(const char* path);
  int (*mkdir)(const char* path, mode_t mode);
};

inline constexpr FileSystem kKernel{
    .open = [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
    .close = ::close,
    .fstat = ::fstat,
    .write = ::write,
    .ftruncate = ::ftruncate,
    .fdatasync = ::fdatasync,
    .fsync = ::fsync,
    .unlink = ::unlink,
    .mkdir = ::mkdir,
};

#ifdef EVENTCODEC_TEST_BUILD
inline std::atomic<const FileSystem*> file_system_in_use{&kKernel};
inline const FileSystem& file_system() { return *file_system_in_use.load(); }
// For test programs, while no stream is open: event files are `other`'s from here on.
inline void replace_file_system(const FileSystem& other) { file_system_in_use = &other; }
#else
constexpr const FileSystem& file_system() { return kKernel; }
#endif

}  // namespace eventcodec::stream
