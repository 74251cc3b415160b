// event_fields.h - the two outer facts of an event that the rewriters need besides decode.h.
#pragma once

#include "event/format.h"
#include "wire/read.h"

namespace eventcodec::archive {

// Whether the event is the first record that every file should have.
inline bool is_version(ByteView payload) {
  wire::FieldReader reader(payload);
  wire::Field field;
  while (reader.next(&field)) {
    if (field.key == wire::tag(event::kFileVersionField, wire::Type::kBytes)) return true;
  }
  return false;
}

inline double wall_time_of(ByteView payload) {
  wire::FieldReader reader(payload);
  wire::Field field;
  double wall_time = 0;
  while (reader.next(&field)) {
    if (field.key == wire::tag(event::kWallTime, wire::Type::kFixed64)) {
      wall_time = field.as_double();
    }
  }
  return wall_time;
}

}  // namespace eventcodec::archive
