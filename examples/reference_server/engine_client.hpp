#pragma once
// JSON-RPC 2.0 over newline-delimited TCP, on the loop that serves the WebSockets: nothing here blocks.

#include "options.hpp"

#include <kingbolt/policy/backoff.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace reference_server {

/// What became of a call: a result, or a reason why there is none.
struct EngineReply {
    rapidjson::Document response{};  ///< the whole response object
    std::string problem{};           ///< why there is no result
    int error_code = 0;              ///< of the engine's error object; 0 when the engine did not answer at all

    explicit operator bool() const noexcept { return response.IsObject() && response.HasMember("result"); }
    const rapidjson::Value& result() const { return response["result"]; }
};

/// One connection to the engine, made anew with a growing pause whenever it breaks, and at once when somebody calls. Loop thread only.
/// An engine that has calls to answer and says nothing for `timeout` is taken for dead, and its connection dropped. A call that is given up
/// costs the others nothing.
class EngineClient {
public:
    struct Status {
        bool connected = false;
        std::uint64_t connections = 0;  ///< since the start
        std::uint64_t calls = 0;
        std::uint64_t failed_calls = 0;
        std::string last_problem{};  ///< of a connection or a call
    };

    static constexpr kingbolt::ExponentialBackoff retry{
        .base = std::chrono::milliseconds{100}, .cap = std::chrono::seconds{5}, .jitter = 0.2};
    static constexpr std::size_t max_response = 16_MiB;

    /// A connection attempt may take `timeout`, and so may the engine for the next of its answers.
    EngineClient(asio::io_context& io, Address address, kingbolt::Duration timeout);

    /// Connects, receives, connects again. Never ends by itself.
    asio::awaitable<void> run();

    /// Completes with the engine's reply, or with a problem when the connection is lost, cannot be made, or the call is cancelled. Waits
    /// for as long as that takes. `params` is a JSON object.
    asio::awaitable<EngineReply> call(std::string method, std::string params = "{}");

    const Status& status() const noexcept { return status_; }

private:
    /// A call that waits. Its timer never runs out: it is cancelled when `reply` has been filled in, or with the call.
    struct Waiting {
        asio::steady_timer timer;
        EngineReply reply{};
    };

    asio::awaitable<bool> connect();
    asio::awaitable<void> receive();
    void deliver(std::string_view line);
    void send(std::string line);
    void write_next();
    void watch();
    void disconnect(const std::string& why);

    asio::io_context& io_;
    Address address_;
    kingbolt::Duration timeout_;
    asio::ip::tcp::resolver resolver_;
    asio::ip::tcp::socket socket_;
    asio::steady_timer next_attempt_;
    asio::steady_timer silence_;  ///< how long the engine may go on saying nothing
    std::uint64_t attempts_ = 0;
    std::string to_send_, sending_;
    std::unordered_map<std::uint64_t, Waiting*> waiting_;
    std::unordered_set<std::uint64_t> unanswered_;  ///< calls, those that were given up included
    std::uint64_t last_id_ = 0;
    bool answered_ = false;  ///< since the connection was made
    Status status_;
};

}  // namespace reference_server
