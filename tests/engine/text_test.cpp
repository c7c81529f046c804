#include <kingbolt/engine/text.hpp>

#include <chrono>
#include <limits>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt::engine;
using namespace std::chrono_literals;

TEST_CASE("decimals are rounded to as many digits as asked for") {
    CHECK(decimal(0, 0) == "0");
    CHECK(decimal(1.25, 3) == "1.250");
    CHECK(decimal(2.675, 1) == "2.7");
    CHECK(decimal(-0.5, 1) == "-0.5");
    CHECK(decimal(1e300, 2).size() == 304);
    CHECK(decimal(-std::numeric_limits<double>::max(), 80).size() == 391);
}

TEST_CASE("durations are given in milliseconds below a second, in seconds above") {
    CHECK(duration_text(0ms) == "0.0 ms");
    CHECK(duration_text(400us) == "0.4 ms");
    CHECK(duration_text(9'940us) == "9.9 ms");
    CHECK(duration_text(450ms) == "450 ms");
    CHECK(duration_text(2'314ms) == "2.31 s");
    CHECK(duration_text(924'600ms) == "924.6 s");
    CHECK(duration_text(24h) == "86400.0 s");
    CHECK(short_duration_text(1'600ms) == "1.6 s");
    CHECK(short_duration_text(48s) == "48 s");
}

TEST_CASE("one is singular") {
    CHECK(count_text(0, "ping") == "0 pings");
    CHECK(count_text(1, "ping") == "1 ping");
    CHECK(count_text(2, "ping") == "2 pings");
}

TEST_CASE("a quoted value stays on its line and shows every byte that is not plain") {
    CHECK(in_quotes("plain text") == "\"plain text\"");
    CHECK(in_quotes("a\"b\\c") == R"("a\"b\\c")");
    CHECK(in_quotes("a\nb\x1B[0m") == R"("a\x0ab\x1b[0m")");
    CHECK(in_quotes("\xC3\xA9\x7F") == R"("\xc3\xa9\x7f")");
    CHECK(in_quotes("") == "\"\"");
}

TEST_CASE("a long value is cut, and the rest is counted") {
    CHECK(in_quotes("abcdef", 6) == "\"abcdef\"");
    CHECK(in_quotes("abcdef", 4) == "\"abcd\"+2 bytes");
}

TEST_CASE("a harmless token needs no quotes") {
    CHECK(token("192.0.2.7:5123") == "192.0.2.7:5123");
    CHECK(token("") == "\"\"");
    CHECK(token("a b") == "\"a b\"");
    CHECK(token("a=b") == "\"a=b\"");
    CHECK(token(std::string(64, 'x')) == std::string(64, 'x'));
    CHECK(token(std::string(65, 'x')).front() == '"');
}
