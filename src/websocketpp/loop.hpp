#pragma once
// The executor as the hub sees it: tasks, turns, ticks, and who lives on it.

#include <kingbolt/transport/websocketpp.hpp>

#include "in_place.hpp"
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

    /// What has happened inside a call, and is to be told from outside it.
    virtual void report() noexcept = 0;
    /// The last call: the loop has let go of it.
    virtual void ended() noexcept = 0;
    /// End without telling anybody.
    virtual void drop() noexcept = 0;

protected:
    ~Member() = default;

private:
    friend class Loop;
    friend class Queue;
    Member* next_ = nullptr;
    std::size_t place_ = 0;  // in Loop::members_
    bool queued_ = false;
    bool has_ended_ = false;
};

/// Members in the order in which they came. It owns none, and allocates nothing.
class Queue {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    void push(Member& member) noexcept {
        (first_ == nullptr ? first_ : last_->next_) = &member;
        last_ = &member;
    }
    /// Not when empty.
    Member& pop() noexcept {
        Member& member = *first_;
        first_ = std::exchange(member.next_, nullptr);
        return member;
    }

private:
    Member* first_ = nullptr;
    Member* last_ = nullptr;
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
    /// One `report()` in a later turn, however often it is asked for. One task serves all that ask in a turn. Cannot fail.
    void report_soon(Member& member) noexcept;
    /// Likewise, and after it `ended()`; the loop lets go of the member.
    void end_soon(Member& member) noexcept;

    /// Every handler starts with this: it is how `in_loop` knows the loop's thread.
    void entered() noexcept;

protected:
    ~Loop() = default;

private:
    void tick(Duration period, unsigned generation);
    void settle() noexcept;
    std::shared_ptr<Member> remove(Member& member) noexcept;

    asio::io_context& io_;
    Events* events_ = nullptr;
    Timer ticker_;
    std::vector<std::shared_ptr<Member>> members_;
    Queue queue_;
    Slot tick_slot_, turn_end_slot_, settle_slot_;
    std::atomic<std::thread::id> thread_{};
    unsigned tick_generation_ = 0;
    bool turn_end_posted_ = false;
    bool settle_posted_ = false;
};

}  // namespace kingbolt::transport::detail
