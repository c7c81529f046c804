#pragma once
// Where events go. Behind functions, so that those who have something to tell need not know the type of the channels.

#include <cstdint>
#include <functional>
#include <string_view>

namespace reference_server {

/// Loop thread only. What is told while it leads nowhere is lost.
class Outlet {
public:
    /// `data` is JSON. Where events wait for a slow client, a newer one of the same topic and key (not 0) replaces an older one.
    void publish(std::string_view topic, std::string_view event, std::string_view data, std::uint64_t key = 0) const {
        if (publish_) publish_(topic, event, data, key);
    }
    /// Nothing more will be said about `topic`; should it come back, its sequence begins anew.
    void forget(std::string_view topic) const {
        if (forget_) forget_(topic);
    }

    /// For as long as it lives the outlet leads to `channels`.
    template <class Channels>
    class Into {
    public:
        Into(Outlet& outlet, Channels& channels) : outlet_{outlet} {
            outlet.publish_ = [&channels](std::string_view topic, std::string_view event, std::string_view data, std::uint64_t key) {
                channels.publish(topic, event, data, {.key = key});
            };
            outlet.forget_ = [&channels](std::string_view topic) { channels.forget(topic); };
        }
        Into(const Into&) = delete;
        Into& operator=(const Into&) = delete;
        ~Into() {
            outlet_.publish_ = {};
            outlet_.forget_ = {};
        }

    private:
        Outlet& outlet_;
    };

private:
    std::function<void(std::string_view topic, std::string_view event, std::string_view data, std::uint64_t key)> publish_{};
    std::function<void(std::string_view topic)> forget_{};
};

}  // namespace reference_server
