#include "session.hpp"

#include "engine.hpp"
#include "plain_words.hpp"
#include "server.hpp"
#include "text.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace kingbolt::transport {

using detail::Session;

void Websocketpp::Connection::write(std::span<const Frame> frames) { static_cast<Session*>(this)->write(frames); }
void Websocketpp::Connection::close(CloseCode code, std::string_view reason) { static_cast<Session*>(this)->close(code, reason); }
void Websocketpp::Connection::abort() { static_cast<Session*>(this)->abort(); }
void Websocketpp::Connection::pause_reading() { static_cast<Session*>(this)->pause_reading(); }
void Websocketpp::Connection::resume_reading() { static_cast<Session*>(this)->resume_reading(); }
std::optional<TcpEvidence> Websocketpp::Connection::tcp_evidence() const { return static_cast<const Session*>(this)->evidence(); }

namespace detail {
namespace {

namespace close_status = websocketpp::close::status;
namespace state = websocketpp::session::state;

/// Every Session is the base of an Engine: `accept` makes no other.
Engine& engine_of(Session& session) { return static_cast<Engine&>(session); }

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

// ---- coming to life

Session::Session(bool, const std::shared_ptr<Log>&, const std::shared_ptr<Log>&) {}

void Session::accept(const std::shared_ptr<Server>& server, Socket socket, std::string remote) {
    static const auto log = std::make_shared<Log>();
    static EngineConfig::rng_type no_randomness;
    auto* const events = server->events();
    if (events == nullptr) return;
    std::shared_ptr<Session> session;
    try {
        session = std::make_shared<Engine>(true, std::string{}, log, log, no_randomness);
        session->remote_ = std::move(remote);
        session->adopt(server, std::move(socket), server->tls());
        server->add(session);
    } catch (const std::exception&) {
        return;  // out of memory, before the hub has heard of it: the socket closes with its owner
    }
    session->id_ = events->on_accepted(*session, session->remote_);
    if (!session->id_) {
        server->remove(*session);
        session->drop();
    } else if (!session->ended()) {
        session->start(server->max_message());
    }
}

void Session::start(std::size_t max_message) {
    auto& engine = engine_of(*this);
    using Handle = websocketpp::connection_hdl;
    engine.set_validate_handler([this](const Handle&) { return on_validate(); });
    engine.set_http_handler([this](const Handle&) { on_http(); });
    engine.set_open_handler([this](const Handle&) { on_open(); });
    engine.set_message_handler([this](const Handle&, const InboundMessage::ptr& message) {
        on_message(message->get_payload(), message->get_opcode() == websocketpp::frame::opcode::text);
    });
    engine.set_ping_handler([this](const Handle&, const std::string& payload) {
        if (auto* const hub = events()) hub->on_ping(id_, payload);
        return false;  // the hub answers
    });
    engine.set_pong_handler([this](const Handle&, const std::string& payload) {
        if (auto* const hub = events()) hub->on_pong(id_, payload);
    });
    engine.set_max_message_size(max_message);
    engine.set_max_http_body_size(EngineConfig::max_http_body_size);
    // Control frames are up to 125 bytes whatever the limit is.
    engine.get_message(websocketpp::frame::opcode::text, 0)->factory().limit = std::max<std::size_t>(max_message, 125);
    enter([&] { engine.start(); });
}

/// Calls into websocketpp. Nothing that is thrown there gets out, and what it decided meanwhile is noticed.
template <class Call>
void Session::enter(Call&& call) {
    const auto self = shared_from_this();
    try {
        call();
    } catch (const MessageTooBig& error) {
        violate(Cause::message_too_big, error.what());
    } catch (const std::bad_alloc& error) {
        note(Cause::read_error, std::make_error_code(std::errc::not_enough_memory), error.what());
        end_now();
    } catch (const std::exception& error) {
        note(Cause::read_error, {}, error.what());
        end_now();
    }
    if (!ended()) look_for_close();
}

// ---- the hub's commands

void Session::write(std::span<const Frame> frames) {
    if (stage_ != Stage::open || ended()) return;
    if (frames.empty()) return on_sent({.frames_done = true});
    try {
        Wire::write(frames);
    } catch (const std::bad_alloc& error) {
        note(Cause::write_error, std::make_error_code(std::errc::not_enough_memory), error.what());
        end_now();
    }
}

void Session::close(CloseCode code, std::string_view reason) {
    if (ended() || stage_ == Stage::closing) return;
    if (stage_ == Stage::handshake || !is_sendable(code)) return abort();
    const auto status = static_cast<close_status::value>(code);
    stage_ = Stage::closing;
    closed_by_hub_ = true;
    // After a Close with one of these codes websocketpp ends the connection by itself, as soon as it hears that the frame has gone.
    keeps_close_pending_ = close_status::terminal(status);
    resume_reads();
    std::error_code error;
    try {
        engine_of(*this).close(status, std::string{utf8_prefix(reason, max_close_reason)}, error);
    } catch (const std::exception&) {
        error = std::make_error_code(std::errc::not_enough_memory);
    }
    if (error) abort();
}

void Session::abort() {
    if (ended()) return;
    note(Cause::eof_without_close);
    end_with_reset();
}

// ---- websocketpp's transport policy

void Session::init(websocketpp::transport::init_handler handler) {
    if (!secure()) return handler({});
    on_init_ = std::move(handler);
    make_secure();
}

void Session::async_read_at_least(std::size_t, char* buffer, std::size_t size, websocketpp::transport::read_handler handler) {
    on_read_ = std::move(handler);
    read_into(buffer, size);  // websocketpp never asks for more than one byte at least
}

void Session::async_write(const char* bytes, std::size_t size, websocketpp::transport::write_handler handler) {
    send_control({bytes, size}, std::move(handler));
}

void Session::async_write(const std::vector<websocketpp::transport::buffer>& buffers, websocketpp::transport::write_handler handler) {
    std::string bytes;
    for (const auto& buffer : buffers) bytes.append(buffer.buf, buffer.len);
    send_control(std::move(bytes), std::move(handler));
}

std::error_code Session::dispatch(const websocketpp::transport::dispatch_handler& handler) {
    // At once: what it leads to here is a write, and that never calls back before it has returned.
    handler();
    return {};
}

/// websocketpp is done with the connection. All that its handler does is to call handlers that are not set.
void Session::async_shutdown(const websocketpp::transport::shutdown_handler&) {
    stage_ == Stage::handshake ? note_handshake() : note_peer_close();
    end_gracefully();
}

void Session::send_control(std::string bytes, websocketpp::transport::write_handler handler) {
    on_control_written_ = std::move(handler);
    if (stage_ != Stage::handshake) {
        // websocketpp acknowledges a malformed Close even when it has sent its own: one is enough.
        if (std::exchange(close_sent_, true)) return control_written();
        // For a length that is not minimally encoded websocketpp says 1011, its own fault; RFC 6455 §5.2 makes it the peer's.
        if (!closed_by_hub_ && engine_of(*this).get_local_close_code() == close_status::internal_endpoint_error)
            bytes.replace(2, 2, "\x03\xEA");
    }
    write_control(bytes);
}

void Session::control_written() {
    if (std::exchange(keeps_close_pending_, false)) {
        on_control_written_ = nullptr;
        return;
    }
    asio::post(loop().io(), [this, self = shared_from_this()] {
        loop().entered();
        const auto handler = std::exchange(on_control_written_, nullptr);
        if (handler && !ended()) enter([&] { handler({}); });
    });
}

// ---- from the wire

void Session::report() {
    report_due_ = false;
    const auto bytes = std::exchange(unreported_, 0);
    const bool complete = std::exchange(write_complete_, false);
    if (auto* const hub = events(); hub != nullptr && !ended()) hub->on_written(id_, bytes, complete);
}

void Session::on_secured(std::error_code error) {
    if (error) return fail(error, Cause::tls_error);
    const auto handler = std::exchange(on_init_, nullptr);
    enter([&] { handler({}); });
}

void Session::on_read(std::error_code error, std::size_t bytes) {
    if (error) return fail(error, Cause::read_error);
    if (auto* const hub = events()) hub->on_bytes(id_, bytes);
    if (ended()) return;
    const auto handler = std::exchange(on_read_, nullptr);
    enter([&] { handler({}, bytes); });
}

void Session::on_sent(const Output::Progress& progress) {
    unreported_ += progress.frame_bytes;
    write_complete_ = write_complete_ || progress.frames_done;
    if ((progress.frame_bytes > 0 || progress.frames_done) && !std::exchange(report_due_, true)) loop().report_soon(shared_from_this());
    if (progress.control_done) control_written();
}

void Session::on_write_error(std::error_code error) { fail(error, Cause::write_error); }

void Session::on_ended() {
    loop().remove(*this);
    release();
    if (auto* const hub = events(); hub != nullptr && id_) hub->on_closed(id_, how_ ? *how_ : WireClosed{});
}

void Session::release() noexcept {
    on_init_ = nullptr;
    on_read_ = nullptr;
    on_control_written_ = nullptr;
}

// ---- from websocketpp

bool Session::on_validate() {
    auto& engine = engine_of(*this);
    auto* const hub = events();
    if (hub == nullptr) return false;
    if (!engine.get_request().is_rfc6455()) {
        respond(426, "this server speaks WebSocket version 13\n", "text/plain; charset=utf-8", {{"Sec-WebSocket-Version", "13"}});
        note(Cause::bad_handshake, {}, "a WebSocket version other than 13");
        return false;
    }
    UpgradeRequest request;
    fill(request, engine.get_request(), remote_);
    request.subprotocols = engine.get_requested_subprotocols();
    const UpgradeResponse response = hub->on_upgrade(id_, request);
    if (ended()) return false;
    if (!well_formed(response.headers)) return refuse_headers();
    if (!response.accepted()) {
        answer_ = Answer::refusal;
        const unsigned status = response.status >= 400 && response.status <= 599 ? response.status : 500;
        respond(status, response.body, "text/plain; charset=utf-8", response.headers);
        return false;
    }
    std::error_code error;
    engine.select_subprotocol(response.subprotocol, error);
    if (error) {
        note(Cause::unoffered_subprotocol, {}, '"' + response.subprotocol + '"');
        respond(500, {}, "text/plain; charset=utf-8", {});
        return false;
    }
    for (const auto& [name, value] : response.headers) engine.append_header(name, value);
    return true;
}

void Session::on_http() {
    auto* const hub = events();
    if (hub == nullptr) return;
    HttpRequest request;
    fill(request, engine_of(*this).get_request(), remote_);
    const HttpResponse response = hub->on_request(id_, request);
    if (ended()) return;
    answer_ = Answer::plain_http;
    if (!well_formed(response.headers) || !well_formed({{"Content-Type", response.content_type}})) {
        refuse_headers();
        return;
    }
    const unsigned status = response.status >= 200 && response.status <= 599 ? response.status : 500;
    respond(status, request.method == "HEAD" ? std::string{} : response.body, response.content_type, response.headers);
}

void Session::respond(unsigned status, const std::string& body, std::string_view content_type, const HttpHeaders& headers) {
    auto& engine = engine_of(*this);
    engine.set_status(static_cast<websocketpp::http::status_code::value>(status));
    for (const auto& [name, value] : headers) engine.append_header(name, value);
    engine.replace_header("Content-Type", std::string{content_type});
    engine.replace_header("Connection", "close");
    engine.replace_header("Content-Length", "0");
    if (!body.empty()) engine.set_body(body);
}

/// A header of the application's that would split the response.
bool Session::refuse_headers() {
    note(Cause::handler_error, {}, "a response header with a forbidden character");
    respond(500, {}, "text/plain; charset=utf-8", {});
    return false;
}

void Session::on_open() {
    stage_ = Stage::open;
    // The handshake's headers would stay for as long as the connection does. The objects are ours; only the way to them is const.
    const_cast<Request&>(engine_of(*this).get_request()) = {};
    const_cast<EngineConfig::response_type&>(engine_of(*this).get_response()) = {};
    if (auto* const hub = events()) hub->on_opened(id_);
}

void Session::on_message(const std::string& payload, bool text) {
    // websocketpp looks at the end of a text message only when it came in one frame.
    if (text && ends_inside_character(payload)) return violate(Cause::invalid_utf8, "a text message that ends inside a character");
    if (auto* const hub = events()) hub->on_message(id_, Message{text ? Opcode::text : Opcode::binary, payload});
}

// ---- ending

/// Has websocketpp begun to close? There is no handler for that. It does in answer to a Close, or to a breach of the protocol.
void Session::look_for_close() {
    auto& engine = engine_of(*this);
    if (stage_ != Stage::open || engine.get_state() == state::open) return;
    stage_ = Stage::closing;
    // A Close that it accepts is answered with the same reason; a malformed one with words of its own.
    const bool asked = engine.get_remote_close_code() != close_status::abnormal_close;
    if (asked && engine.get_local_close_reason() == engine.get_remote_close_reason()) {
        note_peer_close();
        if (auto* const hub = events()) hub->on_close_received(id_, how_->peer_code, how_->peer_reason);
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

/// What is noted first is the cause.
void Session::note(Cause cause, std::error_code error, std::string detail) {
    if (how_) return;
    // The end of a stream is no error, and the system's errors go by the system's category rather than Asio's.
    if (error.category() == asio::error::get_misc_category()) error.clear();
    if (error.category() == asio::error::get_system_category()) error.assign(error.value(), std::system_category());
    how_ = std::make_unique<WireClosed>(WireClosed{.cause = cause, .error = error, .detail = std::move(detail), .tcp = evidence()});
}

void Session::note_peer_close() {
    if (how_ && how_->cause != Cause::client_close) return;
    auto& engine = engine_of(*this);
    const auto code = engine.get_remote_close_code();
    if (code != close_status::no_status && (close_status::invalid(code) || close_status::reserved(code))) return;
    note(Cause::client_close);
    how_->peer_code = static_cast<CloseCode>(code);
    if (websocketpp::utf8_validator::validate(engine.get_remote_close_reason())) how_->peer_reason = engine.get_remote_close_reason();
}

void Session::note_handshake() {
    auto& engine = engine_of(*this);
    const std::string status = "answered " + std::to_string(static_cast<int>(engine.get_response_code()));
    if (answer_ == Answer::refusal) return note(Cause::upgrade_refused, {}, status);
    if (answer_ == Answer::plain_http) return note(Cause::http_request, {}, status);
    const std::string complaint = engine.get_request().complaint();
    note(Cause::bad_handshake, {}, status + ": " + (complaint.empty() ? refusal_in_plain_words(engine.get_ec()) : complaint));
}

void Session::fail(std::error_code error, Cause otherwise) {
    note(cause_of(error, otherwise), error);
    // A peer that has shut its side down may still read our Close.
    error == asio::error::eof&& stage_ == Stage::closing ? end_gracefully() : end_now();
}

}  // namespace detail
}  // namespace kingbolt::transport
