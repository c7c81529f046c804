#pragma once
// A message of the server, and its members by name and type. What a member must be is said where it is read; a member that is missing or
// of another type makes the message a bad one.

#include <kingbolt/client/detail/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::client::detail {

/// Never leaves the client. `what()` says what is wrong with the message.
struct BadMessage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An object of the protocol. Views last as long as the text that it was made from and the object itself.
class Incoming {
public:
    /// Throws BadMessage when `text` is not a JSON object.
    explicit Incoming(std::string_view text) {
        JsonKind kind{};
        auto parts = JsonSplitter::split(text, kind);
        if (!parts || kind != JsonKind::object) throw BadMessage{"not a JSON object"};
        members_ = std::move(*parts);
    }

    bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

    // These throw BadMessage when there is no such member, or when it is of another type.

    std::string_view text(std::string_view name) const { return need(name, JsonKind::string).text; }
    std::uint64_t number(std::string_view name) const { return need(name, JsonKind::whole).whole; }
    bool flag(std::string_view name) const { return need(name, JsonKind::boolean).flag; }
    /// Of any type.
    std::string_view raw(std::string_view name) const {
        const JsonPart* const part = find(name);
        if (part == nullptr) throw BadMessage{"no " + std::string{name}};
        return part->raw;
    }
    std::string_view object(std::string_view name) const { return need(name, JsonKind::object).raw; }
    std::vector<JsonPart> array(std::string_view name) const {
        JsonKind kind{};
        return *JsonSplitter::split(need(name, JsonKind::array).raw, kind);
    }

    // These only when it is of another type.

    std::optional<std::uint64_t> maybe_number(std::string_view name) const {
        return has(name) ? std::optional{number(name)} : std::nullopt;
    }
    std::optional<bool> maybe_flag(std::string_view name) const { return has(name) ? std::optional{flag(name)} : std::nullopt; }
    std::optional<std::string_view> maybe_text(std::string_view name) const { return has(name) ? std::optional{text(name)} : std::nullopt; }
    std::optional<std::chrono::milliseconds> maybe_ms(std::string_view name) const {
        return has(name) ? std::optional{as_ms(number(name))} : std::nullopt;
    }

    /// A year at most: the rest of the client counts nanoseconds.
    static std::chrono::milliseconds as_ms(std::uint64_t n) noexcept {
        constexpr std::uint64_t year = 365ULL * 24 * 3600 * 1000;
        return std::chrono::milliseconds{n < year ? n : year};
    }
    /// Until 2200, for the same reason.
    static constexpr std::uint64_t latest_ms = 7'258'118'400'000;
    static std::chrono::sys_time<std::chrono::milliseconds> as_wall_time(std::uint64_t ms) noexcept {
        return std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{ms < latest_ms ? ms : latest_ms}};
    }

private:
    const JsonPart* find(std::string_view name) const noexcept {
        for (const auto& part : members_)
            if (part.name == name) return &part;
        return nullptr;
    }
    const JsonPart& need(std::string_view name, JsonKind kind) const {
        const JsonPart* const part = find(name);
        if (part == nullptr || part->kind != kind) throw BadMessage{(part == nullptr ? "no " : "a wrong ") + std::string{name}};
        return *part;
    }

    std::vector<JsonPart> members_;
};

}  // namespace kingbolt::client::detail
