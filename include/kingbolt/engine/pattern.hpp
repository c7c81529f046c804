#pragma once
// What several disconnects have in common.

#include <kingbolt/core/time.hpp>
#include <kingbolt/engine/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kingbolt {

/// What they have in common.
enum class PatternKind : std::uint8_t {
    died_after_upgrade,  ///< many connections ended within a second of the upgrade
    idle_proxy,          ///< cut at one and the same silence
    read_deadline,       ///< left at one and the same time after the last message, answering pings all the while
    maximum_age,         ///< ended at one and the same age
    lost_together,       ///< many peers fell silent within half a minute
    one_network,         ///< one address or network has most of the abnormal ends
};

constexpr std::string_view to_string(PatternKind kind) noexcept {
    switch (kind) {
    case PatternKind::died_after_upgrade: return "died_after_upgrade";
    case PatternKind::idle_proxy: return "idle_proxy";
    case PatternKind::read_deadline: return "read_deadline";
    case PatternKind::maximum_age: return "maximum_age";
    case PatternKind::lost_together: return "lost_together";
    case PatternKind::one_network: return "one_network";
    }
    return "unknown";
}

/// One thing that many ends have in common.
struct Pattern {
    PatternKind kind{};       ///< which
    Confidence confidence{};  ///< how sure that is
    std::size_t count = 0;    ///< connections that fit
    std::size_t of = 0;       ///< connections that could have
    Duration centre{};        ///< of the common time, where there is one
    Duration spread{};        ///< every one that fits lies within `centre` ± this
    std::string subject{};    ///< the address or network, or the name of the most frequent verdict
    std::string text{};       ///< one sentence, with the cure

    bool operator==(const Pattern&) const = default;
};

}  // namespace kingbolt
