#include "session.hpp"

#include "engine.hpp"
#include "server.hpp"
#include "text.hpp"

#include <kingbolt/engine/close_plan.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace kingbolt::transport {

using detail::Session;

void Websocketpp::Connection::answer_upgrade(const UpgradeResponse& response) { static_cast<Session*>(this)->answer_upgrade(response); }
std::size_t Websocketpp::Connection::write(std::span<const Frame> frames) { return static_cast<Session*>(this)->write(frames); }
void Websocketpp::Connection::close(CloseCode code, std::string_view reason) { static_cast<Session*>(this)->close(code, reason); }
void Websocketpp::Connection::abort() { static_cast<Session*>(this)->abort(); }
void Websocketpp::Connection::pause_reading() { static_cast<Session*>(this)->pause_reading(); }
void Websocketpp::Connection::resume_reading() { static_cast<Session*>(this)->resume_reading(); }
std::optional<TcpEvidence> Websocketpp::Connection::tcp_evidence() const { return static_cast<const Session*>(this)->evidence(); }

std::size_t Websocketpp::Connection::held_bytes() const noexcept { return static_cast<const Session*>(this)->held_bytes(); }

namespace detail {
namespace {

namespace close_status = websocketpp::close::status;

// Of a client's control frame: two bytes and the mask.
constexpr std::size_t control_header = 6;

}  // namespace

// ---- coming to life

Session::Session(bool, const std::shared_ptr<Log>&, const std::shared_ptr<Log>&) {}

void Session::accept(const std::shared_ptr<Server>& server, Socket socket, std::string remote) {
    static const auto log = std::make_shared<Log>();
    static EngineConfig::rng_type no_randomness;
    if (server->events() == nullptr) return;
    const std::shared_ptr<Session> session = std::make_shared<Engine>(true, std::string{}, log, log, no_randomness);
    session->remote_ = std::move(remote);
    session->adopt(server, std::move(socket), server->tls());
    server->add(session);
    session->guarded([&] {
        const Acceptance acceptance = server->events()->on_accepted(*session, session->remote_);
        session->id_ = acceptance.session;
        if (session->is_closed()) return;
        if (session->id_) return session->start(server->max_message());
        if (acceptance.refusal.empty() || session->is_secure() || !server->may_linger()) return session->end_now();
        session->send_own(acceptance.refusal);
        session->end_gracefully();
    });
}

void Session::start(std::size_t max_message) {
    auto& engine = engine_of(*this);
    using Handle = websocketpp::connection_hdl;
    engine.set_open_handler([this](const Handle&) { on_open(); });
    engine.set_message_handler([this](const Handle&, const InboundMessage::ptr& message) {
        on_message(message->get_payload(), message->get_opcode() == websocketpp::frame::opcode::text);
    });
    engine.set_ping_handler([this](const Handle&, const std::string& payload) {
        hold(held_ - std::min(held_, payload.size() + control_header));
        if (auto* const hub = events()) hub->on_ping(id_, payload);
        return false;  // the hub answers
    });
    engine.set_pong_handler([this](const Handle&, const std::string& payload) {
        hold(held_ - std::min(held_, payload.size() + control_header));
        if (auto* const hub = events()) hub->on_pong(id_, payload);
    });
    engine.set_max_message_size(max_message);
    handshake_ = std::make_unique<Handshake>(remote_);
    // Control frames are up to 125 bytes whatever the limit is.
    engine.get_message(websocketpp::frame::opcode::text, 0)->factory().limit = std::max<std::size_t>(max_message, 125);
    enter([&] { engine.start(); });
}

/// Calls into websocketpp, and notices what it decided meanwhile.
template <class Call>
void Session::enter(Call&& call) {
    try {
        call();
    } catch (const MessageTooBig& error) {
        violate(Cause::message_too_big, error.what());
    }
    if (!is_closed()) look_for_close();
}

// ---- the hub's commands

std::size_t Session::write(std::span<const Frame> frames) {
    std::size_t taken = 0;
    if (stage_ == Stage::open && !is_closed()) guarded([&] { taken = Wire::write(frames); });
    return taken;
}

void Session::close(CloseCode code, std::string_view reason) {
    if (is_closed() || stage_ == Stage::closing) return;
    if (stage_ == Stage::handshake || !is_sendable(code)) return abort();
    const auto status = static_cast<close_status::value>(code);
    stage_ = Stage::closing;
    closed_by_hub_ = true;
    // After a Close with one of these codes websocketpp ends the connection by itself, as soon as it hears that the frame has gone.
    keeps_close_pending_ = close_status::terminal(status);
    guarded([&] {
        resume_reads();
        engine_of(*this).close(status, std::string{engine::fitting_reason(reason)});
    });
}

void Session::abort() {
    if (is_closed()) return;
    note(Cause::eof_without_close);
    end_with_reset();
}

// ---- websocketpp's transport policy

void Session::init(websocketpp::transport::init_handler handler) {
    if (!is_secure()) return handler({});
    on_init_ = std::move(handler);
    make_secure();
}

void Session::async_read_at_least(std::size_t, char* buffer, std::size_t size, websocketpp::transport::read_handler handler) {
    on_read_ = std::move(handler);
    buffer_ = buffer;
    buffer_size_ = size;
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
    if (stage_ != Stage::handshake) note_peer_close();
    end_gracefully();
}

void Session::send_control(std::string bytes, websocketpp::transport::write_handler handler) {
    on_control_written_ = std::move(handler);
    if (stage_ == Stage::handshake) {
        // websocketpp writes its response to a stream, and a stream swallows a lack of memory.
        if (!bytes.starts_with("HTTP/1.1 101") || !bytes.ends_with("\r\n\r\n")) throw std::bad_alloc{};
        bytes = std::exchange(accepting_, {});
    } else {
        // websocketpp acknowledges a malformed Close even when it has sent its own: one is enough.
        if (std::exchange(close_sent_, true)) return end_gracefully();
        // For a length that is not minimally encoded websocketpp says 1011, its own fault; RFC 6455 §5.2 makes it the peer's. But
        // a peer that says 1011 hears it back.
        const auto& engine = engine_of(*this);
        const bool answers = engine.get_remote_close_code() == close_status::internal_endpoint_error;
        if (!closed_by_hub_ && !answers && engine.get_local_close_code() == close_status::internal_endpoint_error)
            bytes.replace(2, 2, "\x03\xEA");
    }
    write_control(bytes);
}

// ---- from the wire

void Session::on_secured(std::error_code error) {
    if (error) return fail(error, Cause::tls_error);
    const auto handler = std::exchange(on_init_, nullptr);
    enter([&] { handler({}); });
}

void Session::on_read(std::error_code error, std::size_t bytes) {
    if (error) return fail(error, Cause::read_error);
    if (auto* const hub = events()) hub->on_bytes(id_, bytes);
    if (is_closed()) return;
    hold(held_ + bytes);
    handshake_ ? take_request({buffer_, bytes}) : on_read_again(bytes);
    if (auto* const hub = events(); hub != nullptr && stage_ == Stage::open && !is_closed()) hub->on_read_end(id_);
}

void Session::on_read_again(std::size_t bytes) {
    const auto handler = std::exchange(on_read_, nullptr);
    enter([&] { handler({}, bytes); });
}

void Session::on_sent(const Output::Progress& progress) {
    auto* const hub = events();
    if (hub != nullptr && (progress.frame_bytes > 0 || progress.frames_done))
        hub->on_written(id_, progress.frame_bytes, progress.frames_done);
    if (!progress.control_done || is_closed()) return;
    const auto handler = std::exchange(on_control_written_, nullptr);
    if (handler && !keeps_close_pending_) enter([&] { handler({}); });
}

void Session::on_write_error(std::error_code error) { fail(error, Cause::write_error); }

void Session::on_exception(const std::exception& error) noexcept {
    const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    note(Cause::read_error, memory ? std::make_error_code(std::errc::not_enough_memory) : std::error_code{}, error.what());
    end_now();
}

void Session::hold(std::size_t bytes) noexcept {
    loop().holds(bytes - held_);
    held_ = bytes;
}

void Session::ended() noexcept {
    release();
    hold(0);
    auto* const hub = events();
    if (hub == nullptr || !id_) return;
    static const WireClosed unexplained;
    try {
        hub->on_closed(id_, how_ ? *how_ : unexplained);
    } catch (const std::exception&) {
        // Nothing is left here that could suffer from it.
    }
}

void Session::release() noexcept {
    on_init_ = nullptr;
    on_read_ = nullptr;
    on_control_written_ = nullptr;
}

// ---- from websocketpp

void Session::on_message(const std::string& payload, bool text) {
    hold(0);
    // websocketpp looks at the end of a text message only when it came in one frame.
    if (text && ends_inside_character(payload)) return violate(Cause::invalid_utf8, "a text message that is not UTF-8");
    if (auto* const hub = events()) hub->on_message(id_, Message{text ? Opcode::text : Opcode::binary, payload});
}

}  // namespace detail
}  // namespace kingbolt::transport
