#pragma once
// What the server can be told, on the command line or in a JSON file. Every key of the file is also a flag; a flag wins.

#include "../common/access.hpp"

#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace reference_server {

using namespace std::chrono_literals;
using namespace kingbolt::literals;

struct Address {
    std::string host;
    std::uint16_t port;
};

/// The defaults are those of `--help`. Ranges are checked when the options are read.
struct Options {
    Address listen{"127.0.0.1", 9002};  ///< port 0 takes a free one
    std::string transport = "native";
    Address engine{"127.0.0.1", 9010};
    kingbolt::Duration ping_interval = 30s;
    kingbolt::Duration pong_timeout = 10s;  ///< never above `ping_interval`; when not given, it follows a shorter one down
    kingbolt::Duration poll_interval = 1s;
    kingbolt::Duration refresh_interval = 10s;  ///< an unchanged status is published again after this long
    kingbolt::Duration rpc_timeout = 2s;
    std::uint32_t breaker_threshold = 5;
    kingbolt::Duration breaker_open_for = 300s;
    std::uint32_t breaker_probes = 1;
    kingbolt::Duration stale_max_age = 1h;
    std::size_t max_message = 64_KiB;
    kingbolt::Duration handshake_timeout = 10s;
    kingbolt::Duration close_timeout = 5s;
    kingbolt::Duration drain_deadline = 10s;
    std::string dashboard{};  ///< the folder of its files; empty: there is none
    example::Access access{};
    std::string log_level = "info";
};

/// Thrown by `read_options` when there is nothing to run: `--help` was asked for, or an option is wrong.
struct ExitNow : std::runtime_error {
    ExitNow(int status, const std::string& text) : std::runtime_error(text), code(status) {}
    int code;  ///< 0: `what()` is for stdout; 2: it is a complaint that names the key, the value and the range
};

/// Throws ExitNow.
Options read_options(int argc, const char* const* argv);

}  // namespace reference_server
