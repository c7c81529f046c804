#pragma once
// A transport in name only, for code that must not compile anyway. What it declares is what the concept asks for.

#include <kingbolt/concepts/transport.hpp>

struct StubTransport {
    struct Connection {
        std::size_t write(std::span<const kingbolt::Frame>);
        void close(kingbolt::CloseCode, std::string_view reason);
        void abort();
        void pause_reading();
        void resume_reading();
        std::optional<kingbolt::TcpEvidence> tcp_evidence() const;
    };
    void attach(kingbolt::TransportEvents<Connection>&);
    void detach();
    void post(std::function<void()>);
    bool in_loop() const;
    void end_turn_soon();
    void tick_every(kingbolt::Duration);
    void stop_accepting();
};

static_assert(kingbolt::Transport<StubTransport>);
