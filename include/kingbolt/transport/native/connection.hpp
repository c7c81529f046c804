#pragma once
// One connection of transport::Native: what the hub commands, and what becomes of the bytes. An idle one owns no buffer and no timer.

#include <kingbolt/concepts/compression.hpp>
#include <kingbolt/concepts/secure_channel.hpp>
#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/engine/frame_reader.hpp>
#include <kingbolt/transport/detail/descriptor.hpp>
#include <kingbolt/transport/detail/handshake.hpp>
#include <kingbolt/transport/detail/output.hpp>
#include <kingbolt/transport/native/write_progress.hpp>

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
class Server;

/// A TransportConnection. Whatever is asked of one that is no longer open does nothing.
template <Compression C, SecureChannel S>
class Connection {
public:
    Connection(Server<C, S>& server, detail::Descriptor socket, const std::string& remote);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void answer_upgrade(const UpgradeResponse& response);
    std::size_t write(std::span<const Frame> frames);
    /// Before the upgrade, and with a code that may not be sent, it aborts. A reason longer than 123 bytes is cut between two
    /// characters. Ends a pause: the peer's Close has to be read.
    void close(CloseCode code, std::string_view reason);
    /// With a TCP reset, so that nothing of a dead peer stays behind in the kernel.
    void abort();
    /// Takes effect at the next frame.
    void pause_reading() noexcept { paused_ = true; }
    void resume_reading();
    /// Nothing for a Unix socket.
    std::optional<TcpEvidence> tcp_evidence() const;
    std::size_t held_bytes() const noexcept {
        const std::size_t aside = aside_ ? aside_->input.size() + (aside_->handshake ? aside_->handshake->held() : 0) : 0;
        return reader_.held() + aside;
    }

private:
    friend class Server<C, S>;
    friend class detail::Handshake;

    /// How far it has come. From `ending` on, nothing that arrives has a meaning any more.
    enum class Stage : std::uint8_t { handshake, open, closing, ending, ended };

    using Place = typename std::list<Connection*>::iterator;

    /// What most connections have no use for most of the time.
    struct Aside {
        std::optional<detail::Handshake> handshake{};  ///< until the upgrade
        std::optional<UpgradeResponse> answer{};       ///< to it, where the hub had deferred that
        std::string input{};                           ///< received, not read yet
        detail::Output output{};                       ///< what the kernel did not take at once
        WriteProgress progress{};                      ///< of the write in flight
        std::optional<WireClosed> how{};               ///< what was seen first of the end
        std::error_code write_error{};                 ///< it will be told once what can be read has been read
        std::optional<Place> linger{};                 ///< its place among those that wait for the peer's end
        std::chrono::steady_clock::time_point linger_until{};
        bool half_closed = false, peer_finished = false;
    };

    // From the server.
    void start();
    void on_ready(bool readable, bool writable, bool peer_is_through) noexcept;
    /// What it had asked for.
    void carry_on() noexcept;
    /// The socket, and nothing else: nobody is told.
    void drop() noexcept {
        socket_.reset();
        stage_ = Stage::ended;
    }
    /// The last thing that the hub hears of it.
    void report_end() noexcept;

    // Reading.
    void read();
    void take_read(std::span<char> bytes);
    void take(std::span<char> bytes);
    void take_frames(std::span<char> bytes);
    void take_compressed(Opcode opcode, std::string_view payload);
    void on_close(CloseCode code, std::string_view reason);
    void discard();
    void on_end_of_stream();
    void on_read_error(std::error_code error);

    // Where the channel encrypts.
    void read_secure();
    void on_channel_failure(std::error_code error);
    std::size_t send_secure(std::span<const iovec> pieces);
    std::size_t send_through_channel(std::span<const char> bytes);
    bool owes_farewell() const noexcept { return stage_ == Stage::ending && !has_output() && !aside_->half_closed; }

    /// What the frame reader tells; false where it is to go on later, or never.
    struct Sink {
        Connection& connection;
        bool on_message(Opcode opcode, std::string_view payload, bool compressed);
        bool on_ping(std::string_view payload);
        bool on_pong(std::string_view payload);
        bool on_close(CloseCode code, std::string_view reason);
    };
    bool goes_on() const noexcept { return !paused_ && (stage_ == Stage::open || stage_ == Stage::closing); }

    // For the handshake.
    TransportEvents<Connection>* hub() const noexcept { return server_.events(); }
    SessionId session() const noexcept { return id_; }
    void open(detail::PendingUpgrade& upgrade, const UpgradeResponse& response);
    bool waits_for_hub() const noexcept { return stage_ == Stage::handshake && aside_ && aside_->handshake->waits_for_hub(); }

    // Writing.
    std::size_t write_now(std::span<const Frame> frames);
    std::size_t write_frames(std::span<const Frame> frames, std::size_t size_to_hub);
    std::size_t write_deflated(std::span<const Frame> frames);
    static constexpr std::size_t small_piece = 1024;  ///< bytes
    std::size_t send_some(std::span<const iovec> pieces);
    std::size_t send_together(std::span<const iovec> pieces, std::size_t size);
    void send_own(std::string_view bytes);
    void send_close(CloseCode code, std::string_view reason);
    void flush();
    void on_write_error();

    // Ending.
    void note(Cause cause, std::error_code error = {}, std::string_view words = {}) noexcept;
    void note_failure(std::error_code error, Cause otherwise);
    void violate(const engine::Violation& violation);
    void end_gracefully();
    void begin_linger();
    void half_close();
    void end_now() noexcept;
    /// Every way into this object from outside: what is thrown on it goes no further.
    template <class Call>
    void guarded(Call&& call) noexcept {
        try {
            call();
        } catch (const std::exception& error) {
            on_exception(error);
        }
    }
    void on_exception(const std::exception& error) noexcept;

    bool has_ended() const noexcept { return stage_ == Stage::ended; }
    bool has_output() const noexcept { return aside_ && !aside_->output.empty(); }
    Aside& aside();
    void tidy() noexcept;

    Server<C, S>& server_;
    SessionId id_{};
    detail::Descriptor socket_;
    std::uint32_t place_ = 0;  ///< among the server's connections
    engine::FrameReader reader_;
    [[no_unique_address]] typename C::State compression_{};
    [[no_unique_address]] typename S::State channel_{};
    std::unique_ptr<Aside> aside_;
    Stage stage_ = Stage::handshake;
    bool paused_ = false;
    bool waits_for_turn_ = false;  ///< it is in the server's queue
    bool unread_ = false;          ///< the kernel may have more, and no news will come of it
};

}  // namespace kingbolt::transport::native
