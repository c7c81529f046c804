#pragma once
// What a call's result says about the service behind it.

#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/breaker.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace kingbolt {

/// What a call came back with: a value, an error, or an exception. A timeout is never shown: it is a failure.
template <class T>
struct CallResult {
    const T* value = nullptr;  ///< null unless it came back with one
    std::error_code error{};
    std::exception_ptr exception{};
};

/// A value is a success, all else a failure.
struct ByValue {
    using slot = slot::classifier;
    template <class T>
    Classification operator()(const CallResult<T>& result) const noexcept {
        return result.value != nullptr ? Classification::success : Classification::failure;
    }
};

/// `f(const CallResult<T>&) -> Classification`, on the thread of the call. What it throws counts as a failure of the call.
template <class F>
struct Classify {
    using slot = slot::classifier;
    F f;  ///< what decides

    template <class T>
    Classification operator()(const CallResult<T>& result) const {
        return f(result);
    }
};

template <class F>
Classify(F) -> Classify<F>;

}  // namespace kingbolt
