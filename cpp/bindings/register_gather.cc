// register_gather.cc - scalars of many files as columns, and which rows of a series are chosen.
#include "bindings/arrays.h"
#include "bindings/event_file.h"
// pybind first
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scan/choice.h"
#include "scan/downsample.h"
#include "scan/gather.h"
#include "scan/restarts.h"

namespace eventcodec::bindings {
namespace {

template <class T>
using Column = py::array_t<T, py::array::c_style | py::array::forcecast>;

// least_step, most_step, stride, origin, every, last: see scan/choice.h.
using ChoiceTuple = std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::int64_t,
                               std::uint64_t, std::uint64_t>;

scan::Choice to_choice(const ChoiceTuple& given) {
  const auto& [least_step, most_step, stride, origin, every, last] = given;
  if (stride == 0 || every == 0) throw py::value_error("must be at least 1");
  return {.least_step = least_step,
          .most_step = most_step,
          .stride = stride,
          .origin = origin,
          .every = every,
          .last = last};
}

template <class T>
std::span<const T> span_of(const Column<T>& column) {
  return {column.data(), static_cast<std::size_t>(column.size())};
}

// The scalar series of many files: tags, each once; then of each series the number of its file, its
// own there, and that of its tag; then the numbers of the files that are VisualDL logs.
py::tuple scalar_sources(const std::vector<SharedFile*>& files) {
  std::vector<std::string> tags;
  std::vector<std::uint32_t> file_numbers;
  std::vector<std::uint32_t> series_numbers;
  std::vector<std::uint32_t> tag_numbers;
  std::vector<std::uint32_t> visualdl;
  without_gil([&] {
    const auto locks = lock_all(files);
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (std::uint32_t number = 0; number != files.size(); ++number) {
      const scan::EventFile& file = files[number]->file;
      if (file.format() == scan::Format::kVisualDl) visualdl.push_back(number);
      std::uint32_t id = 0;
      for (const scan::Series& series : file.series()) {
        const std::uint32_t at = id++;
        if (series.kind != scan::Kind::kScalars) continue;
        const auto [tag, is_new] =
            known.try_emplace(series.tag, static_cast<std::uint32_t>(known.size()));
        if (is_new) tags.push_back(series.tag);
        file_numbers.push_back(number);
        series_numbers.push_back(at);
        tag_numbers.push_back(tag->second);
      }
    }
  });
  py::list texts(tags.size());
  for (std::size_t i = 0; i != tags.size(); ++i) texts[i] = to_text(tags[i]);
  return py::make_tuple(texts, to_array(std::move(file_numbers)),
                        to_array(std::move(series_numbers)), to_array(std::move(tag_numbers)),
                        to_array(std::move(visualdl)));
}

// A column of a table, which may be written to.
template <class T>
py::object column_of(T* column, std::uint64_t size, const py::capsule& owner) {
  if (size == 0) return py::array_t<T>(0);
  return array_over(column, static_cast<std::size_t>(size), owner, Writeable::kYes);
}

py::tuple to_tuple(scan::Codes&& codes) {
  return py::make_tuple(to_array(std::move(codes.numbers)), to_array(std::move(codes.places)));
}

// Steps, wall times and values of chosen rows; of each series how many; the numbers of the runs
// that are there, and of each series the place of its own among them; the same of tags.
py::tuple gather_scalars(const std::vector<SharedFile*>& files, const Column<std::uint32_t>& runs,
                         const Column<std::uint32_t>& file_numbers,
                         const Column<std::uint32_t>& series_numbers,
                         const Column<std::uint32_t>& tag_numbers, const ChoiceTuple& choice,
                         std::uint64_t points, bool purge, std::size_t threads) {
  const std::size_t count = span_of(file_numbers).size();
  if (span_of(runs).size() != files.size() || span_of(series_numbers).size() != count ||
      span_of(tag_numbers).size() != count || threads == 0 || (points != 0 && points < 2)) {
    throw py::value_error("numbers of files and series do not fit");
  }
  std::vector<scan::EventFile*> cores;
  cores.reserve(files.size());
  for (SharedFile* file : files) cores.push_back(&file->file);
  std::vector<scan::Source> sources;
  sources.reserve(count);
  for (std::size_t i = 0; i != count; ++i) {
    sources.push_back({file_numbers.data()[i], series_numbers.data()[i], tag_numbers.data()[i]});
  }
  const scan::Wanted wanted{.files = cores,
                            .runs = span_of(runs),
                            .sources = sources,
                            .purge = purge,
                            .choice = to_choice(choice),
                            .points = points};
  const auto are_there = [&] {
    std::uint32_t behind = 0;
    return std::ranges::all_of(sources, [&](const scan::Source& source) {
      const bool in_order = source.file >= behind && source.file < cores.size();
      behind = source.file;
      return in_order && source.series < cores[source.file]->series().size() &&
             cores[source.file]->series()[source.series].kind == scan::Kind::kScalars;
    });
  };
  std::size_t failed = 0;
  std::optional<Result<scan::Gathered>> result;
  without_gil([&] {
    const auto locks = lock_all(files);
    if (are_there()) result = scan::gather(wanted, threads, &failed);
  });
  if (!result.has_value()) throw py::index_error("no such series");
  scan::Gathered all =
      unwrap(std::move(*result), files.empty() ? std::string() : cores[failed]->path());
  auto owned = std::make_unique<std::shared_ptr<void>>(std::move(all.memory));
  const py::capsule owner(owned.get(),
                          [](void* p) { delete static_cast<std::shared_ptr<void>*>(p); });
  (void)owned.release();
  const scan::Rows& rows = all.rows;
  return py::make_tuple(column_of(rows.steps, rows.size, owner),
                        column_of(rows.wall_times, rows.size, owner),
                        column_of(rows.values, rows.size, owner), to_array(std::move(all.lengths)),
                        to_tuple(std::move(all.runs)), to_tuple(std::move(all.tags)));
}

// The rows of one series that a choice takes.
py::array_t<std::int64_t> chosen_rows(const Column<std::int64_t>& steps, const ChoiceTuple& given) {
  const scan::Choice choice = to_choice(given);
  const scan::Stretch stretch{steps.data(), span_of(steps).size(), {}};
  std::vector<std::int64_t> rows;
  without_gil([&] {
    std::uint64_t passed = 0;
    scan::for_each_run(choice, stretch,
                       [&](std::uint64_t begin, std::uint64_t end) { passed += end - begin; });
    const scan::Chosen chosen = scan::chosen_of(choice, passed);
    rows.reserve(chosen.count);
    scan::for_each_chosen(choice, {&stretch, 1}, chosen,
                          [&](std::size_t, std::uint64_t begin, std::uint64_t end) {
                            for (; begin != end; ++begin) {
                              rows.push_back(static_cast<std::int64_t>(begin));
                            }
                          });
  });
  return to_array(std::move(rows));
}

py::array_t<std::int64_t> largest_triangles(const Column<std::int64_t>& steps,
                                            const Column<double>& values, std::size_t points) {
  const std::size_t count = span_of(steps).size();
  if (span_of(values).size() != count) throw py::value_error("a value for each step");
  if (points < 2 || points >= count) throw py::value_error("2 <= points < steps");
  std::vector<std::uint64_t> rows(points);
  without_gil([&] { scan::largest_triangles(span_of(steps), span_of(values), rows); });
  return to_array(std::vector<std::int64_t>(rows.begin(), rows.end()));
}

// Of each file of a run, from which step on the files behind it void everything, or None; None when
// the run was never restarted.
std::optional<std::vector<scan::FirstVoid>> first_voids(const std::vector<SharedFile*>& files) {
  return without_gil([&]() -> std::optional<std::vector<scan::FirstVoid>> {
    std::vector<const scan::EventFile*> cores;
    for (const SharedFile* file : files) cores.push_back(&file->file);
    const auto locks = lock_all(files);
    const bool restarted = std::ranges::any_of(
        cores, [](const scan::EventFile* file) { return !file->session_starts().empty(); });
    if (!restarted) return std::nullopt;
    return scan::first_voids(cores);
  });
}

}  // namespace

void register_gather(py::module_& module) {
  module.def("scalar_sources", &scalar_sources, py::arg("files"));
  module.def("gather_scalars", &gather_scalars, py::arg("files"), py::arg("runs"),
             py::arg("file_numbers"), py::arg("series_numbers"), py::arg("tag_numbers"),
             py::kw_only(), py::arg("choice"), py::arg("points"), py::arg("purge"),
             py::arg("threads"));
  module.def("chosen_rows", &chosen_rows, py::arg("steps"), py::arg("choice"));
  module.def("largest_triangles", &largest_triangles, py::arg("steps"), py::arg("values"),
             py::arg("points"));
  module.def("first_voids", &first_voids, py::arg("files"));
}

}  // namespace eventcodec::bindings
