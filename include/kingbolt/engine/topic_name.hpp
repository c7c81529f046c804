#pragma once
// What is a topic, and what is a pattern. Levels are parted by dots; a pattern is a topic whose last level is `*`, which
// stands for one or more levels. `*` alone stands for all topics.

#include <cstddef>
#include <functional>
#include <string_view>

namespace kingbolt::engine {

inline constexpr std::size_t max_topic_size = 255;

constexpr bool is_pattern(std::string_view name) noexcept { return name == "*" || name.ends_with(".*"); }

/// A topic one may publish to: 1 to 255 bytes, no `*`, no control characters.
constexpr bool is_topic(std::string_view name) noexcept {
    if (name.empty() || name.size() > max_topic_size) return false;
    for (const char c : name)
        if (c == '*' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    return true;
}

/// A topic or pattern one may subscribe to.
constexpr bool is_subscribable(std::string_view name) noexcept {
    if (name == "*") return true;
    if (!is_pattern(name)) return is_topic(name);
    return name.size() <= max_topic_size && is_topic(name.substr(0, name.size() - 2));
}

/// Calls `visit` with each pattern that could cover `topic`, without the final `*`: "", "a.", "a.b." for `a.b.c`.
template <class Visit>
constexpr void for_each_covering_prefix(std::string_view topic, Visit&& visit) {
    visit(std::string_view{});
    for (std::size_t dot = topic.find('.'); dot != std::string_view::npos; dot = topic.find('.', dot + 1))
        if (dot != 0) visit(topic.substr(0, dot + 1));
}

/// For look-ups by string_view among strings.
struct TopicHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
};

}  // namespace kingbolt::engine
