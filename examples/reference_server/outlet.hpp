#pragma once
// Where events go. Behind functions, so that those who have something to tell need not know the hub's type.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace reference_server {

/// Loop thread only. Until the hub exists the functions are empty.
struct Outlet {
    /// `data` is a JSON object. Where events wait for a slow client, a newer one of the same key (not 0) replaces an older one. Gives the
    /// frame that was sent.
    std::function<std::string(std::string_view topic, std::string_view event, std::string data, std::uint64_t key)> publish{};
    /// Nothing more will be said about `topic`; should it come back, its sequence begins anew.
    std::function<void(std::string_view topic)> forget{};
};

}  // namespace reference_server
