#include "loop.hpp"

#include <asio/post.hpp>

#include <utility>

namespace kingbolt::transport::detail {

void Loop::detach() {
    Turns::detach();
    queue_ = {};
    for (const auto members = std::exchange(members_, {}); const auto& member : members) member->drop();
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
    if (events() == nullptr || std::exchange(member.queued_, true)) return;
    queue_.push(member);
    if (std::exchange(settle_posted_, true)) return;
    asio::post(io(), InPlace{settle_slot_, [self = std::static_pointer_cast<Loop>(shared_from_this())] { self->settle(); }});
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
    while (events() != nullptr && !now.empty()) {
        Member& member = now.pop();
        member.queued_ = false;
        const std::shared_ptr<Member> alive = member.has_ended_ ? remove(member) : members_[member.place_];
        member.has_ended_ ? member.ended() : member.report();
    }
}

}  // namespace kingbolt::transport::detail
