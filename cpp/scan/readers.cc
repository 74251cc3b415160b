// readers.cc - threads that read stretches of a file ahead of the front.
#include "scan/readers.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

namespace eventcodec::scan {
namespace {

// Waits until `done`, for a while without sleeping: to sleep and to be woken costs the two threads
// as much, and mostly they meet within that time.
template <class Done>
void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Done done) {
  constexpr std::chrono::microseconds kAwake{50};
  const auto until = std::chrono::steady_clock::now() + kAwake;
  while (!done() && std::chrono::steady_clock::now() < until) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  changed.wait(lock, done);
}

}  // namespace

Readers::Readers(std::size_t most, std::uint64_t step, Work work)
    : step_(step), work_(std::move(work)) {
  const std::scoped_lock lock(mutex_);  // a thread begins when all of them are there
  try {
    for (std::size_t i = 0; i != most; ++i) {
      readers_.emplace_back();
      readers_.back().thread = std::thread([this, i] { this->work(i); });
    }
    return;
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  if (!readers_.empty() && !readers_.back().thread.joinable()) readers_.pop_back();
}

Readers::~Readers() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    for (Reader& reader : readers_) reader.changed.notify_one();
  }
  for (Reader& reader : readers_) reader.thread.join();
}

void Readers::assign(std::size_t number, std::uint64_t limit, std::uint64_t most) {
  const std::scoped_lock lock(mutex_);
  Reader& reader = readers_[number];
  reader.limit = limit;
  reader.most = most;
  reader.begun = false;
  reader.cut = false;
  reader.reading = true;
  reader.changed.notify_one();
}

std::uint64_t Readers::end_of(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  Reader& reader = readers_[number];
  reader.most = reader.limit;
  return reader.limit;
}

void Readers::cut(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  readers_[number].cut = true;
}

void Readers::await(std::size_t number) {
  std::unique_lock lock(mutex_);
  Reader& reader = readers_[number];
  reader.cut = true;
  wait(lock, ended_, [&] { return !reader.reading; });
}

void Readers::hand_over(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  readers_[number].handing_over = true;
  readers_[number].changed.notify_one();
}

std::uint64_t Readers::go_on(std::size_t number, std::uint64_t at) {
  const std::scoped_lock lock(mutex_);
  Reader& reader = readers_[number];
  if (over_ || (reader.cut && reader.begun)) return at;
  reader.begun = true;
  if (at >= reader.limit) reader.limit = std::min(std::max(at, reader.limit) + step_, reader.most);
  return std::max(at, std::min(reader.limit, at + step_));
}

void Readers::work(std::size_t number) {
  std::unique_lock lock(mutex_);
  Reader& reader = readers_[number];
  while (true) {
    wait(lock, reader.changed, [&] { return over_ || reader.handing_over || reader.reading; });
    if (std::exchange(reader.handing_over, false)) {
      lock.unlock();
      work_.hand_over(number);
      lock.lock();
    }
    if (over_) return;
    if (!reader.reading) continue;
    lock.unlock();
    work_.read(number);
    lock.lock();
    reader.reading = false;
    ended_.notify_one();
  }
}

}  // namespace eventcodec::scan
