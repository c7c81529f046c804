#pragma once
// One WebSocket connection. Seen from the hub it takes commands; seen from websocketpp it is the transport policy: websocketpp's
// connection class derives from it and calls it to read, to write and to end.

#include <kingbolt/transport/detail/handshake.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include "wire.hpp"

#include <websocketpp/logger/stub.hpp>
#include <websocketpp/transport/base/connection.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace kingbolt::transport::detail {

class Server;

class Session : public Websocketpp::Connection, public Wire {
public:
    /// A new connection: asks the hub for an id, and starts.
    static void accept(const std::shared_ptr<Server>& server, Socket socket, std::string remote);

    // The hub's commands.

    void answer_upgrade(const UpgradeResponse& response);
    std::size_t write(std::span<const Frame> frames);
    void close(CloseCode code, std::string_view reason);
    void abort();
    void pause_reading() noexcept { pause_reads(); }
    std::size_t held_bytes() const noexcept { return held_; }
    void resume_reading() {
        guarded([this] { resume_reads(); });
    }

    // websocketpp's transport policy; the names are its own.

    using ptr = std::shared_ptr<Session>;
    using Log = websocketpp::log::stub;
    struct NoTimer {
        void cancel() {}
    };
    using timer_ptr = std::shared_ptr<NoTimer>;

    Session(bool is_server, const std::shared_ptr<Log>& access_log, const std::shared_ptr<Log>& error_log);
    ptr get_shared() { return std::static_pointer_cast<Session>(shared_from_this()); }
    const std::string& get_remote_endpoint() const noexcept { return remote_; }
    void init(websocketpp::transport::init_handler handler);
    void async_read_at_least(std::size_t at_least, char* buffer, std::size_t size, websocketpp::transport::read_handler handler);
    void async_write(const char* bytes, std::size_t size, websocketpp::transport::write_handler handler);
    void async_write(const std::vector<websocketpp::transport::buffer>& buffers, websocketpp::transport::write_handler handler);
    std::error_code dispatch(const websocketpp::transport::dispatch_handler& handler);
    void async_shutdown(const websocketpp::transport::shutdown_handler& handler);
    /// websocketpp's timers are all off: the hub keeps the deadlines.
    timer_ptr set_timer(long, const websocketpp::transport::timer_handler&) { return {}; }

private:
    /// How far it has come.
    enum class Stage : unsigned char { handshake, open, closing };

    // From the wire.
    void on_secured(std::error_code error) override;
    void on_read(std::error_code error, std::size_t bytes) override;
    void on_read_again(std::size_t bytes) override;
    void on_sent(const Output::Progress& progress) override;
    void on_write_error(std::error_code error) override;
    void on_exception(const std::exception& error) noexcept override;
    void ended() noexcept override;
    void release() noexcept override;

    // From websocketpp.
    void on_open();
    void on_message(const std::string& payload, bool text);

    void start(std::size_t max_message);
    void hold(std::size_t bytes) noexcept;
    Loop::Events* events() const noexcept { return loop().events(); }
    template <class Call>
    void enter(Call&& call);

    // For the handshake.
    friend class Handshake;
    Loop::Events* hub() const noexcept { return events(); }
    SessionId session() const noexcept { return id_; }
    bool has_ended() const noexcept { return is_closed(); }
    void send_own(std::string_view bytes) { write_control(bytes); }
    void open(PendingUpgrade& upgrade, const UpgradeResponse& response);
    void take_request(std::string_view bytes);

    // Sending what websocketpp has to say.
    void send_control(std::string bytes, websocketpp::transport::write_handler handler);

    // Ending.
    /// What is answered in the handshake the hub's deadline for that bounds.
    void end_gracefully() { Wire::end_gracefully(stage_ == Stage::handshake && id_); }
    void look_for_close();
    void violate(Cause cause, const std::string& detail);
    void note(Cause cause, std::error_code error = {}, std::string_view detail = {}) noexcept;
    void note_peer_close();
    void fail(std::error_code error, Cause otherwise);

    SessionId id_{};
    std::string remote_;
    std::unique_ptr<Handshake> handshake_;  // until the upgrade is accepted
    std::string accepting_;                 // our answer, until websocketpp has given its own
    char* buffer_ = nullptr;                // websocketpp's
    std::size_t buffer_size_ = 0;
    std::size_t held_ = 0;
    std::unique_ptr<WireClosed> how_;  // what was seen first of the end
    websocketpp::transport::init_handler on_init_;
    websocketpp::transport::read_handler on_read_;
    websocketpp::transport::write_handler on_control_written_;
    Stage stage_ = Stage::handshake;
    bool closed_by_hub_ = false;
    bool keeps_close_pending_ = false;
    bool close_sent_ = false;
};

}  // namespace kingbolt::transport::detail
