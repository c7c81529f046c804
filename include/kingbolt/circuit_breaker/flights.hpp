#pragma once
// Calls on their way, by what they ask for: who asks the same waits for the same call.

#include <kingbolt/circuit_breaker/call_key.hpp>
#include <kingbolt/circuit_breaker/shared_call.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace kingbolt::detail {

/// Any thread. What `make` of `join` makes must keep this alive.
template <class Key, class R, class Timers>
class Flights {
public:
    using Flight = SharedCall<R, Timers>;

    /// The call that is on its way for `key`, or a new one, which runs on `executor`: `make()` gives an awaitable<R>.
    template <class Make>
    std::shared_ptr<Flight> join(const Key& key, const asio::any_io_executor& executor, Make make) {
        const auto mine = std::make_shared<Flight>(executor);
        {
            const std::lock_guard lock{mutex_};
            auto& place = by_key_[key];
            if (auto flight = place.lock(); flight && !flight->is_given_up()) return flight;
            place = mine;
        }
        // It may land before this returns, and landing takes the lock.
        mine->start([this, key, flight = std::weak_ptr<Flight>{mine}, make = std::move(make)] { return fly(*this, key, flight, make); });
        return mine;
    }

private:
    /// However it ends: who comes later flies anew.
    struct Landing {
        Flights& flights;
        const Key& key;
        const std::weak_ptr<Flight>& flight;

        Landing(Flights& of, const Key& mine, const std::weak_ptr<Flight>& landing) noexcept : flights{of}, key{mine}, flight{landing} {}
        Landing(const Landing&) = delete;
        Landing& operator=(const Landing&) = delete;
        ~Landing() {
            const std::lock_guard lock{flights.mutex_};
            const auto place = flights.by_key_.find(key);
            if (place == flights.by_key_.end()) return;
            const bool is_mine = !place->second.owner_before(flight) && !flight.owner_before(place->second);
            if (is_mine) flights.by_key_.erase(place);
        }
    };

    template <class Make>
    static asio::awaitable<R> fly(Flights& flights, Key key, std::weak_ptr<Flight> flight, Make make) {
        const Landing landing{flights, key, flight};
        co_return co_await make();
    }

    std::mutex mutex_;
    std::unordered_map<Key, std::weak_ptr<Flight>, HashArguments> by_key_;
};

}  // namespace kingbolt::detail
