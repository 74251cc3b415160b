// check.h - the test framework of the C++ core: TEST, CHECK, CHECK_EQ and a main().
// One program per *_test.cc file; an argument runs only the tests whose name contains it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

template <class T>
std::string show(const T& value) {
  std::ostringstream out;
  if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "(" << sizeof value << "-byte value)";
  }
  return out.str();
}
inline std::string show(std::uint8_t value) { return std::to_string(value); }

inline void fail(const char* file, int line, const std::string& what) {
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

template <class A, class B>
bool equal(const A& got, const B& want, const char* file, int line, const char* text) {
  if (got == want) return true;
  fail(file, line, std::string(text) + ": got " + show(got) + ", want " + show(want));
  return false;
}

// Deterministic test data: xorshift64*, the seed named in the test.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed | 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dull;
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> data(count);
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(next() >> 56);
    return data;
  }

 private:
  std::uint64_t state_;
};

inline int run(int argc, char** argv) {
  const std::string_view filter = argc > 1 ? argv[1] : "";
  int ran = 0;
  for (const Test& test : tests()) {
    if (std::string_view(test.name).find(filter) == std::string_view::npos) continue;
    const int before = failures();
    test.body();
    ++ran;
    std::printf("%s %s\n", failures() == before ? "ok  " : "FAIL", test.name);
  }
  std::printf("%d tests, %d failed checks\n", ran, failures());
  return failures() == 0 && ran > 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                               \
  static void name();                                            \
  static const check::Registration register_##name(#name, name); \
  static void name()

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) check::fail(__FILE__, __LINE__, "CHECK(" #condition ")"); \
  } while (false)

// Stops the test when it fails.
#define REQUIRE(condition)                                        \
  do {                                                            \
    if (!(condition)) {                                           \
      check::fail(__FILE__, __LINE__, "REQUIRE(" #condition ")"); \
      return;                                                     \
    }                                                             \
  } while (false)

#define CHECK_EQ(got, want) check::equal((got), (want), __FILE__, __LINE__, #got " == " #want)

int main(int argc, char** argv) { return check::run(argc, argv); }
