#include "clients.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace load {
namespace {

// The kernel's default range has 28,232 ports; some may be taken.
constexpr std::size_t clients_per_address = 20'000;
// So many ask for their upgrade before the first is awaited; fewer than a server's backlog.
constexpr std::size_t at_once = 64;
// The more sockets a wait may report, the longer the last of them is read after its data came.
constexpr std::size_t ready_at_once = 64;

}  // namespace

Clients::Clients(std::uint16_t port, std::string_view path, std::size_t count, Offer offer)
    : Clients{count, [&](std::size_t i) {
                  return Approach{.port = port,
                                  .path = std::string{path},
                                  .offer = offer,
                                  .from = loopback(static_cast<unsigned>(i / clients_per_address))};
              }} {}

Clients::Clients(std::size_t count, const std::function<Approach(std::size_t)>& approach) : epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    clients_.reserve(count);
    while (clients_.size() < count) {
        const std::size_t first = clients_.size();
        for (std::size_t i = first; i < std::min(first + at_once, count); ++i) clients_.emplace_back(approach(i));
        for (std::size_t i = first; i < clients_.size(); ++i) {
            clients_[i].await_upgrade();
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].socket(), &event) != 0)
                throw std::system_error{errno, std::system_category(), "epoll_ctl"};
        }
    }
}

Clients::~Clients() { close(epoll_); }

std::span<const std::size_t> Clients::wait(std::chrono::milliseconds timeout) {
    std::array<epoll_event, ready_at_once> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
    if (ready < 0 && errno != EINTR) throw std::system_error{errno, std::system_category(), "epoll_wait"};
    ready_.clear();
    for (int i = 0; i < ready; ++i) ready_.push_back(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    return ready_;
}

}  // namespace load
