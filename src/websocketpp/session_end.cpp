// How a session finds out that it ends, and of what.

#include <kingbolt/tls/error.hpp>

#include "engine.hpp"
#include "plain_words.hpp"
#include "session.hpp"

#include <memory>
#include <new>
#include <string>

namespace kingbolt::transport::detail {
namespace {

namespace close_status = websocketpp::close::status;

Cause cause_of(const std::error_code& error, Cause otherwise) {
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) return Cause::eof_without_close;
    if (error == asio::error::connection_reset) return Cause::reset_by_peer;
    return error.category() == asio::error::get_ssl_category() ? Cause::tls_error : otherwise;
}

Cause cause_of(close_status::value websocketpp_says) {
    if (websocketpp_says == close_status::invalid_payload) return Cause::invalid_utf8;
    return websocketpp_says == close_status::message_too_big ? Cause::message_too_big : Cause::protocol_error;
}

}  // namespace

/// Has websocketpp begun to close? There is no handler for that. It does in answer to a Close, or to a breach of the protocol.
void Session::look_for_close() {
    auto& engine = engine_of(*this);
    if (stage_ != Stage::open || engine.get_state() == websocketpp::session::state::open) return;
    stage_ = Stage::closing;
    // A Close that it accepts is answered with the same reason; a malformed one with words of its own.
    const bool asked = engine.get_remote_close_code() != close_status::abnormal_close;
    if (asked && engine.get_local_close_reason() == engine.get_remote_close_reason()) {
        note_peer_close();
        const auto code = static_cast<CloseCode>(engine.get_remote_close_code());
        if (auto* const hub = events()) hub->on_close_received(id_, code, engine.get_remote_close_reason());
        return;
    }
    note(cause_of(engine.get_local_close_code()), {}, violation_in_plain_words(engine.get_local_close_reason()));
    end_gracefully();
}

void Session::violate(Cause cause, const std::string& detail) {
    if (stage_ != Stage::open) return;
    stage_ = Stage::closing;
    note(cause, {}, detail);
    std::error_code ignored;  // it is open
    engine_of(*this).close(static_cast<close_status::value>(close_code_for(cause)), detail, ignored);
    end_gracefully();
}

/// What is noted first is the cause. Without memory for it the end goes unexplained, but it goes on.
void Session::note(Cause cause, std::error_code error, std::string_view detail) noexcept {
    if (how_) return;
    // The end of a stream is no error, and the system's errors go by the system's category rather than Asio's.
    if (error.category() == asio::error::get_misc_category()) error.clear();
    if (error.category() == asio::error::get_system_category()) error.assign(error.value(), std::system_category());
    try {
        how_ = std::make_unique<WireClosed>(WireClosed{.cause = cause, .error = error, .detail = std::string{detail}, .tcp = evidence()});
    } catch (const std::bad_alloc&) {
        how_ = nullptr;
    }
}

void Session::note_peer_close() {
    if (how_ && how_->cause != Cause::client_close) return;
    auto& engine = engine_of(*this);
    const auto code = engine.get_remote_close_code();
    if (code != close_status::no_status && (close_status::invalid(code) || close_status::reserved(code))) return;
    note(Cause::client_close);
    if (!how_) return;
    how_->peer_code = static_cast<CloseCode>(code);
    if (websocketpp::utf8_validator::validate(engine.get_remote_close_reason())) how_->peer_reason = engine.get_remote_close_reason();
}

void Session::fail(std::error_code error, Cause otherwise) {
    const Cause cause = cause_of(error, otherwise);
    // Asio has OpenSSL's codes as they are; kingbolt has the words.
    if (cause == Cause::tls_error) error.assign(error.value(), tls::error_category());
    note(cause, error, cause == Cause::tls_error ? error.message() : std::string{});
    // A peer that has shut its side down may still read our Close.
    const bool half_open = error == asio::error::eof && stage_ == Stage::closing;
    half_open ? end_gracefully() : end_now();
}

}  // namespace kingbolt::transport::detail
