#pragma once
// Who lives on the executor, and what they have to tell.

#include <kingbolt/transport/detail/turns.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <cstddef>
#include <memory>
#include <utility>
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

class Loop : public Turns<Websocketpp::Connection> {
public:
    using Turns::Turns;

    /// Drops every member.
    void detach();

    void add(std::shared_ptr<Member> member);
    /// One `report()` in a later turn, however often it is asked for. One task serves all that ask in a turn. Cannot fail.
    void report_soon(Member& member) noexcept;
    /// Likewise, and after it `ended()`; the loop lets go of the member.
    void end_soon(Member& member) noexcept;

    /// By so many bytes more, or modulo 2^64 less.
    void holds(std::size_t more) noexcept { held_bytes_ += more; }
    std::size_t held_bytes() const noexcept { return held_bytes_; }
    void lingers(int more) noexcept { lingering_ += more; }
    /// Those who were not let in are sent away with an answer, unless there are too many of them.
    bool may_linger() const noexcept { return lingering_ < most_lingering; }

protected:
    ~Loop() = default;

private:
    static constexpr int most_lingering = 1024;

    void settle() noexcept;
    std::shared_ptr<Member> remove(Member& member) noexcept;

    std::vector<std::shared_ptr<Member>> members_;
    Queue queue_;
    Slot settle_slot_;
    std::size_t held_bytes_ = 0;
    int lingering_ = 0;  ///< members that have said good-bye and wait for the peer's end
    bool settle_posted_ = false;
};

}  // namespace kingbolt::transport::detail
