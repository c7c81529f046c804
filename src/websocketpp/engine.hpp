#pragma once
// websocketpp, configured: single-threaded, silent, without timers and extensions, on our transport.

#include "inbound.hpp"
#include "session.hpp"

#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/connection.hpp>
#include <websocketpp/connection_base.hpp>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/random/none.hpp>

#include <cstddef>
#include <cstdint>

namespace kingbolt::transport::detail {

/// Only the connection is used, which is websocketpp's state machine of one connection. Its endpoint would bring its own accept
/// loop, timers and Asio of years ago, and its headers do not compile as C++20 with every compiler.
struct EngineConfig {
    using concurrency_type = websocketpp::concurrency::none;
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = InboundMessage;
    using con_msg_manager_type = MessageFactory;
    using alog_type = Session::Log;
    using elog_type = Session::Log;
    using rng_type = websocketpp::random::none::int_generator<std::uint32_t>;  // a server masks nothing
    using connection_base = websocketpp::connection_base;
    struct transport_type {
        using transport_con_type = Session;
    };
    struct permessage_deflate_config {};
    using permessage_deflate_type = websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;

    static constexpr bool enable_multithreading = false;
    static constexpr bool enable_extensions = false;
    static constexpr bool drop_on_protocol_error = false;
    static constexpr bool silent_close = false;
    static constexpr long timeout_open_handshake = 0;
    static constexpr long timeout_close_handshake = 0;
    static constexpr long timeout_pong = 0;
    static constexpr int client_version = 13;
    static constexpr std::size_t max_message_size = 64 * 1024;
    static constexpr std::size_t max_http_body_size = 64 * 1024;
    /// Part of every connection, idle or not. Larger messages take several reads, which follow each other at once.
    static constexpr std::size_t connection_read_buffer_size = 2048;
};

using Engine = websocketpp::connection<EngineConfig>;

/// Every Session is the base of an Engine: `Session::accept` makes no other.
inline Engine& engine_of(Session& session) { return static_cast<Engine&>(session); }

}  // namespace kingbolt::transport::detail
