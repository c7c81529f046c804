#pragma once
// A TCP proxy with an idle time-out, like those between browsers and servers: it passes bytes on, and cuts a connection on
// which neither side has said anything for `limit`.

#include "support/raw_socket.hpp"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kingbolt::test {

class IdleProxy {
public:
    IdleProxy(std::uint16_t server_port, Patience limit)
        : listener_{RawSocket::listen()}, port_{listener_.port()}, server_port_{server_port}, limit_{limit}, thread_{[this] { run(); }} {}
    ~IdleProxy() {
        stopping_ = true;
        thread_.join();
    }

    std::uint16_t port() const noexcept { return port_; }

private:
    struct Pair {
        RawSocket client, server;
        WaitClock::time_point last_byte;
        bool ended = false;
    };

    void run() {
        while (!stopping_) {
            std::vector<pollfd> waiting{{.fd = listener_.fd(), .events = POLLIN, .revents = 0}};
            for (const Pair& pair : pairs_)
                for (const RawSocket* side : {&pair.client, &pair.server})
                    waiting.push_back({.fd = side->fd(), .events = POLLIN, .revents = 0});
            ::poll(waiting.data(), waiting.size(), 5);
            const auto now = WaitClock::now();
            for (Pair& pair : pairs_) {
                pass_on(pair, pair.client, pair.server, now);
                pass_on(pair, pair.server, pair.client, now);
                pair.ended = pair.ended || now - pair.last_byte >= limit_;
            }
            std::erase_if(pairs_, [](const Pair& pair) { return pair.ended; });
            if (auto client = listener_.accept(0ms)) pairs_.push_back({std::move(*client), RawSocket::connect(server_port_), now});
        }
    }

    static void pass_on(Pair& pair, RawSocket& from, RawSocket& to, WaitClock::time_point now) {
        std::string bytes;
        const Read read = from.read(bytes, 0ms);
        if (read == Read::eof || read == Read::reset) pair.ended = true;
        if (bytes.empty()) return;
        pair.last_byte = now;
        to.send(bytes);
    }

    RawSocket listener_;
    std::uint16_t port_;
    std::uint16_t server_port_;
    Patience limit_;
    std::vector<Pair> pairs_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace kingbolt::test
