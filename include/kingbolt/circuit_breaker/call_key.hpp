#pragma once
// What a call asks for, as the key of a cache: its arguments.

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>

namespace kingbolt::detail {

template <class T>
concept Hashable = std::is_default_constructible_v<std::hash<T>> && std::equality_comparable<T>;

struct HashArguments {
    template <Hashable... A>
    std::size_t operator()(const std::tuple<A...>& arguments) const {
        std::size_t hash = 0;
        // As std::hash mixes badly, and its values are often the numbers themselves: Fibonacci hashing, Knuth vol. 3, 6.4.
        const auto mix = [&hash](std::size_t one) { hash = (hash ^ one) * 0x9E37'79B9'7F4A'7C15U + (hash >> 29U); };
        std::apply([&mix](const A&... one) { (mix(std::hash<A>{}(one)), ...); }, arguments);
        return hash;
    }
};

template <class Arguments>
inline constexpr bool is_key = false;
template <class... A>
inline constexpr bool is_key<std::tuple<A...>> = (Hashable<A> && ...);

}  // namespace kingbolt::detail
