#pragma once
// What one client has heard of one topic, whose events are numbered from 1.

#include <cstdint>
#include <iterator>
#include <map>

namespace hubload {

class Sequence {
public:
    enum class Arrival : std::uint8_t {
        in_order,  ///< behind all that came, perhaps with a gap
        late,      ///< into a gap
        repeated,  ///< it came before
    };

    Arrival take(std::uint64_t number) {
        if (number > highest_) {
            if (number > highest_ + 1) gaps_.emplace(highest_ + 1, number - 1);
            missing_ += number - highest_ - 1;
            highest_ = number;
            return Arrival::in_order;
        }
        const auto behind = gaps_.upper_bound(number);
        if (behind == gaps_.begin() || std::prev(behind)->second < number) return Arrival::repeated;
        const auto [first, last] = *std::prev(behind);
        gaps_.erase(std::prev(behind));
        if (first < number) gaps_.emplace(first, number - 1);
        if (number < last) gaps_.emplace(number + 1, last);
        --missing_;
        return Arrival::late;
    }

    /// How many of the first `published` have not come.
    std::uint64_t missing(std::uint64_t published) const noexcept { return missing_ + (published > highest_ ? published - highest_ : 0); }

private:
    std::uint64_t highest_ = 0, missing_ = 0;
    std::map<std::uint64_t, std::uint64_t> gaps_;  // from the first to the last number that is missing
};

}  // namespace hubload
