#pragma once
// A straight line through points by least squares, and how sure its slope is.

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

namespace hubload {

struct Point {
    double x = 0, y = 0;
};

struct Line {
    double slope = 0;
    double standard_error = 0;  ///< of the slope
    double at_zero = 0;         ///< y where x is 0
};

/// None for fewer than three points, or when all have the same x.
inline std::optional<Line> fit_line(std::span<const Point> points) {
    if (points.size() < 3) return std::nullopt;
    const auto count = static_cast<double>(points.size());
    double mean_x = 0, mean_y = 0;
    for (const Point& point : points) {
        mean_x += point.x / count;
        mean_y += point.y / count;
    }
    double xx = 0, xy = 0;
    for (const Point& point : points) {
        xx += (point.x - mean_x) * (point.x - mean_x);
        xy += (point.x - mean_x) * (point.y - mean_y);
    }
    if (xx == 0) return std::nullopt;
    Line line{.slope = xy / xx};
    line.at_zero = mean_y - line.slope * mean_x;
    double residuals = 0;
    for (const Point& point : points) {
        const double off = point.y - line.at_zero - line.slope * point.x;
        residuals += off * off;
    }
    line.standard_error = std::sqrt(residuals / (count - 2) / xx);
    return line;
}

}  // namespace hubload
