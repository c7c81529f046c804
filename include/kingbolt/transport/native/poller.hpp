#pragma once
// A set of sockets that is itself one descriptor in Asio. Asio's own sockets cost each connection a reactor object, and each wait a
// handler and a system call; here a socket is entered once, edge-triggered, and costs nothing more until something happens to it.

#include <kingbolt/transport/detail/descriptor.hpp>
#include <kingbolt/transport/detail/executor.hpp>

#include <asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace kingbolt::transport::native {

class Poller {
public:
    /// One socket's news.
    class Event {
    public:
        explicit Event(const epoll_event& event) noexcept : event_{event} {}
        void* owner() const noexcept { return event_.data.ptr; }
        bool readable() const noexcept { return (event_.events & (EPOLLIN | EPOLLERR)) != 0 || peer_is_through(); }
        bool writable() const noexcept { return (event_.events & (EPOLLOUT | EPOLLERR)) != 0; }
        /// It will send nothing more: behind what can be read comes the end.
        bool peer_is_through() const noexcept { return (event_.events & (EPOLLRDHUP | EPOLLHUP)) != 0; }

    private:
        const epoll_event& event_;
    };

    /// Throws std::system_error.
    explicit Poller(asio::io_context& io) : set_{io} {
        detail::Descriptor set{::epoll_create1(EPOLL_CLOEXEC)};
        if (!set) throw std::system_error{detail::last_error(), "epoll_create1"};
        set_.assign(set.get());
        set.release();
    }

    /// From now on `collect` tells what happens to `socket`, until it is removed. Whoever hears of it reads or writes until that would
    /// block: only what changes after that is news.
    std::error_code add(int socket, void* owner) noexcept {
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<unsigned>(EPOLLET), .data = {.ptr = owner}};
        return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &event) == 0 ? std::error_code{} : detail::last_error();
    }

    /// Before the socket is closed: that alone takes it out of the set only where no child process holds a copy of it.
    void remove(int socket) noexcept { ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr); }

    /// `handler(error)` once there is news.
    template <class Handler>
    void async_wait(Handler&& handler) {
        set_.async_wait(Set::wait_read, std::forward<Handler>(handler));
    }

    /// `use(event)` for each thing that has happened, until it says false; how many there were. What does not fit is news at the next wait.
    template <class Use>
    int collect(Use&& use) {
        const int count = ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
        for (int i = 0; i < count; ++i)
            if (!use(Event{events_[static_cast<std::size_t>(i)]})) break;
        return std::max(count, 0);
    }

    bool is_open() const noexcept { return set_.is_open(); }
    /// No handler is called after this but with an error.
    void close() noexcept {
        std::error_code ignored;
        set_.close(ignored);
    }

private:
    using Set = asio::posix::basic_stream_descriptor<detail::Executor>;

    Set set_;
    std::array<epoll_event, 512> events_;
};

}  // namespace kingbolt::transport::native
