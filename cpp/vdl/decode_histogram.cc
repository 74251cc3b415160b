// decode_histogram.cc - reads the histograms of VisualDL.
#include "vdl/decode_histogram.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "vdl/format.h"
#include "wire/read.h"

namespace eventcodec::vdl {

using wire::Type;

bool decode_histogram(ByteView message, event::HistogramData* histogram) {
  std::vector<double> edges;
  std::vector<double> counts;
  wire::FieldReader reader(message);
  wire::Field field;
  while (reader.next(&field)) {
    std::vector<double>& numbers = field.key >> 3 == kHist ? counts : edges;
    const auto type = static_cast<Type>(field.key & 7);
    if (field.key >> 3 > kBinEdges || (type != Type::kBytes && type != Type::kFixed64))
      return false;
    if (field.bytes.size() % sizeof(double) != 0) return false;
    for (std::size_t at = 0; at != field.bytes.size(); at += sizeof(double)) {
      numbers.push_back(load_le<double>(field.bytes.data() + at));
    }
  }
  const std::size_t buckets = counts.size();
  const bool empty = buckets == 0 && edges.empty();
  if (!reader.ok() || (!empty && edges.size() != buckets + 1)) return false;
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  histogram->min = empty ? kUnknown : edges.front();
  histogram->max = empty ? kUnknown : edges.back();
  histogram->num = std::accumulate(counts.begin(), counts.end(), 0.0);
  histogram->sum = kUnknown;
  histogram->sum_squares = kUnknown;
  if (empty) return true;
  histogram->reserve(buckets);
  std::copy(edges.begin(), edges.end() - 1, histogram->left.begin());
  std::copy(edges.begin() + 1, edges.end(), histogram->right.begin());
  std::copy(counts.begin(), counts.end(), histogram->counts.begin());
  return true;
}

}  // namespace eventcodec::vdl
