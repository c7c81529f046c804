#pragma once
// The server's end of a simulated connection: what a hub commands, kept to the numbered rules of concepts/transport.hpp.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/engine/violation.hpp>
#include <kingbolt/testing/detail/inbound.hpp>
#include <kingbolt/testing/detail/outbound.hpp>
#include <kingbolt/testing/detail/pipe.hpp>
#include <kingbolt/testing/detail/server.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::testing {

/// Models TransportConnection. Breaking a rule throws ContractViolation.
class SimulatedConnection final : detail::Actor, detail::PipeReader, detail::PipeWriter {
public:
    void answer_upgrade(const UpgradeResponse& response);
    std::size_t write(std::span<const Frame> frames);
    void close(CloseCode code, std::string_view reason);
    void abort();
    void pause_reading();
    void resume_reading();
    /// Modelled: segments of 1,460 bytes, retransmissions after 200 ms, then twice as long each time.
    std::optional<TcpEvidence> tcp_evidence() const;
    std::size_t held_bytes() const noexcept { return inbound_.held(); }

private:
    friend class Peer;
    friend class SimulatedTransport;
    friend class Simulation;

    struct FrameSink;
    enum class Stage : std::uint8_t { unborn, backlog, handshake, open, answered, ending, gone };

    SimulatedConnection(detail::Server& server, std::uint32_t number, detail::Pipe& from_peer, detail::Pipe& to_peer, std::string remote,
                        Duration round_trip)
        : Actor{number},
          server_{server},
          from_peer_{from_peer},
          to_peer_{to_peer},
          inbound_{server.max_message},
          remote_{std::move(remote)},
          round_trip_{round_trip} {}

    // From the wire.
    bool on_syn();
    void on_readable() override;
    void on_writable() override { wake(); }
    void run(detail::Step step, std::uint32_t argument) override;

    // A turn of the loop.
    void wake();
    void accept();
    void flush();
    void report_written();
    void read();
    void read_request();
    void read_frames();
    void conclude_upgrade(const UpgradeRequest& request, const UpgradeResponse& response);
    void answer(std::string response, Cause cause, std::string_view detail);
    void on_close_frame(CloseCode code, std::string_view reason);
    void fail(const engine::Violation& violation);
    void end_if_over();

    void queue_close(CloseCode code, std::string_view reason);
    void finish(WireClosed how, bool orderly);
    void leave();
    void forget();
    bool alive() const noexcept { return stage_ < Stage::ending; }
    bool reads_on() const noexcept { return alive() && !paused_ && !aborted_ && !close_received_ && stage_ != Stage::answered; }
    /// The connection is alive, the call comes from the loop.
    void require(const char* command);
    std::size_t buffered() const noexcept;

    detail::Server& server_;
    detail::Pipe& from_peer_;
    detail::Pipe& to_peer_;
    detail::Inbound inbound_;
    detail::Outbound outbound_;
    std::string remote_;
    Duration round_trip_;
    SessionId id_{};
    std::optional<UpgradeRequest> waits_for_hub_{};  ///< the hub has deferred its answer to this
    std::optional<UpgradeResponse> answer_{};        ///< it has come
    WireClosed how_{};                               ///< as far as it is known
    TimePoint stalled_until_{};
    std::size_t written_ = 0;   ///< taken by the kernel, not reported yet
    std::size_t position_ = 0;  ///< in Server::live
    Stage stage_ = Stage::unborn;
    bool wake_scheduled_ = false, write_in_flight_ = false, paused_ = false;
    bool close_sent_ = false, close_by_hub_ = false, close_received_ = false, aborted_ = false;
};

static_assert(TransportConnection<SimulatedConnection>);

}  // namespace kingbolt::testing

#include <kingbolt/testing/detail/connection_commands.hpp>
#include <kingbolt/testing/detail/connection_impl.hpp>
