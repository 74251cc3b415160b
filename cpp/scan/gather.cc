// gather.cc - scalars of many runs and tags as the columns of one table: rows are counted, series
// get their places, rows are copied.
#include "scan/gather.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "scan/downsample.h"

namespace eventcodec::scan {
namespace {

constexpr std::uint64_t kMostRows = std::uint64_t{1} << 48;

// A series of the table.
struct Group {
  Group(std::uint32_t run_, std::uint32_t tag_) : run(run_), tag(tag_) {}

  std::uint32_t run;
  std::uint32_t tag;
  std::uint32_t begin = 0;  // of its sources, in members_
  std::uint32_t end = 0;
  bool is_there = false;  // some rows are not void
  Chosen chosen;
  std::uint64_t rows = 0;        // in the table
  std::uint64_t place = 0;       // of the first of them
  std::unique_ptr<Series> kept;  // those rows, when they cannot be read twice
};

struct Run {
  bool restarted = false;  // and restarts count
  bool in_pieces = false;  // some rows
};

struct Failure {
  Error error;
  std::size_t file;
};
// What work on groups comes to.
using Outcome = std::optional<Failure>;

Outcome no_memory() {
  return Failure{{.code = Errc::kOutOfMemory, .message = "columns of a table"}, 0};
}

bool has_valid(const Stretch& stretch) {
  VoidWalk walk(stretch.voids);
  for (std::uint64_t row = 0; row != stretch.size; ++row) {
    if (!walk.is_void(row, stretch.steps[row])) return true;
  }
  return false;
}

// Each number once, in the order of the first place, and the place of each.
Codes codes_of(const std::vector<Group>& groups, std::uint32_t Group::* number) {
  Codes codes;
  std::uint32_t most = 0;
  for (const Group& group : groups) most = std::max(most, group.*number);
  std::vector<std::int32_t> place(std::size_t{most} + 1, -1);
  codes.places.reserve(groups.size());
  for (const Group& group : groups) {
    std::int32_t& at = place[group.*number];
    if (at < 0) {
      at = static_cast<std::int32_t>(codes.numbers.size());
      codes.numbers.push_back(group.*number);
    }
    codes.places.push_back(at);
  }
  return codes;
}

// Room for the rows of a series of scalars.
bool reserve(Series& series, std::uint64_t rows) {
  ColumnMemory memory;
  return series.reserve(rows, memory, rows * row_bytes(Kind::kScalars));
}

void copy_rows(const Rows& from, std::uint64_t begin, std::uint64_t end, Rows& into) {
  append_rows(into,
              {.steps = from.steps + begin,
               .wall_times = from.wall_times + begin,
               .values = from.values + begin,
               .size = end - begin},
              Kind::kScalars);
}

// The rows of a group's sources, in memory.
struct InMemory {
  std::vector<Loaded> loaded;
  std::vector<std::vector<Void>> voids;
  std::vector<Stretch> stretches;
};

class Gathering {
 public:
  Gathering(const Wanted& wanted, std::size_t threads) : wanted_(wanted), threads_(threads) {}

  Result<Gathered> run(std::size_t* failed);

 private:
  void look_at_runs();
  void group_sources();
  void plan_jobs();
  Outcome for_all(Outcome (Gathering::*work)(Group&));
  Outcome count(Group& group);
  Outcome copy(Group& group);
  Outcome load(const Group& group, InMemory* all);
  Outcome copy_chosen(const Group& group, const InMemory& all, Rows& into) const;

  [[nodiscard]] std::span<const std::uint32_t> members(const Group& group) const {
    return std::span(members_).subspan(group.begin, group.end - group.begin);
  }
  [[nodiscard]] const Series& series_of(std::uint32_t source) const {
    const Source& from = wanted_.sources[source];
    return wanted_.files[from.file]->series()[from.series];
  }
  [[nodiscard]] bool is_restarted(const Group& group) const { return runs_[group.run].restarted; }
  [[nodiscard]] std::uint64_t size_of(const Group& group) const {
    std::uint64_t rows = 0;
    for (const std::uint32_t source : members(group)) rows += series_of(source).size();
    return rows;
  }

  const Wanted& wanted_;
  std::size_t threads_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> members_;  // sources, by group
  std::vector<std::size_t> jobs_;       // where each begins in groups_
  std::vector<Run> runs_;
  std::vector<FirstVoid> first_voids_;
  Rows rows_;
};

// What is known of runs before their series are looked at.
void Gathering::look_at_runs() {
  const auto& files = wanted_.files;
  first_voids_.resize(files.size());
  for (std::size_t begin = 0, end = 0; begin != files.size(); begin = end) {
    const std::uint32_t number = wanted_.runs[begin];
    if (runs_.size() <= number) runs_.resize(std::size_t{number} + 1);
    Run& run = runs_[number];
    for (; end != files.size() && wanted_.runs[end] == number; ++end) {
      run.restarted = run.restarted || !files[end]->session_starts().empty();
      run.in_pieces = run.in_pieces || !files[end]->pieces().empty();
    }
    run.restarted = run.restarted && wanted_.purge;
    if (!run.restarted) continue;
    const std::vector<const EventFile*> of_run(&files[begin], &files[begin] + (end - begin));
    std::ranges::copy(first_voids(of_run),
                      first_voids_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

// Sources of one run and one tag make up a group; groups come in the order of their first source,
// whether it has rows or not.
void Gathering::group_sources() {
  struct Seen {
    std::uint32_t run = ~std::uint32_t{0};  // none
    std::uint32_t group = 0;
  };
  std::vector<Seen> seen;  // of each tag
  std::vector<std::uint32_t> group_of;
  group_of.reserve(wanted_.sources.size());
  groups_.reserve(wanted_.sources.size());
  for (const Source& source : wanted_.sources) {
    const std::uint32_t run = wanted_.runs[source.file];
    if (source.tag >= seen.size())
      seen.resize(std::max<std::size_t>(2 * seen.size(), source.tag + std::size_t{1}));
    Seen& last = seen[source.tag];
    if (last.run != run) {
      last = {run, static_cast<std::uint32_t>(groups_.size())};
      groups_.emplace_back(run, source.tag);
    }
    ++groups_[last.group].end;
    group_of.push_back(last.group);
  }
  std::uint32_t behind = 0;
  for (Group& group : groups_) {
    group.begin = behind;
    behind += std::exchange(group.end, behind);
  }
  members_.resize(group_of.size());
  for (std::uint32_t source = 0; source != group_of.size(); ++source) {
    members_[groups_[group_of[source]].end++] = source;
  }
}

// Cuts the groups into jobs. A file whose rows are in pieces is for one thread at a time.
void Gathering::plan_jobs() {
  constexpr std::uint64_t kWorthThreads = std::uint64_t{1} << 16;  // records
  constexpr std::size_t kJobsOfThread = 8;
  std::uint64_t records = 0;
  for (const EventFile* file : wanted_.files) records += file->records();
  if (records < kWorthThreads) threads_ = 1;
  const std::size_t jobs = threads_ == 1 ? 1 : kJobsOfThread * threads_;
  const std::size_t size = (groups_.size() + jobs - 1) / jobs;
  jobs_.assign(1, 0);
  for (std::size_t i = 0; i != groups_.size(); ++i) {
    if (i - jobs_.back() < size) continue;
    const std::uint32_t run = groups_[i].run;
    if (run == groups_[i - 1].run && runs_[run].in_pieces) continue;
    jobs_.push_back(i);
  }
}

// Does the work for all groups, on several threads. Of several failures the first counts.
Outcome Gathering::for_all(Outcome (Gathering::*work)(Group&)) {
  std::vector<Outcome> outcomes(jobs_.size());
  run_parallel(jobs_.size(), threads_, [&](std::size_t job) {
    const std::size_t end = job + 1 == jobs_.size() ? groups_.size() : jobs_[job + 1];
    const Status status = without_bad_alloc([&]() -> Status {
      for (std::size_t i = jobs_[job]; i != end && !outcomes[job].has_value(); ++i) {
        outcomes[job] = (this->*work)(groups_[i]);
      }
      return {};
    });
    if (!status.ok()) outcomes[job] = Failure{status.error(), 0};
  });
  const auto failed = std::ranges::find_if(outcomes, &Outcome::has_value);
  return failed == outcomes.end() ? std::nullopt : std::move(*failed);
}

Outcome Gathering::load(const Group& group, InMemory* all) {
  const bool restarted = is_restarted(group);
  for (const std::uint32_t source : members(group)) {
    const Source& from = wanted_.sources[source];
    EventFile& file = *wanted_.files[from.file];
    Result<Loaded> loaded = file.load(from.series);
    if (!loaded.ok()) return Failure{loaded.error(), from.file};
    all->voids.push_back(restarted ? voids_of(file, from.series, first_voids_[from.file])
                                   : std::vector<Void>{});
    const Rows& rows = loaded.value().rows;
    all->stretches.push_back({rows.steps, rows.size, all->voids.back()});
    all->loaded.push_back(std::move(loaded.value()));
  }
  return {};
}

Outcome Gathering::count(Group& group) {
  std::uint64_t passed = 0;
  InMemory all;
  const bool by_size = !is_restarted(group) && wanted_.choice.any_step();
  if (by_size) {
    passed = size_of(group);
    group.is_there = passed != 0;
  } else {
    if (Outcome outcome = load(group, &all); outcome.has_value()) return outcome;
    for (const Stretch& stretch : all.stretches) {
      group.is_there = group.is_there || has_valid(stretch);
      for_each_run(wanted_.choice, stretch,
                   [&](std::uint64_t begin, std::uint64_t end) { passed += end - begin; });
    }
  }
  group.chosen = chosen_of(wanted_.choice, passed);
  group.rows =
      wanted_.points == 0 ? group.chosen.count : std::min(group.chosen.count, wanted_.points);
  if (by_size || group.rows == 0 || !runs_[group.run].in_pieces) return {};
  group.kept = std::make_unique<Series>();
  if (!reserve(*group.kept, group.rows)) return no_memory();
  return copy_chosen(group, all, group.kept->rows);
}

Outcome Gathering::copy(Group& group) {
  Rows into{.steps = rows_.steps + group.place,
            .wall_times = rows_.wall_times + group.place,
            .values = rows_.values + group.place};
  if (group.rows == 0) return {};
  if (group.kept != nullptr) {
    append_rows(into, group.kept->rows, Kind::kScalars);
    group.kept.reset();
    return {};
  }
  if (!is_restarted(group) && group.rows == size_of(group)) {  // straight from where they are
    for (const std::uint32_t source : members(group)) {
      const Source& from = wanted_.sources[source];
      Status status = wanted_.files[from.file]->copy_scalars(from.series, into);
      if (!status.ok()) return Failure{status.error(), from.file};
    }
    return {};
  }
  InMemory all;
  if (Outcome outcome = load(group, &all); outcome.has_value()) return outcome;
  return copy_chosen(group, all, into);
}

Outcome Gathering::copy_chosen(const Group& group, const InMemory& all, Rows& into) const {
  const auto copy_all = [&](Rows& to) {
    for_each_chosen(wanted_.choice, all.stretches, group.chosen,
                    [&](std::size_t i, std::uint64_t begin, std::uint64_t end) {
                      copy_rows(all.loaded[i].rows, begin, end, to);
                    });
  };
  if (group.rows == group.chosen.count) {
    copy_all(into);
    return {};
  }
  // The curve in one piece, as it is or as a copy.
  Series copied;
  const Rows* curve = &all.loaded.front().rows;
  if (all.loaded.size() != 1 || curve->size != group.chosen.count) {
    if (!reserve(copied, group.chosen.count)) return no_memory();
    copy_all(copied.rows);
    curve = &copied.rows;
  }
  std::vector<std::uint64_t> rows(group.rows);
  largest_triangles({curve->steps, curve->size}, {curve->values, curve->size}, rows);
  for (const std::uint64_t row : rows) copy_rows(*curve, row, row + 1, into);
  return {};
}

Result<Gathered> Gathering::run(std::size_t* failed) {
  const auto fail = [&](const Outcome& outcome) {
    *failed = outcome->file;
    return outcome->error;
  };
  look_at_runs();
  group_sources();
  plan_jobs();
  if (const Outcome outcome = for_all(&Gathering::count); outcome.has_value()) return fail(outcome);
  if (std::erase_if(groups_, [](const Group& group) { return !group.is_there; }) != 0) plan_jobs();
  std::uint64_t total = 0;
  for (Group& group : groups_) {
    group.place = total;
    if (group.rows > kMostRows - total) return fail(no_memory());
    total += group.rows;
  }
  Series table;
  if (!reserve(table, total)) return fail(no_memory());
  rows_ = table.rows;
  if (const Outcome outcome = for_all(&Gathering::copy); outcome.has_value()) return fail(outcome);
  Gathered gathered;
  gathered.rows = table.rows;
  gathered.rows.size = total;
  gathered.memory = std::move(table.memory);
  gathered.lengths.reserve(groups_.size());
  for (const Group& group : groups_)
    gathered.lengths.push_back(static_cast<std::int64_t>(group.rows));
  gathered.runs = codes_of(groups_, &Group::run);
  gathered.tags = codes_of(groups_, &Group::tag);
  return gathered;
}

}  // namespace

Result<Gathered> gather(const Wanted& wanted, std::size_t threads, std::size_t* failed) {
  *failed = 0;
  return without_bad_alloc([&] { return Gathering(wanted, threads).run(failed); });
}

}  // namespace eventcodec::scan
