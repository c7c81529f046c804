#pragma once
// Publications and calls: those that wait for a connection, in order and within bounds, and those that were sent and have no answer yet.
// Nothing is ever sent twice.

#include <kingbolt/client/detail/json.hpp>
#include <kingbolt/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::client {

/// Names a publication or a call to the application. Never 0.
using Ticket = std::uint64_t;

namespace detail {

struct Request {
    Ticket ticket = 0;
    bool is_call = false;
    std::string name{};    ///< topic or method
    std::string event{};   ///< of a publication
    std::string json{};    ///< data, or params; empty for none
    TimePoint deadline{};  ///< of a call

    std::size_t bytes() const noexcept { return name.size() + event.size() + json.size(); }
    std::string text(std::uint64_t id, TimePoint now) const {
        JsonObjectWriter out;
        out.text("type", is_call ? "call" : "publish").number("id", id);
        if (!is_call) return out.text("topic", name).text("event", event).raw("data", json).take();
        out.text("method", name);
        if (!json.empty()) out.raw("params", json);
        const auto left = std::max<std::int64_t>(milliseconds(deadline - now), 1);
        return out.number("deadline_ms", static_cast<std::uint64_t>(left)).take();
    }
};

/// What an answer of the server is to.
struct Sent {
    enum class What : std::uint8_t { subscribe, unsubscribe, publish, call, refresh };
    What what{};
    Ticket ticket = 0;         ///< 0: nobody waits for the answer any more
    std::uint64_t serial = 0;  ///< of a subscription
    TimePoint deadline{};      ///< of a call
};

class Requests {
public:
    Requests(std::size_t max_queued, std::size_t max_queued_bytes) : max_queued_{max_queued}, max_queued_bytes_{max_queued_bytes} {}

    bool has_room(const Request& request) const noexcept {
        return waiting_.size() < max_queued_ && request.bytes() <= max_queued_bytes_ - std::min(waiting_bytes_, max_queued_bytes_);
    }
    void wait(Request request) {
        if (request.is_call) deadlines_.emplace(request.deadline, request.ticket);
        waiting_bytes_ += request.bytes();
        waiting_.push_back(std::move(request));
    }
    /// The first that waits.
    std::optional<Request> next_waiting() {
        if (waiting_.empty()) return std::nullopt;
        Request first = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= first.bytes();
        return first;
    }

    std::uint64_t sending(Sent sent) {
        if (sent.what == Sent::What::call) deadlines_.emplace(sent.deadline, sent.ticket);
        sent_.emplace(++last_id_, sent);
        return last_id_;
    }
    /// None: there was no such request.
    std::optional<Sent> answered(std::uint64_t id) {
        const auto found = sent_.find(id);
        if (found == sent_.end()) return std::nullopt;
        const Sent sent = found->second;
        sent_.erase(found);
        if (sent.ticket != 0) deadlines_.erase({sent.deadline, sent.ticket});
        return sent;
    }

    /// Nobody waits for its answer any more. `id` is that of a call that was sent, 0 for anything else. False: there is none, or not any
    /// more.
    bool give_up(Ticket ticket, std::uint64_t& id) {
        id = 0;
        if (ticket == 0) return false;
        const auto waits = std::ranges::find(waiting_, ticket, &Request::ticket);
        if (waits != waiting_.end()) {
            waiting_bytes_ -= waits->bytes();
            deadlines_.erase({waits->deadline, ticket});
            waiting_.erase(waits);
            return true;
        }
        const auto was_sent = std::ranges::find_if(sent_, [ticket](const auto& one) { return one.second.ticket == ticket; });
        if (was_sent == sent_.end()) return false;
        deadlines_.erase({was_sent->second.deadline, ticket});
        was_sent->second.ticket = 0;
        if (was_sent->second.what == Sent::What::call) id = was_sent->first;
        return true;
    }

    std::optional<TimePoint> next_deadline() const { return deadlines_.empty() ? std::nullopt : std::optional{deadlines_.begin()->first}; }
    /// A call whose time is over.
    std::optional<Ticket> overdue(TimePoint now) const {
        if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
        return deadlines_.begin()->second;
    }

    /// Forgets what was sent; those for whose answers somebody waits, in the order of sending.
    std::vector<Ticket> lose_sent() {
        std::vector<Ticket> lost;
        for (const auto& [id, sent] : std::exchange(sent_, {})) {
            if (sent.ticket == 0) continue;
            deadlines_.erase({sent.deadline, sent.ticket});
            lost.push_back(sent.ticket);
        }
        return lost;
    }
    /// Likewise those that wait.
    std::vector<Ticket> lose_waiting() {
        std::vector<Ticket> lost;
        while (const auto request = next_waiting()) {
            deadlines_.erase({request->deadline, request->ticket});
            lost.push_back(request->ticket);
        }
        return lost;
    }

private:
    const std::size_t max_queued_, max_queued_bytes_;
    std::deque<Request> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::map<std::uint64_t, Sent> sent_;
    std::set<std::pair<TimePoint, Ticket>> deadlines_;
    std::uint64_t last_id_ = 0;  // ids go on across connections: an answer never meets the wrong request
};

}  // namespace detail
}  // namespace kingbolt::client
