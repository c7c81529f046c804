#pragma once
// Where the pieces of a message wait for the rest. Most messages arrive whole and never come here, so an empty one is a pointer
// and nothing else.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace kingbolt::engine {

class Assembly {
public:
    /// What a message of which more fragments follow promises. To make room for one of them after the other would copy all for each.
    static constexpr std::size_t no_end_in_sight = std::numeric_limits<std::size_t>::max();

    std::size_t size() const noexcept { return bytes_ ? bytes_->size() : 0; }
    std::string_view view() const noexcept { return bytes_ ? std::string_view{bytes_->data(), bytes_->size()} : std::string_view{}; }

    /// `promised`: how many bytes it will hold in all, if the peer keeps its word. Until it does, no more memory is taken than twice
    /// what has arrived, or 4 KiB: fifteen bytes must not cost a megabyte. Throws std::bad_alloc, and has not changed then.
    void append(std::span<const char> piece, std::size_t promised) {
        if (piece.empty()) return;
        constexpr std::size_t first_step = 4096;
        if (!bytes_) bytes_ = std::make_unique<std::vector<char>>();
        const std::size_t wanted = bytes_->size() + piece.size();
        if (wanted > bytes_->capacity()) bytes_->reserve(std::max(wanted, std::min(promised, std::max(first_step, wanted * 2))));
        bytes_->insert(bytes_->end(), piece.begin(), piece.end());
    }
    /// Keeps the first `size` bytes; gives the memory back when that is none.
    void truncate(std::size_t size) noexcept {
        if (size == 0) return bytes_.reset();
        bytes_->erase(bytes_->begin() + static_cast<std::ptrdiff_t>(size), bytes_->end());
    }

private:
    std::unique_ptr<std::vector<char>> bytes_;
};

}  // namespace kingbolt::engine
