// record_walk.h - one record of a file after the other, damage passed over.  In: a file.  Out:
// records, damaged regions, and what is left at the end. Knows frames, not events: any TFRecord
// file will do.
#pragma once

#include <optional>

#include "record/format.h"
#include "record/unframe.h"
#include "scan/skip.h"

namespace eventcodec::archive {

struct Step {
  enum class Kind : std::uint8_t {
    kRecord,  // an intact record
    kDamage,  // bytes that hold no intact record
    kEnd,     // nothing is left but `bytes` bytes: an unfinished record, or zeros
  };
  Kind kind;
  std::uint64_t offset;
  std::uint64_t bytes;
  ByteView record = {};          // kRecord: header, payload and footer
  const char* reason = nullptr;  // kDamage
  bool searched = false;         // kDamage: where it ends was found by a search

  [[nodiscard]] ByteView payload() const {
    return record.subspan(record::kHeaderBytes, record.size() - record::kOverheadBytes);
  }
};

class RecordWalk {
 public:
  // From `offset` on. `fd` and `buffer`, which is scratch memory, must outlive the walk.
  RecordWalk(int fd, std::uint64_t offset, std::uint64_t file_bytes, Buffer& buffer)
      : window_(fd, offset, file_bytes, buffer), budget_(file_bytes - offset) {}

  // Records and damage cover the file up to the end. Views live until the next call.
  Result<Step> next();

 private:
  Result<Step> pass_unfinished(std::uint64_t bytes);
  Result<Step> pass_payload(const record::Unframed& found);
  Result<Step> pass_damage(const char* reason);
  Step end();

  scan::Window window_;
  scan::SearchBudget budget_;
  std::optional<std::uint64_t> searched_to_;  // a search came to the file's end: what is left
};

}  // namespace eventcodec::archive
