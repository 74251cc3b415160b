// downsample.h - fewer points of a curve that look like all of them.
//
// Source: S. Steinarsson, "Downsampling Time Series for Visual Representation", University of
// Iceland, 2013: the algorithm Largest-Triangle-Three-Buckets.
#pragma once

#include <cstdint>
#include <span>

namespace eventcodec::scan {

// Fills `rows` with the rows of points, ascending: the first, the last, and of each of as many
// equal buckets between them as there is room the one that spans the largest triangle with the
// point chosen before and the mean of the bucket behind; of equal ones the first. NaN and the
// infinities count in no mean and span no triangle: they are chosen where a bucket holds nothing
// else, and then the point before them stands in as a corner.
// There are at least 2 rows, and more points than that; steps and values are of equal size.
void largest_triangles(std::span<const std::int64_t> steps, std::span<const double> values,
                       std::span<std::uint64_t> rows);

}  // namespace eventcodec::scan
