// c_floor.c - what the machine can do: the least C code that logs a scalar, and that reads a log.
// The yardstick of the benchmark, compiled by it for the CPU at hand. A physical probe, not a
// product: a static buffer that wraps, no thread, no file, no bounds checks on what is parsed.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#define CRC_8(crc, x) _mm_crc32_u8((crc), (x))
#define CRC_64(crc, x) (uint32_t)_mm_crc32_u64((crc), (x))
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define CRC_8(crc, x) __crc32cb((crc), (x))
#define CRC_64(crc, x) __crc32cd((crc), (x))
#else
#error "this CPU has no instruction for CRC-32C"
#endif

#define BUFFER_BYTES (64u << 20)
#define LARGEST_TAG 1024  // longer ones are refused

static uint8_t buffer[BUFFER_BYTES + (64u << 10)];
static size_t used;

static inline uint32_t masked_crc(const uint8_t* p, size_t n) {
  uint32_t crc = 0xffffffffu;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    crc = CRC_64(crc, word);
  }
  for (; n > 0; --n) crc = CRC_8(crc, *p++);
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static inline uint8_t* put_varint(uint8_t* p, uint64_t value) {
  for (; value > 0x7f; value >>= 7) *p++ = (uint8_t)(value | 0x80);
  *p++ = (uint8_t)value;
  return p;
}

static inline size_t varint_bytes(uint64_t value) {
  size_t bytes = 1;
  for (; value > 0x7f; value >>= 7) ++bytes;
  return bytes;
}

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Bytes of the Summary.Value of a scalar, without its own key and length.
static inline size_t value_bytes(size_t tag_bytes) {
  return 1 + varint_bytes(tag_bytes) + tag_bytes + 5;
}

static inline uint8_t* put_value(uint8_t* p, const char* tag, size_t tag_bytes, float value) {
  *p++ = 0x0a;
  p = put_varint(p, value_bytes(tag_bytes));
  *p++ = 0x0a;
  p = put_varint(p, tag_bytes);
  memcpy(p, tag, tag_bytes);
  p += tag_bytes;
  *p++ = 0x15;
  memcpy(p, &value, 4);
  return p + 4;
}

static inline uint8_t* put_stamp(uint8_t* p, double wall_time, int64_t step) {
  *p++ = 0x09;
  memcpy(p, &wall_time, 8);
  p[8] = 0x10;
  return put_varint(p + 9, (uint64_t)step);
}

// Where the next payload begins; room for a record of the largest size is there.
static inline uint8_t* begin_record(void) {
  if (used > BUFFER_BYTES) used = 0;
  return buffer + used + 12;
}

static inline void end_record(const uint8_t* end) {
  uint8_t* const record = buffer + used;
  const uint64_t length = (uint64_t)(end - record - 12);
  memcpy(record, &length, 8);
  const uint32_t head = masked_crc(record, 8);
  memcpy(record + 8, &head, 4);
  const uint32_t foot = masked_crc(record + 12, length);
  memcpy(record + 12 + length, &foot, 4);
  used += 16 + length;
}

static inline int append(PyObject* tag, PyObject* number, PyObject* step_object) {
  Py_ssize_t tag_bytes;
  const char* text = PyUnicode_AsUTF8AndSize(tag, &tag_bytes);
  if (text == NULL) return -1;
  const double value =
      PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : PyFloat_AsDouble(number);
  if (value == -1.0 && PyErr_Occurred()) return -1;
  const long long step = PyLong_AsLongLong(step_object);
  if (step == -1 && PyErr_Occurred()) return -1;
  if (tag_bytes > LARGEST_TAG) {
    PyErr_SetString(PyExc_ValueError, "the tag is longer than the floor can take");
    return -1;
  }
  const size_t inner = value_bytes((size_t)tag_bytes);
  uint8_t* p = put_stamp(begin_record(), now(), step);
  *p++ = 0x2a;
  p = put_varint(p, 1 + varint_bytes(inner) + inner);
  end_record(put_value(p, text, (size_t)tag_bytes, (float)value));
  return 0;
}

static PyObject* add_scalar(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  (void)self;
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "add_scalar(tag, value, step)");
    return NULL;
  }
  if (append(args[0], args[1], args[2]) != 0) return NULL;
  Py_RETURN_NONE;
}

// The same by keyword: add_scalar(tag, value, global_step=step).
static PyObject* global_step;

static PyObject* add_scalar_keyword(PyObject* self, PyObject* const* args, Py_ssize_t count,
                                    PyObject* names) {
  (void)self;
  if (count != 2 || names == NULL || PyTuple_GET_SIZE(names) != 1 ||
      PyTuple_GET_ITEM(names, 0) != global_step) {
    PyErr_SetString(PyExc_TypeError, "add_scalar(tag, value, global_step=step)");
    return NULL;
  }
  if (append(args[0], args[1], args[2]) != 0) return NULL;
  Py_RETURN_NONE;
}

// One event of as many values as fit into 16 KiB, its length a varint of three bytes.
static PyObject* add_metrics(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  (void)self;
  if (count != 2 || !PyDict_CheckExact(args[0])) {
    PyErr_SetString(PyExc_TypeError, "add_metrics(dict, step)");
    return NULL;
  }
  const long long step = PyLong_AsLongLong(args[1]);
  if (step == -1 && PyErr_Occurred()) return NULL;
  const double wall_time = now();
  PyObject *key, *number;
  Py_ssize_t position = 0;
  int more = PyDict_Next(args[0], &position, &key, &number);
  while (more) {
    uint8_t* const length = put_stamp(begin_record(), wall_time, step);
    uint8_t* const summary = length + 4;
    uint8_t* p = summary;
    for (; more && p < summary + (16 << 10);
         more = PyDict_Next(args[0], &position, &key, &number)) {
      Py_ssize_t tag_bytes;
      const char* text = PyUnicode_AsUTF8AndSize(key, &tag_bytes);
      const double value =
          PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : PyFloat_AsDouble(number);
      if (text == NULL || (value == -1.0 && PyErr_Occurred())) return NULL;
      if (tag_bytes > LARGEST_TAG) {
        PyErr_SetString(PyExc_ValueError, "the tag is longer than the floor can take");
        return NULL;
      }
      p = put_value(p, text, (size_t)tag_bytes, (float)value);
    }
    const size_t bytes = (size_t)(p - summary);
    length[0] = 0x2a;
    length[1] = (uint8_t)(bytes | 0x80);
    length[2] = (uint8_t)(bytes >> 7 | 0x80);
    length[3] = (uint8_t)(bytes >> 14);
    end_record(p);
  }
  Py_RETURN_NONE;
}

// Forgets what was logged and begins with the record that every event file begins with.
static PyObject* restart(PyObject* self, PyObject* unused) {
  static const char version[] = "brain.Event:2";
  (void)self;
  (void)unused;
  used = 0;
  uint8_t* p = put_stamp(begin_record(), now(), 0);
  *p++ = 0x1a;
  *p++ = sizeof(version) - 1;
  memcpy(p, version, sizeof(version) - 1);
  end_record(p + sizeof(version) - 1);
  Py_RETURN_NONE;
}

static PyObject* contents(PyObject* self, PyObject* unused) {
  (void)self;
  (void)unused;
  return PyBytes_FromStringAndSize((const char*)buffer, (Py_ssize_t)used);
}

// ---- reading: parse, both checksums, append to the columns of the tag ----

typedef struct {
  const uint8_t* tag;
  size_t tag_bytes;
  size_t rows, capacity;
  int64_t* steps;
  double* wall_times;
  double* values;
} Series;

#define SLOTS 65536

static uint64_t get_varint(const uint8_t** p) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = *(*p)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

// Gives the key of the next field and steps over it; `*at` is where its content begins and `*n` is
// the content's length, or for a varint its value.
static uint32_t next_field(const uint8_t** p, const uint8_t** at, uint64_t* n) {
  const uint32_t key = (uint32_t)get_varint(p);
  switch (key & 7) {
    case 0:
      *n = get_varint(p);
      return key;
    case 1:
      *n = 8;
      break;
    case 5:
      *n = 4;
      break;
    default:
      *n = get_varint(p);
  }
  *at = *p;
  *p += *n;
  return key;
}

static int append_row(Series* table, const uint8_t* tag, size_t n, int64_t step, double wall_time,
                      float value) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < n; ++i) hash = (hash ^ tag[i]) * 16777619u;
  Series* series = &table[hash % SLOTS];
  while (series->tag != NULL && (series->tag_bytes != n || memcmp(series->tag, tag, n) != 0)) {
    series = series == table + SLOTS - 1 ? table : series + 1;
  }
  series->tag = tag;
  series->tag_bytes = n;
  if (series->rows == series->capacity) {
    const size_t capacity = series->capacity == 0 ? 64 : 2 * series->capacity;
    int64_t* steps = realloc(series->steps, capacity * 8);
    if (steps != NULL) series->steps = steps;
    double* wall_times = realloc(series->wall_times, capacity * 8);
    if (wall_times != NULL) series->wall_times = wall_times;
    double* values = realloc(series->values, capacity * 8);
    if (values != NULL) series->values = values;
    if (steps == NULL || wall_times == NULL || values == NULL) return -1;
    series->capacity = capacity;
  }
  series->steps[series->rows] = step;
  series->wall_times[series->rows] = wall_time;
  series->values[series->rows++] = (double)value;
  return 0;
}

// The scalars of one event.
static int append_event(Series* table, const uint8_t* p, const uint8_t* end) {
  double wall_time = 0;
  int64_t step = 0;
  const uint8_t *at = NULL, *summary = NULL, *summary_end = NULL;
  uint64_t n = 0;
  while (p < end) {
    const uint32_t key = next_field(&p, &at, &n);
    if (key == 0x09) memcpy(&wall_time, at, 8);
    if (key == 0x10) step = (int64_t)n;
    if (key == 0x2a) summary = at, summary_end = at + n;
  }
  while (summary < summary_end) {
    if (next_field(&summary, &at, &n) != 0x0a) continue;
    const uint8_t *value = at, *const value_end = at + n, *tag = NULL;
    size_t tag_bytes = 0;
    float number = 0;
    int is_scalar = 0;
    while (value < value_end) {
      const uint32_t key = next_field(&value, &at, &n);
      if (key == 0x0a) tag = at, tag_bytes = (size_t)n;
      if (key == 0x15) memcpy(&number, at, 4), is_scalar = 1;
    }
    if (is_scalar && append_row(table, tag, tag_bytes, step, wall_time, number) != 0) return -1;
  }
  return 0;
}

// Reads the records of one bytes-like object into columns; gives the number of rows.
static PyObject* scan(PyObject* self, PyObject* object) {
  (void)self;
  Py_buffer file;
  if (PyObject_GetBuffer(object, &file, PyBUF_SIMPLE) != 0) return NULL;
  Series* table = calloc(SLOTS, sizeof(Series));
  const uint8_t *p = file.buf, *const end = p + file.len;
  int intact = table != NULL;
  while (intact && p < end) {
    uint64_t length;
    uint32_t head, foot;
    memcpy(&length, p, 8);
    memcpy(&head, p + 8, 4);
    intact = masked_crc(p, 8) == head;
    if (!intact) break;
    memcpy(&foot, p + 12 + length, 4);
    intact =
        masked_crc(p + 12, length) == foot && append_event(table, p + 12, p + 12 + length) == 0;
    p += 16 + length;
  }
  size_t rows = 0;
  for (size_t i = 0; table != NULL && i < SLOTS; ++i) {
    rows += table[i].rows;
    free(table[i].steps);
    free(table[i].wall_times);
    free(table[i].values);
  }
  free(table);
  PyBuffer_Release(&file);
  if (!intact) {
    PyErr_SetString(PyExc_ValueError, "damage, or no memory");
    return NULL;
  }
  return PyLong_FromSize_t(rows);
}

static PyMethodDef methods[] = {
    {"add_scalar", (PyCFunction)(void (*)(void))add_scalar, METH_FASTCALL, NULL},
    {"add_scalar_keyword", (PyCFunction)(void (*)(void))add_scalar_keyword,
     METH_FASTCALL | METH_KEYWORDS, NULL},
    {"add_metrics", (PyCFunction)(void (*)(void))add_metrics, METH_FASTCALL, NULL},
    {"restart", restart, METH_NOARGS, NULL},
    {"contents", contents, METH_NOARGS, NULL},
    {"scan", scan, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT,
                                        .m_name = "eventcodec_c_floor",
                                        .m_size = -1,
                                        .m_methods = methods};

PyMODINIT_FUNC PyInit_eventcodec_c_floor(void) {
  global_step = PyUnicode_InternFromString("global_step");
  return global_step == NULL ? NULL : PyModule_Create(&definition);
}
