#pragma once
// Hub: what all clients together may take up. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

namespace kingbolt {

/// What waits for clients, and what has come of them and is not whole yet.
template <class T, class... P>
std::size_t Hub<T, P...>::memory_in_use() const noexcept {
    return queued_bytes_ + transport_.held_bytes();
}

/// Messages give way, rather than sessions.
template <class T, class... P>
bool Hub<T, P...>::sheds() const noexcept {
    if constexpr (Chosen::has_budget)
        return memory_in_use() > memory_.shed_bytes();
    else
        return false;
}

template <class T, class... P>
const Outbox& Hub<T, P...>::outbox() const noexcept {
    return sheds() ? tight_outbox_ : outbox_;
}

/// What gives way, where `wanted` is what the topic or the hub says.
template <class T, class... P>
WhenFull Hub<T, P...>::giving_way(WhenFull wanted) const noexcept {
    return sheds() ? WhenFull::conflate : wanted;
}

/// Does something to a queue, and keeps count of what all queues hold.
template <class T, class... P>
template <class Work>
decltype(auto) Hub<T, P...>::counted(Record& session, Work&& work) {
    if constexpr (Chosen::counts_queues) {
        struct Difference {
            Hub& hub;
            const Record& session;
            std::size_t bytes = session.queue.bytes();
            std::size_t messages = session.queue.messages();
            ~Difference() {
                if (session.stage == Stage::closing) return;
                hub.queued_bytes_ += session.queue.bytes() - bytes;  // modulo 2^64, so that it may shrink
                hub.queued_messages_ += session.queue.messages() - messages;
            }
        } const difference{*this, session};
        return work();
    } else {
        return work();
    }
}

/// The queue of a session that closes is given up.
template <class T, class... P>
void Hub<T, P...>::forget_queue(const Record& session) noexcept {
    if constexpr (Chosen::counts_queues) {
        if (session.stage == Stage::closing) return;
        queued_bytes_ -= session.queue.bytes();
        queued_messages_ -= session.queue.messages();
    }
}

template <class T, class... P>
void Hub<T, P...>::watch_memory() {
    if constexpr (Chosen::counts_queues) {
        counters_.queued_bytes.set(queued_bytes_);
        counters_.queued_messages.set(queued_messages_);
    }
    if constexpr (Chosen::has_budget) {
        counters_.held_bytes.set(transport_.held_bytes());
        const std::size_t bytes = memory_in_use();
        const bool is_short = bytes > memory_.shed_bytes();
        if (std::exchange(memory_is_short_, is_short) != is_short)
            emit<event::MemoryPressure>([&] { return event::MemoryPressure{bytes, memory_.max_bytes, is_short, now_}; });
        if (bytes > memory_.evict_bytes()) evict_worst(bytes - memory_.shed_bytes());
    }
}

/// Those who take up most, until that much is free, or will be: who is leaving takes it along.
template <class T, class... P>
void Hub<T, P...>::evict_worst(std::size_t excess) {
    // Not a list of all: there may be no memory for that. Who is not among these has its turn at the next tick.
    std::array<std::pair<std::size_t, SessionId>, 256> worst;
    auto end = worst.begin();
    std::size_t freed = 0;
    sessions_.for_each([&](Record& session) {
        const std::size_t queued = session.stage == Stage::closing ? 0 : session.queue.bytes();
        const std::pair user{queued + session.connection.held_bytes(), session.id()};
        // Handshakes are no better than sessions: what a request that never becomes whole takes up is not for those who are served to give.
        if (session.decided || session.stage == Stage::closing) {
            freed += user.first;
        } else if (user.first > 0 && (end != worst.end() || user > worst.front())) {
            if (end == worst.end())
                std::ranges::pop_heap(worst, std::greater{});
            else
                ++end;
            *std::prev(end) = user;
            std::push_heap(worst.begin(), end, std::greater{});
        }
    });
    std::sort(worst.begin(), end, std::greater{});
    for (auto user = worst.begin(); user != end && freed < excess; ++user) {
        freed += user->first;
        if (Record* found = sessions_.find(user->second))
            for_one(*found, [this](Record& session) { decide(session, Cause::hub_overloaded, jitter()); });
    }
}

}  // namespace kingbolt
