#include "engine_client.hpp"

#include "units.hpp"

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
    : io_{io}, address_{std::move(address)}, timeout_{timeout}, resolver_{io}, socket_{io} {}

asio::awaitable<void> EngineClient::run() {
    kingbolt::Duration retry = first_retry;
    for (;;) {
        if (co_await connect()) co_await receive();
        // Only an engine that answers is a working one; a port that accepts and hangs up is not worth a quick retry.
        retry = answered_ ? first_retry : std::min<kingbolt::Duration>(retry * 2, longest_retry);
        co_await pause(retry);
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

asio::awaitable<void> EngineClient::pause(kingbolt::Duration duration) {
    asio::steady_timer timer{io_, duration};
    asio::error_code ignored;
    co_await timer.async_wait(into(ignored));
}

asio::awaitable<EngineReply> EngineClient::call(std::string method, std::string params) {
    ++status_.calls;
    const auto id = ++last_id_;
    Waiting waiting{.timer = asio::steady_timer{io_, timeout_}};
    waiting_.emplace(id, &waiting);
    send(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method + R"(","params":)" + params + "}\n");
    asio::error_code cancelled;
    co_await waiting.timer.async_wait(into(cancelled));
    // Still on the list: nobody has answered, nor told that the connection is lost.
    if (waiting_.erase(id) == 1) {
        waiting.reply.problem = "no answer within " + to_text(timeout_);
        if (status_.connected) disconnect(waiting.reply.problem);
    }
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
    const auto call = waiting_.find(response["id"].GetUint64());
    if (call == waiting_.end()) return;
    EngineReply& reply = call->second->reply;
    reply.problem.clear();
    if (!response.HasMember("result")) {
        reply.problem = "the engine's response has neither a result nor an error";
        if (const auto error = response.FindMember("error"); error != response.MemberEnd() && error->value.IsObject()) {
            const auto code = error->value.FindMember("code");
            const auto message = error->value.FindMember("message");
            if (code != error->value.MemberEnd() && code->value.IsInt()) reply.error_code = code->value.GetInt();
            if (message != error->value.MemberEnd() && message->value.IsString()) reply.problem = message->value.GetString();
        }
    }
    if (!reply) status_.last_problem = reply.problem;
    reply.response = std::move(response);
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

void EngineClient::disconnect(const std::string& why) {
    if (why != status_.last_problem) spdlog::warn("engine_disconnected remote={} problem=\"{}\"", to_text(address_), why);
    asio::error_code ignored;
    socket_.close(ignored);
    to_send_.clear();
    status_.connected = false;
    status_.last_problem = why;
    for (auto& [id, call] : std::exchange(waiting_, {})) {
        call->reply.problem = why;
        call->timer.cancel();
    }
}

}  // namespace reference_server
