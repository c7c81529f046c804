#pragma once
// One subscription and where it stands in each topic that it hears: what is new, what is known already, and what is missing.

#include <kingbolt/client/detail/incoming.hpp>
#include <kingbolt/engine/topic_name.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::client::detail {

/// Of a subscription, in one topic.
struct Position {
    std::string epoch{};  ///< empty: that of the next event, whatever it is
    std::uint64_t seq = 0;
    bool retained_due = false;  ///< a retained value, whose number is not greater, may still come
    bool held = false;          ///< what is missing is being asked for, and what comes meanwhile comes again
    bool asked = false;         ///< what is missing was asked for
};

/// What an event is to a subscription.
struct Reception {
    enum class Kind : std::uint8_t {
        ignored,      ///< known already, or it will come again
        fresh,        ///< for the application
        gap,          ///< something before it is missing and can be asked for; it is held back, and comes again
        passed_over,  ///< something before it is missing for good; for the application all the same
    };
    Kind kind{};
    std::uint64_t from = 0, to = 0;  ///< what is missing
};

class Subscription {
public:
    Subscription(std::string name, bool with_presence, std::uint64_t number)
        : serial{number}, topic{std::move(name)}, presence{with_presence} {}

    const std::uint64_t serial;  ///< no two subscriptions have the same, also when they have the same topic
    const std::string topic;     ///< or a pattern
    const bool is_pattern = engine::is_pattern(topic);
    bool presence;
    bool confirmed = false;     ///< on this connection
    std::uint64_t healing = 0;  ///< the request that asks for what is missing, in whatever topic; 0: none

    bool covers(std::string_view concrete) const noexcept {
        if (!is_pattern) return concrete == topic;
        return concrete.starts_with(std::string_view{topic}.substr(0, topic.size() - 1));
    }

    Reception receive(std::string_view concrete, std::string_view epoch, std::uint64_t seq) {
        using Kind = Reception::Kind;
        auto place = positions_.find(concrete);
        if (place == positions_.end()) place = positions_.try_emplace(std::string{concrete}).first;
        Position& at = place->second;
        if (at.held) return {Kind::ignored};
        if (at.epoch.empty()) at.epoch = epoch;
        if (at.epoch != epoch) at = {.epoch = std::string{epoch}};
        if (seq <= at.seq) return {std::exchange(at.retained_due, false) ? Kind::fresh : Kind::ignored};
        at.retained_due = false;
        const std::uint64_t missing_from = at.seq + 1;
        const bool gap = seq > missing_from && !conflated_;
        if (gap && !at.asked) {
            at.held = true;
            return {Kind::gap, missing_from, seq - 1};
        }
        at.seq = seq;
        at.asked = false;
        return {gap ? Kind::passed_over : Kind::fresh, missing_from, seq - 1};
    }
    /// A result, of `welcome` or of a `reply` to `request`. Throws BadMessage, and has not changed then.
    std::optional<bool> take(const Incoming& result, std::uint64_t request) {
        const auto recovered = result.maybe_flag("recovered");
        const bool conflated = result.maybe_flag("conflated").value_or(false);
        std::string epoch{result.text("epoch")};
        auto positions = is_pattern ? positions_of(result, epoch) : position_of(result, epoch);
        confirmed = true;
        conflated_ = conflated;
        end_healing(request);
        if (recovered != true || !epoch_)
            positions_ = std::move(positions);
        else  // what the server does not know any more
            std::erase_if(positions_, [&](const auto& place) { return !positions.contains(place.first); });
        epoch_ = std::move(epoch);
        return recovered;
    }
    /// The `request` was refused, or has given what there is. It was made before any gap that was seen until now, so it stands for all.
    void end_healing(std::uint64_t request) {
        if (request != healing) return;
        healing = 0;
        for (auto& [name, at] : positions_) at.asked |= std::exchange(at.held, false);
    }
    /// Nothing more will come, an answer neither.
    void deactivate() {
        confirmed = false;
        healing = 0;
        for (auto& [name, at] : positions_) at.held = false;
    }

    /// Members of a subscription: the topic, and from where to go on.
    void write(JsonObjectWriter& out) const {
        out.text("topic", topic);
        if (presence) out.flag("presence", true);
        if (!epoch_) return;
        if (!is_pattern) {
            const Position& at = positions_.begin()->second;
            out.text("epoch", at.epoch).number("seq", at.seq);
            return;
        }
        std::string list = "[";
        for (const auto& [name, at] : positions_) {
            if (at.seq == 0) continue;
            if (list.size() > 1) list += ',';
            JsonObjectWriter one;
            one.text("topic", name).number("seq", at.seq);
            if (!at.epoch.empty() && at.epoch != *epoch_) one.text("epoch", at.epoch);
            list += one.take();
        }
        out.text("epoch", *epoch_).raw("positions", list += ']');
    }

private:
    using Positions = std::map<std::string, Position, std::less<>>;

    Positions position_of(const Incoming& result, const std::string& epoch) const {
        Positions positions;
        positions.emplace(topic, Position{.epoch = epoch, .seq = result.number("seq"), .retained_due = true});
        return positions;
    }
    static Positions positions_of(const Incoming& result, const std::string& epoch) {
        Positions positions;
        for (const auto& element : result.array("positions")) {
            const Incoming one{element.raw};
            const std::string own{one.maybe_text("epoch").value_or(epoch)};
            positions[std::string{one.text("topic")}] = {.epoch = own, .seq = one.number("seq"), .retained_due = true};
        }
        return positions;
    }

    std::optional<std::string> epoch_{};  ///< of the last result
    Positions positions_{};
    bool conflated_ = false;
};

}  // namespace kingbolt::client::detail
