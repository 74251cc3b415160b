// Spare chunks: each goes to one taker, and no more than a few are kept. With threads.
#include "stream/spare_chunks.h"

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"

using eventcodec::stream::Chunk;
using eventcodec::stream::SpareChunks;

namespace {

std::size_t take_all() {
  std::size_t taken = 0;
  while (SpareChunks::take() != nullptr) ++taken;
  return taken;
}

TEST(a_kept_chunk_comes_back_empty_and_once) {
  take_all();
  Chunk::Owner chunk = Chunk::create(Chunk::kStandardCapacity);
  Chunk* const kept = chunk.get();
  chunk->publish({100, 2});
  SpareChunks::keep(std::move(chunk));
  Chunk::Owner back = SpareChunks::take();
  CHECK(back.get() == kept);
  CHECK_EQ(back->published().bytes, 0u);
  CHECK(back->next() == nullptr);
  CHECK(SpareChunks::take() == nullptr);
}

TEST(no_more_than_a_few_are_kept) {
  take_all();
  for (std::size_t i = 0; i < 3 * SpareChunks::kMost; ++i) {
    SpareChunks::keep(Chunk::create(Chunk::kStandardCapacity));
  }
  CHECK_EQ(take_all(), SpareChunks::kMost);
}

TEST(threads_never_hold_the_same_chunk) {
  take_all();
  std::atomic<int> shared{0};
  const auto work = [&shared](std::uint8_t mine) {
    for (int i = 0; i < 20'000; ++i) {
      Chunk::Owner chunk = SpareChunks::take();
      if (chunk == nullptr) chunk = Chunk::create(Chunk::kStandardCapacity);
      chunk->data()[0] = mine;  // a data race, and another's value, if somebody else has it
      if (i % 64 == 0) std::this_thread::yield();
      if (chunk->data()[0] != mine) shared.fetch_add(1);
      SpareChunks::keep(std::move(chunk));
    }
  };
  std::vector<std::thread> threads;
  for (std::uint8_t i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(shared.load(), 0);
}

}  // namespace
