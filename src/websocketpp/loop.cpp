#include "loop.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace kingbolt::transport::detail {

Loop::Loop(asio::io_context& io) : io_{io}, ticker_{io} {}

void Loop::attach(Events& events) {
    events_ = &events;
    asio::post(io_, [self = shared_from_this()] { self->entered(); });
}

void Loop::detach() {
    events_ = nullptr;
    ticker_.cancel();
    queue_ = {};
    for (const auto members = std::exchange(members_, {}); const auto& member : members) member->drop();
}

void Loop::post(std::function<void()> task) {
    asio::post(io_, [self = shared_from_this(), task = std::move(task)] {
        self->entered();
        if (self->events_ != nullptr) task();
    });
}

bool Loop::in_loop() const {
    return io_.get_executor().running_in_this_thread() || thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void Loop::entered() noexcept {
    const auto here = std::this_thread::get_id();
    if (thread_.load(std::memory_order_relaxed) != here) thread_.store(here, std::memory_order_relaxed);
}

void Loop::end_turn_soon() {
    if (std::exchange(turn_end_posted_, true)) return;
    asio::post(io_, InPlace{turn_end_slot_, [self = shared_from_this()] {
                                self->entered();
                                self->turn_end_posted_ = false;
                                if (self->events_ != nullptr) self->events_->on_turn_end();
                            }});
}

void Loop::tick_every(Duration period) {
    // Cancelling does not take back a tick that is already due; its generation does.
    ++tick_generation_;
    ticker_.cancel();
    if (period <= Duration::zero()) return;
    ticker_.expires_after(period);
    tick(period, tick_generation_);
}

void Loop::tick(Duration period, unsigned generation) {
    ticker_.async_wait(InPlace{tick_slot_, [self = shared_from_this(), period, generation](const std::error_code& error) {
                                   self->entered();
                                   if (error || self->events_ == nullptr || generation != self->tick_generation_) return;
                                   // The next tick keeps the beat. After a stall a new beat starts, and the ticks that were missed
                                   // stay missed.
                                   const auto now = std::chrono::steady_clock::now();
                                   self->ticker_.expires_at(std::max(self->ticker_.expiry() + period, now));
                                   self->tick(period, generation);
                                   self->events_->on_tick();
                               }});
}

void Loop::add(std::shared_ptr<Member> member) {
    member->place_ = members_.size();
    members_.push_back(std::move(member));
}

std::shared_ptr<Member> Loop::remove(Member& member) noexcept {
    std::swap(members_[member.place_], members_.back());
    members_[member.place_]->place_ = member.place_;
    auto removed = std::move(members_.back());
    members_.pop_back();
    return removed;
}

void Loop::report_soon(Member& member) noexcept {
    if (events_ == nullptr || std::exchange(member.queued_, true)) return;
    queue_.push(member);
    if (std::exchange(settle_posted_, true)) return;
    asio::post(io_, InPlace{settle_slot_, [self = shared_from_this()] { self->settle(); }});
}

void Loop::end_soon(Member& member) noexcept {
    member.has_ended_ = true;
    report_soon(member);
}

void Loop::settle() noexcept {
    entered();
    settle_posted_ = false;
    // What is queued from here on has its own turn, so that others have theirs.
    Queue now = std::exchange(queue_, {});
    while (events_ != nullptr && !now.empty()) {
        Member& member = now.pop();
        member.queued_ = false;
        const std::shared_ptr<Member> alive = member.has_ended_ ? remove(member) : members_[member.place_];
        member.has_ended_ ? member.ended() : member.report();
    }
}

}  // namespace kingbolt::transport::detail
