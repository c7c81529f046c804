#pragma once
// An observer that does what a test says, from within events of one type. Give it to a hub by reference, and say what afterwards.

#include <kingbolt/concepts/slot.hpp>

#include <functional>

namespace kingbolt::test {

template <class E>
struct Meddler {
    using slot = kingbolt::slot::observer;
    std::function<void(const E&)> act{};

    void operator()(const E& event) {
        if (act) act(event);
    }
};

}  // namespace kingbolt::test
