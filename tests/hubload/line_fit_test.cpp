// The line through the memory of a server.

#include "line_fit.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "support/catch.hpp"

using hubload::fit_line;
using hubload::Point;

namespace {

bool is_near(double value, double expected) { return std::abs(value - expected) <= 1e-9 * std::max(1.0, std::abs(expected)); }

}  // namespace

TEST_CASE("a straight line is found, without an error") {
    const auto line = fit_line(std::vector<Point>{{1, 5}, {2, 7}, {3, 9}, {5, 13}});
    REQUIRE(line);
    CHECK(is_near(line->slope, 2));
    CHECK(is_near(line->at_zero, 3));
    CHECK(is_near(line->standard_error, 0));
}

TEST_CASE("the standard error is that of the text books") {
    // NIST's Norris data, StRD: certified values of the linear regression.
    const std::vector<Point> norris{{0.2, 0.1},     {337.4, 338.8}, {118.2, 118.1}, {884.6, 888.0}, {10.1, 9.2},    {226.5, 228.1},
                                    {666.3, 668.5}, {996.3, 998.5}, {448.6, 449.1}, {777.0, 778.9}, {558.2, 559.2}, {0.4, 0.3},
                                    {0.6, 0.1},     {775.5, 778.1}, {666.9, 668.8}, {338.0, 339.3}, {447.5, 448.9}, {11.6, 10.8},
                                    {556.0, 557.7}, {228.1, 228.3}, {995.8, 998.0}, {887.6, 888.8}, {120.2, 119.6}, {0.3, 0.3},
                                    {0.3, 0.6},     {556.8, 557.6}, {339.1, 339.3}, {887.2, 888.0}, {999.0, 998.5}, {779.0, 778.9},
                                    {11.1, 10.2},   {118.3, 117.6}, {229.2, 228.9}, {669.1, 668.4}, {448.9, 449.2}, {0.5, 0.2}};
    const auto line = fit_line(norris);
    REQUIRE(line);
    CHECK(is_near(line->slope, 1.00211681802045));
    CHECK(is_near(line->at_zero, -0.262323073774029));
    CHECK(is_near(line->standard_error, 0.429796848199937e-3));
}

TEST_CASE("noise around a level has a slope within a few of its standard errors") {
    std::mt19937 random{3};
    std::normal_distribution<double> noise{1e9, 4096};
    std::vector<Point> points;
    for (int second = 1; second <= 300; ++second) points.push_back({second / 60.0, noise(random)});
    const auto line = fit_line(points);
    REQUIRE(line);
    CHECK(std::abs(line->slope) < 4 * line->standard_error);
    CHECK(line->standard_error > 0);
}

TEST_CASE("there is no line through two points, or through a column of them") {
    CHECK_FALSE(fit_line({}));
    CHECK_FALSE(fit_line(std::vector<Point>{{1, 1}, {2, 2}}));
    CHECK_FALSE(fit_line(std::vector<Point>{{1, 1}, {1, 2}, {1, 3}}));
}
