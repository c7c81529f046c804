#include "clients.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace load {
namespace {

// The kernel's default range has 28,232 ports; some may be taken.
constexpr std::size_t clients_per_address = 20'000;

}  // namespace

Clients::Clients(std::uint16_t port, std::string_view path, std::size_t count) : epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    clients_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        clients_.emplace_back(port, path, static_cast<unsigned>(i / clients_per_address));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_.back().socket(), &event) != 0)
            throw std::system_error{errno, std::system_category(), "epoll_ctl"};
    }
}

Clients::~Clients() { close(epoll_); }

std::size_t Clients::wait(std::chrono::milliseconds timeout) {
    std::array<epoll_event, 512> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
    if (ready < 0 && errno != EINTR) throw std::system_error{errno, std::system_category(), "epoll_wait"};
    ready_.clear();
    for (int i = 0; i < ready; ++i) ready_.push_back(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    return ready_.size();
}

}  // namespace load
