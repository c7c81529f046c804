#pragma once
// Many clients on one epoll set.

#include "client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace load {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clients {
public:
    /// Connects `count` clients one after the other, spread over as many local addresses as their ports need.
    Clients(std::uint16_t port, std::string_view path, std::size_t count);
    ~Clients();
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    std::size_t size() const noexcept { return clients_.size(); }

    /// Waits up to `timeout` for data on any socket; false when none came. Calls `on_frame(index, opcode, payload, when)` for each
    /// data frame of one read of each readable client; `when` is the time at which the wait ended.
    template <class OnFrame>
    bool receive(std::chrono::milliseconds timeout, OnFrame&& on_frame) {
        const std::size_t ready = wait(timeout);
        const auto when = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < ready; ++i) {
            const std::size_t index = ready_[i];
            clients_[index].receive(buffer_, [&](unsigned opcode, std::string_view payload) { on_frame(index, opcode, payload, when); });
        }
        return ready != 0;
    }

private:
    std::size_t wait(std::chrono::milliseconds timeout);

    int epoll_ = -1;
    std::vector<Client> clients_;
    std::vector<std::size_t> ready_;
    std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

}  // namespace load
