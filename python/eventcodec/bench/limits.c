// limits.c - what the machine can do at all: calls of a C function that does nothing, readings of the
// clock, memory read and copied. Compiled by the benchmark for the CPU at hand.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static volatile uint64_t sink;  // what was computed must look as if it were needed

static PyObject* nothing(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  (void)self;
  (void)args;
  (void)count;
  Py_RETURN_NONE;
}

static PyObject* read_clock(PyObject* self, PyObject* times) {
  (void)self;
  const Py_ssize_t count = PyLong_AsSsize_t(times);
  if (count == -1 && PyErr_Occurred()) return NULL;
  struct timespec t = {0};
  uint64_t sum = 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    clock_gettime(CLOCK_REALTIME, &t);
    sum += (uint64_t)t.tv_nsec;
  }
  sink = sum;
  Py_RETURN_NONE;
}

// read_memory(buffer, times): adds up all words, in eight chains that the compiler makes vectors of.
static PyObject* read_memory(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  (void)self;
  Py_buffer buffer;
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "read_memory(buffer, times)");
    return NULL;
  }
  const Py_ssize_t times = PyLong_AsSsize_t(args[1]);
  if (times == -1 && PyErr_Occurred()) return NULL;
  if (PyObject_GetBuffer(args[0], &buffer, PyBUF_SIMPLE) != 0) return NULL;
  const size_t words = (size_t)buffer.len / 8;
  for (Py_ssize_t turn = 0; turn < times; ++turn) {
    uint64_t sums[32] = {0};
    const uint8_t* p = buffer.buf;
    for (size_t i = 0; i + 32 <= words; i += 32, p += 256) {
      uint64_t block[32];
      memcpy(block, p, sizeof block);
      for (int j = 0; j < 32; ++j) sums[j] += block[j];
    }
    for (int j = 1; j < 32; ++j) sums[0] += sums[j];
    sink = sums[0];
  }
  PyBuffer_Release(&buffer);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nothing", (PyCFunction)(void (*)(void))nothing, METH_FASTCALL, NULL},
    {"read_clock", read_clock, METH_O, NULL},
    {"read_memory", (PyCFunction)(void (*)(void))read_memory, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {.m_base = PyModuleDef_HEAD_INIT,
                                        .m_name = "eventcodec_limits",
                                        .m_size = -1,
                                        .m_methods = methods};

PyMODINIT_FUNC PyInit_eventcodec_limits(void) { return PyModule_Create(&definition); }
