#include "swarm.hpp"

#include "address.hpp"
#include "client.hpp"
#include "frames.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace attack {
namespace {

using Steady = std::chrono::steady_clock;

/// One connection.
struct Attacker {
    int socket = -1;
    std::string_view opening{};  ///< what is left of it
    std::string_view once{};     ///< likewise
    std::size_t sent = 0;        ///< of `endless`
    bool upgraded = false;
    std::string received{};
    Steady::time_point next_byte{};
};

class Swarm {
public:
    Swarm(const Script& script, const SwarmPlan& plan)
        : script_{script},
          plan_{plan},
          server_{plan.address, plan.port},
          epoll_{epoll_create1(EPOLL_CLOEXEC)},
          attackers_(script.connections) {
        if (epoll_ < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    }
    ~Swarm() {
        for (const Attacker& one : attackers_)
            if (one.socket >= 0) close(one.socket);
        close(epoll_);
    }
    Swarm(const Swarm&) = delete;
    Swarm& operator=(const Swarm&) = delete;

    Toll run() {
        const auto start = Steady::now();
        for (auto now = start; now - start < plan_.length; now = Steady::now()) {
            const auto allowed = static_cast<std::uint64_t>(plan_.per_second * std::chrono::duration<double>{now - start}.count()) + 1;
            fill(allowed);
            if (script_.each_byte.count() > 0) drip(now);
            serve();
        }
        toll_.open = static_cast<std::uint64_t>(std::ranges::count_if(attackers_, [](const Attacker& one) { return one.socket >= 0; }));
        return toll_;
    }

private:
    std::string source() {
        switch (script_.from) {
        case From::one: return "127.0.2.1";
        case From::many: return load::loopback((2U << 16U) + addresses_++ % (200U << 16U));
        case From::network: break;
        }
        std::array<char, 64> text{};
        const auto half = random_();
        std::snprintf(text.data(), text.size(), "2001:db8:2:0:%x:%x:%x:%x", unsigned(half & 0xFFFFU), unsigned(half >> 16U & 0xFFFFU),
                      unsigned(half >> 32U & 0xFFFFU), unsigned(half >> 48U));
        return text.data();
    }

    /// Connects anew where a connection has ended, some at a time.
    void fill(std::uint64_t allowed) {
        for (int budget = 64; budget > 0 && toll_.connected + toll_.failed < allowed; ++place_) {
            if (place_ == attackers_.size()) place_ = 0;
            const auto first = place_;
            while (attackers_[place_].socket >= 0) {
                place_ = (place_ + 1) % attackers_.size();
                if (place_ == first) return;
            }
            --budget;
            connect(attackers_[place_]);
        }
    }

    void connect(Attacker& one) {
        const std::string& opening = script_.openings[(toll_.connected + toll_.failed) % script_.openings.size()];
        one = {.opening = opening, .once = script_.once};
        try {
            one.socket = load::socket_from({source(), 0}, SOCK_NONBLOCK);
        } catch (const std::system_error&) {  // no port is left at this address
            ++toll_.failed;
            return;
        }
        if (script_.receive_buffer > 0)
            setsockopt(one.socket, SOL_SOCKET, SO_RCVBUF, &script_.receive_buffer, sizeof script_.receive_buffer);
        if (::connect(one.socket, server_.get(), server_.size) != 0 && errno != EINPROGRESS) {
            ++toll_.failed;
            close(std::exchange(one.socket, -1));
            return;
        }
        ++toll_.connected;
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<unsigned>(EPOLLET), .data = {.ptr = &one}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, one.socket, &event);
    }

    void serve() {
        std::array<epoll_event, 256> events;
        const bool busy = !script_.endless.empty() || script_.resets;
        const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), busy ? 0 : 1);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            Attacker& one = *static_cast<Attacker*>(event.data.ptr);
            if (one.socket >= 0) read(one);
            const bool is_over = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
            if (one.socket >= 0 && is_over) end(one);
            if (one.socket >= 0) write(one);
        }
    }

    /// Once the opening is sent, an attacker that upgrades goes on when it has been let in.
    void write(Attacker& one) {
        if (script_.each_byte.count() == 0 && !send(one, one.opening)) return;
        if (one.opening.empty() && script_.resets) return reset(one);
        if (!one.upgraded || !send(one, one.once) || script_.endless.empty()) return;
        for (int budget = 4; budget > 0; --budget) {
            std::string_view rest = std::string_view{script_.endless}.substr(one.sent);
            const bool all = send(one, rest);
            if (one.socket < 0) return;
            one.sent = all ? 0 : script_.endless.size() - rest.size();
            if (!all) return;
        }
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<unsigned>(EPOLLET), .data = {.ptr = &one}};
        epoll_ctl(epoll_, EPOLL_CTL_MOD, one.socket, &event);  // news again, though nothing has changed
    }

    /// Whether all of it is on its way.
    bool send(Attacker& one, std::string_view& rest) {
        while (!rest.empty()) {
            const auto sent = ::send(one.socket, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return false;
            if (sent < 0) return end(one), false;
            toll_.bytes += static_cast<std::uint64_t>(sent);
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void drip(Steady::time_point now) {
        for (Attacker& one : attackers_) {
            if (one.socket < 0 || one.opening.empty() || now < one.next_byte) continue;
            one.next_byte = now + script_.each_byte;
            std::string_view byte = one.opening.substr(0, 1);
            if (send(one, byte)) one.opening.remove_prefix(1);
        }
    }

    void read(Attacker& one) {
        while (one.socket >= 0 && (script_.reads || !one.upgraded)) {
            const auto size = recv(one.socket, buffer_.data(), one.upgraded || script_.reads ? buffer_.size() : 256, 0);
            if (size < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
            if (size <= 0) return end(one);
            one.received.append(buffer_.data(), static_cast<std::size_t>(size));
            if (!one.upgraded && !take_head(one)) continue;
            one.received.erase(
                0, load::read_frames(one.received, [&](unsigned opcode, std::string_view payload) {
                    if (opcode == load::close_connection && payload.size() >= 2)
                        ++toll_.closes[static_cast<unsigned char>(payload[0]) << 8U | static_cast<unsigned char>(payload[1])];
                }));
        }
    }

    /// Whether the answer to the opening is there, and lets in.
    bool take_head(Attacker& one) {
        const auto end_of_head = one.received.find("\r\n\r\n");
        if (end_of_head == std::string::npos) return false;
        int status = 0;
        std::from_chars(one.received.data() + 9, one.received.data() + 12, status);
        ++toll_.statuses[status];
        one.received.erase(0, end_of_head + 4);
        return one.upgraded = status == 101;
    }

    void reset(Attacker& one) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(one.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(std::exchange(one.socket, -1));
    }

    void end(Attacker& one) {
        ++toll_.ended;
        close(std::exchange(one.socket, -1));
    }

    const Script& script_;
    const SwarmPlan& plan_;
    load::Address server_;
    int epoll_;
    std::vector<Attacker> attackers_;
    std::size_t place_ = 0;
    unsigned addresses_ = 0;
    std::mt19937_64 random_{std::random_device{}()};
    std::string buffer_ = std::string(64 * 1024, '\0');
    Toll toll_;
};

}  // namespace

Toll run_swarm(const Script& script, const SwarmPlan& plan) { return Swarm{script, plan}.run(); }

}  // namespace attack
