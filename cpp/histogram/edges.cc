// edges.cc - TensorFlow's default bucket edges, made by the compiler.
#include "histogram/edges.h"

#include <array>

namespace eventcodec::histogram {
namespace {

constexpr std::array<double, kDefaultEdges> make_edges() {
  std::array<double, kDefaultEdges> edges{};
  double power = 1e-12;
  for (std::size_t i = 1; i <= kDefaultPowers; ++i) {
    edges[kDefaultPowers + i] = power;
    edges[kDefaultPowers - i] = -power;
    power *= 1.1;  // rounded at every step, as TensorFlow and torch do: pow() gives other edges
  }
  return edges;
}

constexpr std::array<double, kDefaultEdges> kEdges = make_edges();
static_assert(kEdges.back() < 1e20 && kEdges.back() * 1.1 >= 1e20);

}  // namespace

std::span<const double, kDefaultEdges> default_edges() { return kEdges; }

}  // namespace eventcodec::histogram
