// event_writer.h - EventWriter: one EventStream with the manners of Python. Every method here holds
// the GIL, which is what makes the calls of a stream's producer exclude one another.
#pragma once

#include "bindings/errors.h"
#include "bindings/gil.h"
// Python first
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "event/encode.h"
#include "record/format.h"
#include "record/frame.h"
#include "stream/event_stream.h"
#include "stream/io_thread.h"

namespace eventcodec::bindings {

using event::Metric;
using stream::Chunk;
using stream::Durability;
using stream::EventStream;

// What a failure of the device does to the caller.
enum class OnError : std::uint8_t { kWarn, kRaise, kDrop };

inline constexpr std::chrono::milliseconds kCloseTimeout{4000};

// How a payload becomes a record; the same for VisualDL is in register_vdl_writer.cc.
struct EventFraming {
  static constexpr std::size_t kHeaderBytes = record::kHeaderBytes;
  static constexpr std::size_t kOverheadBytes = record::kOverheadBytes;
  static std::uint8_t* seal(std::uint8_t* record, std::size_t payload_bytes) {
    return record::seal(record, payload_bytes);
  }
};

class EventWriter {
 public:
  EventWriter(stream::FilePlan plan, stream::StreamOptions options, OnError on_error)
      : on_error_(on_error) {
    open(std::move(plan), options);
  }

  // Begins a file; of a closed writer another one.
  void open(stream::FilePlan plan, stream::StreamOptions options) {
    plan_ = std::move(plan);
    options_ = options;
    open();
  }

  // A writer that checks what it is given and writes nothing.
  EventWriter() : on_error_(OnError::kDrop), is_muted_(true) {
    stream_ = unwrap(EventStream::muted(), "");
  }

  ~EventWriter() {
    if (stream_ == nullptr || is_closed() || is_muted()) return;
    // At the end of the process all writers are closed together, within one deadline.
    if (is_finalizing()) return;
    stream_->stop();
    without_gil([this] { (void)stream_->close(kCloseTimeout); });
  }
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // A call of Python's logs as begin(), put() as often as it has records, and end(), so that it is
  // refused before it has logged anything or not at all. Each is false with a Python error set.
  bool begin() { return stream_->attention() == 0 || attend(); }

  // One record, whose payload `put` writes at a pointer with room for `bound` bytes.
  template <class Framing = EventFraming, class Put>
  bool put(std::size_t bound, Put&& put) {
    if (is_muted()) return true;
    const std::size_t bytes = bound + Framing::kOverheadBytes;
    std::uint8_t* record = stream_->reserve(bytes);
    while (record == nullptr) {
      switch (wait_for_room()) {
        case Room::kMade:
          record = stream_->reserve(bytes);
          break;
        case Room::kNone:
          return drop(1);
        case Room::kError:
          return false;
      }
    }
    std::uint8_t* const payload = record + Framing::kHeaderBytes;
    std::uint8_t* const payload_end = put(payload);
    stream_->commit(Framing::seal(record, static_cast<std::size_t>(payload_end - payload)));
    return true;
  }

  // A chunk of records that was filled before.
  bool put(Chunk::Owner chunk, stream::Extent extent) {
    if (is_muted()) return true;
    while (!stream_->splice(chunk, extent)) {
      switch (wait_for_room()) {
        case Room::kMade:
          break;
        case Room::kNone:
          return drop(extent.records);
        case Room::kError:
          return false;
      }
    }
    return true;
  }

  bool end() {
    if (std::exchange(has_dropped_, false) && !attend()) return false;
    return stream_->durability() == Durability::kBuffered || is_muted() || settle();
  }

  // A call with one record.
  template <class Framing = EventFraming, class Put>
  bool append(std::size_t bound, Put&& payload) {
    return begin() && put<Framing>(bound, std::forward<Put>(payload)) && end();
  }

  // After close() there is nothing left to wait for.
  void flush(bool durable) {
    if (is_closed() || is_muted()) return;
    if ((stream_->attention() & EventStream::kForked) != 0 && !attend()) {
      throw py::error_already_set();
    }
    // Before anybody is told of an earlier failure: the device may have room again.
    Status flushed = without_gil([&, stream = stream_] { return stream->flush(durable); });
    // The records wait in memory and are tried again; only on_error="raise" wants to hear of it
    // here and now. A promise of durability that cannot be kept is never silent.
    if (!flushed.ok() && (durable || on_error_ == OnError::kRaise)) raise(flushed.error(), path());
    if (stream_->attention() != 0 && !attend()) throw py::error_already_set();
  }

  void close() {
    if (is_closed()) return;
    stream_->stop();
    if (is_muted()) return;
    const Status closed = without_gil([stream = stream_] { return stream->close(kCloseTimeout); });
    if (closed.ok() || on_error_ == OnError::kDrop) return;
    if (on_error_ == OnError::kRaise) raise(closed.error(), path());
    const stream::StreamStats stats = stream_->stats();
    if (!warn(closed.error().message + "; " + std::to_string(stats.dropped + stats.pending) +
              " records were not written")) {
      throw py::error_already_set();
    }
  }

  // Begins a new file after close(); does nothing before.
  void reopen() {
    if (!is_closed()) return;
    if (is_muted_) {
      stream_ = unwrap(EventStream::muted(), "");
      return;
    }
    plan_.purge_step.reset();  // what was hidden once stays hidden
    open();
  }

  // Calls on a closed writer begin a new file, as those of torch and tensorboardX do.
  void set_reopening(bool reopening) { is_reopening_ = reopening; }

  // Every call goes through Python, where somebody else wants to see it.
  void set_observed(bool observed) { is_observed_ = observed; }
  [[nodiscard]] bool is_observed() const { return is_observed_; }

  [[nodiscard]] stream::StreamStats stats() const { return stream_->stats(); }
  [[nodiscard]] bool is_closed() const {
    return (stream_->attention() & EventStream::kClosed) != 0;
  }
  // Whether this is a child of a fork that has not logged: the file is its parent's.
  [[nodiscard]] bool is_forked() const {
    return (stream_->attention() & EventStream::kForked) != 0;
  }
  [[nodiscard]] bool is_muted() const { return (stream_->attention() & EventStream::kMuted) != 0; }

  // ---- what makes a call ask Python first ----

  // The tags that have calls waiting for a device, as the keys of a dict that Python keeps.
  void watch_tags(py::dict tags) { waiting_tags_ = std::move(tags); }
  [[nodiscard]] bool has_waiting() const {
    return waiting_tags_.ptr() != nullptr && PyDict_GET_SIZE(waiting_tags_.ptr()) != 0;
  }
  [[nodiscard]] bool is_waiting(PyObject* tag) const {
    return has_waiting() && PyDict_Contains(waiting_tags_.ptr(), tag) == 1;
  }

  // The first call with a step decides from where earlier files are hidden.
  void await_step(bool awaits) { awaits_step_ = awaits; }
  bool begin_at(PyObject* self, PyObject* step_argument, std::int64_t step) {
    if (!awaits_step_ || step_argument == nullptr || step_argument == Py_None) return true;
    // Calls made meanwhile come here, too: _begin_resumed lets them pass or has them wait.
    PyObject* begun =
        PyObject_CallMethod(self, "_begin_resumed", "L", static_cast<long long>(step));
    Py_XDECREF(begun);
    return begun != nullptr;
  }

  // Room for the scalars of one add_metrics call, reused from call to call.
  std::vector<Metric>& metrics_room() { return metrics_room_; }

 private:
  enum class Room : std::uint8_t { kMade, kNone, kError };

  [[nodiscard]] std::string path() const { return stream_->stats().path; }

  bool warn(const std::string& what) const {
    return PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%s: %s", path().c_str(), what.c_str()) == 0;
  }

  // The rare things that a call must deal with first. False with a Python error set.
  bool attend() {
    if (!attend_to_state()) return false;
    return (stream_->attention() & EventStream::kNewFailure) == 0 || tell_failure();
  }

  void open() {
    // Copies, and streams held below, because other threads may come here meanwhile.
    auto opened = without_gil([plan = plan_, this] { return EventStream::open(plan, options_); });
    auto stream = unwrap(std::move(opened), plan_.directory);
    if (stream_ != nullptr && !is_closed()) {  // one of them was faster
      stream->stop();
      without_gil([&] { (void)stream->close(kCloseTimeout); });
      return;
    }
    stream_ = std::move(stream);
  }

  // False with a Python error set.
  bool open_again() {
    try {
      reopen();
    } catch (py::error_already_set& error) {
      error.restore();
      return false;
    }
    return true;
  }

  bool attend_to_state() {
    // Anew when another thread closes it at once: opening gives the GIL away.
    while (is_closed() && is_reopening_) {
      if (!open_again()) return false;
    }
    const std::uint32_t attention = stream_->attention();
    if ((attention & EventStream::kClosed) != 0) {
      set_error({.code = Errc::kClosed,
                 .message = "the writer is closed; open a new SummaryWriter to log more"},
                path());
      return false;
    }
    if ((attention & EventStream::kForked) != 0) {
      if (Status reopened = stream_->reopen_after_fork(); !reopened.ok()) {
        set_error(reopened.error(), path());
        return false;
      }
      if (!call_after_fork()) return false;
    }
    return true;
  }

  bool drop(std::uint64_t records) {
    stream_->count_dropped(records);
    has_dropped_ = true;
    return true;
  }

  bool tell_failure() {
    if (on_error_ == OnError::kRaise && stream_->failing()) {
      PyErr_Format(PyExc_OSError, "%s: %s", path().c_str(), stream_->stats().last_error.c_str());
      return false;
    }
    stream_->clear_attention(EventStream::kNewFailure);
    if (on_error_ != OnError::kWarn || std::exchange(has_warned_, true)) return true;
    return warn(stream_->stats().last_error +
                "; logging goes on, see stats() for what is pending or dropped");
  }

  static bool call_after_fork() {
    PyObject* module = PyImport_ImportModule("eventcodec.writer.process_exit");
    PyObject* done =
        module == nullptr ? nullptr : PyObject_CallMethod(module, "flush_at_child_exit", nullptr);
    Py_XDECREF(module);
    Py_XDECREF(done);
    return done != nullptr;
  }

  Room wait_for_room() {
    const bool made = without_gil(
        [stream = stream_] { return stream->wait_for_room(EventStream::kCallTimeout); });
    if (!attend_to_state()) return Room::kError;
    return made ? Room::kMade : Room::kNone;
  }

  // For the durability levels that promise something when the call returns.
  bool settle() {
    const Status secured =
        without_gil([stream = stream_] { return stream->secure(EventStream::kCallTimeout); });
    if (secured.ok()) return true;
    if (on_error_ != OnError::kRaise) return stream_->attention() == 0 || attend();
    set_error(secured.error(), path());
    return false;
  }

  std::shared_ptr<EventStream> stream_;
  OnError on_error_;
  stream::FilePlan plan_;  // of the file that reopen() begins
  stream::StreamOptions options_;
  bool is_muted_ = false;
  bool is_reopening_ = false;
  bool is_observed_ = false;
  bool has_warned_ = false;
  bool has_dropped_ = false;  // in the call that is under way
  bool awaits_step_ = false;
  py::object waiting_tags_;
  std::vector<Metric> metrics_room_;
};

}  // namespace eventcodec::bindings
