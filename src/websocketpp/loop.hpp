#pragma once
// The executor as the hub sees it: tasks, turns, ticks, and who lives on it.

#include <kingbolt/transport/websocketpp.hpp>

#include "net.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace kingbolt::transport::detail {

/// What lives on a loop: one connection.
class Member {
public:
    Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    /// Tells the hub what has been written since the last report.
    virtual void report() = 0;
    /// Ends without telling anybody.
    virtual void drop() noexcept = 0;

protected:
    ~Member() = default;

private:
    friend class Loop;
    std::size_t place_ = 0;  // in Loop::members_
};

class Loop : public std::enable_shared_from_this<Loop> {
public:
    using Events = TransportEvents<Websocketpp::Connection>;

    explicit Loop(asio::io_context& io);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    asio::io_context& io() noexcept { return io_; }

    void attach(Events& events);
    void detach();
    /// Null once detached: every handler asks before it reports.
    Events* events() const noexcept { return events_; }

    void post(std::function<void()> task);
    bool in_loop() const;
    void end_turn_soon();
    void tick_every(Duration period);

    void add(std::shared_ptr<Member> member);
    void remove(Member& member);
    /// One `report()` in a later turn. All that ask in one turn share one task.
    void report_soon(std::shared_ptr<Member> member);

    /// Every handler starts with this: it is how `in_loop` knows the loop's thread.
    void entered() noexcept;

protected:
    ~Loop() = default;

private:
    void tick(Duration period, unsigned generation);
    void report();

    asio::io_context& io_;
    Events* events_ = nullptr;
    Timer ticker_;
    std::vector<std::shared_ptr<Member>> members_;
    std::vector<std::shared_ptr<Member>> to_report_, reporting_;
    std::atomic<std::thread::id> thread_{};
    unsigned tick_generation_ = 0;
    bool turn_end_posted_ = false;
};

}  // namespace kingbolt::transport::detail
