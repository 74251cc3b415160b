// dlpack.h - the one number of a tensor in the CPU's memory, read where it stands.
// Array libraries that follow DLPack 1.3 publish C functions on their types, and torch 2.10 does
// (https://dmlc.github.io/dlpack/latest/c_api.html, "DLPackExchangeAPI"). Reading through them
// allocates nothing, never waits for a device, and costs a third of calling __float__.
#pragma once

#include "bindings/pybind.h"

namespace eventcodec::bindings {

// True when `object` was read: a tensor with one real number that a type with those functions says
// is in the CPU's memory. Sets no Python error: whatever this refuses, other ways must look at.
bool read_tensor_number(PyObject* object, double* number);

}  // namespace eventcodec::bindings
