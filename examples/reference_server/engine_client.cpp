#include "engine_client.hpp"

#include "units.hpp"

#include <kingbolt/engine/random.hpp>
#include <kingbolt/system_seed.hpp>

#include <asio/connect.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace reference_server {
namespace {

auto into(asio::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

EngineClient::EngineClient(asio::io_context& io, Address address, kingbolt::Duration timeout)
    : io_{io}, address_{std::move(address)}, timeout_{timeout}, resolver_{io}, socket_{io}, next_attempt_{io}, silence_{io} {}

asio::awaitable<void> EngineClient::run() {
    kingbolt::engine::Random random{kingbolt::detail::seed_or_device({})};
    kingbolt::ExponentialBackoff::State pauses;
    for (;;) {
        if (co_await connect()) co_await receive();
        // Only an engine that answers is a working one; a port that accepts and hangs up is not worth a quick retry.
        if (answered_) pauses = {};
        next_attempt_.expires_after(retry.next(pauses, random()));
        asio::error_code called_for;
        co_await next_attempt_.async_wait(into(called_for));
    }
}

asio::awaitable<bool> EngineClient::connect() {
    answered_ = false;
    asio::error_code error;
    asio::steady_timer limit{io_, timeout_};
    limit.async_wait([this, attempt = ++attempts_](asio::error_code stopped) {
        if (stopped || attempt != attempts_ || status_.connected) return;
        resolver_.cancel();
        socket_.close(stopped);
    });
    const auto endpoints = co_await resolver_.async_resolve(address_.host, std::to_string(address_.port), into(error));
    if (!error) co_await asio::async_connect(socket_, endpoints, into(error));
    limit.cancel();
    if (error || !socket_.is_open()) {
        disconnect("cannot connect to " + to_text(address_) + ": " + (error ? error.message() : "no answer in time"));
        co_return false;
    }
    ++status_.connections;
    status_.connected = true;
    status_.last_problem.clear();
    spdlog::info("engine_connected remote={}", to_text(address_));
    watch();
    write_next();
    co_return true;
}

asio::awaitable<void> EngineClient::receive() {
    std::string buffer;
    asio::error_code error;
    for (;;) {
        const auto size = co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer, max_response), '\n', into(error));
        if (error) break;
        deliver(std::string_view{buffer}.substr(0, size - 1));
        buffer.erase(0, size);
    }
    if (status_.connected) disconnect("connection lost: " + error.message());
}

asio::awaitable<EngineReply> EngineClient::call(std::string method, std::string params) {
    ++status_.calls;
    const auto id = ++last_id_;
    Waiting waiting{.timer = asio::steady_timer{io_, asio::steady_timer::time_point::max()}};
    waiting_.emplace(id, &waiting);
    if (!status_.connected) next_attempt_.cancel();
    unanswered_.insert(id);
    if (unanswered_.size() == 1) watch();
    send(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method + R"(","params":)" + params + "}\n");
    asio::error_code cancelled;
    co_await waiting.timer.async_wait(into(cancelled));
    // Still on the list: nobody has answered, nor told that the connection is lost; the caller gave up.
    if (waiting_.erase(id) == 1) waiting.reply.problem = "no answer to " + method + " in time";
    if (!waiting.reply) ++status_.failed_calls;
    co_return std::move(waiting.reply);
}

void EngineClient::deliver(std::string_view line) {
    rapidjson::Document response;
    response.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
    if (response.HasParseError() || !response.IsObject() || !response.HasMember("id") || !response["id"].IsUint64()) {
        spdlog::warn("engine: ignored a line of {} bytes that is not a response", line.size());
        return;
    }
    answered_ = true;
    unanswered_.erase(response["id"].GetUint64());
    watch();
    const auto call = waiting_.find(response["id"].GetUint64());
    if (call == waiting_.end()) return;
    EngineReply& reply = call->second->reply;
    reply.response = std::move(response);
    if (!reply) {
        reply.problem = "the engine gave neither a result nor a reason";
        if (const auto error = reply.response.FindMember("error"); error != reply.response.MemberEnd() && error->value.IsObject()) {
            const auto code = error->value.FindMember("code");
            const auto message = error->value.FindMember("message");
            if (code != error->value.MemberEnd() && code->value.IsInt()) reply.error_code = code->value.GetInt();
            if (message != error->value.MemberEnd() && message->value.IsString() && message->value.GetStringLength() > 0)
                reply.problem = message->value.GetString();
        }
        status_.last_problem = reply.problem;
    }
    call->second->timer.cancel();
    waiting_.erase(call);
}

void EngineClient::send(std::string line) {
    to_send_ += line;
    if (status_.connected && sending_.empty()) write_next();
}

void EngineClient::write_next() {
    sending_ = std::exchange(to_send_, {});
    if (sending_.empty()) return;
    asio::async_write(socket_, asio::buffer(sending_), [this](asio::error_code error, std::size_t) {
        sending_.clear();
        if (!error) write_next();  // an error reaches `receive` too, which then disconnects
    });
}

/// From now on, while there is something to wait for.
void EngineClient::watch() {
    silence_.expires_after(timeout_);  // which ends the wait before
    if (unanswered_.empty()) return;
    silence_.async_wait([this](asio::error_code stopped) {
        // What was on its way to be told when the engine spoke is no news any more.
        if (stopped || !status_.connected || silence_.expiry() > asio::steady_timer::clock_type::now()) return;
        disconnect("no answer for " + to_text(timeout_));
    });
}

void EngineClient::disconnect(const std::string& why) {
    if (why != status_.last_problem) spdlog::warn("engine_disconnected remote={} problem=\"{}\"", to_text(address_), why);
    asio::error_code ignored;
    socket_.close(ignored);
    to_send_.clear();
    unanswered_.clear();
    watch();
    status_.connected = false;
    status_.last_problem = why;
    for (auto& [id, call] : std::exchange(waiting_, {})) {
        call->reply.problem = why;
        call->timer.cancel();
    }
}

}  // namespace reference_server
