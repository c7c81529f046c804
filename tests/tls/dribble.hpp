#pragma once
// A road on which bytes travel one by one, in both directions.

#include "support/raw_socket.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace kingbolt::test {

/// For one client.
class Dribble {
public:
    explicit Dribble(std::uint16_t server) : thread_{[this, server] { carry(server); }} {}
    ~Dribble() {
        over_ = true;
        thread_.join();
    }
    Dribble(const Dribble&) = delete;
    Dribble& operator=(const Dribble&) = delete;

    std::uint16_t port() const { return listener_.port(); }

private:
    void carry(std::uint16_t server) {
        auto client = listener_.accept();
        if (!client) return;
        auto there = RawSocket::connect(server);
        while (!over_)
            if (!pass(*client, there) || !pass(there, *client)) return;
    }
    static bool pass(RawSocket& from, RawSocket& to) {
        std::string bytes;
        const Read result = from.read(bytes, 1ms);
        for (const char& byte : bytes) to.send({&byte, 1});
        return result == Read::data || result == Read::timeout;
    }

    RawSocket listener_ = RawSocket::listen();
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace kingbolt::test
