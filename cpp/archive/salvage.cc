// salvage.cc - copies the intact records of a damaged file.
#include "archive/salvage.h"

#include <sys/stat.h>

#include <cerrno>

#include "archive/event_fields.h"
#include "archive/record_walk.h"
#include "event/check.h"

namespace eventcodec::archive {
namespace {

class Salvage {
 public:
  Salvage(int to, const SalvageOptions& options) : output_(to), options_(options) {}

  Result<Salvaged> run(RecordWalk& walk) {
    while (true) {
      const Result<Step> step = walk.next();
      if (!step.ok()) return step.error();
      if (step.value().kind == Step::Kind::kEnd) {
        report_.pending = step.value().bytes;
        return finish();
      }
      Status status = take(step.value());
      if (!status.ok()) return status.error();
    }
  }

 private:
  Status take(const Step& step) {
    if (step.kind == Step::Kind::kDamage) {
      searched_ = searched_ || step.searched;
      leave_out(report_.damage, step, step.reason);
      return {};
    }
    const char* fault = options_.events ? event::fault_of(step.payload()) : nullptr;
    if (fault != nullptr) {
      leave_out(report_.unreadable, step, fault);
      return {};
    }
    if (report_.records == 0 && options_.events && !is_version(step.payload())) {
      Status status = add_version(wall_time_of(step.payload()));
      if (!status.ok()) return status;
    }
    keep(step);
    return options_.copy ? output_.append(step.record) : Status{};
  }

  void leave_out(std::vector<LeftOut>& where, const Step& step, const char* reason) {
    where.push_back({step.offset, step.bytes, reason, step.searched, report_.records});
    broken_ = true;
  }

  void keep(const Step& step) {
    if (broken_ || report_.stretches.empty()) {
      report_.stretches.push_back({step.offset, 0, 0, searched_});
    }
    broken_ = false;
    searched_ = false;
    report_.stretches.back().bytes += step.bytes;
    ++report_.stretches.back().records;
    ++report_.records;
  }

  Status add_version(double wall_time) {
    report_.version_added = true;
    return options_.copy ? output_.append_version(wall_time) : Status{};
  }

  Result<Salvaged> finish() {
    if (report_.records == 0 && options_.events) {
      Status status = add_version(0);
      if (!status.ok()) return status.error();
    }
    Status status = output_.flush();
    if (!status.ok()) return status.error();
    report_.bytes_written = output_.bytes();
    return std::move(report_);
  }

  FileOutput output_;
  SalvageOptions options_;
  Salvaged report_;
  bool broken_ = false;    // something was left out since the last record that was kept
  bool searched_ = false;  // and among it a damaged header
};

}  // namespace

Result<Salvaged> salvage(int from, int to, const SalvageOptions& options) {
  return without_bad_alloc([&]() -> Result<Salvaged> {
    struct stat status{};
    if (::fstat(from, &status) != 0) return io_error("stat", errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    Buffer buffer;
    RecordWalk walk(from, 0, size, buffer);
    Result<Salvaged> result = Salvage(to, options).run(walk);
    if (result.ok()) result.value().bytes = size;
    return result;
  });
}

}  // namespace eventcodec::archive
