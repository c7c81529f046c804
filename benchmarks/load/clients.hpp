#pragma once
// Many clients on one epoll set.

#include "client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace load {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clients {
public:
    /// Connects `count` clients, spread over as many local addresses as their ports need.
    Clients(std::uint16_t port, std::string_view path, std::size_t count, Offer offer = Offer::nothing);
    /// Connects `count` clients, the i-th as `approach(i)` says.
    Clients(std::size_t count, const std::function<Approach(std::size_t)>& approach);
    ~Clients();
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    std::size_t size() const noexcept { return clients_.size(); }
    const Client& operator[](std::size_t index) const { return clients_[index]; }

    /// Waits up to `timeout` for data, and gives the indices of some of the clients that have some. Valid until the next call.
    std::span<const std::size_t> wait(std::chrono::milliseconds timeout);

    /// Reads once from that client; calls `on_frame(opcode, payload)` for each data frame.
    template <class OnFrame>
    void read(std::size_t index, OnFrame&& on_frame) {
        clients_[index].receive(buffer_, on_frame);
    }

    /// Waits, and reads once from each client that has data; false when none had. Calls `on_frame(index, opcode, payload, when)` for
    /// each data frame; `when` is the time at which the wait ended.
    template <class OnFrame>
    bool receive(std::chrono::milliseconds timeout, OnFrame&& on_frame) {
        const auto ready = wait(timeout);
        const auto when = std::chrono::steady_clock::now();
        for (const std::size_t index : ready)
            read(index, [&](unsigned opcode, std::string_view payload) { on_frame(index, opcode, payload, when); });
        return !ready.empty();
    }

private:
    int epoll_ = -1;
    std::vector<Client> clients_;
    std::vector<std::size_t> ready_;
    std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

}  // namespace load
