#pragma once
// One client of many, and the roll of all of them.

#include <kingbolt/client.hpp>

#include <asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace hubload {

namespace kb = kingbolt;

struct Roll {
    std::size_t there = 0;  ///< ready
    std::uint64_t disconnects = 0, reconnects = 0;
    std::map<std::string, std::uint64_t> reasons{};
    std::string last_trouble{};       ///< why an attempt to come in failed
    std::function<void()> on_came{};  ///< when one more is there
};

/// It stays where it is: the client's handlers refer to it.
class Member {
public:
    Member(const asio::any_io_executor& executor, const kb::ClientOptions& options, Roll& roll) : roll_{roll}, client_{executor, options} {
        client_.on({.on_state = [this](const kb::client::StateChanged& change) { on_state(change); },
                    .on_stopped = [this](const kb::client::Stopped& stopped) { on_stopped(stopped); }});
    }

    kb::Client& client() noexcept { return client_; }

    /// Leaves and comes back at once: no disconnect.
    void come_again() {
        leave();
        leaves_ = false;
        ++roll_.reconnects;
        client_.start();
    }
    void leave() {
        leaves_ = true;
        client_.stop();
    }

private:
    void on_state(const kb::client::StateChanged& change) {
        const bool is_there = change.state == kb::client::State::ready;
        const std::string why = change.detail.empty() ? change.reason : change.reason + ": " + change.detail;
        if (!is_there && !why.empty()) roll_.last_trouble = why;
        if (is_there == was_there_) return;
        was_there_ = is_there;
        if (is_there) {
            ++roll_.there;
            return roll_.on_came();
        }
        --roll_.there;
        if (leaves_) return;
        ++roll_.disconnects;
        ++roll_.reasons[why.empty() ? "the connection ended" : why];
    }
    void on_stopped(const kb::client::Stopped& stopped) {
        if (!leaves_) roll_.last_trouble = stopped.reason;
    }

    Roll& roll_;
    bool was_there_ = false, leaves_ = false;
    kb::Client client_;
};

}  // namespace hubload
