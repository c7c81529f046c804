#pragma once
// The processor time of this thread: what other processes on the machine do to it stays out.

#include <chrono>
#include <ctime>

namespace bench {

inline std::chrono::nanoseconds thread_cpu_time() noexcept {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// `work()` and how long it kept the processor busy.
template <class Work>
std::chrono::nanoseconds cpu_time_of(Work&& work) {
    const auto before = thread_cpu_time();
    work();
    return thread_cpu_time() - before;
}

}  // namespace bench
