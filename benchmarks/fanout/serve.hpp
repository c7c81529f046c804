#pragma once
// The measured server over one transport.

#include "bench/memory_on_request.hpp"
#include "bench/past_events.hpp"
#include "bench/server.hpp"
#include "options.hpp"
#include "publisher_thread.hpp"

#include <kingbolt/backplane/shards.hpp>
#include <kingbolt/channels.hpp>
#include <kingbolt/engine/journal.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fanout {

namespace kb = kingbolt;

template <class Hub>
void run(asio::io_context& io, const Options& options, Hub& hub) {
    hub.on_open([](kb::Session& client) {
        if (client.path() == "/") client.subscribe("all");
    });
    if (options.mode == bench::Mode::echo)
        hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });
    else
        hub.on_message([&hub](kb::Session&, kb::Message message) { hub.publish("all", message); });
    std::optional<kb::Channels<Hub, kb::protocol::Json>> channels;
    if (options.channels) {
        channels.emplace(hub, kb::protocol::Json{}, kb::ChannelOptions{.epoch = "bench"});
        channels->configure("load.*", {.client_publish = true});
        for (std::size_t i = 0; i < bench::past_events; ++i) channels->publish("past", "m", '"' + std::string(64, 'x') + '"');
        hub.on_message([&](kb::Session& from, kb::Message message) {
            if (from.path() != "/publish") return channels->receive(from, message);
            channels->publish("all", "m", '"' + std::string{message.text()} + '"');
        });
    }

    std::optional<PublisherThread<Hub>> publisher;
    // From within the loop: which thread it runs on is known then.
    if (options.publisher_per_second != 0) asio::post(io, [&] { publisher.emplace(hub, options.publisher_per_second); });
    io.run();
}

/// The limits are so wide that they never act. `more` are policies beside those.
template <class Transport, class... Policies>
void serve_all_policies(asio::io_context& io, const Options& options, Transport& server, Policies&... more) {
    kb::Journal journal;
    kb::Hub hub{server,  kb::KeepAlive{}, kb::RateLimiter{.per_second = 1e9, .burst = 1'000'000}, kb::Outbox{}, kb::Deadlines{},
                journal, more...};
    run(io, options, hub);
}

/// All policies are on, unless the options want it bare.
template <class Transport, class... Policies>
void serve_on(asio::io_context& io, const Options& options, Transport& server, Policies&... more) {
    if (options.bare) {
        kb::Hub hub{server, kb::NoKeepAlive{}, kb::Unlimited{}, more...};
        run(io, options, hub);
    } else {
        serve_all_policies(io, options, server, more...);
    }
}

/// `more` is what the transport takes beside its options.
template <class Transport, class... More>
void serve(const Options& options, More... more) {
    asio::io_context io{1};
    bench::MemoryOnRequest memory{io};
    Transport server{io, {.port = options.port}, std::move(more)...};
    bench::announce_port(server.port());
    serve_on(io, options, server);
}

/// A hub on each of `options.shards` threads, all at one port.
inline void serve_shards(const Options& options) {
    kb::backplane::Shards shards;
    asio::io_context io{1};
    kb::transport::Native first{io, {.port = options.port, .reuse_port = true}};
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < options.shards; ++i) {
        others.emplace_back([&options, &shards, port = first.port()] {
            asio::io_context own{1};
            kb::transport::Native another{own, {.port = port, .reuse_port = true}};
            serve_on(own, options, another, shards);
        });
    }
    // Who connects before all listen would find fewer.
    while (shards.size() + 1 < options.shards) std::this_thread::yield();
    bench::announce_port(first.port());
    serve_on(io, options, first, shards);
}

}  // namespace fanout
