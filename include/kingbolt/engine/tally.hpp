#pragma once
// A number that many threads count up and that is read now and then. An atomic addition costs a locked instruction, 6 ns where nobody
// contends and ten times that where they do; here each of up to 16 threads counts in a cell of its own, without a lock, and all others
// share one.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace kingbolt::engine {

namespace detail {

/// A thread's own number below `numbered_threads`, for as long as it lives; `numbered_threads` for one that found none.
inline constexpr std::size_t numbered_threads = 16;

class ThreadNumber {
public:
    static std::size_t get() noexcept {
        static thread_local const ThreadNumber mine;
        return mine.number_;
    }

private:
    ThreadNumber() noexcept {
        std::uint32_t taken = taken_.load(std::memory_order_relaxed);
        do {
            number_ = 0;
            while (number_ < numbered_threads && (taken >> number_ & 1U) != 0) ++number_;
        } while (number_ < numbered_threads &&
                 !taken_.compare_exchange_weak(taken, taken | 1U << number_, std::memory_order_acquire, std::memory_order_relaxed));
    }
    // Whoever gets the number next sees what was counted under it.
    ~ThreadNumber() {
        if (number_ < numbered_threads) taken_.fetch_and(~(1U << number_), std::memory_order_release);
    }

    static inline std::atomic<std::uint32_t> taken_{0};
    std::size_t number_ = 0;
};

}  // namespace detail

/// Any thread. No count is lost.
class Tally {
public:
    void add() noexcept {
        const std::size_t number = detail::ThreadNumber::get();
        std::atomic<std::uint64_t>& cell = cells_[number].count;
        if (number < detail::numbered_threads)
            cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        else
            cell.fetch_add(1, std::memory_order_relaxed);
    }

    std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (const Cell& cell : cells_) sum += cell.count.load(std::memory_order_relaxed);
        return sum;
    }

private:
    // Of a cache line each, so that threads do not take it from each other.
    struct alignas(64) Cell {
        std::atomic<std::uint64_t> count{0};
    };
    std::array<Cell, detail::numbered_threads + 1> cells_{};
};

}  // namespace kingbolt::engine
